// What the pools of a view cost one shape, and quick bounds on what a whole core tree costs it.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "gigafleet/pool_rooms.hpp"
#include "gigafleet/pool_view.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/site_prices.hpp"

namespace gigafleet {

/// A price covers the kind's cost and the way between the pool and its core site; the origin's way and the
/// way between core sites come on top. Pools of a kind in one core tree are a group, so a tree is bounded by
/// a few groups and its pools are priced only where somebody looks.
class PoolPrices {
public:
    /// Price of what cannot take the shape.
    static constexpr double kOut = std::numeric_limits<double>::infinity();
    static constexpr std::size_t kMostMajor = 64;

    /// `rooms`: what pools have left, followed as it shrinks. `shadow`: prices of capacities that come on
    /// top, or null.
    PoolPrices(const Problem& problem, const PoolView& view, const PoolRooms& rooms,
               const Prices* shadow = nullptr);

    /// Turns to a shape. O(kinds + changes in `rooms`).
    void start(ShapeId shape);

    /// What is known of a core tree before its pools are priced.
    struct Bound {
        double price;           ///< no pool of the tree costs less; kOut where none is a candidate
        std::int64_t least_ns;  ///< no candidate is nearer to the core, its access included
    };
    /// O(groups of the tree).
    Bound bound(std::uint32_t core);

    /// Price of the pool at a position of a core tree that was bounded for the shape; kOut where labels,
    /// capacity or time do not let the shape pass, by what the pool knows of all its nodes (where they
    /// differ, none need pass all at once), or where it is known to be full.
    double price(std::size_t position) const;

    /// Core sites of the kinds that have much capacity in few trees: factories, not vehicles. At most
    /// kMostMajor.
    std::span<const std::uint32_t> major_cores() const { return major_cores_; }
    /// No pool of another core site costs the shape less, if no way costs less than nothing.
    double minor_floor() const { return minor_floor_; }

    const SitePrices& sites() const { return sites_; }
    double up_mbps() const { return up_mbps_; }
    double down_mbps() const { return down_mbps_; }

private:
    /// Pools of one kind in one core tree that are in the same domains: the same labels let them pass.
    struct Group {
        KindId kind;
        SiteId site;                                      ///< of one of them
        std::int64_t least_ns;                            ///< least round trip to the core
        double least_down_price, least_up_price;          ///< least price of a Mbps from the core and to it
        std::array<double, kMaxDimensions> least_shadow;  ///< least shadow price a dimension
        Amounts room;  ///< per dimension, the most that a pool of the group has
        std::int64_t available_max_ns;
    };
    double shadow(PoolId pool, std::size_t dimension) const {
        return shadow_ == nullptr || shadow_->pool.empty()
                   ? 0
                   : shadow_->pool[pool.at() * dimensions_ + dimension];
    }
    double pays(PoolId pool) const;
    void make_groups();
    void join(std::size_t position, std::uint32_t group);
    void sort_members();
    void find_major();
    void renew_groups();
    double floor_of_minor() const;
    double group_cost(const Group& group) const;
    bool alike(const Group& group, KindId kind, SiteId site) const;

    const Problem& problem_;
    const PoolView& view_;
    const PoolRooms& rooms_;
    const Prices* shadow_;
    SitePrices sites_;
    double rtt_price_ns_;
    std::size_t dimensions_;
    std::vector<std::size_t> first_group_;  ///< by core site, and one more
    std::vector<Group> groups_;
    std::vector<std::uint32_t> members_, first_member_;  ///< positions by group, and where each group begins
    std::vector<std::uint32_t> major_cores_;
    std::vector<std::uint8_t> is_major_;  ///< by kind
    std::vector<std::uint32_t> group_of_pool_;
    // By position, apart from the pools themselves: pricing a tree is a pass over these.
    std::vector<std::uint32_t> group_of_;
    std::vector<std::int64_t> round_ns_, available_max_ns_;
    std::size_t seen_changes_ = 0;  ///< of rooms_.changes()

    const Problem::Shape* shape_ = nullptr;
    double up_mbps_ = 0, down_mbps_ = 0;
    std::int64_t needed_ns_ = 0;
    bool check_labels_ = false;      ///< even kinds that may take the shape may fail its labels at some sites
    std::vector<double> kind_cost_;  ///< kOut for kinds that never take the shape
    std::vector<double> group_cost_;  ///< of the core trees that were bounded
    double minor_floor_ = 0;
};

}  // namespace gigafleet
