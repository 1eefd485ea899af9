#include "gigafleet/fingerprint.hpp"

#include <algorithm>
#include <set>

#include "check.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

TEST(the_order_of_rows_does_not_show_and_a_change_does) {
    std::mt19937 random(1);
    for (int i = 0; i < 200; ++i) {
        Case c = problem_cases::random_case(random, 20, 30);
        c.scalars = false;
        const std::uint64_t before = fingerprint(*c.problem());
        std::ranges::shuffle(c.nodes, random);
        std::ranges::shuffle(c.tasks, random);
        CHECK_EQ(fingerprint(*c.problem()), before);
        std::set<std::uint64_t> seen{before};
        const auto differs = [&](const Case& other) {
            CHECK(seen.insert(fingerprint(*other.problem())).second);
        };
        for (Case other = c; !other.nodes.empty() && other.nodes[0].count > 0;) {
            other.nodes[0].compute += 1;
            differs(other);
            other.nodes[0].price_compute += 1;
            differs(other);
            other.nodes[0].available_s = 77;
            differs(other);
            break;
        }
        for (Case other = c; !other.tasks.empty() && other.tasks[0].count > 0;) {
            other.tasks[0].compute += 1;
            differs(other);
            other.tasks[0].max_rtt_ms = 1.25;
            differs(other);
            other.tasks[0].require ^= 1;
            differs(other);
            other.tasks[0].gang = 3;
            differs(other);
            other.tasks[0].gang_level = kNodeLevel;
            differs(other);
            other.tasks[0].spread = 3;
            differs(other);
            other.tasks[0].spread_max = 4;
            differs(other);
            break;
        }
        Case other = c;
        other.objective.move_cost += 1;
        differs(other);
        other.objective.rtt_price += 1;
        differs(other);
        if (!other.links.latency_ms.empty()) {
            other.links.latency_ms[0] += 1;
            differs(other);
        }
    }
}
