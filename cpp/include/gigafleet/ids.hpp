// Strong ids: a site number cannot be passed where an arc number is wanted.
// Rows of tables and slots of fleets are plain std::int64_t (they count members, up to 2^63).
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace gigafleet {

template <class Tag>
struct Id {
    std::uint32_t value = UINT32_MAX;

    constexpr Id() = default;
    constexpr explicit Id(std::size_t v) : value(static_cast<std::uint32_t>(v)) {}
    /// Position in an array.
    constexpr std::size_t at() const { return value; }
    constexpr bool valid() const { return value != UINT32_MAX; }
    constexpr auto operator<=>(const Id&) const = default;
};

using SiteId = Id<struct SiteTag>;  ///< vertex of the network
/// One direction of a link: link l of a Graph is arcs 2l (as given) and 2l+1.
using ArcId = Id<struct ArcTag>;
using ClassId = Id<struct ClassTag>;  ///< tasks alike in everything: a shape at an origin
using ShapeId = Id<struct ShapeTag>;  ///< what a task asks for, apart from its origin
using PoolId = Id<struct PoolTag>;    ///< nodes alike: a kind at a site
using KindId = Id<struct KindTag>;    ///< what a node offers, apart from its site

}  // namespace gigafleet
