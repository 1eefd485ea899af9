#include "gigafleet/fillings.hpp"

#include <map>
#include <random>

#include "check.hpp"

using namespace gigafleet;

namespace {

std::map<std::pair<std::uint32_t, std::int64_t>, std::int64_t> by_slot(std::span<const Filling> fillings) {
    std::map<std::pair<std::uint32_t, std::int64_t>, std::int64_t> all;
    for (const Filling& f : fillings)
        for (std::int64_t s = f.first; s < f.first + f.slots; ++s) all[{f.pool.value, s}] += f.per_slot;
    return all;
}

std::vector<Filling> random_fillings(std::mt19937& random) {
    const auto below = [&](unsigned n) { return static_cast<std::int64_t>(random() % n); };
    std::vector<Filling> fillings(random() % 8);
    for (Filling& f : fillings) f = {PoolId(random() % 2), below(10), 1 + below(4), 1 + below(3)};
    return fillings;
}

}  // namespace

TEST(flat_fillings_share_no_slot_and_hold_the_same) {
    std::mt19937 random(1);
    for (int i = 0; i < 2000; ++i) {
        std::vector<Filling> fillings = random_fillings(random);
        const auto before = by_slot(fillings);
        flatten(fillings);
        CHECK(by_slot(fillings) == before);
        for (std::size_t k = 0; k + 1 < fillings.size(); ++k) {
            const Filling &a = fillings[k], &b = fillings[k + 1];
            CHECK(a.pool < b.pool || (a.pool == b.pool && a.first + a.slots <= b.first));
        }
    }
}

TEST(the_last_are_taken) {
    std::mt19937 random(2);
    for (int i = 0; i < 2000; ++i) {
        std::vector<Filling> fillings = random_fillings(random), more;
        const std::int64_t all = members(fillings);
        const std::int64_t tasks = static_cast<std::int64_t>(random() % static_cast<unsigned>(all + 1));
        const auto before = by_slot(fillings);
        take_last(fillings, tasks, more);
        CHECK_EQ(members(fillings) + members(more), all - tasks);
        fillings.insert(fillings.end(), more.begin(), more.end());
        for (const auto& [slot, held] : by_slot(fillings)) CHECK(held <= before.at(slot));
    }
}

TEST(seats_are_handed_out_in_order) {
    const std::vector<Filling> fillings{{PoolId(0), 5, 3, 2}, {PoolId(1), 0, 1, 4}};
    Seats seats(fillings);
    std::vector<Filling> got;
    const auto take = [&](std::int64_t wanted) {
        return seats.take(wanted, [&](const Filling& f) { got.push_back(f); });
    };
    CHECK_EQ(take(3), 3);  // a whole slot, and half of the next
    CHECK_EQ(take(4), 4);
    CHECK_EQ(take(9), 3);
    CHECK(seats.is_empty());
    CHECK(by_slot(got) == by_slot(fillings));
    CHECK_EQ(got[0].per_slot, 2);
    CHECK_EQ(got[1].per_slot, 1);
}
