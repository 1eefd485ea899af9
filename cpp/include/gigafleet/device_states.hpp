// What the devices of one node hold together, and which more tasks fit on them.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gigafleet/problem.hpp"

namespace gigafleet {

/// Sums over a node's devices do not tell whether tasks fit: two halves free on two devices are no whole one,
/// and a share stays on one device. A state is the multiset of demands that a node's devices hold, by number:
/// alike nodes that hold alike tasks share one, and what was found out about a state is remembered. Which
/// device a task is on is worked out at the end (`seats`), so no task is in another's way by an early choice.
///
/// A multiset is packed by best fit, largest shares first, and where that fails by a bounded search: it may
/// be refused although it would fit, in cases that such a search cannot tell. Not safe from several threads.
class DeviceStates {
public:
    using State = std::uint32_t;
    static constexpr State kEmpty = 0;
    /// Tasks of one demand, a number of Problem::device_demands.
    using Part = std::pair<std::uint32_t, std::int64_t>;

    DeviceStates(const Problem& problem, KindId kind);
    DeviceStates(const DeviceStates& other);

    /// How many more tasks of a demand fit, at most `limit`. O(1) where known, else O(tasks · devices · log).
    std::int64_t fit(State state, std::uint32_t demand, std::int64_t limit);
    /// The state with so many tasks of a demand more (or less, where negative). Whether they fit is not
    /// asked.
    State with(State state, std::uint32_t demand, std::int64_t tasks);
    /// The state of all parts.
    State of(std::span<const Part> parts) {
        State state = kEmpty;
        for (const auto& [demand, tasks] : parts) state = with(state, demand, tasks);
        return state;
    }
    /// Whether all that a state holds is found to fit. O(tasks · devices), or a bounded search.
    bool packs(State state) const { return packs(parts(state), nullptr); }
    /// The parts of a state, by demand.
    std::span<const Part> parts(State state) const { return *states_[state]; }
    /// By task, part by part: the devices it is on, a bit each. A state that fits.
    std::vector<std::uint64_t> seats(State state) const;

private:
    bool packs(std::span<const Part> parts, std::vector<std::uint64_t>* seats) const;

    const std::vector<DeviceDemand>* demands_;  ///< of the problem, which may get more
    std::size_t first_, last_;                  ///< dimensions of what each device has
    std::int64_t devices_;
    Amounts each_;  ///< what each device has
    std::map<std::vector<Part>, State> numbers_;
    std::vector<const std::vector<Part>*> states_;          ///< keys of numbers_
    std::unordered_map<std::uint64_t, std::int64_t> most_;  ///< by state and demand: what fit() found
    std::unordered_map<std::uint64_t, State> with_one_;     ///< by state and demand: with one task more
};

}  // namespace gigafleet
