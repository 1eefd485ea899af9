#include "gigafleet/gang_search.hpp"

#include "check.hpp"
#include "gigafleet/fillings.hpp"
#include "gigafleet/greedy.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

namespace {

NoControl quiet;

/// Sites in a row, the first two in country X, with a node of 4 each; the third has two in country Y.
Case three_sites() {
    Case c = Case::line(3);
    c.country = {0, 0, 1};
    c.nodes = {{.site = 0, .compute = 4}, {.site = 1, .compute = 4}, {.site = 2, .compute = 2.5, .count = 2}};
    return c;
}

struct Search {
    explicit Search(const Case& c)
        : problem(c.problem()),
          solution(place_greedily(Groundwork(*problem, quiet), {}, quiet)),
          search(*problem, solution, quiet) {
        search.start(of(0));
    }
    ClassId of(std::int64_t row) const { return problem->workload().class_of_row(row); }
    SiteId site(const GangSearch::Found& found) const {
        return problem->fleet().pools()[found.pool.at()].site;
    }
    /// By site: how many slots hold it alone, apart, now.
    std::vector<std::array<std::int64_t, 3>> verdicts() {
        std::vector<std::array<std::int64_t, 3>> sums(problem->network().site_count());
        for (std::size_t p = 0; p < problem->fleet().pools().size(); ++p) {
            const Fleet::Pool& pool = problem->fleet().pools()[p];
            auto& sum = sums[pool.site.at()];
            search.for_alike(PoolId(p), 0, pool.slots,
                             [&](std::int64_t first, std::int64_t last, const GangSearch::Verdict& v) {
                                 sum[0] += v.alone * (last - first);
                                 sum[1] += v.apart * (last - first);
                                 sum[2] += v.now * (last - first);
                             });
        }
        return sums;
    }

    std::shared_ptr<const Problem> problem;
    Solution solution;
    GangSearch search;
};

using Sums = std::vector<std::array<std::int64_t, 3>>;

}  // namespace

TEST(a_gang_that_no_site_holds) {
    Case c = three_sites();
    c.tasks = {{.origin = 1, .compute = 1, .count = 6, .gang = 3, .gang_level = kSiteLevel}};
    Search s(c);
    CHECK(s.search.members() == 6 && s.search.level() == kSiteLevel);
    CHECK(s.verdicts() == (Sums{{0, 0, 0}, {0, 0, 0}, {0, 0, 0}}));
    const auto nearest = s.search.nearest(quiet);
    CHECK(nearest && nearest->number == 4 && s.site(*nearest) != SiteId(2));
    const auto wider = s.search.wider(quiet);
    CHECK(wider && wider->number == kCountryLevel);
    const auto fewer = s.search.fewer(s.of(0), 6, quiet);
    CHECK(fewer && fewer->number == 4);
}

TEST(nearly_all_of_a_gang) {
    Case c = three_sites();
    c.tasks = {{.origin = 1, .compute = 1, .count = 6, .gang = 3, .gang_level = kSiteLevel}};
    Search s(c);
    const auto nearly = s.search.nearly(s.of(0), 6, quiet);
    CHECK(nearly && members(nearly->placed.fillings) == 4 && nearly->lacking == 2);
    for (std::size_t p = 0; p < s.problem->fleet().pools().size(); ++p)
        CHECK_EQ(s.search.is_in_domain(PoolId(p), nearly->pool), PoolId(p) == nearly->pool);
    CHECK_EQ(s.search.nearest(quiet)->number, 4);  // nothing has stayed there
    c.tasks[0].compute = 5;
    Search none(c);
    const auto nowhere = none.search.nearly(none.of(0), 6, quiet);
    CHECK(nowhere && !nowhere->pool.valid() && nowhere->placed.fillings.empty() && nowhere->lacking == 6);
    CHECK(none.search.is_in_domain(PoolId(0), nowhere->pool));
    c.tasks.push_back(c.tasks[0]);
    c.tasks[1].compute = 1;
    Search others(c);
    const auto small = others.search.nearly(others.of(1), 6, quiet);
    CHECK(!small);  // the large ones are nowhere
}

TEST(room_that_others_take_is_told_apart) {
    Case c = three_sites();
    c.tasks = {{.origin = 1, .compute = 1, .count = 4, .gang = 0, .gang_level = kSiteLevel},
               {.origin = 0, .compute = 2, .priority = 1},
               {.origin = 1, .compute = 3, .priority = 1},
               {.origin = 2, .compute = 1, .priority = 1, .count = 3}};
    Search s(c);
    CHECK_EQ(s.solution.placed[s.of(0).at()], 0);
    CHECK(s.verdicts() == (Sums{{1, 1, 0}, {1, 1, 0}, {2, 2, 0}}));
    const auto nearest = s.search.nearest(quiet);
    CHECK(nearest && nearest->number == 2);
    const auto fewer = s.search.fewer(s.of(0), 4, quiet);
    CHECK(fewer && fewer->number == 2);
    CHECK(!s.search.wider(quiet));
}

TEST(at_the_level_of_nodes_each_slot_is_by_itself) {
    Case c = three_sites();
    c.nodes = {{.site = 0, .compute = 4, .count = 3}};
    c.tasks = {{.compute = 1, .count = 4, .gang = 0, .gang_level = kNodeLevel},
               {.compute = 1, .priority = 1, .count = 3, .spread = 1},
               {.compute = 2, .count = 2, .gang = 0, .gang_level = kNodeLevel}};
    Search s(c);
    CHECK_EQ(s.search.members(), 6);  // 8 of compute
    CHECK(s.verdicts()[0] == (std::array<std::int64_t, 3>{0, 0, 0}));
    c.tasks[2].count = 0;
    c.tasks[1].count = 2;  // one node stays empty, and takes it
    Search placed(c);
    CHECK_EQ(placed.solution.placed[placed.of(0).at()], 4);
    c.tasks[1].count = 3;
    Search again(c);
    CHECK(again.verdicts()[0] == (std::array<std::int64_t, 3>{3, 3, 0}));
    const auto nearest = again.search.nearest(quiet);
    CHECK(nearest && nearest->number == 3);
    CHECK_EQ(again.search.wider(quiet)->number, kSiteLevel);
}

TEST(any_slot_may_load_where_not_all_may) {
    Case c = three_sites();
    c.weights = {1, 1, 1};
    c.access_down_mbps = {1.5 * 8000.0 / 300, problem_cases::kInf, problem_cases::kInf};  // one load
    c.nodes = {{.site = 0, .compute = 4, .count = 3}, {.site = 1, .compute = 2.5, .count = 2}};
    c.tasks = {{.compute = 1, .count = 2, .gang = 0, .gang_level = kNodeLevel, .model = 0}};
    const auto problem = c.problem();
    GangSearch search(std::make_shared<const Groundwork>(*problem, quiet));
    search.start(problem->workload().class_of_row(0));
    std::int64_t held = 0;
    for (std::size_t p = 0; p < problem->fleet().pools().size(); ++p)
        search.for_alike(PoolId(p), 0, problem->fleet().pools()[p].slots,
                         [&](std::int64_t first, std::int64_t last, const GangSearch::Verdict& v) {
                             CHECK(v.alone == v.apart && v.apart == v.now);
                             held += v.alone * (last - first);
                         });
    CHECK_EQ(held, 3);
}

TEST(weights_in_use_leave_less_room) {
    Case c = three_sites();
    c.weights = {1, 1, 1};
    c.nodes.resize(1);
    c.tasks = {{.compute = 1, .count = 3, .gang = 0, .gang_level = kSiteLevel},
               {.compute = 1, .priority = 1, .model = 0}};
    const auto problem = c.problem();
    Solution solution{{}, {}, {}, {}, Loads(*problem)};
    const ClassId of = problem->workload().class_of_row(1);
    solution.fillings = {{PoolId(std::size_t{0}), 0, 1, 1}};
    for (std::size_t k = 0; k < 2; ++k)
        solution.of_class.push_back({k > of.at() ? std::size_t{1} : 0, k >= of.at() ? std::size_t{1} : 0});
    solution.placed.assign(2, 0);
    solution.placed[of.at()] = 1;
    GangSearch search(*problem, solution, quiet);
    search.start(problem->workload().class_of_row(0));
    CHECK_EQ(search.nearest(quiet)->number, 2);
}
