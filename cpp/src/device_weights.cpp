#include "gigafleet/device_weights.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>

namespace gigafleet {

namespace {

constexpr double kSteps = 1e8;  // of all pivots together: some 40 ms
constexpr double kZero = 1e-9;
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

/// The linear program that covers all members by patterns, each of which fills one device: the simplex method
/// on a basis of them. What enters is worth the most at the duals of the others.
class Covering {
public:
    Covering(std::span<const Quantity> sizes, std::span<const double> members)
        : sizes_(sizes),
          members_(members),
          n_(sizes.size()),
          knapsack_(sizes),
          inverse_(n_ * n_),
          devices_(n_),
          price_(n_),
          step_(n_),
          pattern_(n_) {
        for (std::size_t i = 0; i < n_; ++i) {  // at first each size has devices of its own
            inverse_[i * n_ + i] = 1 / static_cast<double>(kWholeDevice / sizes[i]);
            devices_[i] = members[i] * inverse_[i * n_ + i];
        }
    }

    /// The duals; where there is no time for them the best prices met, which are never worse than the sizes.
    std::vector<double> run() {
        for (const Quantity size : sizes_) best_.push_back(static_cast<double>(size) / kWholeDevice);
        most_ = needed(best_);
        const auto size = static_cast<double>(n_);
        const auto pivots = static_cast<int>(kSteps / (size * (kWholeDevice + 2 * size)));
        for (int pivot = 0; pivot < pivots && !price() && enter(); ++pivot) {}
        return best_;
    }

private:
    /// Devices, at least, where no pattern costs more than 1.
    double needed(std::span<const double> price) const {
        return std::inner_product(price.begin(), price.end(), members_.begin(), 0.0);
    }

    /// Finds the duals of the basis, and the pattern that is worth the most. Whether no device can do better.
    bool price() {
        std::ranges::fill(price_, 0);
        for (std::size_t i = 0; i < n_; ++i)
            for (std::size_t j = 0; j < n_; ++j) price_[j] += inverse_[i * n_ + j];
        for (double& price : price_) price = std::max(price, 0.0);
        const double worth = knapsack_.most(price_);
        if (const double devices = needed(price_) / worth; devices > most_) {
            most_ = devices;
            std::ranges::transform(price_, best_.begin(), [&](double price) { return price / worth; });
        }
        return worth <= 1 + kZero;
    }

    /// The pattern found last takes the place of one in the basis.
    bool enter() {
        knapsack_.count(pattern_);
        std::size_t leaves = n_;
        for (std::size_t i = 0; i < n_; ++i) {
            step_[i] =
                std::inner_product(pattern_.begin(), pattern_.end(), inverse_.begin() + offset(i), 0.0);
            if (step_[i] > kZero &&
                (leaves == n_ || devices_[i] * step_[leaves] < devices_[leaves] * step_[i]))
                leaves = i;
        }
        if (leaves == n_) return false;
        const double enters = devices_[leaves] / step_[leaves];
        for (std::size_t j = 0; j < n_; ++j) inverse_[leaves * n_ + j] /= step_[leaves];
        for (std::size_t i = 0; i < n_; ++i) {
            if (i == leaves) continue;
            devices_[i] = std::max(0.0, devices_[i] - enters * step_[i]);
            for (std::size_t j = 0; j < n_; ++j) inverse_[i * n_ + j] -= step_[i] * inverse_[leaves * n_ + j];
        }
        devices_[leaves] = enters;
        return true;
    }
    std::ptrdiff_t offset(std::size_t row) const { return static_cast<std::ptrdiff_t>(row * n_); }

    std::span<const Quantity> sizes_;
    std::span<const double> members_;
    std::size_t n_;
    Knapsack<double> knapsack_;
    std::vector<double> inverse_;       ///< of the basis: by pattern, then size
    std::vector<double> devices_;       ///< that each pattern of the basis fills
    std::vector<double> price_, best_;  ///< by size
    double most_ = 0;                   ///< devices that best_ proves are needed
    std::vector<double> step_;
    std::vector<int> pattern_;
};

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
    const std::vector<double> dual = Covering(own_sizes, own_members).run();
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
