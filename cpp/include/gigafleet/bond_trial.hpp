// Putting bound tasks somewhere on trial: all of it is kept, or none; and counting those that are spread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gigafleet/bond_slots.hpp"
#include "gigafleet/groundwork.hpp"
#include "gigafleet/ways.hpp"

namespace gigafleet {

/// How many members of each spread group are in each domain. Memory grows with the domains in use, at the
/// level of nodes with the slots in use.
class SpreadCounts {
public:
    /// `as`: the level of all groups, if not their own.
    explicit SpreadCounts(const Problem& problem, std::optional<BondLevel> as = std::nullopt)
        : problem_(problem), as_(as) {}

    BondLevel level(std::uint32_t spread) const { return as_.value_or(of(spread).level); }
    std::int64_t most(std::uint32_t spread) const {
        return of(spread).most > INT64_MAX / times_ ? INT64_MAX : of(spread).most * times_;
    }
    /// From now on every group is that of so many gangs that are alike, each with a group of its own. As
    /// those who share a domain can be dealt to them in turn, what counts is that they are at most so many
    /// times as many there.
    void stand_for(std::int64_t times) { times_ = times; }
    /// How many members more may run at a site; none where it is in no domain. Levels from kSiteLevel on.
    std::int64_t room(std::uint32_t spread, SiteId site) const;
    /// Members in slots of a pool, in order of slots; at the level of nodes.
    std::span<const PoolState::Held> held(std::uint32_t spread, PoolId pool) const;

    /// Whether no member of a group is counted.
    bool is_empty(std::uint32_t spread) const { return !total_.contains(spread); }

    /// Counts what a filling holds so many times (-1: no more).
    void add(std::uint32_t spread, const Filling& filling, std::int64_t times = 1);
    /// All that a solution places.
    void add(const Solution& solution);
    /// Counts no member of a group. O(domains in use).
    void forget(std::uint32_t spread);

private:
    static std::uint64_t key(std::uint32_t spread, std::uint32_t where) {
        return std::uint64_t{spread} << 32 | where;
    }
    const Bonds::Spread& of(std::uint32_t spread) const {
        return problem_.workload().bonds().spreads[spread];
    }

    const Problem& problem_;
    std::optional<BondLevel> as_;
    std::int64_t times_ = 1;
    std::unordered_map<std::uint32_t, std::int64_t> total_;                  // by group, none of them 0
    std::unordered_map<std::uint64_t, std::int64_t> in_domain_;              // by group and domain
    std::unordered_map<std::uint64_t, std::vector<PoolState::Held>> slots_;  // by group and pool
};

/// Works on what slots hold: nodes, links and counts of spread groups are kept to, labels, time and latency
/// as far as `cost` was asked. Domains of gangs are the caller's.
class BondTrial {
public:
    /// Members of a class.
    struct Part {
        ClassId of;
        std::int64_t members;
    };
    enum class Spreads : std::uint8_t { kKept, kIgnored };
    /// A pool that is open to a class, and what a task of it costs there.
    struct Choice {
        double cost;
        PoolId pool;
    };
    /// Of the pools of a domain: by cost; the same, but those of the class's own site at last. What runs at
    /// its origin goes over the access there and back, so it leaves less of it to the others than elsewhere.
    enum class Order : std::uint8_t { kByCost, kOwnSiteLast };

    /// `routes`: by transit policy; empty: those of the problem.
    BondTrial(const ShapeGroundwork& ground, BondSlots& slots, SpreadCounts& counts,
              Spreads spreads = Spreads::kKept, std::span<const Routes* const> routes = {});

    /// From now on tasks of a class ask for `shape` instead, which is kept a reference to: for no less than
    /// their own shape, or what the slots know of shapes would not do.
    void ask_instead(ClassId of, const Problem::Shape& shape) {
        instead_of_ = of;
        instead_ = &shape;
    }

    /// EUR/h of a task in a pool with its way; KindCosts::kNever where labels, time, size or latency leave it
    /// out.
    double cost(ClassId of, PoolId pool);
    void sort(ClassId of, Order order, std::vector<Choice>& choices) const;

    /// Puts up to `wanted` members into the pool; returns how many.
    std::int64_t put(ClassId of, PoolId pool, std::int64_t wanted);
    /// Whether it is for others of its group that a pool takes no more of a class, or may be.
    bool is_kept_off(ClassId of, PoolId pool) const;
    /// Whether nothing is counted of the groups of the parts.
    bool are_fresh(std::span<const Part> parts) const;
    /// Puts members into the slots of `filling`, as many as still fit; returns how many.
    std::int64_t put_back(ClassId of, const Filling& filling);
    /// Puts all parts into one slot of the pool. False where none holds them.
    bool put_together(std::span<const Part> parts, PoolId pool);
    /// Begins, and puts a gang into a domain: at the level of nodes into one slot of `pool`, else part by
    /// part by `put`, which tells whether all members of one found room. False where it is not held; what is
    /// left behind then is the caller's to undo. Members that find no place after the larger ones may find
    /// one before them, or where others stay away from their own site.
    bool put_whole(std::span<const Part> parts, BondLevel level, PoolId pool,
                   const std::function<bool(const Part&, Order)>& put);
    /// Slots each of which has room for all parts together, ways aside, as many as `wanted` if there are.
    /// Good until the next call.
    std::span<const PoolState::Offer> slots_for(std::span<const Part> parts, PoolId pool,
                                                std::int64_t wanted);

    /// Whether, since begin(), it was for the way that something was left out: no room on it, or too long.
    bool was_cut_short() const { return cut_short_; }
    void cut_short() { cut_short_ = true; }
    void begin();
    /// Takes back all since begin().
    void undo();
    /// Writes it down.
    void write(Ledger& ledger) const;
    /// Keeps it and writes it down.
    void keep(Ledger& ledger);
    /// Pools touched since begin().
    std::span<const PoolId> touched() const { return touched_; }

private:
    struct Step {
        ClassId of;
        Filling filling;
    };

    const Problem::Shape& shape_of(ClassId of) const {
        return of == instead_of_ ? *instead_ : problem_.shape(problem_.workload().classes()[of.at()].shape);
    }
    Path& way(ClassId of, PoolId pool);
    bool has_own_site(std::span<const Part> parts, BondLevel level, PoolId pool) const;
    std::uint32_t spread_of(ClassId of) const {
        return spreads_ == Spreads::kIgnored ? Bond::kNone : problem_.bond(of).spread;
    }
    std::int64_t slot_by_slot(ClassId of, PoolId pool, std::int64_t wanted);
    /// Seats up to `per_slot` members in each of the slots; appends where.
    void seat(ClassId of, const Filling& wanted);
    void save(PoolId pool);
    std::int64_t note(ClassId of, PoolId pool);

    const ShapeGroundwork& ground_;
    const Problem& problem_;
    BondSlots& slots_;
    SpreadCounts& counts_;
    Spreads spreads_;
    ClassId instead_of_;
    const Problem::Shape* instead_ = nullptr;
    std::vector<const Routes*> routes_;  ///< by policy
    Ways ways_;                          ///< on routes_
    std::vector<Step> steps_;
    std::vector<Filling> fillings_;  ///< of the call at hand
    std::vector<PoolId> touched_;
    std::vector<std::uint8_t> is_touched_;  ///< by pool
    std::vector<PoolState::Offer> offers_;
    bool cut_short_ = false;
};

}  // namespace gigafleet
