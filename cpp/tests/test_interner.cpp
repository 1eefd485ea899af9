#include "gigafleet/interner.hpp"

#include <map>
#include <random>

#include "check.hpp"

using namespace gigafleet;

namespace {

/// Random keys against a map: numbers by first appearance.
void against_a_map(std::uint64_t factor, unsigned values, int keys) {
    std::mt19937 random(values);
    Interner interner;
    std::map<std::uint64_t, std::uint32_t> seen;
    for (int i = 0; i < keys; ++i) {
        const std::uint64_t key = random() % values * factor;
        const auto [it, fresh] = seen.try_emplace(key, static_cast<std::uint32_t>(seen.size()));
        interner.prefetch(key);
        CHECK_EQ(interner.intern(key), it->second);
        CHECK_EQ(interner.intern(key), it->second);
        CHECK_EQ(interner.size(), seen.size());
    }
    for (const auto& [key, number] : seen) CHECK_EQ(interner.intern(key), number);
}

}  // namespace

TEST(keys_are_numbered_in_order_of_appearance) {
    against_a_map(1, 5, 100);
    against_a_map(1, 1'000'000, 30'000);
    against_a_map(std::uint64_t{1} << 32, 4000, 30'000);
    against_a_map(std::uint64_t{1} << 52, 4000, 30'000);
}

TEST(all_keys_count) {
    Interner interner;
    CHECK_EQ(interner.intern(0), 0u);
    CHECK_EQ(interner.intern(UINT64_MAX), 1u);
    for (int bit = 0; bit < 64; ++bit)
        CHECK_EQ(interner.intern(std::uint64_t{1} << bit), static_cast<std::uint32_t>(bit + 2));
    CHECK_EQ(interner.intern(0), 0u);
    CHECK_EQ(interner.intern(UINT64_MAX), 1u);
}

TEST(large_is_beyond_thousands) {
    Interner interner;
    for (std::uint64_t i = 0; i < 100; ++i) interner.intern(i);
    CHECK(!interner.is_large());
    for (std::uint64_t i = 0; i < 100'000; ++i) interner.intern(i);
    CHECK(interner.is_large());
}

TEST(find_adds_nothing) {
    Interner interner;
    for (std::uint64_t i = 0; i < 1000; ++i) interner.intern(3 * i);
    for (std::uint64_t i = 0; i < 3000; ++i) CHECK_EQ(interner.find(i), i % 3 == 0 ? i / 3 : UINT32_MAX);
    CHECK_EQ(interner.size(), 1000u);
}
