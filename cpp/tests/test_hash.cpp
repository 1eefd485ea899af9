#include "gigafleet/hash.hpp"

#include <array>
#include <bit>
#include <random>
#include <set>

#include "check.hpp"

using namespace gigafleet;

TEST(known_values_stay) {
    // Digests of plans on disk hang on them.
    static_assert(mix(1, 2) == 14463298334041787502ULL);
    static_assert(mix(0, 0) == 15477614707873327427ULL);
    const std::array<std::uint64_t, 3> words{1, 2, 3};
    CHECK_EQ(hash_words(words.data(), 3), mix(mix(mix(3, 1), 2), 3));
    CHECK_EQ(hash_words(words.data(), 0), 0u);
}

TEST(order_and_length_matter) {
    CHECK(mix(1, 2) != mix(2, 1));
    const std::array<std::uint64_t, 3> a{1, 2, 0}, b{2, 1, 0};
    CHECK(hash_words(a.data(), 3) != hash_words(b.data(), 3));
    CHECK(hash_words(a.data(), 2) != hash_words(a.data(), 3));
}

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
    std::array<std::uint64_t, 2> key{};
    for (key[0] = 0; key[0] < 100; ++key[0])
        for (key[1] = 0; key[1] < 100; ++key[1]) seen.insert(hash_words(key.data(), 2));
    CHECK_EQ(seen.size(), 10'000u);
}
