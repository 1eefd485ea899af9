// Local search on a whole solution, where that is small enough.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "gigafleet/control.hpp"
#include "gigafleet/groundwork.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// With more tasks than this a solution is polished only where that is to be thorough, or tasks are left
/// over.
inline constexpr std::int64_t kManyTasksToPolish = 1 << 18;

struct PolishOptions {
    bool thorough = false;  ///< a large budget of steps, rather than a small one
    bool cheaper = true;    ///< false: only to place what is left over
    int threads = 1;
    double time_limit_s = std::numeric_limits<double>::infinity();
    std::string_view stage = "polish";  ///< as reported to Control
};

/// Places what is left over, then makes things cheaper (exchange, repack, eject, device_refill), blind to
/// what moves cost. Does nothing where the solution has too many slots or tasks to be laid open, and where
/// there are more levels of priority than ranked_weights can tell apart no more than device_refill. Never
/// makes it worse. `status` tells whether the time limit cut it off.
void polish(const Groundwork& ground, Solution& solution, const PolishOptions& options, Control& control);

}  // namespace gigafleet
