#include "gigafleet/spare_pools.hpp"

#include <cmath>

#include "check.hpp"
#include "gigafleet/greedy.hpp"
#include "gigafleet/groundwork.hpp"
#include "loss_cases.hpp"

using namespace gigafleet;
using loss_cases::Lost;
using problem_cases::Case;

namespace {

NoControl quiet;

/// The least that a pool of the tree with room costs, by trying all.
double least_cost(const Groundwork& ground, const PoolView& view, const Trial& trial, const SparePools& pools,
                  const SparePools::Scene& scene, ShapeId id, std::size_t tree, std::int64_t limit_ns,
                  SiteId skipped) {
    const Problem& problem = ground.problem;
    const Problem::Shape& shape = problem.shape(id);
    const Loads& loads = trial.loads();
    const std::uint32_t core = view.cores()[tree];
    double least = INFINITY;
    for (std::size_t i = view.of_core(core).first; i < view.of_core(core).last; ++i) {
        const auto& [pool, kind, site] = view[i];
        const double cost = ground.costs.of(id)(kind);
        const SparePools::Way way = pools.way(view.routes().forest().core_site(core), site);
        if (std::isinf(cost) || scene.lost[site.at()] || site == skipped || way.ns == kUnreachable) continue;
        if (way.ns > limit_ns - problem.fleet().kinds()[kind.at()].access_rtt_ns) continue;
        if (loads.room(loads.of_access_down(site)) < shape.uplink ||
            loads.room(loads.of_access_up(site)) < shape.downlink)
            continue;
        const Fleet::Pool& own = problem.fleet().pools()[pool.at()];
        if (own.available_max_ns < problem.needed_ns(shape) || !problem.labels_pass(shape, own)) continue;
        CHECK_EQ(pools.cost_of_kind(pool), cost);
        if (trial.has_room(shape, pool)) least = std::min(least, cost + pools.cost_of(way));
    }
    return least;
}

/// Sites whose way to their core site leads over something lost.
std::vector<SiteId> below(const Routes& whole, const std::vector<SiteId>& lost_sites,
                          const std::vector<std::size_t>& lost_links) {
    const Network& network = whole.network();
    std::vector<SiteId> found;
    for (std::size_t s = 0; s < network.site_count(); ++s) {
        if (!whole.allowed(SiteId(s))) continue;
        bool over = false;
        for (SiteId at(s); at.valid(); at = whole.forest().parent(at)) {
            over = over || std::ranges::count(lost_sites, at) > 0;
            for (const std::size_t link : lost_links) {
                const ArcId arc{network.directed() ? link : 2 * link};
                const SiteId a = network.tail(arc), b = network.head(arc), up = whole.forest().parent(at);
                over = over || (up.valid() && ((a == at && b == up) || (b == at && a == up)));
            }
        }
        if (over) found.emplace_back(s);
    }
    return found;
}

}  // namespace

TEST(the_cheapest_pool_with_room_is_that_of_all_the_tree_trial_after_trial) {
    std::mt19937 random(3);
    int found = 0, none = 0, freed_some = 0, apart = 0;
    for (int i = 0; i < 200 / check::kShare; ++i) {
        Case c = problem_cases::random_case(random, 25, 25, 1 + i % 2);
        if (c.tasks.empty()) continue;
        for (double& price : c.links.price) price = i % 4 == 0 ? 0 : std::abs(price);
        const auto problem = c.problem();
        const Groundwork ground(*problem, quiet);
        const Solution solution = place_greedily(ground, {}, quiet);
        const Standing standing(*problem, solution);
        Trial trial(standing);
        const auto sites = static_cast<std::size_t>(c.links.sites);
        for (std::size_t p = 0; p < problem->policies().size(); ++p) {
            const PoolView& view = ground.views[p];
            SparePools pools(ground.costs, view, trial);
            for (int round = 0; round < 3; ++round) {  // what is kept of the earlier ones must hold
                std::vector<SiteId> lost_sites;
                std::vector<std::size_t> lost_links;
                if (round != 1) lost_sites.emplace_back(random() % sites);
                if (round != 0 && !c.links.tail.empty()) lost_links.push_back(random() % c.links.tail.size());
                const Lost lost(c, lost_sites, lost_links);
                std::vector<std::uint8_t> allowed(sites);
                for (std::size_t s = 0; s < sites; ++s)
                    allowed[s] = problem->policies()[p]->allowed(SiteId(s)) && !lost.sites[s];
                const Routes routes(problem->network_ptr(), allowed, 1, quiet, RowStore::kAllUpTo,
                                    lost.links);
                const std::vector<SiteId> shaken = below(view.routes(), lost_sites, lost_links);
                std::vector<std::uint8_t> is_shaken(sites, 0);
                for (const SiteId site : shaken) is_shaken[site.at()] = 1;
                std::vector<PoolId> freed;
                for (std::size_t q = 0; q < problem->fleet().pools().size(); ++q) {
                    if (standing.holdings().of(PoolId(q)).empty() || random() % 2 == 0) continue;
                    trial.refill(PoolId(q), {});
                    freed.emplace_back(q);
                }
                freed_some += !freed.empty();
                const SparePools::Scene scene{routes, lost.sites, is_shaken, shaken, freed};
                pools.start(scene);
                for (int step = 0; step < 10; ++step) {
                    const ShapeId id(random() % problem->shapes().size());
                    if (problem->shape(id).policy != p || pools.trees() == 0) continue;
                    pools.start(id);
                    for (int more = 0; more < 5; ++more) {
                        const std::size_t tree = random() % pools.trees();
                        const std::int64_t limit =
                            random() % 2 == 0 ? kUnlimited
                                              : std::int64_t{static_cast<int>(random() % 40)} * 1'000'000;
                        const SiteId skipped(random() % sites);
                        const double wanted =
                            least_cost(ground, view, trial, pools, scene, id, tree, limit, skipped);
                        CHECK(pools.bound(tree) <= wanted + 1e-9 * (1 + std::abs(wanted)) ||
                              std::isinf(wanted));
                        CHECK(limit >= pools.reach_ns(tree) || std::isinf(wanted));
                        const auto spot =
                            pools.cheapest(tree, limit, [&](SiteId site) { return site == skipped; });
                        CHECK_EQ(std::isinf(spot.cost), std::isinf(wanted));
                        if (std::isinf(wanted)) {
                            ++none;
                            continue;
                        }
                        ++found;
                        apart += is_shaken[problem->fleet().pools()[spot.pool.at()].site.at()];
                        CHECK(std::abs(spot.cost - wanted) <= 1e-9 * (1 + std::abs(wanted)));
                        std::vector<Filling> out;
                        trial.fill(id, spot.pool, 1 + random() % 3, out);
                    }
                }
                trial.reset();
            }
        }
    }
    CHECK(none > 2000 / check::kShare);
    CHECK(freed_some > 100 / check::kShare);
    CHECK(apart > 20 / check::kShare);
    CHECK(found - apart > 2000 / check::kShare);
}
