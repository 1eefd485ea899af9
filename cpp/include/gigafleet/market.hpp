// The planning view of a problem: what the classes of one level of priority may choose from, what that costs,
// and how much of it there is. Small and dense, in doubles: it guides, the placement itself is exact.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "gigafleet/control.hpp"
#include "gigafleet/groundwork.hpp"
#include "gigafleet/placement.hpp"

namespace gigafleet {

/// What prices are to bring about: that as much weight as possible is placed, or that it costs the least.
enum class Aim : std::uint8_t { kCost, kWeight };

/// Pools with untouched slots stand at *spots*: a site and the latency of a node's own access, which is all
/// that routes and latency limits see of a pool. Demands are in units of the mean demand of a task.
class Market {
public:
    static constexpr float kOut = std::numeric_limits<float>::infinity();
    /// Largest tables: ways (groups x origins x spots) and offers (shapes x pools).
    static constexpr std::size_t kMostWays = std::size_t{1} << 23;
    static constexpr std::size_t kMostOffers = std::size_t{1} << 22;
    /// Pairs of class and spot that are looked at before a thread has started.
    static constexpr std::size_t kFewPairs = std::size_t{1} << 17;

    struct Class {
        ClassId id;
        std::uint32_t origin;  ///< row of the ways
        double members;        ///< that are still to be placed
    };
    struct Pool {
        PoolId id;
        std::uint32_t spot;
        std::int64_t slots;   ///< untouched ones
        double tasks_a_slot;  ///< of the mean demand
    };

    /// Classes of `level` with members left and pools with untouched slots, as `placement` has them. None
    /// where there is nothing to choose, or where the tables would be larger than the limits above.
    /// O(origins · spots + shapes · pools).
    /// Aim::kWeight: nodes and ways cost nothing, and a task left out costs its weight. Where `level` is
    /// several, what is above the lowest is far dearer to leave out.
    static std::optional<Market> make(const Groundwork& ground, std::span<const ShapeId> level,
                                      const Placement& placement, int threads, Aim aim = Aim::kCost);

    /// How many of `threads` are worth their start.
    int workers(int threads) const { return classes_.size() * spots() < kFewPairs ? 1 : threads; }

    /// Whether tables of all classes and pools at once would be small enough. O(classes + pools).
    static bool is_possible(const Groundwork& ground);

    const Problem& problem() const { return *problem_; }
    std::size_t dimensions() const { return dimension_.size(); }
    /// Dimension of the schema.
    std::size_t dimension(std::size_t d) const { return dimension_[d]; }
    /// Multiples of the resolution in one unit of dimension `d`.
    double unit(std::size_t d) const { return unit_[d]; }

    std::size_t shapes() const { return shapes_.size(); }
    ShapeId shape(std::size_t s) const { return shapes_[s]; }
    std::span<const double> demand(std::size_t s) const {
        return {demand_.data() + s * dimensions(), dimensions()};
    }
    /// EUR/h for leaving a task of the shape out: dearer than any node, and more so for more weight.
    double penalty(std::size_t s) const { return penalty_[s]; }

    std::span<const Class> classes() const { return classes_; }
    /// Classes of shape `s` are [first_class(s), first_class(s + 1)).
    std::size_t first_class(std::size_t s) const { return first_class_[s]; }

    std::span<const Pool> pools() const { return pools_; }
    std::size_t spots() const { return first_pool_.size() - 1; }
    /// Pools at spot `h` are [first_pool(h), first_pool(h + 1)).
    std::size_t first_pool(std::size_t h) const { return first_pool_[h]; }
    /// Of all untouched slots of a pool together.
    std::span<const double> capacity(std::size_t p) const {
        return {capacity_.data() + p * dimensions(), dimensions()};
    }
    /// EUR/h of shape `s` in each pool, the way there aside; kOut where it may not run there.
    std::span<const float> own_cost(std::size_t s) const {
        return {own_.data() + s * pools_.size(), pools_.size()};
    }

    /// Shapes that share a table of ways.
    std::size_t groups() const { return ways_.size(); }
    std::size_t group(std::size_t s) const { return group_[s]; }
    /// EUR/h of the way from an origin to each spot; kOut where there is none within the limit.
    std::span<const float> ways(std::size_t group, std::size_t origin) const {
        return {ways_[group].data() + origin * spots(), spots()};
    }
    std::size_t origins() const { return origins_.size(); }

    /// A typical cost of a task, EUR/h: what "a little dearer" is measured by. Positive.
    double scale() const { return scale_; }

private:
    Market(const Problem& problem, Aim aim) : problem_(&problem), aim_(aim) {}

    bool find_classes(const Groundwork& ground, std::span<const ShapeId> level, const Placement& placement);
    bool find_pools(const Placement& placement);
    void measure(const Placement& placement);
    bool find_ways(int threads);
    void find_costs(const Groundwork& ground, int threads);
    void set_penalties(int threads);
    void set_weights();

    const Problem* problem_;
    Aim aim_;
    std::vector<std::size_t> dimension_;
    std::vector<double> unit_;
    std::vector<ShapeId> shapes_;
    std::vector<double> demand_, penalty_;
    std::vector<Class> classes_;
    std::vector<std::size_t> first_class_;
    std::vector<SiteId> origins_;
    std::vector<Pool> pools_;
    struct Spot {
        SiteId site;
        std::int64_t access_rtt_ns;
    };
    std::vector<Spot> spots_;
    std::vector<std::size_t> first_pool_;
    std::vector<double> capacity_;
    std::vector<float> own_;
    std::vector<std::uint32_t> group_;
    std::vector<std::vector<float>> ways_;
    double scale_ = 1;
};

}  // namespace gigafleet
