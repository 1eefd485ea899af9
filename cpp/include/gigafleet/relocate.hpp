// Makes a solution that was started from an earlier one cheaper, where that is worth the moves.
#pragma once

#include <limits>
#include <string_view>

#include "gigafleet/control.hpp"
#include "gigafleet/groundwork.hpp"
#include "gigafleet/previous.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

struct RelocateOptions {
    int rounds = 1;  ///< what tasks leave in one is free in the next
    int threads = 1;
    double time_limit_s = std::numeric_limits<double>::infinity();
    std::string_view stage = "relocate";  ///< as reported to Control
};

struct Relocated {
    bool any = false;  ///< task was moved
    bool in_time = true;
};

/// Moves tasks to cheaper pools with room where that saves more than their move costs (move_price); a task
/// that does not run where it ran before moves for nothing. Places no task more or less. What was found by
/// the time limit counts. O(fillings + classes with something to gain · candidates) a round.
Relocated relocate(const Groundwork& ground, const Previous& previous, Solution& solution,
                   const RelocateOptions& options, Control& control);

}  // namespace gigafleet
