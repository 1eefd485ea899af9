// The gates of one class that do not depend on what is left.
#pragma once

#include <cstdint>
#include <vector>

#include "gigafleet/problem.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// Asks for each site once. Keeps references; one thread at a time.
class ClassGates {
public:
    ClassGates(const Problem& problem, const Workload::Class& of)
        : problem_(problem),
          shape_(problem.shape(of.shape)),
          routes_(*problem.policies()[shape_.policy]),
          origin_(of.origin),
          rtt_ns_(problem.network().site_count(), kNotAsked) {}

    const Problem::Shape& shape() const { return shape_; }
    const Routes& routes() const { return routes_; }
    std::int64_t rtt_ns(SiteId site) const {
        std::int64_t& ns = rtt_ns_[site.at()];
        if (ns == kNotAsked)
            ns = routes_.allowed(origin_) && routes_.allowed(site) ? routes_.rtt_ns(origin_, site)
                                                                   : kUnreachable;
        return ns;
    }
    bool labels_pass(const Fleet::Pool& pool) const { return problem_.labels_pass(shape_, pool); }
    /// First slot that stays long enough.
    std::int64_t first_slot(PoolId pool) const { return first_slot_for(problem_, shape_, pool); }
    /// kRoute or kRtt, or kPlaced where the pool is in reach.
    Reason way(const Fleet::Pool& pool) const {
        const std::int64_t ns = rtt_ns(pool.site);
        if (ns == kUnreachable) return Reason::kRoute;
        const std::int64_t access_ns = problem_.fleet().kinds()[pool.kind.at()].access_rtt_ns;
        return ns <= shape_.max_rtt_ns - access_ns ? Reason::kPlaced : Reason::kRtt;
    }

private:
    static constexpr std::int64_t kNotAsked = -1;
    const Problem& problem_;
    const Problem::Shape& shape_;
    const Routes& routes_;
    SiteId origin_;
    mutable std::vector<std::int64_t> rtt_ns_;  // by site
};

}  // namespace gigafleet
