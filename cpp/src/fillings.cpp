#include "gigafleet/fillings.hpp"

#include <algorithm>
#include <tuple>

namespace gigafleet {

void append(std::vector<Filling>& fillings, const Filling& more) {
    if (!fillings.empty()) {
        Filling& last = fillings.back();
        if (last.pool == more.pool && last.per_slot == more.per_slot &&
            last.first + last.slots == more.first) {
            last.slots += more.slots;
            return;
        }
    }
    fillings.push_back(more);
}

void flatten(std::vector<Filling>& fillings) {
    const auto in_order = [](const Filling& a, const Filling& b) {
        return std::tie(a.pool, a.first) < std::tie(b.pool, b.first);
    };
    if (!std::ranges::is_sorted(fillings, in_order)) std::ranges::sort(fillings, in_order);
    const auto share = [](const Filling& a, const Filling& b) {
        return a.pool == b.pool && b.first < a.first + a.slots;
    };
    if (std::ranges::adjacent_find(fillings, share) == fillings.end()) return;
    struct Edge {
        PoolId pool;
        std::int64_t slot, change;
    };
    std::vector<Edge> edges;
    for (const Filling& f : fillings) {
        edges.push_back({f.pool, f.first, f.per_slot});
        edges.push_back({f.pool, f.first + f.slots, -f.per_slot});
    }
    std::ranges::sort(edges, [](const Edge& a, const Edge& b) {
        return std::tie(a.pool, a.slot) < std::tie(b.pool, b.slot);
    });
    fillings.clear();
    std::int64_t per_slot = 0;
    for (std::size_t i = 0; i < edges.size(); ++i) {
        const Edge& edge = edges[i];
        if (per_slot > 0 && edges[i - 1].slot < edge.slot)
            append(fillings, {edge.pool, edges[i - 1].slot, edge.slot - edges[i - 1].slot, per_slot});
        per_slot += edge.change;
    }
}

void take_last(std::span<Filling> fillings, std::int64_t tasks, std::vector<Filling>& more) {
    for (std::size_t i = fillings.size(); tasks > 0 && i-- > 0;) {
        Filling& filling = fillings[i];
        const std::int64_t slots = std::min(filling.slots, tasks / filling.per_slot);
        filling.slots -= slots;
        tasks -= slots * filling.per_slot;
        if (tasks == 0 || filling.slots == 0) continue;
        --filling.slots;
        more.push_back({filling.pool, filling.first + filling.slots, 1, filling.per_slot - tasks});
        tasks = 0;
    }
}

}  // namespace gigafleet
