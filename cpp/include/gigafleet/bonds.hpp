// Gangs and spread groups: tasks that are placed with regard to each other. They are read row by row here;
// what is bound is no part of a shape, so tasks that ask for the same stay one shape.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "gigafleet/buffer.hpp"
#include "gigafleet/column.hpp"
#include "gigafleet/control.hpp"
#include "gigafleet/ids.hpp"
#include "gigafleet/network.hpp"

namespace gigafleet {

/// From fine to coarse: nodes, sites, then the domains of sites (kDomainLevels).
inline constexpr std::array<std::string_view, 6> kBondLevels{"node",   "site",   "rack",
                                                             "campus", "region", "country"};
enum BondLevel : std::uint8_t {
    kNodeLevel,
    kSiteLevel,
    kRackLevel,
    kCampusLevel,
    kRegionLevel,
    kCountryLevel
};

/// The columns of tasks that bind them. A gang or spread group of -1 is none; levels count as in kBondLevels.
struct BondColumns {
    Column gang, gang_level, spread, spread_level, spread_max;
};

/// A row's gang and spread group, as positions in Bonds::gangs and Bonds::spreads.
struct Bond {
    static constexpr std::uint32_t kNone = UINT32_MAX;
    std::uint32_t gang = kNone, spread = kNone;
    explicit operator bool() const { return gang != kNone || spread != kNone; }
    auto operator<=>(const Bond&) const = default;
};

struct Bonds {
    /// Placed whole in one domain of its level, or not at all.
    struct Gang {
        std::int64_t id;
        BondLevel level;
    };
    /// At most so many in one domain of its level.
    struct Spread {
        std::int64_t id;
        BondLevel level;
        std::int64_t most;
    };
    std::vector<Gang> gangs;  ///< as they first appear
    std::vector<Spread> spreads;
};

/// Where each row is: the number of its site, or where it is bound, of a pair of a site and a bond, which are
/// numbered from the number of sites on. So rows fold by it.
struct BondPlaces {
    Bonds bonds;
    Buffer<std::uint32_t> of_row;
    std::vector<std::pair<SiteId, Bond>> beyond;  ///< the sites, by place - sites
    Column column(const Column& origin) const;    ///< `of_row`, called as `origin` is
};

/// None where no row is bound, as far as scalars tell. Throws InputError on ids below -1, on levels that the
/// network does not have, on rows of one gang or spread group that differ in what it is, and on a spread_max
/// below 1. O(rows).
std::optional<BondPlaces> read_bonds(const Network& network, std::int64_t rows, const Column& origin,
                                     const BondColumns& columns, int threads, Control& control);

/// The domain of a site at a level from kSiteLevel on, as a number from 0; kNoDomain where it is in none.
inline constexpr std::uint32_t kNoDomain = UINT32_MAX;
inline std::uint32_t domain_of(const Network& network, BondLevel level, SiteId site) {
    if (level <= kSiteLevel) return site.value;
    return static_cast<std::uint32_t>(network.domain(kCountryLevel - level, site));
}
/// How many domains a level from kSiteLevel on has.
inline std::size_t domain_count(const Network& network, BondLevel level) {
    return level <= kSiteLevel ? network.site_count() : network.domain_names(kCountryLevel - level).size();
}

}  // namespace gigafleet
