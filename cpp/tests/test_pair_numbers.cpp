#include "gigafleet/pair_numbers.hpp"

#include <map>
#include <random>
#include <vector>

#include "check.hpp"

using namespace gigafleet;

namespace {

/// Random pairs, the whats coming one by one, against a map. Returns whether the pairs ended up hashed.
bool against_a_map(std::int64_t sites, std::int64_t max_cells, std::uint32_t whats) {
    std::mt19937 random(whats);
    PairNumbers pairs(sites, max_cells);
    std::vector<std::pair<std::uint32_t, std::uint32_t>> known;
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> seen;
    for (std::uint32_t w = 1; w <= whats; ++w) {
        pairs.make_room(w, [&](std::uint32_t n) { return known[n]; });
        for (int i = 0; i < 50; ++i) {
            const std::pair pair(static_cast<std::uint32_t>(random() % w),
                                 static_cast<std::uint32_t>(random() % sites));
            const auto [it, fresh] = seen.try_emplace(pair, static_cast<std::uint32_t>(seen.size()));
            if (fresh) known.push_back(pair);
            pairs.prefetch(pair.first, pair.second);
            CHECK_EQ(pairs.number(pair.first, pair.second), it->second);
            CHECK_EQ(pairs.size(), seen.size());
        }
    }
    return pairs.is_hashed();
}

}  // namespace

TEST(pairs_are_numbered_in_order_of_appearance) {
    CHECK(!against_a_map(10, 1000, 100));  // the table is just large enough
    CHECK(against_a_map(10, 999, 100));    // hashed for the last what
    CHECK(against_a_map(10, 70, 100));
    CHECK(against_a_map(10, 0, 100));
    CHECK(!against_a_map(1, 1000, 200));
    CHECK(!against_a_map(3'000'000, 9'000'000, 3));
}
