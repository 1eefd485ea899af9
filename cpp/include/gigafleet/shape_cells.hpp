// Shapes that ask for nearly the same, in cells: where demands are continuous, cells are what can be planned.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <tuple>
#include <vector>

#include "gigafleet/problem.hpp"

namespace gigafleet {

/// How fine cells are.
struct Grain {
    std::size_t most = 256;  ///< cells; a few more where shapes differ in what is not a number
    double ratio = 1.25;     ///< of the largest to the smallest value in a cell that is not split any more
};

/// A box for each cell, in the logarithms of what tasks ask: demands, bandwidth, latency limit, duration and
/// weight. Priority, labels and transit policy are alike in a cell, and whether there is a duration. Found
/// from a sample: the box that matters most is cut in two until all are small, or many; at a wide gap, where
/// there is one, since tasks often come in kinds (a model each) that vary a little.
class ShapeCells {
public:
    /// O(sample · log(cells) · dimensions) and O(shapes) for labels and priorities. `shapes`: whose cells are
    /// wanted.
    ShapeCells(const Problem& problem, std::span<const ShapeId> shapes, const Grain& grain);

    std::size_t size() const { return cells_; }
    /// O(log cells).
    std::uint32_t of(const Problem::Shape& shape) const;

private:
    static constexpr std::size_t kAxes = kMaxDimensions + 5;
    using Point = std::array<float, kAxes>;
    /// What has no logarithm.
    using Key = std::tuple<std::int64_t, std::uint32_t, std::uint32_t, std::uint32_t, bool, std::int32_t,
                           std::int64_t>;
    struct Box;
    /// Values below `at` go to `below`, the others to `below` + 1. A leaf: axis is kLeaf, `below` the cell.
    struct Split {
        std::uint32_t axis, below;
        Quantity at;
    };
    static constexpr std::uint32_t kLeaf = UINT32_MAX;

    static Key key_of(const Problem::Shape& shape);
    static Quantity value(const Problem::Shape& shape, std::size_t axis);
    void measure(Box& box) const;
    bool cut(Box& box, Box& upper);

    double ratio_;
    std::vector<std::size_t> axes_;  ///< in use: not the same for all
    std::vector<Key> keys_;          ///< ascending
    std::vector<Split> splits_;      ///< the roots first, one a key
    std::vector<Point> points_;      ///< of the sample, while cells are made
    std::size_t cells_ = 0;
};

}  // namespace gigafleet
