// What is reserved on every arc and on every site's access: the mutable side of the network.
#pragma once

#include <cstdint>
#include <vector>

#include "gigafleet/network.hpp"
#include "gigafleet/problem.hpp"

namespace gigafleet {

/// Carriers of bandwidth in one numbering: arcs, then sites' access up, then sites' access down.
class Loads {
public:
    /// `limit_arcs`, `limit_access`: false lifts those limits (tests of the rules only).
    Loads(const Network& network, bool limit_arcs, bool limit_access)
        : arcs_(network.arc_count()), sites_(network.site_count()) {
        carriers_.reserve(arcs_ + 2 * sites_);
        const auto add_carrier = [&](Quantity capacity) { carriers_.push_back({0, capacity}); };
        for (std::size_t a = 0; a < arcs_; ++a)
            add_carrier(limit_arcs ? network.capacity(ArcId(a)) : kUnlimited);
        for (std::size_t s = 0; s < sites_; ++s)
            add_carrier(limit_access ? network.access_up(SiteId(s)) : kUnlimited);
        for (std::size_t s = 0; s < sites_; ++s)
            add_carrier(limit_access ? network.access_down(SiteId(s)) : kUnlimited);
    }

    /// Nothing reserved, the limits that the problem keeps.
    explicit Loads(const Problem& problem)
        : Loads(problem.network(), (problem.disabled_rules() & kRuleLink) == 0,
                (problem.disabled_rules() & kRuleAccess) == 0) {}

    std::uint32_t of_arc(ArcId arc) const { return arc.value; }
    std::uint32_t of_access_up(SiteId site) const { return static_cast<std::uint32_t>(arcs_ + site.at()); }
    std::uint32_t of_access_down(SiteId site) const {
        return static_cast<std::uint32_t>(arcs_ + sites_ + site.at());
    }

    /// What is left of a carrier; kUnlimited where it has no limit.
    Quantity room(std::uint32_t carrier) const {
        const auto [load, capacity] = carriers_[carrier];
        return capacity == kUnlimited ? kUnlimited : capacity - load;
    }
    Quantity load(std::uint32_t carrier) const { return carriers_[carrier].load; }
    void add(std::uint32_t carrier, Quantity amount) { carriers_[carrier].load += amount; }

    std::size_t arc_count() const { return arcs_; }
    std::size_t site_count() const { return sites_; }

private:
    /// Side by side, since they are asked for together.
    struct Carrier {
        Quantity load, capacity;
    };
    std::size_t arcs_, sites_;
    std::vector<Carrier> carriers_;
};

}  // namespace gigafleet
