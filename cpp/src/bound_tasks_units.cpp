// BoundTasks: in which order they are placed.
#include <algorithm>
#include <tuple>

#include "gigafleet/bound_tasks.hpp"

namespace gigafleet {

void BoundTasks::find_units() {
    const auto& classes = problem_.workload().classes();
    const Bonds& bonds = problem_.workload().bonds();
    std::vector<std::vector<BondTrial::Part>> found(bonds.gangs.size());
    for (std::size_t c = 0; c < classes.size(); ++c) {
        const ClassId id(c);
        if (classes[c].members == 0 || !problem_.is_bound(id)) continue;
        const std::uint32_t gang = problem_.bond(id).gang;
        const BondTrial::Part part{id, classes[c].members};
        if (gang == Bond::kNone)
            found.push_back({part});
        else
            found[gang].push_back(part);
    }
    const auto share = [&](const BondTrial::Part& part) {
        return ground_.shares[classes[part.of.at()].shape.at()];
    };
    for (std::size_t u = 0; u < found.size(); ++u) {
        if (found[u].empty()) continue;
        std::ranges::sort(found[u], [&](const BondTrial::Part& a, const BondTrial::Part& b) {
            const auto key = [&](const BondTrial::Part& part) {
                return std::tuple(-share(part), classes[part.of.at()].shape, part.of);
            };
            return key(a) < key(b);
        });
        const bool is_gang = u < bonds.gangs.size();
        Unit unit{problem_.shape(classes[found[u].front().of.at()].shape).priority,
                  is_gang ? static_cast<std::uint32_t>(u) : Bond::kNone,
                  is_gang ? bonds.gangs[u].level : kNodeLevel,
                  0,
                  parts_.size(),
                  0};
        for (const BondTrial::Part& part : found[u])
            unit.size += share(part) * static_cast<double>(is_gang ? part.members : 1);
        parts_.insert(parts_.end(), found[u].begin(), found[u].end());
        unit.last = parts_.size();
        units_.push_back(unit);
    }
    // Alike ones together, and of these those of one origin.
    std::ranges::stable_sort(units_, [&](const Unit& a, const Unit& b) {
        const auto key = [](const Unit& unit) {
            return std::tuple(-unit.priority, unit.gang == Bond::kNone, -unit.size, unit.level,
                              unit.last - unit.first);
        };
        if (key(a) != key(b)) return key(a) < key(b);
        const auto order = [&](auto&& f) {
            for (std::size_t i = 0; i < a.last - a.first; ++i) {
                const auto left = f(parts_[a.first + i]), right = f(parts_[b.first + i]);
                if (left != right) return left < right ? -1 : 1;
            }
            return 0;
        };
        const int what = order([&](const BondTrial::Part& part) {
            return std::pair(classes[part.of.at()].shape, part.members);
        });
        if (what != 0) return what < 0;
        return order([&](const BondTrial::Part& part) { return classes[part.of.at()].origin; }) < 0;
    });
}

/// Whether a domain that does not hold one does not hold the other either, ways aside, and members that are
/// placed of their spread groups. One of several shapes is like no other if some are spread.
bool BoundTasks::are_alike(const Unit& a, const Unit& b) const {
    const auto& classes = problem_.workload().classes();
    const auto& spreads = problem_.workload().bonds().spreads;
    const auto same = [&](const BondTrial::Part& x, const BondTrial::Part& y) {
        const std::uint32_t s = problem_.bond(x.of).spread, t = problem_.bond(y.of).spread;
        const bool none = s == Bond::kNone && t == Bond::kNone;
        const bool both = s != Bond::kNone && t != Bond::kNone && a.last - a.first == 1;
        return classes[x.of.at()].shape == classes[y.of.at()].shape && x.members == y.members &&
               (none || (both && spreads[s].level == spreads[t].level && spreads[s].most == spreads[t].most));
    };
    return a.level == b.level && std::ranges::equal(parts(a), parts(b), same);
}

}  // namespace gigafleet
