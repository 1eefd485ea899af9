// An answer in the making: what is left in pools and on links, and who went where.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "gigafleet/loads.hpp"
#include "gigafleet/pool_state.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// Who went where, as it happens: fillings in order, cut into entries of one class each.
struct Ledger {
    static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
    struct Entry {
        ClassId of;
        std::size_t last;  ///< its fillings end here and begin where those of the entry before end
        double cost;       ///< EUR/h of its fillings, risk aside; kUnknown: Placement::finish works it out
    };
    std::vector<Filling> fillings;
    std::vector<Entry> entries;

    /// The fillings since the last entry are of class `of`.
    void close(ClassId of, double cost = kUnknown) { close_at(fillings.size(), of, cost); }
    /// Those before number `last` are.
    void close_at(std::size_t last, ClassId of, double cost = kUnknown) {
        const std::size_t before = entries.empty() ? 0 : entries.back().last;
        if (last > before) entries.push_back({of, last, cost});
    }
};

/// Capacity left only shrinks. Threads may work on it at once where they touch different pools, carriers and
/// classes, each with a ledger of its own.
class Placement {
public:
    /// Nothing placed. O(classes + pools + arcs + sites).
    explicit Placement(const Problem& problem);

    const Problem& problem() const { return problem_; }
    Loads& loads() { return loads_; }
    const Loads& loads() const { return loads_; }
    /// Members of a class that are still to be placed.
    std::int64_t left(ClassId id) const { return left_[id.at()]; }
    std::int64_t& left(ClassId id) { return left_[id.at()]; }

    /// Puts up to `wanted` tasks of the shape into the pool, on nodes that stay long enough, and writes down
    /// where. Returns how many: fewer than `wanted` only where the pool can hold no more. Links are the
    /// caller's.
    std::int64_t fill(ShapeId shape, PoolId pool, std::int64_t wanted, std::vector<Filling>& out);
    /// Puts `amounts`, and on devices `devices`, into each of up to `wanted` untouched slots of the pool,
    /// from slot `from` on, and writes down which. Returns how many.
    std::int64_t open(PoolId pool, std::int64_t from, std::int64_t wanted, const Amounts& amounts,
                      std::span<const DeviceStates::Part> devices, std::vector<Filling>& out) {
        return pools_[pool.at()].open_each(context_, amounts, devices, from, wanted, out);
    }
    /// PoolState::seat.
    void seat(PoolId pool, std::span<const PoolState::Wish> wishes,
              std::vector<PoolState::Refusal>& refused) {
        pools_[pool.at()].seat(context_, wishes, refused);
    }
    /// What the pool has left, slot by slot, for who is to look closer.
    PoolState& state(PoolId pool) { return pools_[pool.at()]; }
    const PoolState::Context& context() const { return context_; }
    /// Slots of the pool that hold nothing yet.
    std::int64_t untouched(PoolId pool) const { return pools_[pool.at()].untouched(); }
    /// Of one slot, as if the pool's capacity were shared out evenly. O(1), or O(entries) where nodes differ.
    Amounts mean_capacity(PoolId pool) const;
    /// What a pool has left: see PoolRooms.
    Amounts room(PoolId pool) const { return pools_[pool.at()].room(context_); }

    /// PoolState::is_open.
    bool is_open(PoolId pool) const { return pools_[pool.at()].is_open(); }

    /// The answer (solution_of). Takes the loads; ends the placement.
    Solution finish(std::span<const Ledger> ledgers, int threads);

private:
    const Problem& problem_;
    PoolState::Context context_;
    Loads loads_;
    std::vector<PoolState> pools_;
    std::vector<std::int64_t> left_;
};

/// The answer that ledgers hold: each class's entries joined, ledger by ledger. `left`: members of each class
/// that are not placed; these get reason kNotTried. O(classes + fillings); the cost is the same on any number
/// of threads.
Solution solution_of(const Problem& problem, std::span<const Ledger> ledgers,
                     std::span<const std::int64_t> left, Loads&& loads, int threads);

}  // namespace gigafleet
