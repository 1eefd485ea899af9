#include "gigafleet/row_store.hpp"

#include "check.hpp"

using namespace gigafleet;

namespace {

std::unique_ptr<RouteTable> row_of(std::int64_t ns) {
    auto row = std::make_unique<RouteTable>();
    row->ns = {ns};
    return row;
}

}  // namespace

TEST(a_small_store_keeps_the_first_of_each) {
    RowStore store(3, 4);
    CHECK(store.keeps_all());
    CHECK_EQ(store.capacity(), 3u);
    CHECK(store.kept(2) == nullptr);
    const RouteTable* first = store.keep(2, row_of(7));
    CHECK(store.keep(2, row_of(8)) == first);
    CHECK_EQ(store.kept(2)->ns[0], 7);
}

TEST(a_large_store_drops_what_was_not_asked_for) {
    RowStore store(1000, 10);
    CHECK(!store.keeps_all());
    CHECK_EQ(store.capacity(), 16u);
    for (std::uint32_t c = 0; c < 17; ++c) store.cache(c, row_of(c));  // 16 pushes out 0, and marks the rest
    CHECK(store.cached(0) == nullptr);
    const auto held = store.cached(1);
    store.cache(17, row_of(17));  // 1 was asked for since: 2 goes
    CHECK(store.cached(1) == held);
    CHECK(store.cached(2) == nullptr);
    for (std::uint32_t c = 100; c < 200; ++c) store.cache(c, row_of(c));
    CHECK_EQ(held->ns[0], 1);
    int there = 0;
    for (std::uint32_t c = 0; c < 1000; ++c) there += store.cached(c) != nullptr;
    CHECK_EQ(there, 16);
}
