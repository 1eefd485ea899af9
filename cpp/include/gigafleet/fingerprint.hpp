// Tells whether two problems are one, in whatever order their rows come.
#pragma once

#include <cstdint>
#include <vector>

#include "gigafleet/problem.hpp"

namespace gigafleet {

/// A hash of everything that decides which placements are allowed and what they cost; of ids and of the order
/// of rows nothing. O(classes + pools + sites + arcs), and where no two nodes are alike, nodes.
std::uint64_t fingerprint(const Problem& problem);

/// The same of what each shape asks, by shape. O(shapes).
std::vector<std::uint64_t> shape_fingerprints(const Problem& problem);

}  // namespace gigafleet
