#include "gigafleet/holdings.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

namespace gigafleet {

Holdings::Holdings(const Problem& problem, const Solution& solution)
    : problem_(problem),
      solution_(solution),
      first_(problem.fleet().pools().size() + 1, 0),
      held_(solution.fillings.size()) {
    for (const Filling& filling : solution.fillings) ++first_[filling.pool.at() + 1];
    for (std::size_t p = 0; p + 1 < first_.size(); ++p) first_[p + 1] += first_[p];
    std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
    for (std::size_t c = 0; c < solution.of_class.size(); ++c)
        for (std::size_t i = solution.of_class[c].first; i < solution.of_class[c].last; ++i)
            held_[next[solution.fillings[i].pool.at()]++] = {ClassId(c), static_cast<std::uint32_t>(i)};
}

void sort_wishes(std::span<PoolState::Wish> wishes) {
    std::ranges::sort(wishes, [](const PoolState::Wish& a, const PoolState::Wish& b) {
        return std::tie(a.first, a.number) < std::tie(b.first, b.number);
    });
}

void for_stretches(std::int64_t slots, std::span<const PoolState::Wish> wishes,
                   const std::function<void(const Stretch&)>& f) {
    std::vector<std::pair<std::int64_t, const PoolState::Wish*>> ends;
    ends.reserve(wishes.size());
    for (const PoolState::Wish& wish : wishes) ends.emplace_back(wish.first + wish.slots, &wish);
    std::ranges::sort(ends, {}, &std::pair<std::int64_t, const PoolState::Wish*>::first);
    Stretch stretch;
    std::array<WideQuantity, kMaxDimensions> taken{};  // of what has no limit there may be any amount
    std::map<std::uint32_t, std::int64_t> devices;     // tasks, by their demand
    std::map<std::int32_t, std::int64_t> users;        // of each model
    const auto change = [&](const PoolState::Wish& wish, std::int64_t sign) {
        const Problem::Shape& shape = *wish.shape;
        const std::int64_t tasks = sign * wish.per_slot;
        for (std::size_t d = 0; d < kMaxDimensions; ++d) taken[d] += WideQuantity{shape.demand[d]} * tasks;
        if (shape.device_demand != 0 && (devices[shape.device_demand] += tasks) == 0)
            devices.erase(shape.device_demand);
        if (shape.model != kNoModel && (users[shape.model] += tasks) == 0) users.erase(shape.model);
    };
    auto wish = wishes.begin();
    auto end = ends.begin();
    for (std::int64_t slot = 0; slot < slots;) {
        for (; end != ends.end() && end->first <= slot; ++end) change(*end->second, -1);
        for (; wish != wishes.end() && wish->first <= slot; ++wish) change(*wish, +1);
        std::int64_t next = slots;
        if (end != ends.end()) next = std::min(next, end->first);
        if (wish != wishes.end()) next = std::min(next, wish->first);
        stretch.first = slot;
        stretch.slots = next - slot;
        for (std::size_t d = 0; d < kMaxDimensions; ++d)
            stretch.taken[d] = static_cast<Quantity>(std::min<WideQuantity>(taken[d], kUnlimited));
        stretch.in_use = 0;
        for (const auto& [model, tasks] : users) stretch.in_use |= only(model);
        stretch.devices.assign(devices.begin(), devices.end());
        f(stretch);
        slot = next;
    }
}

std::vector<Stretch> stretches_of(std::int64_t slots, std::span<const PoolState::Wish> wishes) {
    std::vector<Stretch> all;
    for_stretches(slots, wishes, [&](const Stretch& stretch) { all.push_back(stretch); });
    return all;
}

}  // namespace gigafleet
