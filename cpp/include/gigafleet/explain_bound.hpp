// Why gangs and members of spread groups that were left over were left.
#pragma once

#include <vector>

#include "gigafleet/control.hpp"
#include "gigafleet/groundwork.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// Tells GANG, SPREAD, LINK and CAPACITY of bound classes apart, in `reasons` where these say kLink or
/// kCapacity: GANG where no domain would hold the gang if there were nothing else, ways and spread groups aside;
/// SPREAD where the members of its groups that are placed leave none that would (of a task in no gang: where
/// they leave it no node); then LINK and CAPACITY speak of one member of the class in what is left.
/// O(classes that are left · pools in reach) at the worst, where no domain holds what is left.
void explain_bound(const Groundwork& ground, const Solution& solution, std::vector<Reason>& reasons,
                   Control& control);

}  // namespace gigafleet
