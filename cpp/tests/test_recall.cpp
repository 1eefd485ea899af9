#include "gigafleet/recall.hpp"

#include "check.hpp"
#include "gigafleet/error.hpp"
#include "warm_cases.hpp"

using namespace gigafleet;
using namespace warm_cases;
using problem_cases::Case;

namespace {

NoControl quiet;

}  // namespace

TEST(what_was_written_down_comes_back) {
    std::mt19937 random(8);
    for (int i = 0; i < 300; ++i) {
        const Case c = problem_cases::random_case(random, 15, 30);
        const auto problem = c.problem();
        const Solution solution = place_greedily(Groundwork(*problem, quiet), {}, quiet);
        const Assignments runs = stream_assignments(*problem, solution);
        const Solution again = recall(*problem, earlier_of(runs), 2, quiet);
        CHECK(again.placed == solution.placed);
        CHECK(again.reason == solution.reason);  // as long as nobody asks which gate it was
        CHECK(seats_of(stream_assignments(*problem, again)) == seats_of(runs));
        for (std::uint32_t k = 0; k < solution.loads.arc_count() + 2 * solution.loads.site_count(); ++k)
            CHECK_EQ(again.loads.load(k), solution.loads.load(k));
        CHECK_EQ(again.of_class.size(), solution.of_class.size());
    }
}

TEST(other_tables_are_told_from_those_of_the_runs) {
    Case c = Case::line(2);
    c.nodes = {{.site = 1, .count = 2}};
    c.tasks = {{.uplink_mbps = 1, .count = 4}};
    const std::vector<std::int64_t> task{0}, node{0}, first{1}, instances{1}, per_instance{3};
    const EarlierRuns runs{task, node, first, instances, per_instance};
    CHECK_EQ(recall(*c.problem(), runs, 1, quiet).placed[0], 3);
    c.nodes[0].count = 1;
    CHECK_THROWS(InputError, "runs: got a task or node that is not there",
                 recall(*c.problem(), runs, 1, quiet));
    c.nodes[0].count = 2;
    c.links = {};
    c.links.sites = 2;
    CHECK_THROWS(InputError, "runs: got a task without a route", recall(*c.problem(), runs, 1, quiet));
}
