// Who keeps the place where it ran before, in an answer that only tells how many of a class sit where.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/previous.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// Matches the places of a class before and now. As many members as can keep theirs, so as few as can move:
/// that is min(ran, placed) less those that keep their place (of rows that shrank a few more at times).
class Seating {
public:
    /// `at.slots` times `at.per_slot` members of a run, which stay where they were.
    struct Kept {
        std::uint32_t row, number;  ///< see Previous::Run
        Filling at;
    };

    Seating(const Problem& problem, const Previous& previous) : problem_(problem), previous_(previous) {}

    /// `now`: the fillings of the class, in any order. O((runs + fillings) · log, and where many runs of one
    /// class share slots, runs · that many).
    void match(ClassId id, std::span<const Filling> now);

    /// By place. A run comes in pieces where it keeps some of its places only.
    const std::vector<Kept>& kept() const { return kept_; }
    /// Members in kept().
    std::int64_t kept_members() const { return kept_members_; }
    /// Places that nobody ran at before, by pool and slot.
    const std::vector<Filling>& rest() const { return rest_; }

private:
    struct Active {
        const Previous::Run* run;
        std::int64_t* left;  ///< members of its row that have no place yet; null: as many as the run has
    };
    void admit(const Previous::Run& run);
    std::int64_t share_out(PoolId pool, std::int64_t first, std::int64_t last, std::int64_t seats);
    void keep(const Active& active, PoolId pool, std::int64_t first, std::int64_t slots, std::int64_t seats);

    const Problem& problem_;
    const Previous& previous_;
    std::vector<Filling> now_, rest_;
    std::vector<Kept> kept_;
    std::int64_t kept_members_ = 0;
    std::vector<Active> active_;                                ///< runs at the slot at hand, by number
    std::vector<std::pair<std::uint32_t, std::int64_t>> left_;  ///< by row, of a class that shrank
};

/// Members that run elsewhere than before, those that ran and are evicted, and what both cost in EUR/h
/// (move_price, evict_price).
struct Moves {
    std::int64_t tasks = 0, evicted = 0;
    double cost = 0;
};
/// Of a whole solution. The same on any number of threads. O(runs + fillings).
Moves moves_of(const Problem& problem, const Previous& previous, const Solution& solution, int threads);

}  // namespace gigafleet
