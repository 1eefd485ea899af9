// What a plan loses with each part of the network, lost alone, once what can be is placed elsewhere.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "gigafleet/control.hpp"
#include "gigafleet/groundwork.hpp"
#include "gigafleet/solution.hpp"
#include "gigafleet/trips.hpp"

namespace gigafleet {

/// With an element gone: its sites, with their nodes and the tasks that start there, and its links. Everybody
/// else stays on his node if there is a way that is short enough and has room; what loses node or way goes to
/// the cheapest nodes that have room, level of priority by level, and nobody makes room for it.
struct Loss {
    std::uint32_t element = 0;
    std::int64_t carried = 0;    ///< members that need it: their origin, their node or their way
    std::int64_t cut_off = 0;    ///< of these, whose origin is lost: they are gone whatever is done
    std::int64_t rerouted = 0;   ///< that stay on their node, by another way
    std::int64_t displaced = 0;  ///< that lose their node, or the way to it
    std::int64_t dropped = 0;    ///< of the displaced, who find no other node
    std::vector<WideQuantity> cut_off_weight, dropped_weight;  ///< by level of priority, from the highest

    double seconds = 0;  ///< that it took; for reports, never for results

    /// Members that run elsewhere.
    std::int64_t moved() const { return displaced - dropped; }
};

/// Who runs where once an element is lost, as changes of the solution.
struct Aftermath {
    std::vector<std::pair<std::uint32_t, std::int64_t>> left;  ///< members that left a filling, by its number
    std::vector<std::pair<ClassId, Filling>> placed;
};

/// Loses one element after the other, each alone. Keeps references.
class NMinus1 {
public:
    /// O(groundwork + trips · links of a way).
    NMinus1(const Groundwork& ground, const Solution& solution, const Elements& elements);
    ~NMinus1();
    NMinus1(const NMinus1&) = delete;

    /// Elements that somebody needs.
    const std::vector<std::uint32_t>& needed() const { return needed_; }

    /// Of each needed element, in their order. The same on any number of threads. An element costs
    /// O(arcs + sites), once more for each transit policy in use and a search in the core for each core site
    /// that tasks start from, if others have ways over it; and what SpareSearch takes for each class that is
    /// displaced. Polls with stage "n-1".
    std::vector<Loss> run(int threads, Control& control) const;

    /// Of one element; tells what becomes of its members if `after` is not null.
    Loss lose(std::uint32_t element, Aftermath* after) const;

private:
    class Worker;

    const Groundwork& ground_;
    const Problem& problem_;
    const Solution& solution_;
    struct Shared;
    std::unique_ptr<const Shared> shared_;
    std::vector<std::uint32_t> needed_;
};

}  // namespace gigafleet
