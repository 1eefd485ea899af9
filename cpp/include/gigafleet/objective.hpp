// The cost of running one task of a shape on one node of a pool, in EUR/h. One function, in two parts.
#pragma once

#include <array>

#include "gigafleet/problem.hpp"

namespace gigafleet {

/// What one task pays for of a resource, in units: the demand, and of a consumable the demand · 3600 / τ.
double paid_units(const Problem& problem, const Problem::Shape& shape, std::size_t resource);

/// The latency of the node's own access, priced.
inline double access_cost(const Problem& problem, const Fleet::Kind& kind) {
    return problem.objective().rtt_price * static_cast<double>(kind.access_rtt_ns) * kTimeResolutionMs;
}

/// The part that does not depend on where, for one shape on many kinds: prices · paid_units, and access_cost.
class KindCost {
public:
    KindCost(const Problem& problem, const Problem::Shape& shape)
        : problem_(problem), resources_(problem.fleet().schema().resources.size()) {
        for (std::size_t r = 0; r < resources_; ++r) paid_[r] = paid_units(problem, shape, r);
        charge_ = problem.load_charge(shape);
    }
    double operator()(const Fleet::Kind& kind) const {
        double cost = 0;
        for (std::size_t r = 0; r < resources_; ++r) cost += kind.price[r] * paid_[r];
        if (charge_.eur_per_h != 0 && (kind.models & charge_.unless) == 0) cost += charge_.eur_per_h;
        return cost + access_cost(problem_, kind);
    }

private:
    const Problem& problem_;
    std::size_t resources_;
    std::array<double, kMaxResources> paid_{};
    Problem::LoadCharge charge_;
};
inline double kind_cost(const Problem& problem, const Problem::Shape& shape, const Fleet::Kind& kind) {
    return KindCost(problem, shape)(kind);
}

/// The part of the way: rtt_price · rtt without the node's access, and price_per_mbps on each arc out and
/// back.
double way_cost(const Problem& problem, const Problem::Shape& shape, SiteId origin, SiteId site);
/// The same where the round trip (Routes::rtt_ns) is known.
double way_cost(const Problem& problem, const Problem::Shape& shape, SiteId origin, SiteId site,
                std::int64_t rtt_ns);

/// kind_cost + way_cost: SEMANTICS' cost but for the one-off terms and for risk, which is of a slot.
inline double pair_cost(const Problem& problem, const Problem::Shape& shape, SiteId origin,
                        const Fleet::Pool& pool) {
    return kind_cost(problem, shape, problem.fleet().kinds()[pool.kind.at()]) +
           way_cost(problem, shape, origin, pool.site);
}

/// EUR/h for a task of `shape` on a node that stays `available_ns`: risk_price where an open-ended task would
/// outlast it within the horizon. A task with a duration only runs where it can end, so it bears no risk.
double risk_cost(const Problem& problem, const Problem::Shape& shape, std::int64_t available_ns);

/// EUR/h for a task of `shape` that ran before and is moved: move_cost, spread over what the task lasts.
inline double move_price(const Problem& problem, const Problem::Shape& shape) {
    return problem.objective().move_cost * (3600.0 / shape.tau_s);
}

/// EUR/h for a task of `shape` that ran before and has no place now: evict_cost, spread over what it lasts.
inline double evict_price(const Problem& problem, const Problem::Shape& shape) {
    return problem.objective().evict_cost * (3600.0 / shape.tau_s);
}

}  // namespace gigafleet
