#include "gigafleet/hash.hpp"

#include <bit>
#include <random>
#include <set>

#include "check.hpp"

using namespace gigafleet;

TEST(known_values_stay) {
    // Digests of plans on disk hang on them.
    static_assert(mix(1, 2) == 14463298334041787502ULL);
    static_assert(mix(0, 0) == 15477614707873327427ULL);
}

TEST(order_matters) { CHECK(mix(1, 2) != mix(2, 1)); }

TEST(every_input_bit_reaches_half_the_output) {
    std::mt19937_64 random(1);
    for (int bit = 0; bit < 64; ++bit) {
        int left = 0, right = 0;
        for (int i = 0; i < 64; ++i) {
            const std::uint64_t a = random(), b = random(), flip = std::uint64_t{1} << bit;
            left += std::popcount(mix(a, b) ^ mix(a ^ flip, b));
            right += std::popcount(mix(a, b) ^ mix(a, b ^ flip));
        }
        CHECK(left > 64 * 24 && left < 64 * 40);
        CHECK(right > 64 * 24 && right < 64 * 40);
    }
}

TEST(small_keys_do_not_collide) {
    std::set<std::uint64_t> seen;
    for (std::uint64_t a = 0; a < 100; ++a)
        for (std::uint64_t b = 0; b < 100; ++b) seen.insert(mix(a, b));
    CHECK_EQ(seen.size(), 10'000u);
}
