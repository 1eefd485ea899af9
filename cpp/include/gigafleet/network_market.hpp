// The planning view of a problem of any size: groups of pools that share prices, and shapes in blocks of
// lanes.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "gigafleet/groundwork.hpp"
#include "gigafleet/market.hpp"
#include "gigafleet/placement.hpp"
#include "gigafleet/wide.hpp"
#include "gigafleet/zone_forest.hpp"

namespace gigafleet {

/// Where Market has a table of origins x spots, this one has the network itself: pools at the sites of the
/// trees that hang off its core, and a table of core sites alone. Pools of one kind in one tree are a *group*
/// and share their prices. Core sites are gathered in zones (zone_forest.hpp) where they are many. Shapes
/// that ask for nearly the same are a *kin*, planned as one of their mean demand; as nearly as it takes to
/// have few. Kins of the same bandwidth, latency limit and transit policy go side by side, in the lanes of a
/// *block*: one walk of the network serves them all. Latencies inside a tree count as those of the core site,
/// but for the reach of pools, which come in a few *bands* of round trip.
class NetworkMarket {
public:
    static constexpr float kOut = std::numeric_limits<float>::infinity();
    /// Largest tables: offers (groups x shapes, lane by lane), members (origins x shapes), and pairs of core
    /// sites, of which there is one table for each kernel (bandwidth, reach and policy).
    static constexpr std::size_t kMostOffers = std::size_t{1} << 25;
    static constexpr std::size_t kMostMembers = std::size_t{1} << 25;
    static constexpr std::size_t kMostPairs = std::size_t{1} << 26;
    static constexpr double kMostSteps = 4e8;          ///< steps_a_round: so many take a third of a second
    static constexpr double kMostStepsToSearch = 1e9;  ///< the same, for prices to search by
    static constexpr double kMostCoreSteps = 1e8;      ///< of those, in the core
    static constexpr std::size_t kMostBands = 4;
    /// Kins at most, but for one of each policy and level: rare ones join what is like them.
    static constexpr std::size_t kManyKins = 160;

    struct Pool {
        std::uint32_t site;  ///< place in the policy's forest
        std::uint32_t group;
        std::uint32_t band;
        float size;  ///< how many tasks it holds, of the mean pool
        PoolId id;
    };
    struct Policy {
        const PoolView* view;
        ZoneForest sites;
        std::vector<Pool> pools;              ///< by site
        std::vector<std::uint32_t> origins;   ///< places of sites with tasks, ascending
        std::vector<std::uint32_t> from, to;  ///< hubs with tasks, and with pools, below them: core sites
        std::vector<std::int64_t> band_ns;    ///< round trip from the core to a pool of the band
        std::vector<double> band_slots;       ///< how many there are
        std::vector<std::int64_t> pair_ns;    ///< round trips between `from` and `to`, ascending
        std::int64_t farthest_ns;             ///< beyond it, no limit matters
    };
    /// Ways of tasks of one bandwidth between core sites within `limit_ns` of a round trip.
    struct Kernel {
        std::uint32_t policy;
        Quantity up, down;
        std::int64_t limit_ns;
        bool operator==(const Kernel&) const = default;
    };
    struct Block {
        std::uint32_t policy;
        Quantity up, down;
        std::array<std::uint32_t, kLanes> kin;  ///< lanes beyond `lanes` are empty
        std::size_t lanes;
        std::array<std::uint32_t, kMostBands> reach;  ///< by band of the policy: which of the following
        std::vector<std::uint32_t> kernel;            ///< by reach
        std::vector<std::uint8_t> in_tree;  ///< by reach: whether its pools are within the limit at all
        std::vector<float> own;             ///< EUR/h by group, lane by lane; kOut where it may not run
        std::vector<double> demand;         ///< by dimension, lane by lane
        std::vector<double> members;        ///< by origin of the policy, lane by lane
    };

    /// Classes of `level` with members left and pools with untouched slots, as `placement` has them.
    /// `level_weight`: the weight that is to be placed, by level of priority from high to low, in 1e-6;
    /// empty: all there is. None where there is nothing to choose, or the tables would be larger than the
    /// limits. `most_steps`: of a round. `most_hubs`: of zones; by default as many as kMostCoreSteps allows.
    /// O(shapes · groups + classes + pools).
    static std::optional<NetworkMarket> make(const Groundwork& ground, std::span<const ShapeId> level,
                                             const Placement& placement, Aim aim,
                                             std::span<const WideQuantity> level_weight, int threads,
                                             double most_steps = kMostSteps,
                                             std::optional<std::size_t> most_hubs = {});

    const Problem& problem() const { return *problem_; }
    Aim aim() const { return aim_; }
    std::size_t dimensions() const { return dimension_.size(); }
    /// Dimension of the schema.
    std::size_t dimension(std::size_t d) const { return dimension_[d]; }
    /// Multiples of the resolution in one unit of dimension `d`; of 1e-6 Mbps in one unit of bandwidth.
    double unit(std::size_t d) const { return unit_[d]; }
    double bandwidth_unit() const { return bandwidth_unit_; }

    const std::vector<Policy>& policies() const { return policies_; }
    const std::vector<Kernel>& kernels() const { return kernels_; }
    const std::vector<Block>& blocks() const { return blocks_; }

    std::size_t groups() const { return group_slots_.size(); }
    /// Group of a pool; kNoCore where it is not on the market.
    std::uint32_t group_of(PoolId pool) const { return group_of_[pool.at()]; }
    KindId kind(std::size_t group) const {
        return problem_->fleet().pools()[group_example_[group].at()].kind;
    }
    /// By group and dimension, in units; infinite for no limit.
    std::span<const double> capacity() const { return capacity_; }

    struct Kin {
        Problem::Shape shape;  ///< of mean demand; the tightest in latency, time and bandwidth
        std::vector<ShapeId> of;
        std::size_t level;
        double members, weight;      ///< in all; of one
        std::vector<double> demand;  ///< by dimension, in units
        double least_cost = 0;       ///< EUR/h at least on any group, the way aside
        double penalty = 0;          ///< EUR/h for leaving one out, beside what the price of its level makes
    };
    const std::vector<Kin>& kins() const { return kins_; }
    /// By level: weight that may be left out at the price of the level; none where Kin::penalty alone
    /// decides.
    std::span<const std::optional<double>> spare_weight() const { return spare_; }

    /// Rounds of an ascent take time in proportion to it: about a nanosecond each, on one core.
    double steps_a_round() const { return steps_; }
    /// EUR/h for a ns of a round trip.
    double rtt_price_ns() const { return rtt_price_ns_; }
    /// A typical cost of a task, EUR/h: what "a little dearer" is measured by. Positive.
    double scale() const { return scale_; }

private:
    /// How many tasks of the mean demand one slot of the group holds.
    double tasks_a_slot(std::size_t group) const;
    NetworkMarket(const Groundwork& ground, Aim aim);

    bool find_kins(std::span<const ShapeId> level, const Placement& placement);
    void gather_rare_kins();
    void find_groups(const Placement& placement);
    void measure(const Placement& placement);
    std::size_t affordable_hubs() const;
    void find_policies(std::size_t most_hubs);
    void make_bands(Policy& policy);
    bool make_blocks(const Placement& placement, int threads, double most_steps);
    std::uint32_t kernel(const Kernel& wanted);
    double steps_of(const Block& block) const;
    void find_own_costs(Block& block) const;
    void set_reach(Block& block, std::int64_t limit_ns);
    double typical_way() const;
    void set_penalties(std::span<const WideQuantity> level_weight);

    const Groundwork* ground_;
    const Problem* problem_;
    Aim aim_;
    double rtt_price_ns_;
    std::vector<Kin> kins_;
    std::vector<std::size_t> dimension_;
    std::vector<double> unit_;
    double bandwidth_unit_ = 1;
    std::vector<std::uint32_t> group_of_;
    std::vector<PoolId> group_example_;
    std::vector<std::int64_t> group_slots_, group_available_ns_;
    std::vector<Amounts> group_most_;
    std::vector<double> capacity_;
    std::vector<std::int64_t> untouched_;  // by pool
    std::vector<Policy> policies_;
    std::vector<Kernel> kernels_;
    std::vector<Block> blocks_;
    std::vector<std::optional<double>> spare_;
    double scale_ = 1, steps_ = 0;
};

}  // namespace gigafleet
