// Why what is not placed was not: the first gate, in the order of SEMANTICS, that no node passes.
#pragma once

#include <vector>

#include "gigafleet/control.hpp"
#include "gigafleet/groundwork.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// Gates LABEL, TOO_BIG, TIME and MODEL: some node of the pool, if empty, could hold a task. O(entries) at
/// worst, where nodes of the pool differ.
bool admits_exactly(const Problem& problem, const Problem::Shape& shape, PoolId pool);

/// kLabel, kTooBig, kTime or kModel where that gate leaves no node in the fleet; kPlaced where one passes
/// all.
Reason first_static_gate(const Problem& problem, const Problem::Shape& shape);

/// Reason of every class, as in Solution::reason, for the final state; kNotTried stays.
std::vector<Reason> explain_unplaced(const Groundwork& ground, const Solution& solution, Control& control);

/// The same where tasks hardly fold: a cell of shapes (coarse.hpp) is explained by the least and by the most
/// that any of its tasks asks, and where these have one reason, so have all; the others are looked at by
/// themselves. At most so many `cells`.
std::vector<Reason> explain_by_cells(const Problem& problem, const Solution& solution, std::size_t cells,
                                     int threads, Control& control);

}  // namespace gigafleet
