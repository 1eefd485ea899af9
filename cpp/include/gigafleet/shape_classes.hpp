// Classes by shape.
#pragma once

#include <span>
#include <vector>

#include "gigafleet/problem.hpp"

namespace gigafleet {

/// Classes of each shape that have members, in the order of their policy's forest: those of one core site
/// together. O(classes + policies · sites).
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

}  // namespace gigafleet
