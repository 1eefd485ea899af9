#include "gigafleet/device_weights.hpp"

#include <functional>
#include <random>

#include "check.hpp"

using namespace gigafleet;

namespace {

/// The heaviest set of sizes that a device holds, by trying all.
Quantity heaviest(std::span<const Quantity> sizes, std::span<const Quantity> weights) {
    const std::function<Quantity(std::size_t, Quantity)> most = [&](std::size_t at, Quantity room) {
        Quantity best = 0;
        for (std::size_t i = at; i < sizes.size(); ++i)
            if (sizes[i] > 0 && sizes[i] <= room)
                best = std::max(best, weights[i] + most(i, room - sizes[i]));
        return best;
    };
    return most(0, kWholeDevice);
}

}  // namespace

TEST(a_share_that_leaves_no_room_for_others_weighs_a_device) {
    const std::vector<Quantity> sizes{600};
    const std::vector<double> members{10};
    CHECK_EQ(device_weights(sizes, members), std::vector<Quantity>{kDeviceWeight});
}

TEST(shares_that_fill_devices_weigh_what_they_are) {
    const std::vector<Quantity> sizes{250, 500};
    const std::vector<double> members{100, 100};
    const auto weights = device_weights(sizes, members);
    CHECK(std::abs(weights[0] - 250'000) <= 1000);
    CHECK(std::abs(weights[1] - 500'000) <= 1000);
}

TEST(what_fills_the_rest_of_a_large_share_weighs_little) {
    // As many of 0.8 as devices: shares of 0.2 beside them cost next to nothing.
    const std::vector<Quantity> sizes{200, 800};
    const std::vector<double> members{10, 100};
    const auto weights = device_weights(sizes, members);
    CHECK(weights[1] > 900'000);
    CHECK(weights[0] < 100'000);
}

TEST(no_set_that_fits_weighs_more_than_a_device) {
    std::mt19937 random(1);
    double better = 0;
    for (int i = 0; i < 100; ++i) {
        std::vector<Quantity> sizes;
        std::vector<double> members;
        for (Quantity size = static_cast<Quantity>(random() % 90); size <= kWholeDevice && sizes.size() < 12;
             size += 1 + static_cast<Quantity>(random() % 250)) {
            if (size != 0 && size < 90) continue;  // or there are too many sets to try
            sizes.push_back(size);
            members.push_back(static_cast<double>(random() % 50));
        }
        const auto weights = device_weights(sizes, members);
        CHECK(heaviest(sizes, weights) <= kDeviceWeight);
        double weight = 0, volume = 0;
        for (std::size_t s = 0; s < sizes.size(); ++s) {
            weight += members[s] * static_cast<double>(weights[s]) / kDeviceWeight;
            volume += members[s] * static_cast<double>(sizes[s]) / kWholeDevice;
        }
        better += weight > 1.02 * volume;
    }
    CHECK(better > 60);
}

TEST(weights_prove_what_patterns_need) {
    // Shares of 0.4 to 0.6: a device holds two only of what adds up to 1 at most.
    const std::vector<Quantity> sizes{400, 450, 550, 600};
    const std::vector<double> members{30, 10, 50, 40};
    const auto weights = device_weights(sizes, members);
    double needed = 0;  // 90 of the large ones, each alone or with a small one: the small ones go beside them
    for (std::size_t s = 0; s < sizes.size(); ++s) needed += members[s] * static_cast<double>(weights[s]);
    CHECK(std::abs(needed / kDeviceWeight - 90) < 1e-3);
}

TEST(very_many_sizes_weigh_no_less_than_they_are) {
    std::vector<Quantity> sizes;
    std::vector<double> members;
    std::mt19937 random(2);
    for (Quantity size = 1; size <= kWholeDevice; ++size) {
        sizes.push_back(size);
        members.push_back(static_cast<double>(random() % 100));
    }
    const auto weights = device_weights(sizes, members);
    double weight = 0, volume = 0;
    for (std::size_t s = 0; s < sizes.size(); ++s) {
        weight += members[s] * static_cast<double>(weights[s]) / kDeviceWeight;
        volume += members[s] * static_cast<double>(sizes[s]) / kWholeDevice;
    }
    CHECK(weight > 0.999 * volume);
}

TEST(none_and_nothing) {
    CHECK(device_weights({}, {}).empty());
    const std::vector<Quantity> sizes{0, 300};
    const std::vector<double> members{5, 0};
    CHECK_EQ(device_weights(sizes, members), (std::vector<Quantity>{0, 0}));
}
