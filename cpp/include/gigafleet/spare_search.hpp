// The cheapest nodes with room for a few tasks of many shapes, on a network that has lost a part.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "gigafleet/kind_costs.hpp"
#include "gigafleet/path.hpp"
#include "gigafleet/pool_view.hpp"
#include "gigafleet/site_prices.hpp"
#include "gigafleet/standing.hpp"

namespace gigafleet {

/// Candidates serves many classes of one shape while all that is open fills up. Here hardly anything changes
/// from one trial to the next, and each asks for a few tasks of hundreds of shapes. So what is known of a
/// shape in the standing state is kept: the least that a pool with room costs, tree by tree. With what was
/// lost, ways are no shorter, so that stays a bound, but for pools that tasks have left. Trees are looked
/// into, pool by pool, where nothing bounded can be cheaper; since rooms only shrink in a trial, what is
/// found there raises the bound for the classes of the shape that follow.
class SpareSearch {
public:
    /// Of one transit policy: `view` and its routes are those of the whole network. References are kept.
    /// O(pools + sites).
    SpareSearch(const KindCosts& costs, const PoolView& view, Trial& trial);

    /// What holds for a trial. `lost`: by site, its nodes are not there. `routes`: without what was lost;
    /// those of the view where no way leads over it. `shaken`: by site, the way between it and its core site
    /// is another one now, or there is none.
    struct Scene {
        const Routes& routes;
        std::span<const std::uint8_t> lost, shaken;
    };
    void start(const Scene& scene);
    /// Turns to a shape. `freed`: pools that may have more room than in the standing state.
    void start(ShapeId shape, std::span<const PoolId> freed);

    /// Places up to `wanted` tasks of the shape from `origin`, the cheapest pools first (risk aside), and
    /// writes down where. Returns how many are left over: no pool has room for one more then. Links are
    /// reserved in the trial. O(core sites + pools looked at + pools of the origin's tree).
    std::int64_t place(SiteId origin, std::int64_t wanted, std::vector<Filling>& out);

private:
    static constexpr double kOut = std::numeric_limits<double>::infinity();
    static constexpr std::size_t kMostKnown = std::size_t{1} << 23;  ///< numbers kept of all shapes
    static constexpr std::uint32_t kNoTree = UINT32_MAX;

    /// Pools of one kind in one tree.
    struct Group {
        KindId kind;
        std::int64_t least_ns;  ///< round trip to the core site
        double least_down_price, least_up_price;
    };
    /// A pool in the whole network; side by side, since all of a tree are looked at.
    struct At {
        std::int64_t stays_ns;  ///< the longest of its nodes
        std::int64_t round_ns;
        double down_price, up_price;  ///< to its nodes and back, the core aside
    };
    /// Of a shape, in the standing state.
    struct Known {
        std::vector<double> kind;  ///< cost by kind; kOut where it cannot take the shape
        std::vector<double>
            tree;  ///< by tree, the least that a pool with room costs, the way beyond its core aside
        std::vector<std::uint8_t> exact;  ///< by tree: such a pool is there; else it is no more than a bound
    };
    /// Between two core sites, out and back.
    struct Way {
        std::int64_t ns;
        double out_price, back_price;
    };
    struct Spot {
        double cost = kOut;
        std::size_t position = SIZE_MAX;
    };
    /// The cheapest pool that one class may use, and the least that any other class of the shape has to pay.
    struct Offer {
        Spot spot;
        double least = kOut;
    };

    void make_groups();
    Known& known(ShapeId shape);
    const std::vector<Way>& ways_from(std::uint32_t core);
    Way way(SiteId from, SiteId to) const;
    double cost_of(const Way& way) const;
    double own_cost(std::size_t position) const;
    bool passes(std::size_t position) const;
    double find_exact(std::uint32_t tree) const;
    double lower_by_freed(std::uint32_t tree, double cost) const;
    bool has_access(SiteId site) const;
    Offer cheapest(std::uint32_t tree, std::int64_t limit_ns) const;
    void look_around(SiteId origin, PoolView::Range range);
    void set_keys(std::uint32_t own, std::int64_t up_ns, double up_cost, std::uint32_t core);
    std::int64_t settle(SiteId origin, std::size_t position, std::int64_t wanted, std::vector<Filling>& out);

    const Problem& problem_;
    const KindCosts& costs_;
    const PoolView& view_;
    const Forest& forest_;
    Trial& trial_;
    SitePrices sites_;
    double rtt_price_ns_;
    std::vector<std::size_t> first_group_;  ///< by tree, and one more
    std::vector<Group> groups_;
    std::vector<std::int64_t> least_ns_;  ///< by tree, of a round trip to a pool, its access included
    std::vector<std::uint32_t> tree_of_core_, tree_of_pool_;
    std::vector<std::size_t> position_of_pool_;
    std::vector<At> at_;  ///< by position
    std::unordered_map<std::uint32_t, Known> known_;

    std::optional<Scene> scene_;
    std::optional<Path> path_;
    std::unordered_map<std::uint32_t, std::vector<Way>> ways_;  ///< by core site that they lead from

    ShapeId id_;
    const Problem::Shape* shape_ = nullptr;
    Known* of_shape_ = nullptr;
    double up_mbps_ = 0, down_mbps_ = 0;
    std::int64_t needed_ns_ = 0;
    bool labels_by_site_ = false;
    std::span<const PoolId> freed_;
    std::vector<double> bound_;        ///< by tree, for the trial
    std::vector<std::uint32_t> live_;  ///< trees where it is finite

    std::vector<Spot> near_;              ///< in the origin's tree, the cheapest last
    std::vector<double> keys_;            ///< by tree, with the way; of those that live
    std::vector<Spot> found_;             ///< by tree that was looked into, while nothing changes there
    std::vector<std::uint64_t> blocked_;  ///< by site, the last class whose way there had no room
    std::uint64_t class_number_ = 0;
};

}  // namespace gigafleet
