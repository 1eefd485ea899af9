// Tasks on nodes near their origin: at the same site, then in the same tree of the network. Neither touches
// what another site, or another tree, uses, so each is a small problem of its own, solved on any thread.
#pragma once

#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "gigafleet/control.hpp"
#include "gigafleet/groundwork.hpp"
#include "gigafleet/placement.hpp"

namespace gigafleet {

struct NearOptions {
    int threads = 1;
    double time_limit_s = std::numeric_limits<double>::infinity();
    std::string_view stage = "place";  ///< as reported to Control
};

/// Sites and trees in which more than this many pools are open are left alone: searching them is for
/// Candidates.
inline constexpr std::size_t kMostNearPools = 256;

/// Places classes of `order`, in that order, on the cheapest nodes that stand at their origin and are of a
/// cheap kind (Groundwork::is_cheap), as far as the site's access and its nodes have room. Nodes on a scarce
/// access are left alone, and classes that have to wait for others do (Groundwork::scarce). The rest stays
/// `left`. The answer does not depend on the threads. Appends to `ledgers`. Returns false where the time
/// limit cut it off. O(classes · kMostNearPools).
bool place_at_home(const Groundwork& ground, std::span<const ShapeId> order, Placement& placement,
                   std::vector<Ledger>& ledgers, const NearOptions& options, Control& control);

/// The same on such nodes in the origin's tree of the network (Forest), as far as its links have room, policy
/// by policy. O(classes · kMostNearPools).
bool place_in_trees(const Groundwork& ground, std::span<const ShapeId> order, Placement& placement,
                    std::vector<Ledger>& ledgers, const NearOptions& options, Control& control);

}  // namespace gigafleet
