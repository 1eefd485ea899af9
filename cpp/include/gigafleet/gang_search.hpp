// A gang that a plan leaves out: which domains hold it, how much of it fits where, and how it would.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "gigafleet/bound_tasks.hpp"

namespace gigafleet {

/// One gang after the other. Whether a domain holds it is found as BoundTasks does. Keeps references.
class GangSearch {
public:
    /// O(what Groundwork and restore take).
    GangSearch(const Problem& problem, const Solution& solution, Control& control);
    /// Beside nothing: of gangs whose spread groups are their own, on an empty fleet.
    explicit GangSearch(std::shared_ptr<const Groundwork> ground);
    /// On what is `left`, beside members of spread groups that are `placed`.
    GangSearch(std::shared_ptr<const Groundwork> ground, std::unique_ptr<BondSlots> left,
               const SpreadCounts& placed);

    /// The gang of a class, all that follows is of.
    void start(ClassId id);
    BondLevel level() const { return level_; }
    std::int64_t members() const { return members_; }

    /// Whether a node's domain holds the whole gang: if nothing else ran; beside the members of its spread
    /// groups that are placed; as things are.
    struct Verdict {
        bool alone = false, apart = false, now = false;
    };
    /// Calls `f(first, last, Verdict)` for the slots [first, last) of a pool, in order, those that are alike
    /// at once.
    template <class F>
    void for_alike(PoolId pool, std::int64_t first, std::int64_t last, F&& f) {
        const std::vector<Stretch>& own = stretches(pool);
        for (std::size_t i = 0; first < last; ++i) {
            if (own[i].last <= first) continue;
            const std::int64_t end = std::min(own[i].last, last);
            f(first, end, own[i].verdict);
            first = end;
        }
    }

    /// A place, and a number that goes with it.
    struct Found {
        PoolId pool;
        std::int64_t slot = 0;
        std::int64_t number = 0;
    };
    /// Where most of the members would fit as things are (number), the small ones first; a slot there.
    std::optional<Found> nearest(Control& control);
    /// The next level (number) at which some domain holds the gang as things are.
    std::optional<Found> wider(Control& control);
    /// How many of `count` members of a class, at least one, and all others some domain holds as things are.
    std::optional<Found> fewer(ClassId of, std::int64_t count, Control& control);
    /// Where the most of `count` members of a class would be, fewer than all, and all others with them, in
    /// one domain as things are. None where none holds the others; of a gang without others nowhere, if need
    /// be.
    struct Arranged {
        PoolId pool;           ///< of the domain; invalid: nowhere
        std::int64_t lacking;  ///< members of the class that are not there
        Ledger placed;
    };
    std::optional<Arranged> nearly(ClassId of, std::int64_t count, Control& control);
    /// Whether a pool is at a site of the domain of another one, which is all of them where that is invalid.
    bool is_in_domain(PoolId pool, PoolId domain) const;
    /// The largest number from `least` to `limit` with which some domain holds the gang as things are, where
    /// tasks of a class ask for `shape_for(number)`: for no less than their own shape.
    std::optional<Found> with_shape(ClassId of, std::int64_t least, std::int64_t limit,
                                    const std::function<Problem::Shape(std::int64_t)>& shape_for,
                                    Control& control);

private:
    struct Stretch {
        std::int64_t last;
        Verdict verdict;
    };
    using Parts = std::vector<BondTrial::Part>;

    const std::vector<Stretch>& stretches(PoolId pool);
    std::vector<Stretch> find(PoolId pool);
    std::vector<PoolId> one_of_each_domain(BondLevel level) const;
    bool holds(const Parts& parts, BondLevel level, PoolId pool) {
        return now_->holds(parts, level, pool) == BoundTasks::Held::kYes;
    }
    std::optional<Found> most(BondLevel level, std::int64_t least, std::int64_t limit, Control& control,
                              const auto& parts_of);
    std::int64_t members_of(ClassId of) const;
    Parts with_only(ClassId of, std::int64_t members) const;
    Found at(const Parts& parts, BondLevel level, PoolId pool, std::int64_t number);

    const Problem& problem_;
    std::shared_ptr<const Groundwork> ground_;
    std::unique_ptr<BondSlots> empty_, left_;
    BoundTasks alone_, apart_;
    std::optional<BoundTasks> now_;  ///< none: as `apart`
    Parts parts_;                    ///< of the gang at hand, the largest members first
    BondLevel level_ = kNodeLevel;
    std::int64_t members_ = 0;
    Problem::Shape shape_{};                   ///< of with_shape
    std::vector<std::vector<Stretch>> known_;  ///< by domain, or pool; empty: not asked yet
};

}  // namespace gigafleet
