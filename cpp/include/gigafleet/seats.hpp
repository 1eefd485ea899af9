// Who sits where, task by task, where every task asks for something else.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/coarse.hpp"
#include "gigafleet/placement.hpp"
#include "gigafleet/solution.hpp"
#include "gigafleet/ways.hpp"

namespace gigafleet {

/// What tasks take of one slot.
struct HeldSlot {
    std::int64_t slot;
    Amounts taken;
};

/// What is taken of the fleet and the network.
struct Held {
    std::vector<std::vector<HeldSlot>> by_pool;  ///< slots that hold something, ascending
    Loads loads;
};

/// Seats of single tasks, with what each of them asks. Every change keeps all rules. A plan for cells of
/// shapes (coarse.hpp) says how many tasks of a cell sit in each slot; here they are told by name.
class Seats {
public:
    /// Nobody is placed. O(classes + pools).
    explicit Seats(const Problem& problem);
    Seats(const Seats&) = delete;

    /// Members of each class without a seat.
    std::span<const std::int64_t> left() const { return left_; }
    const Held& held() const { return held_; }

    /// Gives the seats of `plan`, a plan of `coarse`, which was made of what is `left` here, to tasks.
    /// Which task of a cell gets which seat in a pool is free: they are dealt so that each slot comes to
    /// about what was planned for it, whatever the single tasks ask. A slot that would hold too much after
    /// all gives back some; they try the other slots of the pool, and stay `left` otherwise. The same on any
    /// number of threads. O(tasks placed).
    void deal(const Coarse& coarse, const Solution& plan, int threads);

    /// Whether the links have room for one more member of a class in the pool.
    bool links_hold(ClassId of, PoolId pool);
    /// Seats one more member of a class where the slot and the links have room. held() tells of the links
    /// alone.
    void add(ClassId of, PoolId pool, std::int64_t slot);

    /// The answer so far; ends the seats. Reason of classes with members left: kCapacity.
    Solution solution(int threads) &&;

private:
    struct Seat {
        ClassId of;
        PoolId pool;
        std::int64_t slot;
    };
    class Dealer;

    void reserve_links(std::size_t first);

    const Problem& problem_;
    bool linked_;  ///< some task reserves bandwidth
    std::vector<std::int64_t> left_;
    std::vector<Seat> seats_;
    Held held_;
    Ways ways_;  ///< on loads of held_
};

}  // namespace gigafleet
