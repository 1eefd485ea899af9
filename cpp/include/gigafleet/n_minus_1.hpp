// What a plan loses with each part of the network, lost alone, once what can be is placed elsewhere.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "gigafleet/control.hpp"
#include "gigafleet/groundwork.hpp"
#include "gigafleet/loss_trial.hpp"
#include "gigafleet/solution.hpp"
#include "gigafleet/trips.hpp"

namespace gigafleet {

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
    /// O(arcs + sites), once more for each transit policy in use and a row of routes for each core site that
    /// tasks start from, if others have ways over it: what lies behind the element is searched for; and what
    /// SpareSearch takes for each class that is displaced. Polls with stage "n-1".
    std::vector<Loss> run(int threads, Control& control) const;

    /// Of one element; tells what becomes of its members if `after` is not null.
    Loss lose(std::uint32_t element, Aftermath* after) const;

private:
    const Groundwork& ground_;
    const Problem& problem_;
    const Solution& solution_;
    std::unique_ptr<const LossTrial::Shared> shared_;
    std::vector<std::uint32_t> needed_;
};

}  // namespace gigafleet
