// Which pools of a branch may have had room for a shape before anything was lost, known from trial to trial.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "gigafleet/interner.hpp"
#include "gigafleet/pool_view.hpp"
#include "gigafleet/standing.hpp"

namespace gigafleet {

/// A branch is a site with all that hangs on it. A bounded number of answers is kept. Keeps references.
class BranchRooms {
public:
    BranchRooms(const PoolView& view, const Standing& standing) : view_(view), standing_(standing) {}

    /// Positions in the view, ascending, of the branch's pools that may hold the shape in the standing
    /// state, of those that `passes(position)` lets in: the same for a shape every time. Until the next call.
    /// O(1), the first time O(pools of the branch).
    template <class Passes>
    std::span<const std::uint32_t> of(SiteId branch, ShapeId id, const Passes& passes) {
        if (positions_.size() + found_.size() > kMostKnown) {
            known_ = {};
            found_.clear();
            positions_.clear();
        }
        const std::uint32_t number = known_.intern(std::uint64_t{id.value} << 32 | branch.value);
        if (number == found_.size()) {
            const std::size_t first = positions_.size();
            const Problem::Shape& shape = standing_.problem().shape(id);
            const PoolView::Range range = view_.below(branch);
            for (std::size_t i = range.first; i < range.last; ++i)
                if (standing_.may_hold(view_[i].pool, shape.demand) && passes(i))
                    positions_.push_back(static_cast<std::uint32_t>(i));
            found_.emplace_back(first, positions_.size());
        }
        const auto [first, last] = found_[number];
        return {positions_.data() + first, positions_.data() + last};
    }

private:
    static constexpr std::size_t kMostKnown = std::size_t{1} << 22;

    const PoolView& view_;
    const Standing& standing_;
    Interner known_;                                          ///< of shapes and branches
    std::vector<std::pair<std::size_t, std::size_t>> found_;  ///< in positions_, by number
    std::vector<std::uint32_t> positions_;
};

}  // namespace gigafleet
