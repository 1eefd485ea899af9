// What is reserved on every arc and on every site's access: the mutable side of the network.
#pragma once

#include <cstdint>
#include <vector>

#include "gigafleet/network.hpp"

namespace gigafleet {

/// Carriers of bandwidth in one numbering: arcs, then sites' access up, then sites' access down.
class Loads {
public:
    /// `limit_arcs`, `limit_access`: false lifts those limits (tests of the rules only).
    Loads(const Network& network, bool limit_arcs, bool limit_access)
        : arcs_(network.arc_count()), sites_(network.site_count()), load_(arcs_ + 2 * sites_) {
        capacity_.reserve(load_.size());
        for (std::size_t a = 0; a < arcs_; ++a)
            capacity_.push_back(limit_arcs ? network.capacity(ArcId(a)) : kUnlimited);
        for (std::size_t s = 0; s < sites_; ++s)
            capacity_.push_back(limit_access ? network.access_up(SiteId(s)) : kUnlimited);
        for (std::size_t s = 0; s < sites_; ++s)
            capacity_.push_back(limit_access ? network.access_down(SiteId(s)) : kUnlimited);
    }

    std::uint32_t of_arc(ArcId arc) const { return arc.value; }
    std::uint32_t of_access_up(SiteId site) const { return static_cast<std::uint32_t>(arcs_ + site.at()); }
    std::uint32_t of_access_down(SiteId site) const {
        return static_cast<std::uint32_t>(arcs_ + sites_ + site.at());
    }

    /// What is left of a carrier; kUnlimited where it has no limit.
    Quantity room(std::uint32_t carrier) const {
        return capacity_[carrier] == kUnlimited ? kUnlimited : capacity_[carrier] - load_[carrier];
    }
    Quantity load(std::uint32_t carrier) const { return load_[carrier]; }
    void add(std::uint32_t carrier, Quantity amount) { load_[carrier] += amount; }

    std::size_t arc_count() const { return arcs_; }
    std::size_t site_count() const { return sites_; }

private:
    std::size_t arcs_, sites_;
    std::vector<Quantity> load_, capacity_;
};

}  // namespace gigafleet
