// The cost of running one task of a shape on one node of a pool, in EUR/h. One function, in two parts.
#pragma once

#include "gigafleet/problem.hpp"

namespace gigafleet {

/// The part that does not depend on where: prices of what is demanded, and the node's access latency.
/// Renewables cost price · demand; consumables price · demand · 3600 / τ.
double kind_cost(const Problem& problem, const Problem::Shape& shape, const Fleet::Kind& kind);

/// The part of the way: rtt_price · rtt without the node's access, and price_per_mbps on each arc out and
/// back.
double way_cost(const Problem& problem, const Problem::Shape& shape, SiteId origin, SiteId site);

/// kind_cost + way_cost: SEMANTICS' cost but for the one-off terms and for risk, which is of a slot.
inline double pair_cost(const Problem& problem, const Problem::Shape& shape, SiteId origin,
                        const Fleet::Pool& pool) {
    return kind_cost(problem, shape, problem.fleet().kinds()[pool.kind.at()]) +
           way_cost(problem, shape, origin, pool.site);
}

/// EUR/h for a task of `shape` on a node that stays `available_ns`: risk_price where an open-ended task would
/// outlast it within the horizon. A task with a duration only runs where it can end, so it bears no risk.
double risk_cost(const Problem& problem, const Problem::Shape& shape, std::int64_t available_ns);

}  // namespace gigafleet
