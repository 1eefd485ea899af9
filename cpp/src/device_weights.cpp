#include "gigafleet/device_weights.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace gigafleet {

namespace {

constexpr double kSteps = 2e7;  // of all knapsacks together
constexpr int kMostRounds = 1000, kFewestRounds = 50;
constexpr double kSharpness = 30, kSoftStart = 0.3;  // of prices as covering proceeds
constexpr double kStep = 0.05;                       // of what a pattern could cover
constexpr double kNearlyBest = 0.998;
constexpr double kRoundings = 1e-3;  // of doubles, in multiples of a weight

/// The most valuable set of sizes in one device: unbounded, since there are many of each.
template <class T>
class Knapsack {
public:
    explicit Knapsack(std::span<const Quantity> sizes) : sizes_(sizes) {}

    T most(std::span<const T> value) {
        best_[0] = 0;
        last_[0] = kNone;
        for (std::size_t h = 1; h <= kWholeDevice; ++h) {
            best_[h] = best_[h - 1];
            last_[h] = kNone;
            for (std::size_t i = 0; i < sizes_.size() && sizes_[i] <= static_cast<Quantity>(h); ++i) {
                const T with = best_[h - static_cast<std::size_t>(sizes_[i])] + value[i];
                if (!(with > best_[h])) continue;
                best_[h] = with;
                last_[h] = i;
            }
        }
        return best_[kWholeDevice];
    }
    /// How often each size is in the set found last.
    void count(std::span<int> of_size) const {
        std::ranges::fill(of_size, 0);
        for (std::size_t h = kWholeDevice; h > 0;) {
            if (last_[h] == kNone) {
                --h;
                continue;
            }
            ++of_size[last_[h]];
            h -= static_cast<std::size_t>(sizes_[last_[h]]);
        }
    }

private:
    static constexpr std::size_t kNone = SIZE_MAX;
    std::span<const Quantity> sizes_;
    std::array<T, kWholeDevice + 1> best_{};
    std::array<std::size_t, kWholeDevice + 1> last_{};
};

/// Covers all members by patterns, round by round those that cover most of what lags behind; the prices by
/// which they are chosen tend to the duals.
std::vector<double> duals(std::span<const Quantity> sizes, std::span<const double> members) {
    const std::size_t n = sizes.size();
    Knapsack<double> knapsack(sizes);
    std::vector<double> covered(n), price(n), best(n), mean(n);
    std::vector<int> in_pattern(n);
    double volume = 0, devices = 0, most = 0;
    for (std::size_t i = 0; i < n; ++i) volume += members[i] * static_cast<double>(sizes[i]) / kWholeDevice;
    const int rounds = std::clamp(static_cast<int>(kSteps / (static_cast<double>(n) * kWholeDevice)),
                                  kFewestRounds, kMostRounds);
    for (int round = 0; round < rounds; ++round) {
        double least = INFINITY;
        for (std::size_t i = 0; i < n; ++i) least = std::min(least, covered[i] / members[i]);
        const double sharp = kSharpness / (devices / volume + kSoftStart);
        for (std::size_t i = 0; i < n; ++i)
            price[i] = std::exp(-sharp * (covered[i] / members[i] - least)) / members[i];
        const double scale = 1 / knapsack.most(price);
        double needed = 0;  // devices, at least
        for (std::size_t i = 0; i < n; ++i) needed += members[i] * price[i] * scale;
        if (needed > most) {
            most = needed;
            std::ranges::transform(price, best.begin(), [&](double p) { return p * scale; });
        }
        if (2 * round > rounds)
            for (std::size_t i = 0; i < n; ++i) mean[i] += price[i] * scale;
        knapsack.count(in_pattern);
        double used = INFINITY;
        for (std::size_t i = 0; i < n; ++i)
            if (in_pattern[i] > 0) used = std::min(used, members[i] / in_pattern[i]);
        used *= kStep;
        devices += used;
        for (std::size_t i = 0; i < n; ++i) covered[i] += used * in_pattern[i];
    }
    // The mean is steadier: sizes of which there are few have a price there, too.
    const double scale = 1 / knapsack.most(mean);
    double needed = 0;
    for (std::size_t i = 0; i < n; ++i) needed += members[i] * mean[i] * scale;
    if (needed < kNearlyBest * most) return best;
    for (double& price_of : mean) price_of *= scale;
    return mean;
}

}  // namespace

std::vector<Quantity> device_weights(std::span<const Quantity> sizes, std::span<const double> members) {
    std::vector<Quantity> weights(sizes.size(), 0), own_sizes;
    std::vector<double> own_members;
    std::vector<std::size_t> place;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        if (sizes[i] == 0 || !(members[i] > 0)) continue;
        own_sizes.push_back(sizes[i]);
        own_members.push_back(members[i]);
        place.push_back(i);
    }
    if (own_sizes.empty()) return weights;
    const std::vector<double> dual = duals(own_sizes, own_members);
    std::vector<Quantity> exact;
    for (const double price : dual)
        exact.push_back(static_cast<Quantity>(price * kDeviceWeight + kRoundings));
    // In integers it is a theorem: no set weighs more than a device.
    Knapsack<Quantity> knapsack(own_sizes);
    for (Quantity most = knapsack.most(exact); most > kDeviceWeight; most = knapsack.most(exact))
        for (Quantity& weight : exact) weight = weight * kDeviceWeight / most;
    for (std::size_t i = 0; i < place.size(); ++i) weights[place[i]] = exact[i];
    return weights;
}

}  // namespace gigafleet
