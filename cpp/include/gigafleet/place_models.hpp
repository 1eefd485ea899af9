// Placing where tasks use models: without them by whatever places alone, then with them.
#pragma once

#include <memory>

#include "gigafleet/place.hpp"

namespace gigafleet {

/// A plan for the tasks without their models, then one with them. What mixes tasks of many models in a slot,
/// as prices and patterns may, leaves some over then: what streams is tried, too, and where classes are few
/// all of them by themselves.
Plan place_with_models(const std::shared_ptr<const Problem>& problem, const PlaceOptions& options,
                       const PlaceAlone& place_alone, const Stopwatch& watch, Control& control);

}  // namespace gigafleet
