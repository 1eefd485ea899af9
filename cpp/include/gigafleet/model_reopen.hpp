// Tasks with models back where they ran before, and the rest beside them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/control.hpp"
#include "gigafleet/previous.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/residency.hpp"
#include "gigafleet/residents.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// Members of a class on slots of a pool.
struct ModelSeat {
    ClassId of;
    Filling at;
};

/// Seats that `seat_models` had to take back, whole or in part.
struct SeatRefusal {
    std::size_t number;  ///< of the seat
    std::int64_t first, slots, per_slot;
};

/// Puts seats on the slots of `residents`, which hold nothing yet: slot by slot in the order of the seats, as
/// far as capacities, weights, loads in time and the windows of sites allow. The first `certain` seats are
/// known to fit together: windows are theirs first. Links are the caller's. Returns what had no room, by
/// number, then by slot. The same on any number of threads.
/// O(seats · log + slots that differ · seats on them).
std::vector<SeatRefusal> seat_models(const Problem& problem, std::span<const ModelSeat> seats,
                                     std::size_t certain, Residents& residents, int threads);

/// A plan that starts from an earlier one. Level by level of priority, the highest first: who ran stays where
/// he ran, as far as all rules allow; who cannot, and then who did not run, goes to the cheapest pools with
/// room (place_left), at first beside those of lower levels that ran, then in their place. So nobody is left
/// out for the sake of one of his level who did not run, and afterwards nothing that is left fits anywhere.
/// Gangs and spread groups go back before other tasks of their level that have to move, and find new places
/// before others that did not run.
/// O(levels · (runs · log + pools)) and what place_left takes.
Solution place_from_previous(const Problem& problem, const Previous& previous,
                             const ResidencyOptions& options, Control& control);

}  // namespace gigafleet
