// Tasks where prices send them: prices, flows, patterns.
#pragma once

#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "gigafleet/control.hpp"
#include "gigafleet/groundwork.hpp"
#include "gigafleet/placement.hpp"
#include "gigafleet/prices.hpp"

namespace gigafleet {

struct PricesOptions {
    int threads = 1;
    double time_limit_s = std::numeric_limits<double>::infinity();
    std::string_view stage = "prices";  ///< as reported to Control
    /// How much of a pool whole tasks cannot fill, times the root of the tasks that a slot holds.
    double waste = 0.26;
};

/// Finds prices for what the pools have (price_ascent.hpp), sends the classes of `level` there (flow.hpp),
/// packs pool by pool (slot_patterns.hpp), and reserves links as far as they have room. What does not fit
/// stays `left`, for a search. Only untouched slots are used. Does nothing where the problem is too large for
/// a Market. The answer does not depend on the threads. Appends to `ledgers`; `prices` are those found.
/// Returns false where the time limit cut it off.
bool place_at_prices(const Groundwork& ground, std::span<const ShapeId> level, Placement& placement,
                     std::vector<Ledger>& ledgers, Prices& prices, const PricesOptions& options,
                     Control& control);

}  // namespace gigafleet
