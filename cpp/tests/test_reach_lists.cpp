#include "gigafleet/reach_lists.hpp"

#include "check.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;
using problem_cases::random_case;

TEST(lists_hold_the_subtree_by_round_trip) {
    std::mt19937 random(5);
    for (int i = 0; i < 200; ++i) {
        const Case c = random_case(random, 30, 10, 3);
        const auto problem = c.problem();
        const std::vector<std::uint8_t> wanted(problem->network().site_count(), 1);
        for (const auto& routes : problem->policies()) {
            const PoolView view(*problem, *routes);
            const ReachLists lists(*problem, view, wanted);
            for (const SiteId site : routes->forest().order()) {
                const auto list = lists.list(site);
                std::size_t expected = 0;
                for (const ReachLists::Spot& spot : lists.spots()) {
                    const auto first = routes->forest().first(spot.site);
                    expected += first >= routes->forest().first(site) && first < routes->forest().last(site);
                }
                CHECK_EQ(list.last - list.first, expected);
                for (std::size_t e = list.first; e < list.last; ++e) {
                    const ReachLists::Spot& spot = lists.spots()[lists.spot(e)];
                    CHECK_EQ(lists.ns(e), routes->rtt_ns(site, spot.site) + spot.access_ns);
                    CHECK(e == list.first || lists.ns(e - 1) <= lists.ns(e));
                    const std::size_t within = lists.within(list, lists.ns(e));
                    CHECK(within > e - list.first);
                    CHECK(list.first + within == list.last || lists.ns(list.first + within) > lists.ns(e));
                }
                CHECK_EQ(lists.within(list, -1), 0u);
                CHECK_EQ(lists.within(list, kUnlimited), expected);
            }
            for (std::size_t p = 0; p < view.size(); ++p) {
                const ReachLists::Spot& spot = lists.spots()[lists.spot_of(p)];
                CHECK(spot.site == view[p].site);
                CHECK_EQ(spot.access_ns, problem->fleet().kinds()[view[p].kind.at()].access_rtt_ns);
            }
        }
    }
}

TEST(only_wanted_sites_and_core_sites_have_lists) {
    const Case c = [] {
        Case line = Case::line(4);
        line.nodes = {{.site = 0}, {.site = 3}};
        line.tasks.resize(1);
        return line;
    }();
    const auto problem = c.problem();
    const Routes& routes = *problem->policies().at(0);
    const PoolView view(*problem, routes);
    const ReachLists lists(*problem, view, std::vector<std::uint8_t>(4));
    for (std::size_t s = 0; s < 4; ++s) {
        const auto list = lists.list(SiteId(s));
        CHECK_EQ(list.last - list.first, routes.forest().depth(SiteId(s)) == 0 ? 2u : 0u);
    }
    CHECK_EQ(lists.entries(), 2u * routes.core_count());
}
