// The way of one task to one site after the other, and what on it has no room.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/ids.hpp"
#include "gigafleet/loads.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/routes.hpp"

namespace gigafleet {

class WayLeft {
public:
    /// A carrier (of Loads) that carries the request `ups` and the reply `downs` times.
    struct Step {
        std::uint32_t carrier;
        Quantity ups, downs;
        Quantity needed, room;  ///< both in 1e-6 Mbps
    };

    /// Of a task of `shape` from `origin`. Keeps references.
    WayLeft(const Routes& routes, const Loads& loads, const Problem::Shape& shape, SiteId origin)
        : routes_(routes), loads_(loads), shape_(shape), origin_(origin) {}

    /// The way to a node at `site`. O(arcs on it), nothing where it is the site of the call before.
    void go_to(SiteId site);

    bool exists() const { return rtt_ns_ != kUnreachable; }
    /// Out and back, without the node's access.
    std::int64_t rtt_ns() const { return rtt_ns_; }
    /// What has less room than one task needs; each carrier once.
    std::span<const Step> full() const { return full_; }
    /// The most that the request (`up`), the reply or both may be for what is full; negative where that
    /// cannot help.
    Quantity most(bool up, bool down) const;

private:
    void join();

    const Routes& routes_;
    const Loads& loads_;
    const Problem::Shape& shape_;
    SiteId origin_, site_;
    std::int64_t rtt_ns_ = kUnreachable;
    std::vector<Step> steps_, full_;
};

}  // namespace gigafleet
