#include "gigafleet/min_list.hpp"

#include <random>

#include "check.hpp"

using gigafleet::MinList;

namespace {

constexpr std::size_t kSizes[] = {0, 1, 2, 5, 31, 32, 33, 64, 65, 1000};

void fill(MinList& list, const std::vector<double>& keys) {
    list.assign(keys.size(), [&](std::size_t i) { return keys[i]; });
}

/// Position of the least, the lowest of equals.
std::size_t least_of(const std::vector<double>& keys) {
    const auto best = std::ranges::min_element(keys);
    return best == keys.end() || *best == MinList::kOut ? MinList::kNone
                                                        : static_cast<std::size_t>(best - keys.begin());
}

void compare(const MinList& list, const std::vector<double>& keys) {
    CHECK_EQ(list.size(), keys.size());
    CHECK_EQ(list.best(), least_of(keys));
    for (std::size_t i = 0; i < keys.size(); ++i) CHECK_EQ(list[i], keys[i]);
}

}  // namespace

TEST(as_a_plain_list) {
    std::mt19937 random(211);
    MinList list;  // one for all sizes, up and down
    compare(list, {});
    for (int round = 0; round < 20; ++round)
        for (const std::size_t size : kSizes) {
            const unsigned values = round % 2 ? 4 : 1'000'000;  // ties, or none
            const auto key = [&] {
                return random() % 3 == 0 ? MinList::kOut : static_cast<double>(random() % values) - 2;
            };
            std::vector<double> keys(size);
            for (double& k : keys) k = key();
            fill(list, keys);
            compare(list, keys);
            for (int step = 0; step < 100 && size > 0; ++step) {
                // Often the least of all: as it is closed, one by one.
                const std::size_t best = list.best();
                const std::size_t i = best != MinList::kNone && random() % 2 ? best : random() % size;
                keys[i] = key();
                list.set(i, keys[i]);
                CHECK_EQ(list.best(), least_of(keys));
            }
            compare(list, keys);
        }
}

TEST(a_list_of_what_is_out_has_no_best) {
    for (const std::size_t size : kSizes) {
        MinList list;
        fill(list, std::vector<double>(size, MinList::kOut));
        CHECK_EQ(list.best(), MinList::kNone);
        for (std::size_t i = 0; i < size; i += 7) {
            list.set(i, 3);
            CHECK_EQ(list.best(), i);
            list.set(i, MinList::kOut);
            CHECK_EQ(list.best(), MinList::kNone);
        }
    }
}

TEST(the_lowest_of_equals_in_every_place) {
    for (const std::size_t size : {std::size_t{33}, std::size_t{1000}}) {
        MinList list;
        fill(list, std::vector<double>(size, 1));
        for (std::size_t i = 0; i < size; ++i) {
            CHECK_EQ(list.best(), i);
            list.set(i, MinList::kOut);
        }
        for (std::size_t i = size; i-- > 0;) {
            list.set(i, -1);
            CHECK_EQ(list.best(), i);
        }
    }
}
