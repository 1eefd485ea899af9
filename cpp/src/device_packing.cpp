#include "gigafleet/device_packing.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <tuple>

namespace gigafleet {

namespace {

constexpr int kMostLooks = 128;           // at slots, for one bundle in one zone
constexpr std::size_t kMostReaches = 64;  // that are compared with each other
constexpr double kLeastHeaviness = 1e-9;

/// Of each level the most weight for a device first, then what leaves most to others; without devices at
/// last.
auto worth(const Bundle& bundle) {
    const double takes = bundle.devices > 0 ? static_cast<double>(bundle.devices)
                                            : std::max(bundle.heaviness, kLeastHeaviness);
    return std::tuple(bundle.level, bundle.devices == 0, -static_cast<double>(bundle.weight) / takes,
                      bundle.heaviness, -bundle.devices);
}

}  // namespace

DevicePacking::DevicePacking(const SlotTable& table, const DeviceSite& site, const PerDevice& per_device)
    : table_(table),
      site_(site),
      per_device_(per_device),
      first_(table.first_slot(site.first_pool())),
      weight_(site.weight().size()) {
    slots_.resize(table.first_slot(site.last_pool()) - first_);
    std::map<std::vector<bool>, std::size_t> zones;
    for (std::size_t p = site.first_pool(); p < site.last_pool(); ++p) {
        if (!site.is_open(p)) continue;
        std::vector<bool> within;
        for (std::size_t reach = 0; reach < site.reaches(); ++reach)
            within.push_back(site.is_within(reach, p));
        const auto [zone, fresh] = zones.try_emplace(std::move(within), zones_.size());
        if (fresh) zones_.push_back({p, {}, {}});
        open(p, zone->second);
    }
}

void DevicePacking::open(std::size_t pool, std::size_t zone) {
    const Fleet& fleet = table_.market().problem().fleet();
    const Fleet::Pool& own = fleet.pools()[table_.market().pools()[pool].id.at()];
    for (std::int64_t s = 0; s < own.slots; ++s) {
        const std::size_t at = table_.first_slot(pool) - first_ + static_cast<std::size_t>(s);
        Slot& slot = slots_[at];
        slot.devices = fleet.kinds()[own.kind.at()].devices;
        slot.zone = zone;
        const Amounts capacity = fleet.capacity(own, fleet.entry_of_slot(own, s));
        for (std::size_t d = 0; d < table_.market().dimensions(); ++d)
            slot.residual.push_back(capacity[table_.market().dimension(d)]);
        keys(at).insert(key(at));
    }
}

DevicePacking::Key DevicePacking::key(std::size_t at) const {
    const Slot& slot = slots_[at];
    const auto devices = static_cast<double>(std::max<std::int64_t>(slot.devices, 1));
    return {-per_device_.least(slot.residual) / devices, at};
}

std::set<DevicePacking::Key>& DevicePacking::keys(std::size_t at) {
    Zone& zone = zones_[slots_[at].zone];
    return slots_[at].devices > 0 ? zone.open : zone.spent;
}

bool DevicePacking::pack(std::span<const Bundle> bundles, SearchBudget& budget) {
    std::vector<std::uint32_t> order(bundles.size());
    std::iota(order.begin(), order.end(), static_cast<std::uint32_t>(bundles_.size()));
    bundles_.insert(bundles_.end(), bundles.begin(), bundles.end());
    std::ranges::stable_sort(order, {}, [&](std::uint32_t b) { return worth(bundles_[b]); });
    std::vector<Some> chosen = choose(order);
    std::ranges::stable_sort(chosen, {}, [&](const Some& some) {
        const Bundle& bundle = bundles_[some.bundle];
        return std::pair(-bundle.heaviness * static_cast<double>(bundle.devices), -bundle.heaviness);
    });
    least_left_ = std::numeric_limits<double>::infinity();
    for (const auto& [b, number] : chosen)
        if (bundles_[b].devices > 0) least_left_ = std::min(least_left_, bundles_[b].heaviness);
    for (const auto& [b, number] : chosen)
        if (!put(b, number, budget)) return false;
    least_left_ = 0;  // what else there is room for
    for (const std::uint32_t b : order)
        if (!put(b, bundles_[b].number, budget)) return false;
    return true;
}

/// As many as slots in reach would hold if they were one: no reach is given more than it has, together with
/// all that lie within.
std::vector<DevicePacking::Some> DevicePacking::choose(std::span<const std::uint32_t> order) const {
    std::vector<std::vector<double>> left;
    for (std::size_t reach = 0; reach < site_.reaches(); ++reach) left.push_back(total(reach));
    const std::vector<std::vector<std::size_t>> around = reaches_around();
    std::vector<Some> chosen;
    for (const std::uint32_t b : order) {
        const Bundle& bundle = bundles_[b];
        std::vector<double> takes(bundle.demand.begin(), bundle.demand.end());
        takes.push_back(static_cast<double>(bundle.devices));
        auto number = static_cast<double>(bundle.number);
        for (const std::size_t reach : around[bundle.reach])
            for (std::size_t d = 0; d < takes.size(); ++d)
                if (takes[d] > 0) number = std::min(number, std::floor(left[reach][d] / takes[d]));
        if (number < 1) continue;
        for (const std::size_t reach : around[bundle.reach])
            for (std::size_t d = 0; d < takes.size(); ++d) left[reach][d] -= number * takes[d];
        chosen.push_back({b, static_cast<std::int64_t>(number)});
    }
    return chosen;
}

/// What is left in all slots in reach; free devices come last.
std::vector<double> DevicePacking::total(std::size_t reach) const {
    std::vector<double> sum(table_.market().dimensions() + 1);
    for (std::size_t p = site_.first_pool(); p < site_.last_pool(); ++p) {
        if (!site_.is_within(reach, p)) continue;
        for (std::size_t s = table_.first_slot(p); s < table_.first_slot(p + 1); ++s) {
            const Slot& slot = slots_[s - first_];
            for (std::size_t d = 0; d < slot.residual.size(); ++d)
                sum[d] += static_cast<double>(slot.residual[d]);
            sum.back() += static_cast<double>(slot.devices);
        }
    }
    return sum;
}

/// By reach, those that it is a part of, itself among them.
std::vector<std::vector<std::size_t>> DevicePacking::reaches_around() const {
    const auto is_part_of = [&](std::size_t reach, std::size_t other) {
        if (reach == other) return true;
        if (site_.reaches() > kMostReaches) return false;
        return std::ranges::all_of(zones_, [&](const Zone& zone) {
            return site_.is_within(other, zone.pool) || !site_.is_within(reach, zone.pool);
        });
    };
    std::vector<std::vector<std::size_t>> around(site_.reaches());
    for (std::size_t reach = 0; reach < around.size(); ++reach)
        for (std::size_t other = 0; other < around.size(); ++other)
            if (is_part_of(reach, other)) around[reach].push_back(other);
    return around;
}

/// Puts up to so many into slots; false where the budget was spent.
bool DevicePacking::put(std::uint32_t b, std::int64_t number, SearchBudget& budget) {
    Bundle& bundle = bundles_[b];
    for (number = std::min(number, bundle.number); number > 0; --number) {
        if (!budget.is_left()) return false;
        const std::optional<std::size_t> at = find(bundle, budget);
        if (!at) break;
        keys(*at).erase(key(*at));
        Slot& slot = slots_[*at];
        slot.devices -= bundle.devices;
        for (std::size_t d = 0; d < slot.residual.size(); ++d)
            if (slot.residual[d] != kUnlimited) slot.residual[d] -= bundle.demand[d];
        if (slot.held.empty() || slot.held.back().bundle != b) slot.held.push_back({b, 0});
        ++slot.held.back().number;
        keys(*at).insert(key(*at));
        --bundle.number;
        weight_[bundle.level] += bundle.weight;
    }
    return true;
}

/// The slot that has most left for each free device. What needs none would rather go where none is free.
std::optional<std::size_t> DevicePacking::find(const Bundle& bundle, SearchBudget& budget) const {
    for (const auto keys : {&Zone::spent, &Zone::open}) {
        if (keys == &Zone::spent && bundle.devices > 0) continue;
        std::optional<Key> best;
        for (const Zone& zone : zones_) {
            if (!site_.is_within(bundle.reach, zone.pool)) continue;
            const std::optional<Key> found = find(bundle, zone.*keys, budget);
            if (found && (!best || *found < *best)) best = found;
        }
        if (best) return best->second;
    }
    return {};
}

std::optional<DevicePacking::Key> DevicePacking::find(const Bundle& bundle, const std::set<Key>& keys,
                                                      SearchBudget& budget) const {
    int looks = 0;
    std::optional<Key> found;
    for (auto key = keys.begin(); !found && key != keys.end() && looks < kMostLooks; ++key, ++looks)
        if (holds(slots_[key->second], bundle)) found = *key;
    budget.spend(looks);
    return found;
}

/// Whether a slot has room for a bundle, and each device that stays free is left what the lightest needs.
bool DevicePacking::holds(const Slot& slot, const Bundle& bundle) const {
    if (slot.devices < bundle.devices) return false;
    Amounts left{};
    for (std::size_t d = 0; d < slot.residual.size(); ++d) {
        if (slot.residual[d] < bundle.demand[d]) return false;
        left[d] = slot.residual[d] == kUnlimited ? kUnlimited : slot.residual[d] - bundle.demand[d];
    }
    const auto free = static_cast<double>(slot.devices - bundle.devices);
    return bundle.devices == 0 || free == 0 ||
           per_device_.least(std::span(left).first(slot.residual.size())) >= least_left_ * free;
}

}  // namespace gigafleet
