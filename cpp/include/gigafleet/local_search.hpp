// What searches that move single tasks have in common.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "gigafleet/control.hpp"
#include "gigafleet/slot_table.hpp"

namespace gigafleet {

struct SearchOptions {
    std::int64_t steps = 0;  ///< budget of work: places looked at
    std::uint64_t seed = 0;
    double time_limit_s = std::numeric_limits<double>::infinity();
    std::string_view stage = "search";  ///< as reported to Control
};

/// The pools that are open to a class, the cheapest first; found when first asked for.
class OpenPools {
public:
    struct Open {
        float cost;
        std::uint32_t pool;
    };
    explicit OpenPools(const SlotTable& table) : table_(table), lists_(table.market().classes().size()) {}

    /// The first time O(pools · log pools).
    const std::vector<Open>& of(std::uint32_t c);

private:
    const SlotTable& table_;
    std::vector<std::optional<std::vector<Open>>> lists_;
};

/// Steps taken, the time, and the caller's wish to stop.
class SearchBudget {
public:
    SearchBudget(const SearchOptions& options, Control& control)
        : options_(options), control_(control), late_(!(options.time_limit_s > 0)) {}
    bool is_late() const { return late_; }
    void spend(std::int64_t steps) { spent_ += steps; }
    bool is_left();

private:
    static constexpr std::int64_t kPollSteps = 1 << 16;

    const SearchOptions options_;
    Control& control_;
    Stopwatch watch_;
    std::int64_t spent_ = 0, polled_ = 0;
    bool late_;
};

/// Puts what is left over wherever a slot has room, the cheapest pool first: afterwards no task left over
/// fits anywhere. O(classes with tasks left · slots).
void place_what_fits(SlotTable& table);

}  // namespace gigafleet
