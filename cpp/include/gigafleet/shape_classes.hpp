// Classes by shape.
#pragma once

#include <span>
#include <vector>

#include "gigafleet/buffer.hpp"
#include "gigafleet/problem.hpp"

namespace gigafleet {

/// Classes of each shape that have members, in the order of their policy's forest: those of one core site
/// together. O(classes + policies · sites).
class ShapeClasses {
public:
    ShapeClasses() = default;  ///< of no shapes
    explicit ShapeClasses(const Problem& problem);
    /// Of these classes alone, which have members. O(of + policies · sites).
    ShapeClasses(const Problem& problem, std::span<const ClassId> of);

    std::span<const ClassId> classes(ShapeId shape) const {
        return {classes_.data() + first_[shape.at()], classes_.data() + first_[shape.at() + 1]};
    }

    /// Where the tasks of each of classes(shape) come from: apart from the classes themselves, so that a walk
    /// over many of them reads memory in order.
    std::span<const SiteId> origins(ShapeId shape) const {
        return {origins_.data() + first_[shape.at()], origins_.data() + first_[shape.at() + 1]};
    }

private:
    template <class ForEach>
    void sort(const Problem& problem, ForEach&& for_each);

    std::vector<std::size_t> first_;
    Buffer<ClassId> classes_;
    Buffer<SiteId> origins_;
};

}  // namespace gigafleet
