#include "network_cases.hpp"

#include <cmath>
#include <vector>

#include "gigafleet/objective.hpp"

namespace network_cases {

namespace {

/// Calls f(carrier, amount) for all that a task reserves; false where there is no way.
template <class F>
bool for_carriers(const NetworkMarket& market, const NetworkMarket::Block& block, SiteId origin, SiteId site,
                  F&& f) {
    const Network& network = market.problem().network();
    const Routes& routes = market.policies()[block.policy].view->routes();
    const std::size_t up = network.arc_count(), down = up + network.site_count();
    const auto u = static_cast<double>(block.up), d = static_cast<double>(block.down);
    if (routes.rtt_ns(origin, site) == kUnreachable) return false;
    routes.for_each_arc(origin, site, [&](ArcId arc) { f(arc.at(), u); });
    routes.for_each_arc_back(origin, site, [&](ArcId arc) { f(arc.at(), d); });
    f(up + origin.at(), u);
    f(down + origin.at(), d);
    f(down + site.at(), u);
    f(up + site.at(), d);
    return true;
}

}  // namespace

std::optional<NetworkMarket> market_of(const Stand& stand, Aim aim, std::span<const WideQuantity> weight,
                                       int threads, std::optional<std::size_t> most_hubs) {
    return NetworkMarket::make(stand.ground, stand.level, stand.placement, aim, weight, threads,
                               NetworkMarket::kMostSteps, most_hubs);
}

NetworkPrices random_prices(const NetworkMarket& market, std::mt19937& random) {
    const Network& network = market.problem().network();
    const auto draw = [&](double most) {
        return random() % 2 == 0 ? 0 : most * static_cast<double>(random() % 100) / 100;
    };
    NetworkPrices prices;
    for (std::size_t i = 0; i < market.groups() * market.dimensions(); ++i)
        prices.group.push_back(draw(market.scale()));
    for (std::size_t c = 0; c < network.arc_count() + 2 * network.site_count(); ++c)
        prices.carrier.push_back(draw(0.3 * market.scale() / market.bandwidth_unit()));
    for (std::size_t l = 0; l < market.spare_weight().size(); ++l)
        prices.level.push_back(draw(market.scale()));
    return prices;
}

Asked asked_by_pairs(const NetworkMarket& market, const NetworkPrices& prices, double tau,
                     const Reach& reach) {
    const Problem& problem = market.problem();
    Asked asked;
    asked.clear(market, false);
    for (const NetworkMarket::Block& block : market.blocks()) {
        const NetworkMarket::Policy& policy = market.policies()[block.policy];
        const Routes& routes = policy.view->routes();
        const std::vector<NetworkMarket::Pool>& pools = policy.pools;
        for (std::size_t l = 0; l < block.lanes; ++l) {
            const NetworkMarket::Kin& kin = market.kins()[block.kin[l]];
            for (std::size_t o = 0; o < policy.origins.size(); ++o) {
                const double members = block.members[o * kLanes + l];
                const SiteId origin = policy.sites.site(policy.origins[o]);
                std::vector<double> share(pools.size());
                const double penalty = kin.penalty + prices.level[kin.level] * kin.weight;
                double total = std::exp(-penalty / tau);
                for (std::size_t p = 0; p < pools.size(); ++p) {
                    const SiteId site = problem.fleet().pools()[pools[p].id.at()].site;
                    double cost = static_cast<double>(block.own[pools[p].group * kLanes + l]);
                    if (!reach(block, origin, pools[p])) continue;
                    const bool way =
                        for_carriers(market, block, origin, site, [&](std::size_t c, double amount) {
                            cost += prices.carrier[c] * amount;
                            if (c < problem.network().arc_count())
                                cost += problem.network().price(ArcId(c)) * amount * kMbpsResolution;
                        });
                    if (!way || !(cost < NetworkMarket::kOut)) continue;
                    cost += market.rtt_price_ns() * static_cast<double>(routes.rtt_ns(origin, site));
                    for (std::size_t d = 0; d < market.dimensions(); ++d)
                        cost += prices.group[pools[p].group * market.dimensions() + d] * kin.demand[d];
                    share[p] = static_cast<double>(pools[p].size) * std::exp(-cost / tau);
                    total += share[p];
                }
                asked.out[kin.level] += members * std::exp(-penalty / tau) / total * kin.weight;
                for (std::size_t p = 0; p < pools.size(); ++p) {
                    const double part = share[p] / total;
                    if (part == 0) continue;
                    for (std::size_t d = 0; d < market.dimensions(); ++d) {
                        const std::size_t i = pools[p].group * market.dimensions() + d;
                        asked.group[i] += members * part * kin.demand[d];
                        asked.group_bend[i] += members * part * (1 - part) * kin.demand[d] * kin.demand[d];
                    }
                    for_carriers(
                        market, block, origin, problem.fleet().pools()[pools[p].id.at()].site,
                        [&](std::size_t c, double amount) { asked.carrier[c] += members * part * amount; });
                }
            }
        }
    }
    return asked;
}

Asked asked_by_walks(const NetworkMarket& market, const NetworkPrices& prices, double tau) {
    CoreKernels kernels(market, 1);
    kernels.make(tau, prices.carrier);
    NetworkFlows flows(market, kernels);
    Asked asked;
    asked.clear(market, true);
    for (const NetworkMarket::Block& block : market.blocks()) flows.ask(block, prices, tau, asked);
    for (std::uint32_t p = 0; p < market.policies().size(); ++p)
        kernels.add_loads(p, asked.core_out[p], asked.core_back[p], asked.carrier);
    return asked;
}

bool near(double a, double b, double all) { return std::abs(a - b) <= 2e-3 * std::abs(b) + 1e-4 * all; }

}  // namespace network_cases
