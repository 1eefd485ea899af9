#include "gigafleet/repack.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "gigafleet/slot_patterns.hpp"

namespace gigafleet {

namespace {

/// What a pool holds, by shape.
struct Content {
    std::vector<Item> items;
    std::vector<std::vector<std::uint32_t>> tasks;  ///< by item: a class as often as it has tasks, in order
};

Content content_of(const SlotTable& table, std::size_t pool) {
    Content content;
    for (const auto& [shape, seats] : table.in_pool(pool)) {
        if (seats.empty()) continue;
        std::vector<std::uint32_t>& tasks = content.tasks.emplace_back();
        for (const SlotTable::Seat& seat : seats) tasks.insert(tasks.end(), seat.tasks, seat.of);
        const Problem::Shape& own = table.market().problem().shape(table.market().shape(shape));
        content.items.push_back({&own.demand, std::ssize(tasks), own.device_demand});
    }
    return content;
}

/// Of each of the pool's slots; none where they differ.
std::optional<Amounts> capacity_of(const Fleet& fleet, const Fleet::Pool& pool) {
    const Amounts first = fleet.capacity(pool, fleet.entry_of_slot(pool, 0));
    for (std::int64_t slot = 1; fleet.any_varied() && slot < pool.slots; ++slot)
        if (fleet.capacity(pool, fleet.entry_of_slot(pool, slot)) != first) return {};
    return first;
}

bool all_stay_for_all(const SlotTable& table, std::size_t pool) {
    return std::ranges::all_of(table.in_pool(pool), [&](const SlotTable::OfShape& of) {
        return of.seats.empty() || table.stays(of.shape, table.first_slot(pool));
    });
}

bool are_all_packed(std::span<const Pattern> patterns, std::span<const Item> items) {
    std::vector<std::int64_t> left;
    for (const Item& item : items) left.push_back(item.tasks);
    for (const Pattern& pattern : patterns)
        for (const Pattern::Part& part : pattern.parts) left[part.item] -= part.tasks * pattern.slots;
    return std::ranges::all_of(left, [](std::int64_t tasks) { return tasks == 0; });
}

void repack(SlotTable& table, std::size_t pool) {
    const Problem& problem = table.market().problem();
    const std::size_t first = table.first_slot(pool), last = table.first_slot(pool + 1);
    if (last - first < 2 || table.has_bound(pool) || !all_stay_for_all(table, pool)) return;
    const Fleet& fleet = problem.fleet();
    const auto capacity = capacity_of(fleet, fleet.pools()[table.market().pools()[pool].id.at()]);
    if (!capacity) return;
    const std::span<const Quantity> all = *capacity;
    SlotPacker packer(all.first(fleet.schema().dimensions()), table.devices(pool));
    const Content content = content_of(table, pool);
    const std::vector<Pattern> patterns = packer.pack(content.items, static_cast<std::int64_t>(last - first));
    if (!are_all_packed(patterns, content.items)) return;
    // Seats are kept by class, then slot: what comes last goes first, and comes back in order.
    for (const auto& [shape, seats] : table.in_pool(pool))
        while (!seats.empty()) table.remove(seats.back().of, seats.back().slot);
    std::vector<std::size_t> next(content.items.size());
    std::size_t slot = first;
    for (const Pattern& pattern : patterns)
        for (std::int64_t k = 0; k < pattern.slots; ++k, ++slot)
            for (const Pattern::Part& part : pattern.parts)
                for (std::int64_t task = 0; task < part.tasks; ++task)
                    table.add(content.tasks[part.item][next[part.item]++], slot);
    table.settle();
}

}  // namespace

bool repack(SlotTable& table, double time_limit_s, std::string_view stage, Control& control) {
    const Stopwatch watch;
    const std::size_t pools = table.market().pools().size();
    for (std::size_t pool = 0; pool < pools; ++pool) {
        control.poll(stage, static_cast<std::int64_t>(pool), static_cast<std::int64_t>(pools));
        if (!(watch.seconds() < time_limit_s)) return false;
        repack(table, pool);
    }
    return true;
}

}  // namespace gigafleet
