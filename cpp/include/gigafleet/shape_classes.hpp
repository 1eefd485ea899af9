// Classes by shape, and the static gates of a shape: what can be said of a pool without links or other tasks.
#pragma once

#include <span>
#include <vector>

#include "gigafleet/problem.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// Classes of each shape that have members, those of one core site together.
class ShapeClasses {
public:
    explicit ShapeClasses(const Problem& problem);

    std::span<const ClassId> classes(ShapeId shape) const {
        return {classes_.data() + first_[shape.at()], classes_.data() + first_[shape.at() + 1]};
    }

private:
    std::vector<std::size_t> first_;
    std::vector<ClassId> classes_;
};

/// Gates LABEL, TOO_BIG and TIME: some node of the pool, if empty, could hold a task. O(entries) at worst,
/// where nodes of the pool differ.
bool admits_exactly(const Problem& problem, const Problem::Shape& shape, const Fleet::Pool& pool);

/// kLabel, kTooBig or kTime where that gate leaves no node in the fleet; kPlaced where one passes all three.
Reason first_static_gate(const Problem& problem, const Problem::Shape& shape);

}  // namespace gigafleet
