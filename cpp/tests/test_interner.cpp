#include "gigafleet/interner.hpp"

#include <algorithm>
#include <map>
#include <random>

#include "check.hpp"

using namespace gigafleet;

namespace {

/// Random keys against a map: numbers by first appearance, and the keys come back.
void against_a_map(std::size_t words, unsigned values, int keys) {
    std::mt19937 random(static_cast<unsigned>(words));
    KeyInterner interner(words);
    CHECK_EQ(interner.words(), words);
    std::map<std::vector<std::uint64_t>, std::uint32_t> seen;
    for (int i = 0; i < keys; ++i) {
        std::vector<std::uint64_t> key(words);
        for (std::uint64_t& word : key) word = random() % values;
        const auto [it, fresh] = seen.try_emplace(key, static_cast<std::uint32_t>(seen.size()));
        const std::uint64_t hash = hash_words(key.data(), words);
        interner.prefetch(hash);
        CHECK_EQ(interner.intern(key.data(), hash), it->second);
        CHECK_EQ(interner.intern(key.data()), it->second);
        CHECK_EQ(interner.size(), seen.size());
    }
    for (const auto& [key, number] : seen) CHECK(std::ranges::equal(interner.key(number), key));
}

}  // namespace

TEST(keys_are_numbered_in_order_of_appearance) {
    against_a_map(1, 5, 100);
    against_a_map(1, 1'000'000, 3000);
    against_a_map(2, 40, 5000);
    against_a_map(7, 2, 1000);
}

TEST(keys_of_no_words_are_one) {
    KeyInterner interner(0);
    const std::uint64_t none = 0;
    CHECK_EQ(interner.size(), 0u);
    CHECK_EQ(interner.intern(&none, 0), 0u);
    CHECK_EQ(interner.intern(&none, 0), 0u);
    CHECK_EQ(interner.size(), 1u);
}

TEST(keys_with_hashes_alike_stay_apart) {
    KeyInterner interner(1);
    for (std::uint64_t i = 0; i < 30; ++i) CHECK_EQ(interner.intern(&i, 7), i);
    for (std::uint64_t i = 0; i < 30; ++i) CHECK_EQ(interner.intern(&i, 7), i);
    CHECK_EQ(interner.size(), 30u);
}

TEST(every_word_tells) {
    KeyInterner interner(3);
    std::vector<std::uint64_t> key{0, 0, 0};
    CHECK_EQ(interner.intern(key.data()), 0u);
    for (std::size_t w = 0; w < 3; ++w) {
        key.assign(3, 0);
        key[w] = std::uint64_t{1} << 63;
        CHECK_EQ(interner.intern(key.data()), w + 1);
    }
}
