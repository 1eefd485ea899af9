// Random networks and the definition of a route, written down plainly: for the tests of network, forest,
// routes.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "gigafleet/network.hpp"

namespace net_cases {

using namespace gigafleet;

struct Links {
    std::int64_t sites = 0;
    bool directed = false;
    std::vector<std::int32_t> tail, head;
    std::vector<double> latency_ms, price;

    void add(std::int64_t u, std::int64_t v, double ms, double eur = 0);
    NetworkInput input() const;
    std::shared_ptr<const Network> network() const;
};

/// A few knots joined at random (latencies from 0 to 3, so that most routes tie), trees hanging off them,
/// parallel links; in a DiGraph many links go one way only.
Links random_links(std::mt19937& random, bool directed);

/// Routes from `start` as SEMANTICS says: by latency, then fewer links, then the smaller predecessor arc.
struct Reference {
    std::vector<std::int64_t> ns;
    std::vector<std::uint32_t> links;
    std::vector<ArcId> pred;

    Reference(const Network& net, SiteId start, const std::vector<std::uint8_t>& allowed);

    /// Arcs of the route in order.
    std::vector<ArcId> route(const Network& net, SiteId to) const;
};

}  // namespace net_cases
