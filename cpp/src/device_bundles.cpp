#include "gigafleet/device_bundles.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>

namespace gigafleet {

PerDevice::PerDevice(const SlotTable& table, std::size_t first, std::size_t last) {
    const Market& market = table.market();
    const Fleet& fleet = market.problem().fleet();
    const Schema& schema = fleet.schema();
    double devices = 0;
    std::vector<bool> unlimited(market.dimensions());
    amounts_.resize(market.dimensions());
    for (std::size_t p = first; p < last; ++p) {
        const Fleet::Pool& pool = fleet.pools()[market.pools()[p].id.at()];
        if (table.devices(p) == nullptr) continue;
        devices +=
            static_cast<double>(fleet.kinds()[pool.kind.at()].devices) * static_cast<double>(pool.slots);
        for (std::int64_t slot = 0; slot < pool.slots; ++slot) {
            const Amounts capacity = fleet.capacity(pool, fleet.entry_of_slot(pool, slot));
            for (std::size_t d = 0; d < amounts_.size(); ++d) {
                const Quantity has = capacity[market.dimension(d)];
                amounts_[d] += static_cast<double>(has);
                unlimited[d] = unlimited[d] || has == kUnlimited;
            }
        }
    }
    for (std::size_t d = 0; d < amounts_.size(); ++d) {
        const std::size_t dimension = market.dimension(d);
        const bool counts_devices = schema.is_of_devices(dimension) ||
                                    (schema.has_device_weights() && dimension == schema.device_weights());
        amounts_[d] = counts_devices || unlimited[d] || devices == 0 ? 0 : amounts_[d] / devices;
    }
}

double PerDevice::most(std::span<const Quantity> amounts) const {
    double most = 0;
    for (std::size_t d = 0; d < amounts_.size(); ++d)
        if (amounts_[d] > 0) most = std::max(most, static_cast<double>(amounts[d]) / amounts_[d]);
    return most;
}

double PerDevice::least(std::span<const Quantity> amounts) const {
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t d = 0; d < amounts_.size(); ++d)
        if (amounts_[d] > 0) least = std::min(least, static_cast<double>(amounts[d]) / amounts_[d]);
    return least;
}

namespace {

class Tying {
public:
    Tying(const SlotTable& table, const PerDevice& per_device) : table_(table), per_device_(per_device) {}

    /// Each task a bundle of its own.
    void tie_alone(const Wanted& wanted, std::int64_t devices) {
        add({{{wanted.of, 1}}, devices, wanted.level, wanted.reach, 0, {}, 0, wanted.tasks});
    }

    /// `shares`: of one level and reach, by demand those that ask for it.
    void tie_shares(const std::map<std::pair<Quantity, std::uint32_t>, std::vector<Wanted>>& shares,
                    const Amounts& each, Fill how, SearchBudget& budget) {
        const auto& demands = table_.market().problem().device_demands();
        std::vector<Share> all;
        std::vector<Queue> queues;
        for (const auto& [demand, wanted] : shares) {
            std::int64_t tasks = 0;
            for (const Wanted& some : wanted) tasks += some.tasks;
            all.push_back({&demands[demand.second], tasks});
            queues.push_back(sorted(wanted));
        }
        for (const DevicePattern& pattern : fill_devices(all, each, how, budget))
            for (std::int64_t devices = pattern.devices; devices > 0;)
                devices -= tie_some(pattern, devices, queues);
    }

    std::vector<Bundle> bundles;

private:
    using Queue = std::vector<Wanted>;  ///< the last is next

    const Problem::Shape& shape(std::uint32_t of) const {
        return table_.market().problem().shape(table_.market().shape(table_.shape(of)));
    }
    double heaviness(std::uint32_t of) const { return per_device_.most(table_.demand(table_.shape(of))); }

    /// Those of most weight are next, then the heaviest: what is heavy goes with what is heavy.
    Queue sorted(Queue wanted) const {
        std::ranges::sort(wanted, {}, [&](const Wanted& some) {
            return std::tuple(shape(some.of).weight, heaviness(some.of), some.of);
        });
        return wanted;
    }

    /// Bundles of a pattern that are alike; returns how many.
    std::int64_t tie_some(const DevicePattern& pattern, std::int64_t most, std::vector<Queue>& queues) {
        const Wanted& any = queues[pattern.parts[0].share].back();
        Bundle bundle{{}, 1, any.level, any.reach, 0, {}, 0, most};
        for (const DevicePattern::Part& part : pattern.parts) {
            const std::int64_t left = queues[part.share].back().tasks;
            bundle.number = std::min(bundle.number, std::max<std::int64_t>(left / part.tasks, 1));
        }
        for (const DevicePattern::Part& part : pattern.parts) {
            Queue& queue = queues[part.share];
            for (std::int64_t tasks = part.tasks * bundle.number; tasks > 0;) {
                Wanted& next = queue.back();
                const std::int64_t some = std::min(tasks, next.tasks);
                bundle.parts.push_back({next.of, some / bundle.number});
                tasks -= some;
                next.tasks -= some;
                if (next.tasks == 0) queue.pop_back();
            }
        }
        const std::int64_t number = bundle.number;
        add(std::move(bundle));
        return number;
    }

    void add(Bundle bundle) {
        bundle.demand.resize(table_.market().dimensions());
        for (const auto& [of, tasks] : bundle.parts) {
            bundle.weight += shape(of).weight * tasks;
            const auto demand = table_.demand(table_.shape(of));
            for (std::size_t d = 0; d < demand.size(); ++d) bundle.demand[d] += demand[d] * tasks;
        }
        bundle.heaviness =
            per_device_.most(bundle.demand) / static_cast<double>(std::max<std::int64_t>(bundle.devices, 1));
        bundles.push_back(std::move(bundle));
    }

    const SlotTable& table_;
    const PerDevice& per_device_;
};

}  // namespace

std::vector<Bundle> tie_bundles(const SlotTable& table, const PerDevice& per_device,
                                std::span<const Wanted> wanted, std::span<const Amounts> each, Fill how,
                                SearchBudget& budget) {
    const auto& demands = table.market().problem().device_demands();
    // By level and reach, then demand, the largest share first.
    using Alike = std::pair<std::size_t, std::size_t>;
    std::map<Alike, std::map<std::pair<Quantity, std::uint32_t>, std::vector<Wanted>>> shares;
    Tying tying(table, per_device);
    for (const Wanted& some : wanted) {
        const std::uint32_t demand = table.device_demand(table.shape(some.of));
        const Quantity share = demand == 0 ? 0 : demands[demand].share;
        if (share == 0 || share >= kWholeDevice)
            tying.tie_alone(some, devices_used(share));
        else
            shares[{some.level, some.reach}][{-share, demand}].push_back(some);
    }
    for (const auto& [alike, by_demand] : shares)
        tying.tie_shares(by_demand, each[alike.second], how, budget);
    std::ranges::stable_sort(tying.bundles, {}, &Bundle::level);
    return std::move(tying.bundles);
}

}  // namespace gigafleet
