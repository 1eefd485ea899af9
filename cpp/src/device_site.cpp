#include "gigafleet/device_site.hpp"

#include <algorithm>

namespace gigafleet {

namespace {

constexpr std::size_t kNowhere = SIZE_MAX;

}  // namespace

DeviceSite::DeviceSite(const SlotTable& table, std::size_t first, std::size_t last,
                       std::span<const std::size_t> level)
    : table_(table), first_(first), is_open_(last - first), weight_(std::ranges::max(level) + 1) {
    const Market& market = table.market();
    std::vector<std::int64_t> own(market.classes().size());
    for (std::size_t p = first; p < last; ++p) {
        is_open_[p - first] = can_be_emptied(p);
        for (const auto& [shape, seats] : table.in_pool(p))
            for (const SlotTable::Seat& seat : seats)
                if (is_open(p)) own[seat.of] += seat.tasks;
    }
    for (std::uint32_t c = 0; c < own.size(); ++c) {
        if (own[c] + table.left(c) == 0) continue;
        const ShapeId shape = market.shape(table.shape(c));
        weight_[level[shape.at()]] += WideQuantity{market.problem().shape(shape).weight} * own[c];
        if (const std::size_t reach = reach_of(c); reach != kNowhere)
            wanted_.push_back({c, own[c] + table.left(c), level[shape.at()], reach});
    }
}

bool DeviceSite::can_be_emptied(std::size_t pool) const {
    return table_.devices(pool) != nullptr && !table_.has_bound(pool) &&
           std::ranges::all_of(table_.in_pool(pool), [&](const SlotTable::OfShape& of) {
               return of.seats.empty() || table_.stays(of.shape, table_.first_slot(pool));
           });
}

/// The pools that a class may run in, on any of their nodes. A node that is too small for a task counts as
/// well: its size keeps the task out, and those that differ by no more may go together.
std::size_t DeviceSite::reach_of(std::uint32_t c) {
    const Problem& problem = table_.market().problem();
    const Problem::Shape& shape = problem.shape(table_.market().shape(table_.shape(c)));
    std::vector<bool> pools(is_open_.size());
    bool any = false;
    Amounts least;
    least.fill(kUnlimited);
    for (std::size_t p = first_; p < last_pool(); ++p) {
        if (!is_open(p) || !table_.stays(table_.shape(c), table_.first_slot(p))) continue;
        const Fleet::Pool& pool = problem.fleet().pools()[table_.market().pools()[p].id.at()];
        const bool may_run = table_.cost(c, p) != Market::kOut;
        any = any || may_run;
        pools[p - first_] =
            may_run || (!holds(pool.capacity_max, shape.demand) && problem.devices_hold(shape, pool.kind));
        if (!pools[p - first_]) continue;
        const Amounts each = problem.fleet().each_device(problem.fleet().kinds()[pool.kind.at()]);
        std::ranges::transform(least, each, least.begin(), std::ranges::min);
    }
    if (!any) return kNowhere;
    const auto [known, fresh] = numbers_.try_emplace(pools, reaches_.size());
    if (fresh) {
        reaches_.push_back(std::move(pools));
        each_.push_back(least);
    }
    return known->second;
}

}  // namespace gigafleet
