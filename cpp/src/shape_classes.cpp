#include "gigafleet/shape_classes.hpp"

#include <algorithm>

namespace gigafleet {

namespace {

/// Some node of the pool holds one task and stays `needed` ns.
bool some_entry_holds(const Problem& problem, const Problem::Shape& shape, const Fleet::Pool& pool,
                      std::int64_t needed) {
    const Fleet& fleet = problem.fleet();
    if (!holds(pool.capacity_max, shape.demand) || pool.available_max_ns < needed) return false;
    if (!fleet.any_varied()) return true;
    // Those that stay longest first: they pass the gate of time together.
    for (std::int64_t e = pool.first_entry + pool.entries; e-- > pool.first_entry;) {
        if (fleet.available_ns(e) < needed) return false;
        if (holds(fleet.capacity(pool, e), shape.demand)) return true;
    }
    return false;
}

}  // namespace

ShapeClasses::ShapeClasses(const Problem& problem) {
    const auto& classes = problem.workload().classes();
    first_.assign(problem.shapes().size() + 1, 0);
    for (const Workload::Class& c : classes) first_[c.shape.at() + 1] += c.members > 0;
    for (std::size_t s = 0; s + 1 < first_.size(); ++s) first_[s + 1] += first_[s];
    classes_.resize(first_.back());
    std::vector<std::size_t> next(first_.begin(), first_.end() - 1);
    for (std::size_t c = 0; c < classes.size(); ++c)
        if (classes[c].members > 0) classes_[next[classes[c].shape.at()]++] = ClassId(c);
    for (std::size_t s = 0; s + 1 < first_.size(); ++s) {
        const Forest& forest = problem.policies()[problem.shape(ShapeId(s)).policy]->forest();
        const auto place = [&](ClassId c) {
            const SiteId origin = classes[c.at()].origin;
            return std::pair(forest.core_index(origin),
                             forest.core_index(origin) == kNoCore ? 0 : forest.first(origin));
        };
        std::sort(classes_.begin() + static_cast<std::ptrdiff_t>(first_[s]),
                  classes_.begin() + static_cast<std::ptrdiff_t>(first_[s + 1]),
                  [&](ClassId a, ClassId b) { return place(a) < place(b); });
    }
}

bool admits_exactly(const Problem& problem, const Problem::Shape& shape, const Fleet::Pool& pool) {
    return pool.slots > 0 && problem.labels_pass(shape, pool) &&
           some_entry_holds(problem, shape, pool, problem.needed_ns(shape));
}

Reason first_static_gate(const Problem& problem, const Problem::Shape& shape) {
    Reason gate = Reason::kLabel;
    for (const Fleet::Pool& pool : problem.fleet().pools()) {
        if (pool.slots == 0 || !problem.labels_pass(shape, pool)) continue;
        if (gate == Reason::kLabel) gate = Reason::kTooBig;
        if (gate == Reason::kTooBig && some_entry_holds(problem, shape, pool, 0)) gate = Reason::kTime;
        if (gate == Reason::kTime && some_entry_holds(problem, shape, pool, problem.needed_ns(shape)))
            return Reason::kPlaced;
    }
    return gate;
}

}  // namespace gigafleet
