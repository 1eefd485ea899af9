// Residents: what is put into single slots, and taken back; all that a plan has on them.
#include <algorithm>
#include <utility>

#include "gigafleet/residents.hpp"

namespace gigafleet {

void Residents::seat(const Problem::Shape& shape, const Filling& wanted, std::vector<Filling>& out) {
    const PoolId pool = wanted.pool;
    const SiteId site = problem_.fleet().pools()[pool.at()].site;
    const std::int64_t from = std::max(wanted.first, first_slot_for(problem_, shape, pool));
    const std::int64_t last = wanted.first + wanted.slots;
    if (from >= last || !may_take(shape, pool)) return;
    Request request{shape, pool, site, from, (last - from) * wanted.per_slot, out, last, wanted.per_slot};
    take(request);
}

/// The same of several tasks: all of them, or none.
std::int64_t Residents::on_devices(PoolId pool, std::size_t run, const Ask& ask, std::int64_t limit) const {
    if (devices(pool) == nullptr || ask.devices.empty()) return limit;
    auto& [states, of_run] = *devices_[pool.at()];
    DeviceStates::State state = of_run[run];
    if (ask.devices.size() == 1 && ask.devices.front().second == 1)
        return states.fit(state, ask.devices.front().first, limit);
    for (const auto& [demand, tasks] : ask.devices) {
        if (states.fit(state, demand, tasks) < tasks) return 0;
        state = states.with(state, demand, tasks);
    }
    return std::min<std::int64_t>(limit, 1);
}

void Residents::find_offers(PoolId pool, const Ask& ask, std::int64_t from, std::int64_t most,
                            std::span<const PoolState::Held> held, std::int64_t wanted,
                            std::vector<PoolState::Offer>& out) const {
    const SiteId site = problem_.fleet().pools()[pool.at()].site;
    const std::size_t line = problem_.fleet().schema().line_down();
    Quantity may_load = allowance(site);
    ModelSet asked = 0;
    for (const Problem::Shape* shape : ask.shapes)
        if (shape->model != kNoModel) asked |= only(shape->model);
    const auto in_time = [&](const AlikeSlots& slots) {
        return std::ranges::all_of(ask.shapes, [&](const Problem::Shape* shape) {
            return shape->model == kNoModel || has(slots.held, shape->model) ||
                   models_.loads_in(shape->model, slots.capacity[line], shape->max_wait_ns);
        });
    };
    PoolState::OfferList offers(most, held, wanted, out);
    const auto look = [&](std::size_t at, Turn turn) {
        const Run& run = runs_[pool.at()][at];
        const ModelSet fresh = asked & ~run.in_use;
        const std::int64_t first = std::max(run.first, from), last = run.first + run.slots;
        if ((fresh == 0) != (turn == Turn::kInUse) || first >= last) return;
        const std::int64_t limit = on_devices(pool, at, ask, most);
        if (limit == 0) return;
        for_alike_slots(problem_, pool, first, last, [&](const AlikeSlots& slots) {
            const ModelSet loaded = fresh & ~slots.held;
            if (fresh != 0 && (loaded != 0) != (turn == Turn::kLoad)) return true;
            Quantity load = 0;
            for_models(loaded, [&](std::int32_t model) { load += models_.megabits(model); });
            const bool binds = load > 0 && may_load != kUnlimited;
            if (!in_time(slots) || (binds && load > may_load)) return true;
            const std::int64_t fit =
                fits(slots.capacity, run.used, models_.weight_of(run.in_use | asked), ask.demand, limit);
            const std::int64_t added =
                offers.add(slots.first, slots.last, fit, binds && !ask.for_one ? may_load / load : INT64_MAX);
            if (binds && !ask.for_one) may_load -= added * load;
            return !offers.is_done();
        });
    };
    for (const Turn turn : {Turn::kInUse, Turn::kHeld, Turn::kLoad})
        for (std::size_t at = 0; at < runs_[pool.at()].size() && !offers.is_done(); ++at) look(at, turn);
}

Residents::Mark Residents::mark(PoolId pool) const {
    Mark mark;
    mark.runs = runs_[pool.at()];
    if (devices(pool) != nullptr) mark.on_devices = devices_[pool.at()]->of_run;
    mark.in_use = in_use_[pool.at()];
    mark.allowance = allowance(problem_.fleet().pools()[pool.at()].site);
    return mark;
}

void Residents::rewind(PoolId pool, Mark&& mark) {
    runs_[pool.at()] = std::move(mark.runs);
    if (devices(pool) != nullptr) devices_[pool.at()]->of_run = std::move(mark.on_devices);
    in_use_[pool.at()] = mark.in_use;
    allowance_[problem_.fleet().pools()[pool.at()].site.at()] = mark.allowance;
}

void Residents::settle(PoolId pool, std::span<const Seated> seated, bool all) {
    struct Edge {
        std::int64_t slot;
        const Problem::Shape* shape;
        std::int64_t tasks;
    };
    std::vector<Edge> edges;
    for (const auto& [filling, shape] : seated) {
        edges.push_back({filling->first, shape, filling->per_slot});
        edges.push_back({filling->first + filling->slots, shape, -filling->per_slot});
    }
    std::ranges::sort(edges, {}, &Edge::slot);
    runs_[pool.at()].clear();
    if (devices(pool) != nullptr) devices_[pool.at()]->of_run.clear();
    std::vector<std::pair<const Problem::Shape*, std::int64_t>> here;
    std::int64_t slot = 0;
    for (const Edge& edge : edges) {
        settle(pool, {slot, edge.slot - slot, {}, 0}, here, all);
        slot = edge.slot;
        auto it = std::ranges::find(here, edge.shape, [](const auto& tasks) { return tasks.first; });
        if (it == here.end()) it = here.insert(it, {edge.shape, 0});
        it->second += edge.tasks;
        if (it->second == 0) here.erase(it);
    }
    settle(pool, {slot, problem_.fleet().pools()[pool.at()].slots - slot, {}, 0}, here, all);
}

/// A run with so many tasks of each shape on every slot.
void Residents::settle(PoolId pool, Run run,
                       std::span<const std::pair<const Problem::Shape*, std::int64_t>> tasks, bool all) {
    if (run.slots == 0) return;
    DeviceStates* states = devices(pool);
    DeviceStates::State state = DeviceStates::kEmpty;
    for (const auto& [shape, number] : tasks) {
        for (std::size_t d = 0; d < dimensions_; ++d) run.used[d] += number * shape->demand[d];
        if (shape->model != kNoModel) run.in_use |= only(shape->model);
        if (states != nullptr) state = states->with(state, shape->device_demand, number);
    }
    if (all || !is_exhausted(pool, run)) add(pool, run, state);
    in_use_[pool.at()] |= run.in_use;
    const SiteId site = problem_.fleet().pools()[pool.at()].site;
    if (run.in_use == 0 || allowance(site) == kUnlimited) return;
    take_allowance(site, megabits_loaded(problem_, pool, run.first, run.first + run.slots, run.in_use));
}

}  // namespace gigafleet
