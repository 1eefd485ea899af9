// Vector packing of one pool: which mix of shapes goes into each of its slots.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/device_states.hpp"
#include "gigafleet/schema.hpp"

namespace gigafleet {

/// Tasks of several shapes that fill one slot, and in how many slots.
struct Pattern {
    struct Part {
        std::size_t item;  ///< as numbered by the caller
        std::int64_t tasks;
    };
    std::vector<Part> parts;
    std::int64_t slots;
};

/// So many tasks of a shape that want to go into the pool.
struct Item {
    const Amounts* demand;
    std::int64_t tasks;
    std::uint32_t device_demand = 0;  ///< Problem::Shape::device_demand
};

/// Packs items into slots that are alike. Each pattern takes of every item the share of a slot that is due to
/// it, and then the best mix for the rest: a depth-first search, large items first, bounded to a number of
/// nodes. A mix is worth what it takes of the dimensions that are scarce in this pool. A pattern is repeated
/// as often as its items last (sequential heuristics for one-dimensional cutting stock: Haessler, 1975).
class SlotPacker {
public:
    static constexpr int kNodes = 300;

    /// `capacity`: of a slot, kUnlimited where a dimension has no limit. `devices`: of its kind; none where
    /// it has none, or no item asks for any.
    SlotPacker(std::span<const Quantity> capacity, DeviceStates* devices = nullptr, int nodes = kNodes)
        : capacity_(capacity), devices_(devices), nodes_(nodes) {}

    /// Patterns that use at most `slots` slots and no more tasks than there are. What does not fit is left
    /// over. O(patterns · (items + nodes)).
    std::vector<Pattern> pack(std::span<const Item> items, std::int64_t slots);

private:
    std::int64_t fit(std::size_t item, std::int64_t limit) const;
    void take(std::size_t item, std::int64_t tasks);
    void find_values(std::int64_t slots);
    Pattern next(std::int64_t slots);
    void search(std::size_t depth, double value);

    void empty();

    std::span<const Quantity> capacity_;
    DeviceStates* devices_;
    int nodes_;
    std::span<const Item> items_;
    std::vector<std::int64_t> left_;  // tasks of each item that are still to be packed
    std::vector<double> value_;       // of a task of each item
    std::vector<std::size_t> order_;  // items with tasks left, the most valuable first
    Amounts residual_{};              // of the slot at hand
    DeviceStates::State state_ = DeviceStates::kEmpty;
    std::vector<std::int64_t> due_, mix_, best_;
    double best_value_ = 0;
    int nodes_left_ = 0;
};

}  // namespace gigafleet
