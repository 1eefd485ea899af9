// The cheapest of a range of leaves that is near enough: a min-tree on cost with a second key, the distance.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace gigafleet {

/// Leaves 0..n-1 with a cost and a distance; an infinite cost takes a leaf out. Blocks of 16, so four levels
/// serve 65,536 leaves. `best` is a branch and bound: O(16 · log16 n) where the cheapest leaves are near
/// enough.
class MinTree {
public:
    static constexpr double kOut = std::numeric_limits<double>::infinity();
    static constexpr std::size_t kNone = SIZE_MAX;

    /// Leaves are set through cost() and distance(), then build() makes the levels above.
    void resize(std::size_t leaves);
    double& cost(std::size_t leaf) { return levels_[0][leaf].cost; }
    std::int64_t& distance(std::size_t leaf) { return levels_[0][leaf].distance; }
    double cost(std::size_t leaf) const { return levels_[0][leaf].cost; }
    std::int64_t distance(std::size_t leaf) const { return levels_[0][leaf].distance; }
    void build() { update(0, levels_[0].size()); }

    /// Renews the levels above leaves [first, last) after their costs were changed.
    void update(std::size_t first, std::size_t last);

    /// The cheapest leaf of [first, last) at a distance of at most `limit`, the lowest of equals; kNone where
    /// none.
    std::size_t best(std::size_t first, std::size_t last, std::int64_t limit) const;

private:
    static constexpr std::size_t kFan = 16;
    struct Entry {
        double cost = kOut;
        std::int64_t distance = 0;
    };
    struct Query {
        std::size_t first, last;
        std::int64_t limit;
        double cost = kOut;
        std::size_t leaf = kNone;
    };
    void visit(std::size_t level, std::size_t first, std::size_t last, Query& query) const;

    std::vector<std::vector<Entry>> levels_;
};

}  // namespace gigafleet
