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
    ShapeClasses() = default;  ///< of no shapes
    explicit ShapeClasses(const Problem& problem);

    std::span<const ClassId> classes(ShapeId shape) const {
        return {classes_.data() + first_[shape.at()], classes_.data() + first_[shape.at() + 1]};
    }

    /// Where the tasks of each of classes(shape) come from: apart from the classes themselves, so that a walk
    /// over many of them reads memory in order.
    std::span<const SiteId> origins(ShapeId shape) const {
        return {origins_.data() + first_[shape.at()], origins_.data() + first_[shape.at() + 1]};
    }

private:
    std::vector<std::size_t> first_;
    std::vector<ClassId> classes_;
    std::vector<SiteId> origins_;
};

}  // namespace gigafleet
