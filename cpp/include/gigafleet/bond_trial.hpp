// Putting bound tasks somewhere on trial: all of it is kept, or none.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "gigafleet/groundwork.hpp"
#include "gigafleet/path.hpp"
#include "gigafleet/placement.hpp"
#include "gigafleet/spread_counts.hpp"

namespace gigafleet {

/// Works on a placement: nodes, links and counts of spread groups are kept to, labels, time and latency as far
/// as `admits` was asked. Domains of gangs are the caller's.
class BondTrial {
public:
    /// Members of a class.
    struct Part {
        ClassId of;
        std::int64_t members;
    };
    enum class Spreads : std::uint8_t { kKept, kIgnored };

    BondTrial(const Groundwork& ground, Placement& placement, SpreadCounts& counts,
              Spreads spreads = Spreads::kKept);

    /// EUR/h of a task in a pool with its way; KindCosts::kNever where labels, time, size or latency leave it
    /// out.
    double cost(ClassId of, PoolId pool);

    /// Puts up to `wanted` members into the pool; returns how many.
    std::int64_t put(ClassId of, PoolId pool, std::int64_t wanted);
    /// Puts members into the slots of `filling`, as many as still fit; returns how many.
    std::int64_t put_back(ClassId of, const Filling& filling);
    /// Puts all parts into one slot of the pool. False where none holds them.
    bool put_together(std::span<const Part> parts, PoolId pool);

    /// Whether, since begin(), it was for the way that something was left out: no room on it, or too long.
    bool was_cut_short() const { return cut_short_; }
    void cut_short() { cut_short_ = true; }
    void begin();
    /// Takes back all since begin().
    void undo();
    /// Keeps it and writes it down.
    void keep(Ledger& ledger);
    /// Pools touched since begin().
    std::span<const PoolId> touched() const { return touched_; }

private:
    struct Step {
        ClassId of;
        Filling filling;
    };

    Path& way(ClassId of, PoolId pool);
    std::uint32_t spread_of(ClassId of) const {
        return spreads_ == Spreads::kIgnored ? Bond::kNone : problem_.bond(of).spread;
    }
    std::int64_t apart(ClassId of, PoolId pool, std::int64_t wanted);
    /// Seats up to `per_slot` members in each of the slots; appends where.
    void seat(ClassId of, const Filling& wanted);
    void save(PoolId pool);
    std::int64_t note(ClassId of, PoolId pool);

    const Groundwork& ground_;
    const Problem& problem_;
    Placement& placement_;
    SpreadCounts& counts_;
    Spreads spreads_;
    std::vector<Path> paths_;  ///< by policy
    std::vector<Step> steps_;
    std::vector<Filling> fillings_;  ///< of the call at hand
    std::vector<PoolId> touched_;
    std::vector<PoolState::Mark> marks_;       ///< of touched_
    std::vector<std::uint8_t> is_touched_;     ///< by pool
    std::vector<PoolState::Offer> offers_;
    std::vector<PoolState::Refusal> refused_;
    bool cut_short_ = false;
};

}  // namespace gigafleet
