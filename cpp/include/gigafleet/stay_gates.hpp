// Where a task that ran before may stay: all gates but room.
#pragma once

#include <cstdint>

#include "gigafleet/groundwork.hpp"
#include "gigafleet/kind_costs.hpp"
#include "gigafleet/objective.hpp"

namespace gigafleet {

/// What classes may go back to at all, and what that costs. Keeps a reference.
class StayGates {
public:
    struct Pass {
        std::int64_t first_slot;  ///< that stays long enough; the pool's slots where none may be used
        double cost;              ///< EUR/h of one task, risk aside
    };
    explicit StayGates(const Groundwork& ground) : ground_(ground), problem_(ground.problem) {}

    /// O(log entries of the pool).
    Pass ask(const Workload::Class& c, PoolId id) const {
        const Problem::Shape& shape = problem_.shape(c.shape);
        const Fleet::Pool& pool = problem_.fleet().pools()[id.at()];
        const Pass never{pool.slots, 0};
        const double cost = ground_.costs.of(c.shape)(pool.kind);
        if (cost == KindCosts::kNever) return never;
        if (problem_.rules()[shape.rule].depends_on_site() && !problem_.labels_pass(shape, pool))
            return never;
        const Routes& routes = *problem_.policies()[shape.policy];
        if (!routes.allowed(c.origin) || !routes.allowed(pool.site)) return never;
        const std::int64_t rtt_ns = routes.rtt_ns(c.origin, pool.site);
        const std::int64_t access_ns = problem_.fleet().kinds()[pool.kind.at()].access_rtt_ns;
        if (rtt_ns == kUnreachable || rtt_ns > shape.max_rtt_ns - access_ns) return never;
        const std::int64_t needed = problem_.needed_ns(shape);
        const double way = c.origin == pool.site ? 0 : way_cost(problem_, shape, c.origin, pool.site, rtt_ns);
        return {needed > 0 ? problem_.fleet().first_slot_staying(pool, needed) : 0, cost + way};
    }

private:
    const Groundwork& ground_;
    const Problem& problem_;
};

}  // namespace gigafleet
