// What a plan for cells of shapes left over, task by task.
#pragma once

#include <limits>
#include <string_view>

#include "gigafleet/control.hpp"
#include "gigafleet/seats.hpp"

namespace gigafleet {

struct RestOptions {
    int threads = 1;
    double time_limit_s = std::numeric_limits<double>::infinity();
    std::string_view stage = "rest";  ///< as reported to Control
    std::size_t cells = 2048;         ///< at most
};

/// Seats whatever some slot still has room for, the cheapest pool first: afterwards nothing that is left fits
/// anywhere. Cells of shapes go one after the other, by priority, the larger first (the denser where not all
/// fit). A cell finds the slots that have room for the least that any of its tasks asks, and its tasks look
/// at those alone; so millions of tasks of which hardly any fits are soon done with. The same on any number
/// of threads. O(cells · slots + classes · pools + tasks · slots that may hold them). Returns false where the
/// time limit cut it off.
bool seat_rest(const Problem& problem, Seats& seats, const RestOptions& options, Control& control);

}  // namespace gigafleet
