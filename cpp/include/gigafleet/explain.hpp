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

/// Tells GANG, SPREAD, LINK and CAPACITY of bound classes apart, in `reasons` where these say kLink or
/// kCapacity: GANG where no domain would hold the gang if there were nothing else, ways and spread groups
/// aside; SPREAD where the members of its groups that are placed leave none that would (of a task in no gang:
/// where they leave it no node); then LINK and CAPACITY speak of one member of the class in what is left.
/// O(classes that are left · pools in reach) at the worst, where no domain holds what is left.
void explain_bound(const Groundwork& ground, const Solution& solution, std::vector<Reason>& reasons,
                   Control& control);

}  // namespace gigafleet
