#include "gigafleet/pair_numbers.hpp"

#include <map>
#include <random>
#include <utility>

#include "check.hpp"

using namespace gigafleet;

namespace {

/// Random pairs, the whats coming one by one, against a map. `rare`: sites beyond those of the table.
void against_a_map(std::int64_t sites, std::int64_t max_cells, std::uint32_t whats, std::int64_t rare = 0) {
    std::mt19937 random(whats);
    PairNumbers pairs(sites, max_cells);
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> seen;
    for (std::uint32_t w = 1; w <= whats; ++w) {
        pairs.make_room(w);
        for (int i = 0; i < 50; ++i) {
            const std::pair pair(static_cast<std::uint32_t>(random() % w),
                                 static_cast<std::uint32_t>(random() % (sites + rare)));
            const auto [it, fresh] = seen.try_emplace(pair, static_cast<std::uint32_t>(seen.size()));
            pairs.prefetch(pair.first, pair.second);
            CHECK_EQ(pairs.number(pair.first, pair.second), it->second);
            CHECK_EQ(pairs.size(), seen.size());
        }
    }
}

}  // namespace

TEST(pairs_are_numbered_in_order_of_appearance) {
    against_a_map(10, 1000, 100);  // the table is just large enough
    against_a_map(10, 999, 100);   // not for the last what
    against_a_map(10, 70, 100);
    against_a_map(10, 0, 100);
    against_a_map(1, 1000, 200);
    against_a_map(3'000'000, 9'000'000, 3);
}

TEST(pairs_with_rare_sites_are_numbered_with_the_others) {
    against_a_map(10, 1000, 100, 5);
    against_a_map(10, 500, 100, 5);
    against_a_map(0, 1000, 100, 5);
    against_a_map(10, 1000, 100, 100'000);
}
