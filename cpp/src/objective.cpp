#include "gigafleet/objective.hpp"

namespace gigafleet {

double kind_cost(const Problem& problem, const Problem::Shape& shape, const Fleet::Kind& kind) {
    const auto& resources = problem.fleet().schema().resources;
    double cost = 0;
    for (std::size_t r = 0; r < resources.size(); ++r) {
        const double units = static_cast<double>(shape.demand[r]) * resources[r].resolution;
        cost += kind.price[r] * units * (resources[r].consumable ? 3600.0 / shape.tau_s : 1.0);
    }
    return cost + problem.objective().rtt_price * static_cast<double>(kind.access_rtt_ns) * kTimeResolutionMs;
}

double way_cost(const Problem& problem, const Problem::Shape& shape, SiteId origin, SiteId site) {
    const Routes& routes = *problem.policies()[shape.policy];
    const double rtt_ms = static_cast<double>(routes.rtt_ns(origin, site)) * kTimeResolutionMs;
    return problem.objective().rtt_price * rtt_ms +
           routes.path_price(origin, site) * static_cast<double>(shape.uplink) * kMbpsResolution +
           routes.back_price(origin, site) * static_cast<double>(shape.downlink) * kMbpsResolution;
}

double risk_cost(const Problem& problem, const Problem::Shape& shape, std::int64_t available_ns) {
    const Objective& objective = problem.objective();
    if (objective.risk_price == 0 || shape.duration_ns != 0 || available_ns == kUnlimited) return 0;
    return static_cast<double>(available_ns) * kTimeResolutionS < objective.horizon_s ? objective.risk_price
                                                                                      : 0;
}

}  // namespace gigafleet
