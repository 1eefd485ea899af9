#include "gigafleet/ids.hpp"

#include <type_traits>

#include "check.hpp"

using namespace gigafleet;

TEST(ids_of_different_things_do_not_mix) {
    static_assert(!std::is_convertible_v<SiteId, ArcId>);
    static_assert(!std::is_convertible_v<std::size_t, SiteId>);
    static_assert(!std::is_convertible_v<SiteId, std::size_t>);
    static_assert(!std::is_same_v<ClassId, ShapeId> && !std::is_same_v<PoolId, KindId>);
    static_assert(sizeof(SiteId) == 4);
}

TEST(an_id_is_its_position_or_invalid) {
    CHECK(!SiteId().valid());
    CHECK(SiteId(0).valid());
    CHECK_EQ(SiteId(7).at(), 7u);
    CHECK_EQ(SiteId(7).value, 7u);
    CHECK(SiteId(7) == SiteId(7));
    CHECK(SiteId(7) < SiteId(8));
    CHECK(SiteId(UINT32_MAX - 1) < SiteId());  // invalid ids sort last
}
