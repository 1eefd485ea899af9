#include "gigafleet/min_tree.hpp"

#include <algorithm>

namespace gigafleet {

void MinTree::resize(std::size_t leaves) {
    levels_.assign(1, std::vector<Entry>(leaves));
    for (std::size_t n = leaves; n > kFan;) {
        n = (n + kFan - 1) / kFan;
        levels_.emplace_back(n);
    }
}

void MinTree::update(std::size_t first, std::size_t last) {
    for (std::size_t level = 1; level < levels_.size() && first < last; ++level) {
        const auto& below = levels_[level - 1];
        first /= kFan;
        last = (last + kFan - 1) / kFan;
        for (std::size_t block = first; block < last; ++block) {
            Entry least{kOut, INT64_MAX};
            const std::size_t end = std::min(below.size(), (block + 1) * kFan);
            for (std::size_t i = block * kFan; i < end; ++i) {
                if (below[i].cost == kOut) continue;
                least.cost = std::min(least.cost, below[i].cost);
                least.distance = std::min(least.distance, below[i].distance);
            }
            levels_[level][block] = least;
        }
    }
}

std::size_t MinTree::best(std::size_t first, std::size_t last, std::int64_t limit) const {
    Query query{first, last, limit};
    if (first >= last) return kNone;
    // Start at the lowest level on which the range lies in few blocks.
    std::size_t level = 0;
    while (level + 1 < levels_.size() && last - first > 2 * kFan) {
        first /= kFan;
        last = (last + kFan - 1) / kFan;
        ++level;
    }
    visit(level, first, last, query);
    return query.leaf;
}

void MinTree::visit(std::size_t level, std::size_t first, std::size_t last, Query& query) const {
    const auto& entries = levels_[level];
    for (std::size_t i = first; i < last; ++i) {
        const Entry& entry = entries[i];
        if (!(entry.cost < query.cost) || entry.distance > query.limit) continue;
        if (level == 0) {
            query.cost = entry.cost;
            query.leaf = i;
            continue;
        }
        std::size_t span = 1;
        for (std::size_t l = 1; l < level; ++l) span *= kFan;
        // Children of this block that overlap the range, on the level below.
        const std::size_t low = std::max(i * kFan, query.first / span);
        const std::size_t high =
            std::min({(i + 1) * kFan, levels_[level - 1].size(), (query.last + span - 1) / span});
        visit(level - 1, low, high, query);
    }
}

}  // namespace gigafleet
