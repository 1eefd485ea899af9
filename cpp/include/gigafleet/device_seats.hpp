// Which devices of its node each task is on.
#pragma once

#include "gigafleet/stream.hpp"

namespace gigafleet {

/// Fills `assignments.devices`; runs of tasks that ask for devices are cut until each member is on its own:
/// per_instance 1, the same devices of every instance. Placing made sure that they fit; here they are told
/// which. Nothing where no task asks for devices. O(runs · log runs + stretches of alike instances · their
/// tasks).
void seat_on_devices(const Problem& problem, Assignments& assignments);

}  // namespace gigafleet
