// How many members of each spread group are in each domain.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "gigafleet/pool_state.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// Memory grows with the domains in use, at the level of nodes with the slots in use.
class SpreadCounts {
public:
    explicit SpreadCounts(const Problem& problem) : problem_(problem) {}

    BondLevel level(std::uint32_t spread) const { return of(spread).level; }
    std::int64_t most(std::uint32_t spread) const { return of(spread).most; }
    /// How many members more may run at a site; none where it is in no domain. Levels from kSiteLevel on.
    std::int64_t room(std::uint32_t spread, SiteId site) const;
    /// Members in slots of a pool, in order of slots; at the level of nodes.
    std::span<const PoolState::Held> held(std::uint32_t spread, PoolId pool) const;

    /// Counts what a filling holds so many times (-1: no more).
    void add(std::uint32_t spread, const Filling& filling, std::int64_t times = 1);
    /// All that a solution places.
    void add(const Solution& solution);

private:
    static std::uint64_t key(std::uint32_t spread, std::uint32_t where) {
        return std::uint64_t{spread} << 32 | where;
    }
    const Bonds::Spread& of(std::uint32_t spread) const {
        return problem_.workload().bonds().spreads[spread];
    }

    const Problem& problem_;
    std::unordered_map<std::uint64_t, std::int64_t> in_domain_;             // by group and domain
    std::unordered_map<std::uint64_t, std::vector<PoolState::Held>> slots_;  // by group and pool
};

}  // namespace gigafleet
