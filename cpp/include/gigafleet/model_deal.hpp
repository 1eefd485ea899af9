// Seats of a plan that knew nothing of models, dealt to tasks so that slots need few weights.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <unordered_map>
#include <vector>

#include "gigafleet/coarse.hpp"
#include "gigafleet/holdings.hpp"
#include "gigafleet/kind_costs.hpp"
#include "gigafleet/placement.hpp"
#include "gigafleet/residents.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// Classes that differ in their models alone, where nodes that may run one may run all, count as one; what is
/// placed then is placed as ever. Where kinds are split by what they hold, only models that the same kinds
/// hold are one. O(shapes · (kinds + log shapes) + classes).
Coarse without_models(const Problem& problem, int threads);

/// Tasks of a class that have seats of a coarse class at a site.
struct ModelShare {
    std::uint32_t site;
    ClassId coarse, of;
    std::int32_t model;
    std::int64_t max_wait_ns;
    std::int64_t tasks;
};

/// Of all sites, site by site, then by coarse class. Members of a coarse class take its seats in the order of
/// their models, so that few models come to one site.
class ModelShares {
public:
    /// `plan`: of `coarse`. Takes who has a seat out of `left`, by class. The same on any number of threads.
    /// O(fillings + classes · log(classes a cell)).
    ModelShares(const Problem& problem, const Coarse& coarse, const Solution& plan,
                std::span<std::int64_t> left, int threads);

    std::span<ModelShare> of(SiteId site) {
        return {shares_.data() + first_[site.at()], shares_.data() + first_[site.at() + 1]};
    }

private:
    std::vector<std::size_t> first_;  // by site, and one more
    std::vector<ModelShare> shares_;
};

/// What was dealt.
struct ModelDeal {
    std::vector<Ledger> ledgers;
    std::vector<std::int64_t> left;  ///< by class of the problem
    Loads loads;
};

/// Gives the seats of a plan of `coarse` to the tasks of the problem that it was made of, level by level of
/// priority, so that what a level lacks for its weights may go where lower ones have their seats. At each
/// site any task of a class may get any seat of that class: slot by slot, the model that most of the slot's
/// seats can have comes first, what the slot holds before what it has to load. Seats that no task can have,
/// for memory, time, the site's window or what is there already, stay empty: what is `left` of the classes
/// tells. Of bound tasks none moves: a gang may be left with some of its members (model_bonds.hpp).
class ModelDealer {
public:
    /// `plan`: of `coarse`. Keeps references.
    ModelDealer(const Problem& problem, const Coarse& coarse, const Solution& plan, int threads);

    /// From the highest.
    std::span<const std::int64_t> levels() const { return levels_; }
    /// Deals the seats of a level, of each once, those of higher ones before. Writes to `residents` what the
    /// slots then hold. Ledgers and `left` are the same on any number of threads. Loads are those of the
    /// seats that somebody has. O(pools + seats of the level · models in reach of a slot), by runs.
    void deal(std::int64_t priority, Residents& residents, ModelDeal& dealt);
    /// Nothing dealt, and all left that has no seat in the plan. Once.
    ModelDeal start() { return std::move(start_); }

private:
    void find_highest();
    bool may_be_crowded(ClassId of, std::int64_t priority) const;
    void reserve(std::int64_t priority, ModelDeal& dealt);
    void release(std::int64_t priority, ModelDeal& dealt);
    std::size_t level(std::int64_t priority) const {
        return static_cast<std::size_t>(std::ranges::lower_bound(levels_, priority, std::greater<>()) -
                                        levels_.begin());
    }
    template <class F>
    void for_shares(std::int64_t priority, const Loads& loads, F&& f);

    const Problem& problem_;
    const Coarse& coarse_;
    const Solution& plan_;
    int threads_;
    ModelDeal start_;
    ModelShares shares_;
    Holdings holdings_;
    KindCosts costs_;                 ///< of the coarse problem
    std::vector<std::uint32_t> kin_;  ///< kin_of_shapes
    std::vector<std::int64_t> levels_;
    std::vector<std::vector<ModelShare*>> by_level_;           ///< where levels are several
    std::unordered_map<std::uint32_t, std::int64_t> highest_;  ///< by spread group, where levels are several
};

/// All levels, one after the other.
ModelDeal deal_models(const Problem& problem, const Coarse& coarse, const Solution& plan,
                      Residents& residents, int threads);

/// Places what is left in the tree of its origin, the cheapest pool first, as far as links have room there.
/// The same on any number of threads. O(classes that are left · pools of a tree).
void deal_in_trees(const Problem& problem, Residents& residents, ModelDeal& dealt, int threads);

}  // namespace gigafleet
