#include "gigafleet/device_patterns.hpp"

#include <algorithm>
#include <random>

#include "check.hpp"

using namespace gigafleet;

namespace {

struct Case {
    std::vector<DeviceDemand> demands;
    std::vector<std::int64_t> tasks;
    Amounts each{};

    std::vector<DevicePattern> fill(Fill how, std::int64_t steps = 1'000'000) const {
        std::vector<Share> shares;
        for (std::size_t i = 0; i < demands.size(); ++i) shares.push_back({&demands[i], tasks[i]});
        NoControl quiet;
        SearchBudget budget({.steps = steps}, quiet);
        return fill_devices(shares, each, how, budget);
    }
};

/// Shares of 0.05 to 0.95, the largest first, and where `memory`, so much of a device's as well.
Case random_case(std::mt19937& random, bool memory) {
    Case c;
    c.each[3] = memory ? 10 : kUnlimited;
    for (std::size_t i = 0; i < 1 + random() % 6; ++i) {
        DeviceDemand demand{static_cast<Quantity>(50 * (1 + random() % 19)), {}};
        if (memory) demand.each[3] = static_cast<Quantity>(random() % 8);
        c.demands.push_back(demand);
        c.tasks.push_back(static_cast<std::int64_t>(random() % 12));
    }
    std::ranges::sort(c.demands, std::greater<>());
    return c;
}

Quantity sum(const Case& c, const DevicePattern& pattern) {
    Quantity sum = 0;
    for (const DevicePattern::Part& part : pattern.parts) sum += c.demands[part.share].share * part.tasks;
    return sum;
}

/// The fullest that some of what is left fills a device, by trying all.
Quantity fullest(const Case& c, const std::vector<std::int64_t>& left, std::size_t at, Quantity room) {
    if (at == left.size()) return 0;
    Quantity best = 0;
    for (std::int64_t tasks = 0; tasks <= left[at] && tasks * c.demands[at].share <= room; ++tasks) {
        const Quantity own = tasks * c.demands[at].share;
        best = std::max(best, own + fullest(c, left, at + 1, room - own));
    }
    return best;
}

}  // namespace

TEST(the_largest_go_first_or_what_fills_most) {
    const Case c{{{600, {}}, {500, {}}, {300, {}}}, {2, 2, 2}, {}};
    const auto largest = c.fill(Fill::kLargestFirst);
    CHECK_EQ(sum(c, largest[0]), 900);
    CHECK_EQ(largest[0].devices, 2);
    CHECK_EQ(sum(c, largest[1]), 1000);
    const auto full = c.fill(Fill::kFullestFirst);
    CHECK_EQ(sum(c, full[0]), 1000);
    CHECK_EQ(full[0].devices, 1);
}

TEST(every_share_is_on_one_device_and_each_pattern_is_the_fullest) {
    std::mt19937 random(5);
    for (int i = 0; i < 400; ++i) {
        const bool memory = i % 2 == 1, largest = i % 4 < 2;
        const Case c = random_case(random, memory);
        std::vector<std::int64_t> left = c.tasks;
        for (const DevicePattern& pattern : c.fill(largest ? Fill::kLargestFirst : Fill::kFullestFirst)) {
            CHECK(pattern.devices > 0);
            CHECK(sum(c, pattern) > 0 && sum(c, pattern) <= kWholeDevice);
            Quantity held = 0;
            for (const DevicePattern::Part& part : pattern.parts)
                held += c.demands[part.share].each[3] * part.tasks;
            CHECK(held <= c.each[3]);
            const auto first = static_cast<std::size_t>(
                std::ranges::find_if(left, [](std::int64_t tasks) { return tasks > 0; }) - left.begin());
            if (largest)
                CHECK(std::ranges::any_of(pattern.parts, [&](const auto& p) { return p.share == first; }));
            if (!memory && largest) {
                std::vector<std::int64_t> others = left;
                --others[first];
                const Quantity own = c.demands[first].share;
                CHECK_EQ(sum(c, pattern), own + fullest(c, others, 0, kWholeDevice - own));
            } else if (!memory) {
                CHECK_EQ(sum(c, pattern), fullest(c, left, 0, kWholeDevice));
            }
            for (const DevicePattern::Part& part : pattern.parts)
                left[part.share] -= part.tasks * pattern.devices;
            CHECK(std::ranges::all_of(left, [](std::int64_t tasks) { return tasks >= 0; }));
        }
        CHECK(std::ranges::all_of(left, [](std::int64_t tasks) { return tasks == 0; }));
    }
}

TEST(very_many_shares_fill_devices_nearly_and_end_with_the_budget) {
    Case c;
    for (Quantity share = 900; share > 50; share -= 3) {
        c.demands.push_back({share, {}});
        c.tasks.push_back(1);
    }
    for (const Fill how : {Fill::kLargestFirst, Fill::kFullestFirst}) {
        std::int64_t devices = 0, tasks = 0;
        Quantity filled = 0;
        for (const DevicePattern& pattern : c.fill(how)) {
            devices += pattern.devices;
            filled += pattern.devices * sum(c, pattern);
            for (const DevicePattern::Part& part : pattern.parts) tasks += part.tasks * pattern.devices;
        }
        CHECK_EQ(tasks, std::ssize(c.tasks));
        CHECK(filled * 100 >= devices * kWholeDevice * (how == Fill::kLargestFirst ? 97 : 88));
        CHECK(std::ssize(c.fill(how, 5000)) < devices / 2);
    }
}

TEST(nothing_fills_nothing) { CHECK(Case{}.fill(Fill::kFullestFirst).empty()); }
