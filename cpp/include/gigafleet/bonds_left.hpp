// Where one more task of a class may be for the sake of its gang and its spread group, beside those that a
// plan has placed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "gigafleet/bond_trial.hpp"
#include "gigafleet/gang_search.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

class BondsLeft {
public:
    /// `counts`: of what the solution places. Keeps references. O(classes) where the class is bound, and the
    /// fillings of its group.
    BondsLeft(const Problem& problem, const Solution& solution, const SpreadCounts& counts, ClassId id);

    /// What is in the way on a node.
    struct Lack {
        bool outside = false;    ///< the gang runs in another domain, or the node is in none
        bool crowded = false;    ///< its domain holds as many of the group as it may, or it is in none
        std::int64_t there = 0;  ///< members of the group in its domain
        bool has_domain = true;  ///< of the group
        /// Of a gang that is left out all speaks of the whole of it: its domain would not hold it if nothing
        /// else ran (outside), beside its spread groups (crowded), does not as things are (unheld).
        bool whole = false, unheld = false;
    };
    /// Calls `f(first, last, Lack)` for the slots [first, last) of a pool, in order, those that are alike at
    /// once.
    template <class F>
    void for_alike(PoolId pool, std::int64_t first, std::int64_t last, F&& f) const {
        if (!bond_) return f(first, last, Lack{});
        if (whole_ != nullptr)
            return whole_->for_alike(pool, first, last,
                                     [&](std::int64_t from, std::int64_t to, const auto& v) {
                                         f(from, to, Lack{!v.alone, !v.apart, 0, true, true, !v.now});
                                     });
        while (first < last) {
            const std::int64_t end = std::min(last, next_cut(pool, first));
            f(first, end, lack(pool, first));
            first = end;
        }
    }

    bool is_in_gang() const { return bond_.gang != Bond::kNone; }
    /// Members of its gang, and one that runs; invalid: none does.
    std::int64_t gang_members() const { return gang_members_; }
    PoolId gang_pool() const { return gang_pool_; }
    std::int64_t gang_slot() const { return gang_slot_; }
    bool is_left_out() const { return gang_members_ > 0 && !gang_pool_.valid(); }
    /// Tells of a gang that is left out, with a search that has been started for it.
    void ask(GangSearch& whole) { whole_ = &whole; }

    /// How many of the group a domain may hold.
    std::int64_t most() const { return counts_.most(bond_.spread); }
    BondLevel spread_level() const { return counts_.level(bond_.spread); }
    /// The next level at which the domains of a node and of all members of the group are narrower and its own
    /// has room for one more; none: none does.
    std::optional<BondLevel> finer_level(PoolId pool, std::int64_t slot) const;
    /// Level of the gang, and the next one at which its domain takes in the pool as well; none: none does.
    BondLevel level() const { return problem_.workload().bonds().gangs[bond_.gang].level; }
    std::optional<BondLevel> wider_level(PoolId pool) const;

private:
    void count_finer(const Solution& solution);
    std::optional<std::int64_t> there(const SpreadCounts& counts, PoolId pool, std::int64_t slot) const;
    Lack lack(PoolId pool, std::int64_t slot) const;
    std::int64_t next_cut(PoolId pool, std::int64_t slot) const;
    SiteId site(PoolId pool) const { return problem_.fleet().pools()[pool.at()].site; }
    /// By node, which all groups have.
    const SpreadCounts& on_nodes() const { return finer_.empty() ? counts_ : finer_.back(); }

    const Problem& problem_;
    const SpreadCounts& counts_;
    std::vector<SpreadCounts> finer_;  ///< of the group, at levels below its own, down to nodes
    Bond bond_;
    PoolId gang_pool_;
    std::int64_t gang_slot_ = 0, gang_members_ = 0;
    GangSearch* whole_ = nullptr;
};

}  // namespace gigafleet
