#include "gigafleet/objective.hpp"

namespace gigafleet {

double paid_units(const Problem& problem, const Problem::Shape& shape, std::size_t r) {
    const Resource& resource = problem.fleet().schema().resources[r];
    const double units = static_cast<double>(shape.demand[r]) * resource.resolution;
    return resource.consumable ? units * (3600.0 / shape.tau_s) : units;
}

double way_cost(const Problem& problem, const Problem::Shape& shape, SiteId origin, SiteId site) {
    if (origin == site) return 0;
    return way_cost(problem, shape, origin, site, problem.policies()[shape.policy]->rtt_ns(origin, site));
}

double way_cost(const Problem& problem, const Problem::Shape& shape, SiteId origin, SiteId site,
                std::int64_t rtt_ns) {
    const Routes& routes = *problem.policies()[shape.policy];
    const double cost = problem.objective().rtt_price * static_cast<double>(rtt_ns) * kTimeResolutionMs;
    if (!routes.is_priced()) return cost;
    return cost + routes.path_price(origin, site) * static_cast<double>(shape.uplink) * kMbpsResolution +
           routes.back_price(origin, site) * static_cast<double>(shape.downlink) * kMbpsResolution;
}

double risk_cost(const Problem& problem, const Problem::Shape& shape, std::int64_t available_ns) {
    const Objective& objective = problem.objective();
    if (objective.risk_price == 0 || shape.duration_ns != 0 || available_ns == kUnlimited) return 0;
    return static_cast<double>(available_ns) * kTimeResolutionS < objective.horizon_s ? objective.risk_price
                                                                                      : 0;
}

}  // namespace gigafleet
