#include "gigafleet/node_slots.hpp"

#include "check.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

TEST(rows_find_their_slots) {
    std::mt19937 random(1);
    for (int i = 0; i < 50; ++i) {
        Case c = problem_cases::random_case(random, 30, 3);
        if (i % 2 == 0)
            for (auto& node : c.nodes) node.count = 1;
        const auto problem = c.problem();
        const Fleet& fleet = problem->fleet();
        const NodeSlots nodes(fleet, 1 + i % 3);
        std::vector<std::vector<int>> met(fleet.pools().size());
        for (std::size_t p = 0; p < met.size(); ++p)
            met[p].resize(static_cast<std::size_t>(fleet.pools()[p].slots));
        for (std::uint32_t row = 0; row < c.nodes.size(); ++row) {
            std::int64_t first = 0, slots = 0;
            const PoolId pool = nodes.find(row, first, slots);
            CHECK_EQ(slots, c.nodes[row].count);
            if (slots == 0) continue;
            CHECK_EQ(fleet.pools()[pool.at()].site.value, static_cast<std::uint32_t>(c.nodes[row].site));
            for (std::int64_t s = first; s < first + slots; ++s)
                ++met[pool.at()][static_cast<std::size_t>(s)];
        }
        for (const auto& pool : met)
            for (const int times : pool) CHECK_EQ(times, 1);
    }
}
