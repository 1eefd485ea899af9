// A problem made coarse: classes whose shapes are nearly alike count as one.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "gigafleet/problem.hpp"
#include "gigafleet/shape_cells.hpp"

namespace gigafleet {

/// What the shape of a cell stands for. Never a looser latency limit, a shorter stay or other labels than any
/// of its tasks has, but with kLeast.
enum class Stand : std::uint8_t {
    kMean,   ///< demands on average: a plan is right in sum, and about right node by node
    kMost,   ///< the most of each: what fits such a task fits each of its tasks
    kLeast,  ///< the least of each, with the loosest limit: what cannot hold it can hold none of them
};

/// Classes of a problem, and classes of another one that stand for them.
struct Coarse {
    std::shared_ptr<const Problem> problem;
    std::vector<std::size_t> first;  ///< by class of `problem`, and one more: into `members`
    std::vector<ClassId> members;    ///< classes of the problem that it was made from
    bool exact = false;              ///< every cell is one shape

    std::span<const ClassId> of(std::size_t c) const {
        return {members.data() + first[c], members.data() + first[c + 1]};
    }
};

/// Of the classes that have something `left` (by class); `left` is what counts of them. The classes of one
/// site stay together. Deterministic on any number of threads. O(classes · log cells) and the sample.
Coarse coarsen(const Problem& problem, std::span<const std::int64_t> left, const Grain& grain, Stand stand,
               int threads);

/// The same where cells are known: `cell_of_shape`, numbers below as many as there are shapes. Those of a
/// cell differ in nothing that Shape::demand and what goes with it say, so that any stands for them. Classes
/// in gangs and spread groups stay in them, each by itself.
Coarse coarsen_alike(const Problem& problem, std::span<const std::int64_t> left,
                     std::span<const std::uint32_t> cell_of_shape, int threads);

}  // namespace gigafleet
