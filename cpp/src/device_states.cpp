#include "gigafleet/device_states.hpp"

#include <algorithm>
#include <bit>
#include <climits>
#include <functional>
#include <tuple>

namespace gigafleet {

namespace {

constexpr int kSteps = 2000;  // of a search, where best fit fails; of what is known to fit it may take any

std::uint64_t key_of(DeviceStates::State state, std::uint32_t demand) {
    return std::uint64_t{state} << 32 | demand;
}

/// Shares of single devices, packed.
class SharePacker {
public:
    /// Dimensions [first, last) of `each` are what every device has.
    SharePacker(std::int64_t devices, const Amounts& each, std::size_t first, std::size_t last)
        : first_(first), last_(last), rooms_(static_cast<std::size_t>(devices), {kWholeDevice, each}) {}

    /// Puts the items, largest first, on devices; by item its device. False where none was found.
    bool run(std::span<const DeviceDemand* const> items, int steps, std::vector<std::size_t>& device) {
        device.resize(items.size());
        const std::vector<Room> empty = rooms_;
        bool fits = true;
        for (std::size_t i = 0; fits && i < items.size(); ++i) fits = best_fit(*items[i], device[i]);
        if (fits) return true;
        rooms_ = empty;
        steps_ = steps;
        return search(items, 0, device);
    }

private:
    struct Room {
        Quantity share;
        Amounts each;
        bool operator==(const Room&) const = default;
    };

    bool holds(const Room& room, const DeviceDemand& item) const {
        if (room.share < item.share) return false;
        for (std::size_t d = first_; d < last_; ++d)
            if (room.each[d] < item.each[d]) return false;
        return true;
    }
    void take(Room& room, const DeviceDemand& item, std::int64_t sign) const {
        room.share -= sign * item.share;
        for (std::size_t d = first_; d < last_; ++d)
            if (room.each[d] != kUnlimited) room.each[d] -= sign * item.each[d];
    }

    bool best_fit(const DeviceDemand& item, std::size_t& device) {
        std::size_t best = rooms_.size();
        for (std::size_t r = 0; r < rooms_.size(); ++r)
            if (holds(rooms_[r], item) && (best == rooms_.size() || rooms_[r].share < rooms_[best].share))
                best = r;
        if (best == rooms_.size()) return false;
        take(rooms_[best], item, 1);
        device = best;
        return true;
    }

    /// Every way, rooms that are alike once.
    bool search(std::span<const DeviceDemand* const> items, std::size_t at,
                std::vector<std::size_t>& device) {
        if (at == items.size()) return true;
        if (--steps_ < 0) return false;
        for (std::size_t r = 0; r < rooms_.size(); ++r) {
            if (!holds(rooms_[r], *items[at])) continue;
            if (std::find(rooms_.begin(), rooms_.begin() + static_cast<std::ptrdiff_t>(r), rooms_[r]) !=
                rooms_.begin() + static_cast<std::ptrdiff_t>(r))
                continue;
            take(rooms_[r], *items[at], 1);
            device[at] = r;
            if (search(items, at + 1, device)) return true;
            take(rooms_[r], *items[at], -1);
            if (steps_ < 0) return false;
        }
        return false;
    }

    std::size_t first_, last_;
    std::vector<Room> rooms_;
    int steps_ = 0;
};

}  // namespace

DeviceStates::DeviceStates(const Problem& problem, KindId kind)
    : demands_(&problem.device_demands()),
      first_(problem.fleet().schema().devices + 1),
      last_(problem.fleet().schema().resources.size()),
      devices_(problem.fleet().kinds()[kind.at()].devices),
      each_(problem.fleet().each_device(problem.fleet().kinds()[kind.at()])) {
    states_.push_back(&numbers_.try_emplace({}, kEmpty).first->first);
}

DeviceStates::DeviceStates(const DeviceStates& other)
    : demands_(other.demands_),
      first_(other.first_),
      last_(other.last_),
      devices_(other.devices_),
      each_(other.each_),
      numbers_(other.numbers_),
      states_(other.states_.size()),
      most_(other.most_),
      with_one_(other.with_one_) {
    for (const auto& [parts, state] : numbers_) states_[state] = &parts;
}

/// `seats`: by task, part by part, the devices it is on; may be null.
bool DeviceStates::packs(std::span<const Part> parts, std::vector<std::uint64_t>* seats) const {
    struct Task {
        const DeviceDemand* demand;
        std::size_t number;
    };
    std::vector<Task> shares;
    std::int64_t whole = 0;
    std::size_t tasks = 0;
    if (seats != nullptr) seats->clear();
    for (const auto& [number, n] : parts) {
        const DeviceDemand& demand = (*demands_)[number];
        for (std::int64_t k = 0; k < n; ++k, ++tasks) {
            std::uint64_t on = 0;
            if (demand.share < kWholeDevice) {
                shares.push_back({&demand, tasks});
            } else {  // whole ones from the last device down
                for (std::int64_t d = devices_used(demand.share); d > 0 && whole < devices_; --d)
                    on |= std::uint64_t{1} << (devices_ - ++whole);
                if (on == 0 || std::popcount(on) != devices_used(demand.share)) return false;
            }
            if (seats != nullptr) seats->push_back(on);
        }
    }
    std::ranges::stable_sort(shares, std::greater<>(), [](const Task& task) {
        return std::tie(task.demand->share, task.demand->each);
    });
    std::vector<const DeviceDemand*> items;
    for (const Task& task : shares) items.push_back(task.demand);
    std::vector<std::size_t> device;
    if (!SharePacker(devices_ - whole, each_, first_, last_)
             .run(items, seats == nullptr ? kSteps : INT_MAX, device))
        return false;
    for (std::size_t i = 0; seats != nullptr && i < shares.size(); ++i)
        (*seats)[shares[i].number] = std::uint64_t{1} << device[i];
    return true;
}

std::int64_t DeviceStates::fit(State state, std::uint32_t demand, std::int64_t limit) {
    if (demand == 0) return limit;
    const auto [known, fresh] = most_.try_emplace(key_of(state, demand), 0);
    if (!fresh) return std::min(known->second, limit);
    const DeviceDemand& asked = (*demands_)[demand];
    Quantity left = devices_ * kWholeDevice;
    for (const auto& [number, n] : parts(state)) left -= (*demands_)[number].share * n;
    std::int64_t most = left / asked.share;
    for (std::size_t d = first_; d < last_; ++d)
        if (asked.each[d] > 0 && each_[d] != kUnlimited)
            most = std::min(most, devices_ * (each_[d] / asked.each[d]));
    std::vector<Part> parts(this->parts(state).begin(), this->parts(state).end());
    auto own = std::ranges::lower_bound(parts, demand, {}, &Part::first);
    if (own == parts.end() || own->first != demand) own = parts.insert(own, {demand, 0});
    const std::int64_t before = own->second;
    const auto packs_with = [&](std::int64_t tasks) {
        own->second = before + tasks;
        return packs(parts, nullptr);
    };
    std::int64_t least = 0;                                                          // that fit
    for (std::int64_t tasks = most; least < most; tasks = (least + most + 1) / 2) {  // the most first
        if (packs_with(tasks))
            least = tasks;
        else
            most = tasks - 1;
    }
    known->second = least;
    return std::min(least, limit);
}

DeviceStates::State DeviceStates::with(State state, std::uint32_t demand, std::int64_t tasks) {
    if (demand == 0 || tasks == 0) return state;
    if (tasks == 1)
        if (const auto known = with_one_.find(key_of(state, demand)); known != with_one_.end())
            return known->second;
    std::vector<Part> parts(this->parts(state).begin(), this->parts(state).end());
    auto own = std::ranges::lower_bound(parts, demand, {}, &Part::first);
    if (own == parts.end() || own->first != demand) own = parts.insert(own, {demand, 0});
    own->second += tasks;
    if (own->second == 0) parts.erase(own);
    const auto [found, fresh] = numbers_.try_emplace(std::move(parts), static_cast<State>(states_.size()));
    if (fresh) states_.push_back(&found->first);
    if (tasks == 1) with_one_.emplace(key_of(state, demand), found->second);
    return found->second;
}

std::vector<std::uint64_t> DeviceStates::seats(State state) const {
    std::vector<std::uint64_t> seats;
    packs(parts(state), &seats);
    return seats;
}

}  // namespace gigafleet
