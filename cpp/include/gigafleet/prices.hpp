// What a unit of each capacity is taken to be worth: the multipliers of bounds.
#pragma once

#include <cstddef>
#include <vector>

#include "gigafleet/loads.hpp"
#include "gigafleet/problem.hpp"

namespace gigafleet {

/// Shadow prices, all finite and >= 0, each of one multiple: of the resource's resolution, for lines and
/// carriers of 1e-6 Mbps; so that price · Quantity is what a demand pays. Prices of cost are in EUR/h a
/// multiple; prices of weight in units of the `weight` column a multiple. Any such prices give a valid bound,
/// good ones a tight one. What has no limit is worth nothing: its prices count as 0.
struct Prices {
    /// By pool, and within a pool by dimension (Schema::dimensions(): resources, line down, line up). Empty:
    /// all 0.
    std::vector<double> pool;
    /// By carrier, as Loads numbers them: arcs, then sites' access up, then sites' access down. Empty: all 0.
    std::vector<double> carrier;

    bool empty() const { return pool.empty() && carrier.empty(); }
    /// All 0, with every entry there.
    static Prices zero(const Problem& problem) {
        const Network& network = problem.network();
        const std::size_t dimensions = problem.fleet().schema().dimensions();
        return {std::vector<double>(problem.fleet().pools().size() * dimensions),
                std::vector<double>(network.arc_count() + 2 * network.site_count())};
    }
};

}  // namespace gigafleet
