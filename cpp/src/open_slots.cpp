#include "gigafleet/open_slots.hpp"

#include <algorithm>

#include "gigafleet/parallel.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kShards = 64;

}  // namespace

OpenSlots::OpenSlots(const Problem& problem, const Held& held, const Amounts& least, int threads)
    : dimensions_(problem.fleet().schema().dimensions()),
      least_(least),
      pools_(problem.fleet().pools().size()),
      most_(pools_.size() * dimensions_) {
    const Fleet& fleet = problem.fleet();
    const auto read = [&](std::size_t p) {
        const Fleet::Pool& own = fleet.pools()[p];
        Pool& pool = pools_[p];
        const auto capacity = [&](std::int64_t slot) {
            return fleet.capacity(own, fleet.entry_of_slot(own, slot));
        };
        std::int64_t next = 0;
        const auto untouched_until = [&](std::int64_t last) {
            if (fleet.any_varied())
                for (std::int64_t slot = next; slot < last; ++slot) list(p, slot, capacity(slot));
            else if (next < last)
                pool.fresh.push_back({next, last});
            next = last + 1;
        };
        for (const auto& [slot, taken] : held.by_pool[p]) {
            untouched_until(slot);
            Amounts room = capacity(slot);
            for (std::size_t d = 0; d < dimensions_; ++d)
                if (room[d] != kUnlimited) room[d] -= taken[d];
            list(p, slot, room);
        }
        untouched_until(own.slots);
        if (pool.fresh.empty()) return;
        pool.capacity = fleet.kinds()[own.kind.at()].capacity;
        note(p, pool.capacity);
    };
    parallel_for(threads, kShards, [&](std::int64_t shard) {
        const auto [first, last] = shard_range(static_cast<std::int64_t>(pools_.size()), kShards, shard);
        for (std::int64_t p = first; p < last; ++p) read(static_cast<std::size_t>(p));
    });
}

void OpenSlots::note(std::size_t pool, const Amounts& room) {
    Quantity* most = most_.data() + pool * dimensions_;
    for (std::size_t d = 0; d < dimensions_; ++d) most[d] = std::max(most[d], room[d]);
}

void OpenSlots::list(std::size_t id, std::int64_t slot, const Amounts& room) {
    if (!has_room(room.data(), least_)) return;
    Pool& pool = pools_[id];
    pool.slots.push_back(slot);
    pool.rooms.insert(pool.rooms.end(), room.begin(),
                      room.begin() + static_cast<std::ptrdiff_t>(dimensions_));
    note(id, room);
}

void OpenSlots::find(PoolId id, const Amounts& demand, std::vector<std::size_t>& out) const {
    const Pool& pool = pools_[id.at()];
    const Quantity* room = pool.rooms.data();
    for (std::size_t i = 0; i < pool.slots.size(); ++i, room += dimensions_)
        if (has_room(room, demand)) out.push_back(i);
    if (!pool.fresh.empty() && has_room(pool.capacity.data(), demand)) out.push_back(kFresh);
}

bool OpenSlots::fits(PoolId id, std::size_t at, const Amounts& demand, std::int64_t from) const {
    const Pool& pool = pools_[id.at()];
    if (at == kFresh)
        return !pool.fresh.empty() && pool.fresh.back().last > from && has_room(pool.capacity.data(), demand);
    return pool.slots[at] >= from && has_room(pool.rooms.data() + at * dimensions_, demand);
}

std::int64_t OpenSlots::take(PoolId id, std::size_t at, const Amounts& demand, std::int64_t from) {
    Pool& pool = pools_[id.at()];
    if (at == kFresh) {
        const auto gap = std::ranges::find_if(pool.fresh, [&](const Interval& i) { return i.last > from; });
        const std::int64_t slot = std::max(gap->first, from);
        const Interval above{slot + 1, gap->last};
        gap->last = slot;
        auto next = gap->first < gap->last ? gap + 1 : pool.fresh.erase(gap);
        if (above.first < above.last) pool.fresh.insert(next, above);
        Amounts room = pool.capacity;
        for (std::size_t d = 0; d < dimensions_; ++d)
            if (room[d] != kUnlimited) room[d] -= demand[d];
        list(id.at(), slot, room);
        return slot;
    }
    Quantity* room = pool.rooms.data() + at * dimensions_;
    for (std::size_t d = 0; d < dimensions_; ++d)
        if (room[d] != kUnlimited) room[d] -= demand[d];
    return pool.slots[at];
}

}  // namespace gigafleet
