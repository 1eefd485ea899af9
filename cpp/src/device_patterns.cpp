#include "gigafleet/device_patterns.hpp"

#include <algorithm>
#include <array>

namespace gigafleet {

namespace {

constexpr std::size_t kMostShares = 32;  // that a pattern is made of
constexpr std::int64_t kSumsAStep = 32;

class DeviceFiller {
public:
    DeviceFiller(std::span<const Share> shares, const Amounts& each) : shares_(shares), each_(each) {
        for (const Share& share : shares) left_.push_back(share.tasks);
        for (std::size_t d = 0; d < kMaxDimensions; ++d)
            if (each[d] != kUnlimited &&
                std::ranges::any_of(shares, [&](const Share& share) { return share.demand->each[d] > 0; }))
                scarce_.push_back(d);
    }

    std::vector<DevicePattern> run(Fill how, SearchBudget& budget) {
        std::vector<DevicePattern> patterns;
        for (std::size_t first = 0;;) {
            while (first < shares_.size() && left_[first] == 0) ++first;
            if (first == shares_.size() || !budget.is_left()) return patterns;
            choose(first);
            budget.spend((std::ssize(chosen_) * kWholeDevice + std::ssize(shares_)) / kSumsAStep);
            patterns.push_back(next(first, how == Fill::kLargestFirst));
        }
    }

private:
    /// What a device may hold that adds up to some sum: one share more than it may hold for a smaller sum.
    struct Sum {
        bool reached = false;
        std::size_t last = 0;    ///< that share
        std::int64_t tasks = 0;  ///< how many of it
        Amounts each{};          ///< of all of them
    };

    /// Shares of which some tasks are left, from `first` on.
    void choose(std::size_t first) {
        chosen_.clear();
        for (std::size_t share = first; share < shares_.size(); ++share)
            if (left_[share] > 0) chosen_.push_back(share);
        const std::size_t all = chosen_.size();
        if (all <= kMostShares) return;
        for (std::size_t i = 0; i < kMostShares; ++i) chosen_[i] = chosen_[i * (all - 1) / (kMostShares - 1)];
        chosen_.resize(kMostShares);
    }

    bool holds(const Amounts& held, const Amounts& more) const {
        return std::ranges::all_of(scarce_, [&](std::size_t d) { return held[d] + more[d] <= each_[d]; });
    }

    /// Adds one of a share to what makes up `sum`.
    void reach(Quantity sum, std::size_t share, std::int64_t most) {
        const DeviceDemand& demand = *shares_[share].demand;
        const Sum& before = sums_[static_cast<std::size_t>(sum)];
        Sum& after = sums_[static_cast<std::size_t>(sum + demand.share)];
        const std::int64_t tasks = sum > 0 && before.last == share ? before.tasks + 1 : 1;
        if (!before.reached || after.reached || tasks > most || !holds(before.each, demand.each)) return;
        after = {true, share, tasks, before.each};
        for (const std::size_t d : scarce_) after.each[d] += demand.each[d];
    }

    /// The fullest; of those as full, of large shares. `with_first`: with one of the first share at least.
    DevicePattern next(std::size_t first, bool with_first) {
        sums_.fill({});
        sums_[0].reached = true;
        Quantity least = 0;
        if (with_first) {
            least = shares_[first].demand->share;
            reach(0, first, 1);
            sums_[0].reached = false;
        }
        for (const std::size_t share : chosen_)
            for (Quantity sum = least; sum + shares_[share].demand->share <= kWholeDevice; ++sum)
                reach(sum, share, left_[share]);
        auto sum = static_cast<Quantity>(sums_.size() - 1);
        while (!sums_[static_cast<std::size_t>(sum)].reached) --sum;
        DevicePattern pattern{{}, INT64_MAX};
        while (sum > 0) {
            const Sum& own = sums_[static_cast<std::size_t>(sum)];
            pattern.parts.push_back({own.last, own.tasks});
            pattern.devices = std::min(pattern.devices, left_[own.last] / own.tasks);
            sum -= own.tasks * shares_[own.last].demand->share;
        }
        for (const DevicePattern::Part& part : pattern.parts)
            left_[part.share] -= part.tasks * pattern.devices;
        return pattern;
    }

    std::span<const Share> shares_;
    const Amounts& each_;
    std::vector<std::size_t> scarce_;  ///< dimensions that a device may lack
    std::vector<std::int64_t> left_;   ///< tasks, by share
    std::vector<std::size_t> chosen_;  ///< shares of the pattern at hand
    std::array<Sum, kWholeDevice + 1> sums_;
};

}  // namespace

std::vector<DevicePattern> fill_devices(std::span<const Share> shares, const Amounts& each, Fill how,
                                        SearchBudget& budget) {
    return DeviceFiller(shares, each).run(how, budget);
}

}  // namespace gigafleet
