#include "gigafleet/residents.hpp"

#include <utility>

namespace gigafleet {

namespace {

constexpr std::int64_t kFewSlots = 16;  // looked at one by one to find out whether any is of use

/// How many tasks of `demand` a slot holds beside what is used, at most `limit`.
std::int64_t fits(const Amounts& capacity, const Amounts& used, const Amounts& demand, std::size_t dimensions,
                  std::int64_t limit) {
    for (std::size_t d = 0; d < dimensions; ++d) {
        if (demand[d] == 0 || capacity[d] == kUnlimited) continue;
        const Quantity left = capacity[d] - used[d];
        if (left < demand[d]) return 0;
        limit = std::min(limit, left / demand[d]);
    }
    return limit;
}

}  // namespace

Residents::Residents(const Problem& problem)
    : problem_(problem),
      models_(*problem.models()),
      dimensions_(problem.fleet().schema().dimensions()),
      runs_(problem.fleet().pools().size()) {
    least_.fill(problem.shapes().empty() ? 0 : kUnlimited);
    for (const Problem::Shape& shape : problem.shapes())
        for (std::size_t d = 0; d < dimensions_; ++d) least_[d] = std::min(least_[d], shape.demand[d]);
    const auto& pools = problem.fleet().pools();
    for (std::size_t p = 0; p < pools.size(); ++p)
        if (pools[p].slots > 0) runs_[p].push_back({0, pools[p].slots, {}, 0});
    for (std::size_t s = 0; s < problem.network().site_count(); ++s)
        allowance_.push_back(models_.allowance(problem.network(), SiteId(s)));
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

Amounts Residents::with_weights(const Run& run) const {
    Amounts used = run.used;
    used[models_.memory()] += models_.weight_of(run.in_use);
    return used;
}

void Residents::keep(PoolId pool, const Run& run) {
    if (run.slots > 0 && !is_exhausted(pool, run)) runs_[pool.at()].push_back(run);
}

struct Residents::Request {
    const Problem::Shape& shape;
    PoolId pool;
    SiteId site;
    std::int64_t from, wanted;
    std::vector<Filling>& out;
    Turn turn;
};

/// Slots of a run; what becomes of them stands at the end of the pool's runs, or in its place.
void Residents::fill_run(Request& request, std::size_t at) {
    const Run run = runs_[request.pool.at()][at];
    const Problem::Shape& shape = request.shape;
    const std::size_t memory = models_.memory();
    const std::int64_t last = run.first + run.slots;
    const bool in_use = shape.model == kNoModel || has(run.in_use, shape.model);
    if (last <= request.from || in_use != (request.turn == Turn::kInUse)) return;
    Amounts used = with_weights(run);
    Run filled = run;
    if (!in_use) {
        used[memory] += models_.weight(shape.model);
        filled.in_use |= only(shape.model);
    }
    std::vector<Run> pieces;
    std::int64_t done = run.first;  // slots before this one are among the pieces
    const auto cut = [&](std::int64_t end, std::int64_t tasks) {
        if (end == done) return;
        pieces.push_back(tasks == 0 ? run : filled);
        pieces.back().first = done;
        pieces.back().slots = end - done;
        for (std::size_t d = 0; d < dimensions_; ++d) pieces.back().used[d] += tasks * shape.demand[d];
        if (tasks > 0) request.out.push_back({request.pool, done, end - done, tasks});
        done = end;
    };
    for_alike_slots(problem_, request.pool, std::max(run.first, request.from), last, [&](const auto& slots) {
        const bool holds = shape.model == kNoModel || has(slots.held, shape.model);
        if (!in_use && holds != (request.turn == Turn::kHeld)) return true;
        const Quantity line = slots.capacity[problem_.fleet().schema().line_down()];
        if (!holds && !models_.loads_in(shape.model, line, shape.max_wait_ns)) return true;
        if (used[memory] > slots.capacity[memory] && slots.capacity[memory] != kUnlimited) return true;
        const std::int64_t fit = fits(slots.capacity, used, shape.demand, dimensions_, request.wanted);
        if (fit == 0) return true;
        std::int64_t touched = std::min(slots.last - slots.first, (request.wanted + fit - 1) / fit);
        if (!holds && !in_use && allowance_[request.site.at()] != kUnlimited) {
            if (const Quantity load = models_.megabits(shape.model); load > 0)
                touched = std::min(touched, allowance_[request.site.at()] / load);
            take_allowance(request.site, touched * models_.megabits(shape.model));
        }
        if (touched == 0) return true;
        const std::int64_t full = std::min(touched, request.wanted / fit);
        cut(slots.first, 0);
        cut(slots.first + full, fit);
        if (full < touched) cut(slots.first + touched, request.wanted - full * fit);
        request.wanted -= full < touched ? request.wanted : full * fit;
        return request.wanted > 0;
    });
    if (pieces.empty()) return;
    cut(last, 0);
    runs_[request.pool.at()][at].slots = 0;
    for (const Run& piece : pieces) keep(request.pool, piece);
}

std::int64_t Residents::fill(const Problem::Shape& shape, PoolId pool, std::int64_t wanted,
                             std::vector<Filling>& out) {
    const SiteId site = problem_.fleet().pools()[pool.at()].site;
    Request request{shape, pool, site, first_slot_for(problem_, shape, pool), wanted, out, Turn::kInUse};
    for (const Turn turn : {Turn::kInUse, Turn::kHeld, Turn::kLoad}) {
        request.turn = turn;
        if (turn != Turn::kInUse && shape.model == kNoModel) break;
        const std::size_t runs = runs_[pool.at()].size();
        for (std::size_t at = 0; at < runs && request.wanted > 0; ++at)
            if (runs_[pool.at()][at].slots > 0) fill_run(request, at);
    }
    std::erase_if(runs_[pool.at()], [](const Run& run) { return run.slots == 0; });
    return wanted - request.wanted;
}

bool Residents::has_room(const Problem::Shape& shape, PoolId pool) const {
    const std::int64_t from = first_slot_for(problem_, shape, pool);
    return std::ranges::any_of(runs_[pool.at()], [&](const Run& run) {
        const std::int64_t last = run.first + run.slots;
        bool found = false;
        for_alike_slots(problem_, pool, std::max(run.first, from), last, [&](const AlikeSlots& slots) {
            found = fits(slots.capacity, with_weights(run), shape.demand, dimensions_, 1) > 0;
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
