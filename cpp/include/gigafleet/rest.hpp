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
};

/// Seats whatever some slot still has room for: afterwards nothing that is left fits anywhere. In rounds: what
/// is left is put into cells; a cell looks for room for the most that any of its tasks asks (the search of
/// greedy.hpp, beside what is seated); then cells of which no slot could hold even the least are done with.
/// What remains is put into finer cells, in the end one a shape. Returns false where the time limit cut it
/// off.
bool seat_rest(const Problem& problem, Seats& seats, const RestOptions& options, Control& control);

}  // namespace gigafleet
