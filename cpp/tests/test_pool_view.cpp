#include "gigafleet/pool_view.hpp"

#include <algorithm>
#include <set>

#include "check.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;
using problem_cases::random_case;

TEST(ranges_hold_just_the_pools_of_their_sites) {
    std::mt19937 random(71);
    for (int i = 0; i < 300; ++i) {
        const Case c = random_case(random, 40, 6);
        const auto problem = c.problem();
        const auto& pools = problem->fleet().pools();
        for (const auto& policy : problem->policies()) {
            const Routes& routes = *policy;
            const Forest& forest = routes.forest();
            const PoolView view(*problem, routes);
            CHECK(&view.routes() == &routes);
            std::set<PoolId> seen;
            for (std::size_t p = 0; p < view.size(); ++p) {
                const Fleet::Pool& pool = pools[view[p].pool.at()];
                CHECK(view[p].kind == pool.kind);
                CHECK(view[p].site == pool.site);
                CHECK(seen.insert(view[p].pool).second);
            }
            std::set<PoolId> wanted;
            for (std::size_t p = 0; p < pools.size(); ++p)
                if (pools[p].slots > 0 && routes.allowed(pools[p].site)) wanted.insert(PoolId(p));
            CHECK(seen == wanted);

            for (std::size_t s = 0; s < problem->network().site_count(); ++s) {
                const SiteId site(s);
                if (!routes.allowed(site)) continue;
                const auto check = [&](PoolView::Range range, auto&& inside) {
                    CHECK_EQ(range.size(), range.last - range.first);
                    for (std::size_t p = 0; p < view.size(); ++p)
                        CHECK_EQ(p >= range.first && p < range.last, inside(view[p].site));
                };
                check(view.at_site(site), [&](SiteId at) { return at == site; });
                check(view.below(site), [&](SiteId at) {
                    while (at.valid() && at != site) at = forest.parent(at);
                    return at.valid();
                });
                check(view.of_core(routes.core_index(site)),
                      [&](SiteId at) { return forest.root(at) == forest.root(site); });
            }
        }
    }
}

TEST(a_view_of_open_pools_is_the_view_without_the_others) {
    std::mt19937 random(72);
    for (int i = 0; i < 200; ++i) {
        const Case c = random_case(random, 40, 6);
        const auto problem = c.problem();
        const auto& pools = problem->fleet().pools();
        std::vector<std::uint8_t> open(pools.size());
        for (std::uint8_t& flag : open) flag = random() % 3 > 0;
        for (const auto& policy : problem->policies()) {
            const Forest& forest = policy->forest();
            const PoolView all(*problem, *policy), view(*problem, *policy, open);
            std::vector<PoolId> wanted;
            std::set<std::uint32_t> cores;
            for (std::size_t p = 0; p < all.size(); ++p)
                if (open[all[p].pool.at()]) {
                    wanted.push_back(all[p].pool);
                    cores.insert(forest.core_index(all[p].site));
                }
            CHECK_EQ(view.size(), wanted.size());
            for (std::size_t p = 0; p < view.size(); ++p) {
                CHECK(view[p].pool == wanted[p]);  // in the same order
                CHECK(view[p].kind == pools[wanted[p].at()].kind);
                CHECK(view[p].site == pools[wanted[p].at()].site);
            }
            CHECK(std::ranges::equal(view.cores(), cores));
            for (const SiteId site : forest.order()) {
                const PoolView::Range at = view.at_site(site), below = view.below(site);
                for (std::size_t p = 0; p < view.size(); ++p) {
                    CHECK_EQ(p >= at.first && p < at.last, view[p].site == site);
                    const std::uint32_t place = forest.first(view[p].site);
                    CHECK_EQ(p >= below.first && p < below.last,
                             place >= forest.first(site) && place < forest.last(site));
                }
            }
            const PoolView none(*problem, *policy, std::vector<std::uint8_t>(pools.size()));
            CHECK_EQ(none.size(), 0u);
            CHECK(pools.empty() || none.cores().empty());
        }
    }
}

TEST(a_round_is_up_and_down) {
    Case c = Case::line(3);
    c.links.add(0, 2, 1);  // a ring
    c.links.sites = 5;
    c.links.add(2, 3, 1.5);
    c.links.add(3, 4, 0.25);
    c.nodes = {{.site = 4}};
    c.tasks = {{.origin = 0}};
    const auto problem = c.problem();
    const PoolView view(*problem, *problem->policies()[0]);
    CHECK_EQ(view.round_ns(SiteId(1)), 0);
    CHECK_EQ(view.round_ns(SiteId(3)), 3'000'000);
    CHECK_EQ(view.round_ns(SiteId(4)), 3'500'000);
    CHECK_EQ(view.at_site(SiteId(4)).size(), 1u);
}
