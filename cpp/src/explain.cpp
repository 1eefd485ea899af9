#include "gigafleet/explain.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "gigafleet/candidates.hpp"
#include "gigafleet/coarse.hpp"
#include "gigafleet/residents.hpp"

namespace gigafleet {

namespace {

/// Some node of the pool holds one task and stays `needed` ns.
bool some_entry_holds(const Problem& problem, const Problem::Shape& shape, const Fleet::Pool& pool,
                      std::int64_t needed) {
    const Fleet& fleet = problem.fleet();
    if (!holds(pool.capacity_max, shape.demand) || !problem.devices_hold(shape, pool.kind)) return false;
    if (pool.available_max_ns < needed) return false;
    if (!fleet.any_varied()) return true;
    // Those that stay longest first: they pass the gate of time together.
    for (std::int64_t e = pool.first_entry + pool.entries; e-- > pool.first_entry;) {
        if (fleet.available_ns(pool, e) < needed) return false;
        if (holds(fleet.capacity(pool, e), shape.demand)) return true;
    }
    return false;
}

/// Some of these nodes has room for the task beside the weights of its model, and holds them or may load
/// them.
bool some_entry_gives_model(const Problem& problem, const Problem::Shape& shape, PoolId id) {
    if (shape.model == kNoModel) return true;
    const Fleet& fleet = problem.fleet();
    const Fleet::Pool& pool = fleet.pools()[id.at()];
    const Models& models = *problem.models();
    const bool may_load = models.allowance(problem.network(), pool.site) >= models.megabits(shape.model);
    Amounts asked = shape.demand;
    asked[models.memory()] += models.weight(shape.model);
    bool found = false;
    for_alike_slots(problem, id, first_slot_for(problem, shape, id), pool.slots, [&](const auto& slots) {
        const Quantity line = slots.capacity[fleet.schema().line_down()];
        found = holds(slots.capacity, asked) &&
                (has(slots.held, shape.model) ||
                 (may_load && models.loads_in(shape.model, line, shape.max_wait_ns)));
        return !found;
    });
    return found;
}

}  // namespace

bool admits_exactly(const Problem& problem, const Problem::Shape& shape, PoolId id) {
    const Fleet::Pool& pool = problem.fleet().pools()[id.at()];
    return pool.slots > 0 && problem.labels_pass(shape, pool) &&
           some_entry_holds(problem, shape, pool, problem.needed_ns(shape)) &&
           some_entry_gives_model(problem, shape, id);
}

Reason first_static_gate(const Problem& problem, const Problem::Shape& shape) {
    Reason gate = Reason::kLabel;
    const auto& pools = problem.fleet().pools();
    for (std::size_t p = 0; p < pools.size(); ++p) {
        const Fleet::Pool& pool = pools[p];
        if (pool.slots == 0 || !problem.labels_pass(shape, pool)) continue;
        if (gate == Reason::kLabel) gate = Reason::kTooBig;
        if (gate == Reason::kTooBig && some_entry_holds(problem, shape, pool, 0)) gate = Reason::kTime;
        if (gate != Reason::kTime && gate != Reason::kModel) continue;
        if (!some_entry_holds(problem, shape, pool, problem.needed_ns(shape))) continue;
        gate = Reason::kModel;
        if (some_entry_gives_model(problem, shape, PoolId(p))) return Reason::kPlaced;
    }
    return gate;
}

std::vector<Reason> explain_unplaced(const Groundwork& ground, const Solution& solution, Control& control) {
    std::vector<Reason> reasons = solution.reason;
    Loads loads = solution.loads;  // Candidates reserves in it: nothing here
    const Problem& problem = ground.problem;
    const auto& classes = problem.workload().classes();
    // The gates before LINK ask for nodes that are empty; the room on links is that of the final state.
    const PoolRooms empty(problem);
    std::vector<std::optional<Candidates>> candidates(ground.views.size());
    const auto unexplained = [&](ClassId c) { return reasons[c.at()] == Reason::kCapacity; };

    for (std::uint32_t s = 0; s < problem.shapes().size(); ++s) {
        const ShapeId id(s);
        const Problem::Shape& shape = problem.shape(id);
        const auto members = ground.by_shape.classes(id);
        if (std::ranges::none_of(members, unexplained)) continue;
        control.poll("explain", s, static_cast<std::int64_t>(problem.shapes().size()));
        const Reason gate = first_static_gate(problem, shape);
        if (gate != Reason::kPlaced) {
            for (const ClassId c : members)
                if (unexplained(c)) reasons[c.at()] = gate;
            continue;
        }
        auto& search = candidates[shape.policy];
        if (!search) search.emplace(problem, ground.views[shape.policy], loads, empty);
        const auto admits = [&](PoolId pool) { return admits_exactly(problem, shape, pool); };
        search->start(id);
        for (const ClassId c : members) {
            if (!unexplained(c)) continue;
            Reason& reason = reasons[c.at()];
            reason = Reason::kLink;
            search->place(classes[c.at()].origin, 1, [&](PoolId pool, std::int64_t) -> Candidates::Taken {
                if (!admits(pool)) return 0;
                reason = Reason::kCapacity;
                return Candidates::kStop;
            });
        }
        // What the links shut off was out of the search: start anew for those without any pool in reach.
        search->start(id);
        for (const ClassId c : members) {
            Reason& reason = reasons[c.at()];
            if (reason != Reason::kLink) continue;
            const SiteId origin = classes[c.at()].origin;
            if (search->any_in_reach(origin, shape.max_rtt_ns, admits)) continue;
            reason = search->any_in_reach(origin, kUnlimited, admits) ? Reason::kRtt : Reason::kRoute;
        }
    }
    explain_bound(ground, solution, reasons, control);
    return reasons;
}

namespace {

/// Of every class of the problem, with what the network bears.
std::vector<Reason> explain_classes(const Problem& problem, const Loads& loads, int threads,
                                    Control& control) {
    Solution nothing{{}, {}, {}, {}, loads};
    nothing.reason.assign(problem.workload().classes().size(), Reason::kCapacity);
    return explain_unplaced(Groundwork(problem, control, threads), nothing, control);
}

}  // namespace

std::vector<Reason> explain_by_cells(const Problem& problem, const Solution& solution, std::size_t cells,
                                     int threads, Control& control) {
    constexpr double kRatio = 1.02;
    const std::size_t classes = solution.reason.size();
    std::vector<std::int64_t> left(classes);
    for (std::size_t c = 0; c < classes; ++c)
        if (solution.reason[c] == Reason::kCapacity)
            left[c] = problem.workload().classes()[c].members - solution.placed[c];
    const auto by_cell = [&](Stand stand) {
        const Coarse coarse = coarsen(problem, left, {cells, kRatio}, stand, threads);
        const auto found = explain_classes(*coarse.problem, solution.loads, threads, control);
        std::vector<Reason> reasons(classes, Reason::kPlaced);
        for (std::size_t k = 0; k < found.size(); ++k)
            for (const ClassId member : coarse.of(k)) reasons[member.at()] = found[k];
        return reasons;
    };
    const std::vector<Reason> least = by_cell(Stand::kLeast), most = by_cell(Stand::kMost);
    for (std::size_t c = 0; c < classes; ++c)
        if (least[c] == most[c]) left[c] = 0;
    const Coarse single = coarsen(problem, left, {SIZE_MAX}, Stand::kLeast, threads);
    const auto found = explain_classes(*single.problem, solution.loads, threads, control);
    std::vector<Reason> reasons = solution.reason;
    for (std::size_t c = 0; c < classes; ++c)
        if (solution.reason[c] == Reason::kCapacity) reasons[c] = least[c];
    for (std::size_t k = 0; k < found.size(); ++k)
        for (const ClassId member : single.of(k)) reasons[member.at()] = found[k];
    return reasons;
}

}  // namespace gigafleet
