// The cheapest pools with room for a task of one shape, tree by tree, on a network that has lost a part.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "gigafleet/kind_costs.hpp"
#include "gigafleet/pool_view.hpp"
#include "gigafleet/site_prices.hpp"
#include "gigafleet/standing.hpp"

namespace gigafleet {

/// Pools of a tree that differ in nothing but the length of their way are a group: the first of them with
/// room is the cheapest, and if that is too far away, so are the others. So a tree is a list of the heads of
/// its groups. Heads only move on, for in a trial rooms of one shape only shrink; and hardly anything changes
/// from one trial to the next, so of each shape it is kept up to where the standing state has no room, and
/// pools that tasks have left are heads of their own.
class SparePools {
public:
    static constexpr double kOut = std::numeric_limits<double>::infinity();
    static constexpr std::uint32_t kNone = UINT32_MAX;

    /// Of one transit policy: `view` and its routes are those of the whole network. References are kept.
    /// O(pools · log + sites).
    SparePools(const KindCosts& costs, const PoolView& view, Trial& trial);

    /// What holds for a trial. `lost`: by site, its nodes are not there. `routes`: without what was lost;
    /// those of the view where no way leads over it. `shaken`: by site, the way between it and its core site
    /// is another one now, or there is none; `shaken_sites` are these. `freed`: pools that may have more room
    /// than in the standing state.
    struct Scene {
        const Routes& routes;
        std::span<const std::uint8_t> lost, shaken;
        std::span<const SiteId> shaken_sites;
        std::span<const PoolId> freed;
    };
    void start(const Scene& scene);
    /// Turns to a shape. O(trees + freed).
    void start(ShapeId shape);

    /// Between two sites, out and back.
    struct Way {
        std::int64_t ns = 0;
        double out_price = 0, back_price = 0;
    };
    Way way(SiteId from, SiteId to) const;
    /// What it costs a task of the shape.
    double cost_of(const Way& way) const {
        return rtt_price_ns_ * static_cast<double>(way.ns) +
               (way.out_price * up_mbps_ + way.back_price * down_mbps_);
    }

    std::size_t trees() const { return least_ns_.size(); }
    /// No pool of the tree with room is nearer to its core site than that: a round trip, access included.
    std::int64_t reach_ns(std::size_t tree) const { return reach_ns_[tree]; }
    /// No pool of the tree with room costs less, from its core site on: kOut where there is none.
    double bound(std::size_t tree) const { return bound_[tree]; }

    struct Spot {
        double cost = kOut;
        PoolId pool{kNone};
    };
    /// The cheapest with room, at most `limit_ns` from the tree's core site there and back, access included,
    /// and at no site that `skip(site)` tells of. Raises the bound, and where there is none reach_ns.
    /// O(groups + pools without room).
    template <class Skip>
    Spot cheapest(std::size_t tree, std::int64_t limit_ns, const Skip& skip) {
        std::vector<Head>& heads = list(tree);
        Spot best;
        for (std::size_t i = 0; i < heads.size() && heads[i].cost < best.cost;) {
            const bool late = heads[i].ns > limit_ns;
            if (late && i > 0 && rtt_price_ns_ >= 0) {
                ++i;
                continue;
            }
            if (!is_open(heads[i])) {
                move_on(heads, i);
                continue;
            }
            if (const Spot spot = first(heads[i], limit_ns, skip); spot.cost < best.cost) best = spot;
            ++i;
        }
        bound_[tree] = heads.empty() ? kOut : heads.front().cost;
        if (best.cost == kOut && !heads.empty() && rtt_price_ns_ >= 0)  // the first of a group is the nearest
            reach_ns_[tree] = std::ranges::min_element(heads, {}, &Head::ns)->ns;
        return best;
    }

    /// kOut where the kind cannot take the shape.
    double kind_cost(KindId kind) const { return known_now_->kind[kind.at()]; }
    /// Cost of the pool's kind; kOut where the kind or labels do not let the shape in.
    double cost_of_kind(PoolId pool) const {
        const std::uint32_t group = places_[place_of_pool_[pool.at()]].group;
        return (*passed_now_)[group] ? kind_cost(groups_[group].kind) : kOut;
    }

private:
    static constexpr std::size_t kMostKnown = std::size_t{1} << 23;  ///< numbers kept of all shapes

    /// Pools of one kind, of sites alike to all rules, at one price, in one tree, the nearest first (if that
    /// is the cheapest).
    struct Group {
        KindId kind;
        std::uint32_t first, last;    ///< in places_
        double down_price, up_price;  ///< to the nodes and back, the core aside
        std::int64_t round_ns;        ///< of the first
    };
    struct Place {
        PoolId pool;
        SiteId site;
        std::uint32_t group;
        std::int64_t round_ns;
        std::int64_t stays_ns;  ///< the longest of its nodes
    };
    /// The first of a group that may have room, or one pool apart: freed, or with a way of its own.
    struct Head {
        double cost;
        std::int64_t ns;  ///< access included
        std::uint32_t place;
        bool is_apart;
        /// Written out, since lists are sorted thousands of times: costs are numbers and hardly ever equal.
        bool operator<(const Head& o) const {
            if (cost != o.cost) return cost < o.cost;
            if (ns != o.ns) return ns < o.ns;
            return place != o.place ? place < o.place : is_apart < o.is_apart;
        }
    };
    /// Of a shape, in the standing state.
    struct Known {
        std::vector<double> kind;         ///< cost by kind; kOut where it cannot take the shape
        std::vector<std::uint32_t> head;  ///< by group: no place before has room
        std::vector<double> tree;         ///< by tree, what a pool with room costs at least
    };
    /// A pool apart from its group, with its way to the core site.
    struct Apart {
        std::uint32_t place, tree;
        PoolId pool;
        KindId kind;
        Way way;
    };

    std::vector<std::uint32_t> domains_of_sites() const;
    void make_groups();
    const std::vector<std::uint8_t>& groups_that_pass();
    Known& known(ShapeId shape);
    void find_freed();
    void find_apart();
    std::vector<Head>& list(std::size_t tree);
    void lower_bounds(std::span<const Apart> own);
    Head head_of(const Apart& own) const;
    double cost_at(const Group& group, std::int64_t round_ns) const {
        return kind_cost(group.kind) + cost_of({round_ns, group.down_price, group.up_price});
    }
    Head head_at(std::uint32_t place) const;
    bool is_open(const Head& head) const;
    void move_on(std::vector<Head>& heads, std::size_t i);
    /// Labels and time.
    bool passes(const Place& at) const { return at.stays_ns >= needed_ns_ && (*passed_now_)[at.group] != 0; }
    bool has_room(const Place& at) const;
    bool had_space(std::uint32_t place) const;
    bool had_room(std::uint32_t place) const;
    std::size_t dimensions() const { return problem_.fleet().schema().dimensions(); }
    /// The first of the head's group, from there on, that is near enough and is not skipped.
    template <class Skip>
    Spot first(const Head& head, std::int64_t limit_ns, const Skip& skip) const {
        Head at = head;
        while (at.ns > limit_ns || skip(places_[at.place].site) ||
               (at.place != head.place && !(had_space(at.place) && is_open(at)))) {
            if (at.is_apart || at.place + 1 == groups_[places_[at.place].group].last) return {};
            at = head_at(at.place + 1);
            if (at.ns > limit_ns && rtt_price_ns_ >= 0) return {};
        }
        return {at.cost, places_[at.place].pool};
    }

    const Problem& problem_;
    const KindCosts& costs_;
    const PoolView& view_;
    Trial& trial_;
    double rtt_price_ns_;
    std::vector<std::uint32_t> first_group_, first_place_;  ///< by tree, and one more
    std::vector<Group> groups_;
    std::vector<Place> places_;
    std::vector<Quantity> rooms_;         ///< by place, then dimension: the most that one slot has left
    std::vector<std::int64_t> least_ns_;  ///< by tree
    std::vector<std::uint32_t> place_of_pool_;
    std::unordered_map<std::uint32_t, Known> known_;
    std::unordered_map<std::uint32_t, std::vector<std::uint8_t>> passed_;  ///< by rule of labels

    std::optional<Scene> scene_;
    std::vector<Apart> freed_;  ///< may have more room; by place
    std::vector<Apart> apart_;  ///< have another way; by place

    const Problem::Shape* shape_ = nullptr;
    Known* known_now_ = nullptr;
    double up_mbps_ = 0, down_mbps_ = 0;
    std::int64_t needed_ns_ = 0;
    const std::vector<std::uint8_t>* passed_now_ = nullptr;
    std::vector<double> bound_;             ///< by tree
    std::vector<std::int64_t> reach_ns_;    ///< by tree
    std::vector<std::vector<Head>> heads_;  ///< by tree, the cheapest first
    std::vector<std::uint8_t> is_listed_;   ///< by tree
    std::vector<std::uint32_t> listed_;     ///< trees
};

}  // namespace gigafleet
