#include "gigafleet/slot_patterns.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

#include "check.hpp"

using namespace gigafleet;

namespace {

struct Packing {
    std::vector<Quantity> capacity;
    std::vector<Amounts> demand;
    std::vector<std::int64_t> tasks;
    std::int64_t slots = 1;

    std::vector<Pattern> pack(int nodes = SlotPacker::kNodes) const {
        std::vector<Item> items;
        for (std::size_t i = 0; i < demand.size(); ++i) items.push_back({&demand[i], tasks[i]});
        return SlotPacker(capacity, nullptr, nodes).pack(items, slots);
    }
    bool fits(const std::vector<std::int64_t>& mix) const {
        for (std::size_t d = 0; d < capacity.size(); ++d) {
            WideQuantity sum = 0;
            for (std::size_t i = 0; i < demand.size(); ++i) sum += WideQuantity{demand[i][d]} * mix[i];
            if (capacity[d] != kUnlimited && sum > capacity[d]) return false;
        }
        return true;
    }
    bool fits_one(std::size_t item) const {
        std::vector<std::int64_t> one(demand.size());
        one[item] = 1;
        return fits(one);
    }
    std::vector<std::int64_t> mix_of(const Pattern& pattern) const {
        std::vector<std::int64_t> mix(demand.size());
        for (const Pattern::Part& part : pattern.parts) mix[part.item] += part.tasks;
        return mix;
    }
};

/// What the header says of every answer; returns what is left over.
std::vector<std::int64_t> check_patterns(const Packing& p, const std::vector<Pattern>& patterns) {
    std::vector<std::int64_t> left = p.tasks;
    std::int64_t slots = p.slots;
    for (const Pattern& pattern : patterns) {
        CHECK(pattern.slots > 0 && !pattern.parts.empty());
        std::vector<int> seen(left.size());
        for (const Pattern::Part& part : pattern.parts) {
            CHECK(part.tasks > 0);
            CHECK_EQ(++seen.at(part.item), 1);
            left[part.item] -= part.tasks * pattern.slots;
        }
        CHECK(p.fits(p.mix_of(pattern)));
        slots -= pattern.slots;
    }
    CHECK(slots >= 0);
    CHECK(std::ranges::all_of(left, [](std::int64_t n) { return n >= 0; }));
    if (slots > 0)
        for (std::size_t i = 0; i < left.size(); ++i) CHECK(left[i] == 0 || !p.fits_one(i));
    return left;
}

Packing random_packing(std::mt19937& random, std::size_t dimensions, std::size_t items,
                       std::int64_t most_slots) {
    const auto below = [&](std::int64_t n) {
        return static_cast<std::int64_t>(random()) % std::max<std::int64_t>(n, 1);
    };
    Packing p;
    for (std::size_t d = 0; d < dimensions; ++d)
        p.capacity.push_back(below(6) == 0 ? kUnlimited : below(12) == 0 ? 0 : 20 + below(80));
    for (std::size_t i = 0; i < items; ++i) {
        Amounts demand{};
        for (std::size_t d = 0; d < dimensions; ++d)
            demand[d] = below(3) == 0 ? 0 : below(8) == 0 ? below(200) : 1 + below(30);
        p.demand.push_back(demand);
        p.tasks.push_back(below(4) == 0 ? below(3) : below(500));
    }
    p.slots = 1 + below(most_slots);
    return p;
}

/// What a task of each item is worth: its share of a slot in each dimension, weighted by the cube of what all
/// tasks together ask of the dimension; a little more for the large.
std::vector<double> values(const Packing& p) {
    std::vector<double> value(p.demand.size()), cube(p.capacity.size());
    const auto share = [&](std::size_t i, std::size_t d) {
        const bool counts = p.capacity[d] != kUnlimited && p.capacity[d] > 0;
        return counts ? static_cast<double>(p.demand[i][d]) / static_cast<double>(p.capacity[d]) : 0;
    };
    double total = 0;
    for (std::size_t d = 0; d < cube.size(); ++d) {
        for (std::size_t i = 0; i < value.size(); ++i)
            cube[d] += share(i, d) * static_cast<double>(p.tasks[i]);
        cube[d] = cube[d] * cube[d] * cube[d];
        total += cube[d];
    }
    for (std::size_t i = 0; i < value.size(); ++i) {
        for (std::size_t d = 0; d < cube.size(); ++d)
            value[i] += total > 0 ? share(i, d) * cube[d] / total : 0;
        value[i] = std::pow(value[i], 1.05);
    }
    return value;
}

double worth(const std::vector<std::int64_t>& mix, const std::vector<double>& value) {
    double sum = 0;
    for (std::size_t i = 0; i < mix.size(); ++i) sum += static_cast<double>(mix[i]) * value[i];
    return sum;
}

/// The most that one slot can hold, by trying every mix.
double best_worth(const Packing& p, const std::vector<double>& value) {
    std::vector<std::int64_t> mix(p.demand.size());
    double best = 0;
    const std::function<void(std::size_t)> go = [&](std::size_t i) {
        if (!p.fits(mix)) return;
        if (i == mix.size()) {
            best = std::max(best, worth(mix, value));
            return;
        }
        for (mix[i] = 0; mix[i] <= p.tasks[i]; ++mix[i]) go(i + 1);
        mix[i] = 0;
    };
    go(0);
    return best;
}

}  // namespace

TEST(patterns_fit_and_nothing_that_fits_stays_while_slots_are_left) {
    std::mt19937 random(301);
    std::int64_t packed = 0;
    int slots_left = 0;
    for (int i = 0; i < 3000; ++i) {
        const Packing p =
            random_packing(random, 1 + random() % kMaxDimensions, random() % 12, i % 3 ? 60 : 2000);
        const auto patterns = p.pack(i % 5 ? SlotPacker::kNodes : 1 + static_cast<int>(random() % 40));
        const auto left = check_patterns(p, patterns);
        std::int64_t used = 0;
        for (const Pattern& pattern : patterns) used += pattern.slots;
        slots_left += used < p.slots;
        for (std::size_t k = 0; k < left.size(); ++k) packed += p.tasks[k] - left[k];
    }
    CHECK(packed > 100'000);
    CHECK(slots_left > 300 && slots_left < 2900);
}

TEST(the_first_pattern_is_the_best_mix) {
    std::mt19937 random(302);
    int mixed = 0;
    for (int i = 0; i < 800; ++i) {
        Packing p = random_packing(random, 1 + random() % 4, 1 + random() % 4, 1);
        for (auto& tasks : p.tasks) tasks = static_cast<std::int64_t>(random() % 7);
        p.slots = 7;  // nothing is due to any slot
        const auto patterns = p.pack(1 << 20);
        check_patterns(p, patterns);
        const auto value = values(p);
        const double best = best_worth(p, value);
        CHECK_EQ(best > 0, !patterns.empty() && worth(p.mix_of(patterns[0]), value) > 0);
        if (patterns.empty()) continue;
        CHECK(std::abs(worth(p.mix_of(patterns[0]), value) - best) < 1e-12);
        mixed += patterns[0].parts.size() > 1;
    }
    CHECK(mixed > 200);
}

TEST(every_slot_takes_the_share_that_is_due_to_it) {
    Packing p{{10}, {{6}, {4}}, {1000, 1000}, 1000};
    const auto even = p.pack();
    CHECK_EQ(even.size(), 1u);
    CHECK_EQ(even[0].slots, 1000);
    CHECK(p.mix_of(even[0]) == (std::vector<std::int64_t>{1, 1}));
    // Two dimensions, each the scarce one of one item: apart they would need 1500 slots.
    p = {{8, 8}, {{4, 1}, {1, 4}}, {1000, 1000}, 1000};
    CHECK(check_patterns(p, p.pack()) == (std::vector<std::int64_t>{0, 0}));
}

TEST(what_asks_for_nothing_goes_in) {
    for (const std::int64_t tasks : {1, 3, 5, 7, 1000})
        for (const Quantity capacity : {Quantity{10}, Quantity{0}, kUnlimited}) {
            const Packing alone{{capacity}, {{0}}, {tasks}, 5};
            CHECK(check_patterns(alone, alone.pack()) == (std::vector<std::int64_t>{0}));
            const Packing beside{{capacity, 12}, {{0, 0}, {0, 4}}, {tasks, 15}, 5};
            CHECK(check_patterns(beside, beside.pack()) == (std::vector<std::int64_t>{0, 0}));
        }
    const Packing free{{kUnlimited}, {{7}}, {3}, 5};  // asks for what has no limit
    CHECK(check_patterns(free, free.pack()) == (std::vector<std::int64_t>{0}));
}

TEST(what_does_not_fit_is_left_over) {
    const Packing p{{10, 5}, {{11, 0}, {1, 6}, {5, 5}}, {3, 3, 3}, 9};
    CHECK(check_patterns(p, p.pack()) == (std::vector<std::int64_t>{3, 3, 0}));
    const Packing none{{10}, {{11}}, {3}, 9};
    CHECK(none.pack().empty());
    CHECK((Packing{{10}, {{1}}, {3}, 0}).pack().empty());
    CHECK((Packing{{10}, {{1}}, {0}, 9}).pack().empty());
    CHECK((Packing{{10}, {}, {}, 9}).pack().empty());
}

TEST(one_slot_and_a_million) {
    const Packing one{{10}, {{7}, {5}, {3}}, {9, 9, 9}, 1};
    const auto patterns = one.pack();
    CHECK_EQ(patterns.size(), 1u);
    CHECK(one.mix_of(patterns[0]) == (std::vector<std::int64_t>{1, 0, 1}));
    const Packing many{
        {1000, kUnlimited}, {{300, 1}, {210, 5}, {70, 0}}, {1'500'000, 1'600'000, 2'900'000}, 1'000'000};
    const auto left = check_patterns(many, many.pack());
    CHECK(many.pack().size() < 30);
    // 989,000 slots' worth: at least 97 in 100 of it goes in.
    CHECK(left[0] * 300 + left[1] * 210 + left[2] * 70 < 30'000'000);
    const Packing huge{{kUnlimited}, {{1}}, {std::int64_t{1} << 60}, std::int64_t{1} << 40};
    CHECK(check_patterns(huge, huge.pack()) == (std::vector<std::int64_t>{0}));
}

TEST(many_items_and_all_dimensions) {
    std::mt19937 random(303);
    for (int i = 0; i < 40; ++i) {
        Packing p = random_packing(random, kMaxDimensions, 64, 3000);
        for (auto& demand : p.demand)
            for (auto& q : demand) q %= 20;
        check_patterns(p, p.pack());
        CHECK(p.pack().size() < 64 * 20);
    }
}
