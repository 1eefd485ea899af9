#include "gigafleet/residents.hpp"

#include <utility>

namespace gigafleet {

namespace {

constexpr std::int64_t kFewSlots = 16;  // looked at one by one to find out whether any is of use

}  // namespace

std::int64_t Residents::fits(const Amounts& capacity, const Amounts& used, Quantity weights,
                             const Amounts& demand, std::int64_t limit) const {
    const std::size_t memory = models_.memory();
    for (std::size_t d = 0; d < dimensions_; ++d) {
        const bool weighed = d == memory && weights > 0;
        if ((demand[d] == 0 && !weighed) || capacity[d] == kUnlimited) continue;
        const Quantity left = capacity[d] - used[d] - (weighed ? weights : 0);
        if (left < demand[d]) return 0;
        if (demand[d] > 0) limit = std::min(limit, left / demand[d]);
    }
    return limit;
}

Residents::Residents(const Problem& problem)
    : problem_(problem),
      models_(*problem.models()),
      dimensions_(problem.fleet().schema().dimensions()),
      runs_(problem.fleet().pools().size()),
      in_use_(runs_.size(), 0) {
    least_.fill(problem.shapes().empty() ? 0 : kUnlimited);
    for (const Problem::Shape& shape : problem.shapes())
        for (std::size_t d = 0; d < dimensions_; ++d) least_[d] = std::min(least_[d], shape.demand[d]);
    const auto& pools = problem.fleet().pools();
    for (std::size_t p = 0; p < pools.size(); ++p)
        if (pools[p].slots > 0) runs_[p].push_back({0, pools[p].slots, {}, 0});
    if (problem.device_demands().size() > 1) {
        devices_.resize(pools.size());
        for (std::size_t p = 0; p < pools.size(); ++p)
            if (problem.fleet().kinds()[pools[p].kind.at()].devices > 0)
                devices_[p].reset(new Devices{{problem, pools[p].kind}, {}});
        for (std::size_t p = 0; p < pools.size(); ++p)
            if (devices_[p]) devices_[p]->of_run.assign(runs_[p].size(), DeviceStates::kEmpty);
    }
    for (std::size_t s = 0; s < problem.network().site_count(); ++s)
        allowance_.push_back(models_.allowance(problem.network(), SiteId(s)));
}

void Residents::set(PoolId pool, std::span<const Run> runs, std::span<const DeviceStates::State> on_devices) {
    runs_[pool.at()].assign(runs.begin(), runs.end());
    if (devices(pool) != nullptr) {
        auto& of_run = devices_[pool.at()]->of_run;
        of_run.assign(on_devices.begin(), on_devices.end());
        of_run.resize(runs.size(), DeviceStates::kEmpty);
    }
    for (const Run& run : runs) in_use_[pool.at()] |= run.in_use;
}

bool Residents::is_exhausted(const Amounts& capacity, const Amounts& used, ModelSet in_use) const {
    for (std::size_t d = 0; d < dimensions_; ++d) {
        if (capacity[d] == kUnlimited) continue;
        const Quantity weights = d == models_.memory() ? models_.weight_of(in_use) : 0;
        if (capacity[d] - used[d] - weights < least_[d]) return true;
    }
    return false;
}

bool Residents::is_exhausted(PoolId pool, const Run& run) const {
    if (problem_.fleet().any_varied() && run.slots > kFewSlots) return false;
    bool exhausted = true;
    for_alike_slots(problem_, pool, run.first, run.first + run.slots, [&](const AlikeSlots& slots) {
        exhausted = is_exhausted(slots.capacity, run.used, run.in_use);
        return exhausted;
    });
    return exhausted;
}

void Residents::keep(PoolId pool, const Run& run, DeviceStates::State on_devices) {
    if (run.slots == 0 || is_exhausted(pool, run)) return;
    runs_[pool.at()].push_back(run);
    if (devices(pool) != nullptr) devices_[pool.at()]->of_run.push_back(on_devices);
}

/// Runs without slots.
void Residents::forget_empty(PoolId pool) {
    std::vector<Run>& runs = runs_[pool.at()];
    if (devices(pool) != nullptr) {
        auto& of_run = devices_[pool.at()]->of_run;
        std::size_t kept = 0;
        for (std::size_t at = 0; at < runs.size(); ++at)
            if (runs[at].slots > 0) of_run[kept++] = of_run[at];
        of_run.resize(kept);
    }
    std::erase_if(runs, [](const Run& run) { return run.slots == 0; });
}

/// What weights take of slots of a run once a task of the shape is there.
Quantity Residents::weights_beside(const Problem::Shape& shape, const Run& run) const {
    return models_.weight_of(shape.model == kNoModel ? run.in_use : run.in_use | only(shape.model));
}

/// Whether some slot of the pool holds the model of the shape, or uses it.
bool Residents::is_around(const Problem::Shape& shape, PoolId pool) const {
    return shape.model == kNoModel || has(in_use_[pool.at()] | models_.held_in(pool), shape.model);
}

Residents::Fit Residents::fit(const Problem::Shape& shape, const AlikeSlots& slots, const Run& run,
                              SiteId site, std::int64_t limit) const {
    constexpr Fit kNone{0, false};
    const bool in_use = shape.model == kNoModel || has(run.in_use, shape.model);
    const bool holds = shape.model == kNoModel || has(slots.held, shape.model);
    const Quantity line = slots.capacity[problem_.fleet().schema().line_down()];
    if (!holds && !models_.loads_in(shape.model, line, shape.max_wait_ns)) return kNone;
    const bool loads = !holds && !in_use;
    if (loads && allowance(site) < models_.megabits(shape.model)) return kNone;
    return {fits(slots.capacity, run.used, weights_beside(shape, run), shape.demand, limit), loads};
}

bool Residents::can_take(const Problem::Shape& shape, PoolId pool) const {
    const SiteId site = problem_.fleet().pools()[pool.at()].site;
    if (!may_take(shape, pool)) return false;
    const std::int64_t from = first_slot_for(problem_, shape, pool);
    const Fleet& fleet = problem_.fleet();
    const Amounts& kind = fleet.kinds()[fleet.pools()[pool.at()].kind.at()].capacity;
    return std::ranges::any_of(runs_[pool.at()], [&](const Run& run) {
        if (!fleet.any_varied() && fits(kind, run.used, weights_beside(shape, run), shape.demand, 1) == 0)
            return false;
        if (on_devices(shape, pool, number(pool, run), 1) == 0) return false;
        bool found = false;
        for_alike_slots(problem_, pool, std::max(run.first, from), run.first + run.slots,
                        [&](const AlikeSlots& slots) {
                            found = fit(shape, slots, run, site, 1).tasks > 0;
                            return !found;
                        });
        return found;
    });
}

/// Slots of a run; what becomes of them stands at the end of the pool's runs.
void Residents::fill_run(Request& request, std::size_t at) {
    const Run run = runs_[request.pool.at()][at];
    const Problem::Shape& shape = request.shape;
    const std::int64_t first = std::max(run.first, request.from);
    const std::int64_t last = std::min(run.first + run.slots, request.last);
    const bool in_use = shape.model == kNoModel || has(run.in_use, shape.model);
    if (last <= first || in_use != (request.turn == Turn::kInUse)) return;
    const std::int64_t most =
        on_devices(shape, request.pool, at, std::min(request.wanted, request.most_a_slot));
    if (most == 0) return;
    Run filled = run;
    if (!in_use) filled.in_use |= only(shape.model);
    struct Piece {
        Run run;
        std::int64_t tasks;
    };
    std::vector<Piece> pieces;
    std::int64_t done = run.first;  // slots before this one are among the pieces
    const auto cut = [&](std::int64_t end, std::int64_t tasks) {
        if (end == done) return;
        pieces.push_back({tasks == 0 ? run : filled, tasks});
        Run& piece = pieces.back().run;
        piece.first = done;
        piece.slots = end - done;
        for (std::size_t d = 0; d < dimensions_; ++d) piece.used[d] += tasks * shape.demand[d];
        if (tasks > 0) request.out.push_back({request.pool, done, end - done, tasks});
        done = end;
    };
    for_alike_slots(problem_, request.pool, first, last, [&](const auto& slots) {
        const auto [tasks, loads] = fit(shape, slots, run, request.site, std::min(request.wanted, most));
        if (tasks == 0 || (!in_use && loads != (request.turn == Turn::kLoad))) return true;
        std::int64_t touched = std::min(slots.last - slots.first, (request.wanted + tasks - 1) / tasks);
        if (loads) {
            const Quantity each = models_.megabits(shape.model), left = allowance(request.site);
            if (each > 0 && left != kUnlimited) touched = std::min(touched, left / each);
            take_allowance(request.site, touched * each);
        }
        const std::int64_t full = std::min(touched, request.wanted / tasks);
        cut(slots.first, 0);
        cut(slots.first + full, tasks);
        if (full < touched) cut(slots.first + touched, request.wanted - full * tasks);
        request.wanted -= full < touched ? request.wanted : full * tasks;
        return request.wanted > 0;
    });
    if (pieces.empty()) return;
    cut(run.first + run.slots, 0);
    if (!in_use) in_use_[request.pool.at()] |= only(shape.model);
    runs_[request.pool.at()][at].slots = 0;
    DeviceStates* states = devices(request.pool);
    const auto before = states == nullptr ? DeviceStates::kEmpty : devices_[request.pool.at()]->of_run[at];
    for (const auto& [piece, tasks] : pieces)
        keep(request.pool, piece,
             states == nullptr ? before : states->with(before, shape.device_demand, tasks));
}

std::int64_t Residents::fill(const Problem::Shape& shape, PoolId pool, std::int64_t wanted,
                             std::vector<Filling>& out) {
    const SiteId site = problem_.fleet().pools()[pool.at()].site;
    if (!may_take(shape, pool)) return 0;
    Request request{shape, pool, site, first_slot_for(problem_, shape, pool), wanted, out};
    take(request);
    return wanted - request.wanted;
}

void Residents::take(Request& request) {
    const std::vector<Run>& runs = runs_[request.pool.at()];
    for (const Turn turn : {Turn::kInUse, Turn::kHeld, Turn::kLoad}) {
        request.turn = turn;
        if (turn != Turn::kInUse && request.shape.model == kNoModel) break;
        const std::size_t before = runs.size();
        for (std::size_t at = 0; at < before && request.wanted > 0; ++at)
            if (runs[at].slots > 0) fill_run(request, at);
    }
    forget_empty(request.pool);
}

bool Residents::has_room(const Problem::Shape& shape, PoolId pool) const {
    const std::int64_t from = first_slot_for(problem_, shape, pool);
    return std::ranges::any_of(runs_[pool.at()], [&](const Run& run) {
        const std::int64_t last = run.first + run.slots;
        const Quantity weights = models_.weight_of(run.in_use);
        if (on_devices(shape, pool, number(pool, run), 1) == 0) return false;
        bool found = false;
        for_alike_slots(problem_, pool, std::max(run.first, from), last, [&](const AlikeSlots& slots) {
            found = fits(slots.capacity, run.used, weights, shape.demand, 1) > 0;
            return !found;
        });
        return found;
    });
}

Amounts Residents::room(PoolId pool) const {
    Amounts most{};
    const Amounts& largest = problem_.fleet().pools()[pool.at()].capacity_max;
    for (const Run& run : runs_[pool.at()])
        for (std::size_t d = 0; d < dimensions_; ++d) {
            const Quantity used = run.used[d] + (d == models_.memory() ? models_.weight_of(run.in_use) : 0);
            most[d] = std::max(most[d], largest[d] == kUnlimited ? kUnlimited : largest[d] - used);
        }
    return most;
}

}  // namespace gigafleet
