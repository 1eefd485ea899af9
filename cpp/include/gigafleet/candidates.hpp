// Candidates: the pools that can take tasks of one shape, cheapest first, from any origin.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "gigafleet/ids.hpp"
#include "gigafleet/loads.hpp"
#include "gigafleet/min_tree.hpp"
#include "gigafleet/path.hpp"
#include "gigafleet/pool_prices.hpp"
#include "gigafleet/pool_view.hpp"
#include "gigafleet/problem.hpp"

namespace gigafleet {

/// No table of classes and pools is ever made. The cost of a pool splits into a part of its own (kind and way
/// up to its core site), a part of the origin's, and a part between their two core sites. So one tree of pool
/// costs serves all origins, and an origin compares core sites; only in its own tree, where the way turns at
/// the lowest common ancestor, it asks for the subtrees along its way up.
///
/// Room on links and in pools only shrinks while a shape is placed, so what is found full stays out: pools
/// and subtrees for the whole shape, core routes and the origin's own links for the class at hand.
class Candidates {
public:
    /// Takes up to `room` tasks in `pool`, returns how many it took: fewer than `room` only where the pool is
    /// full. kStop ends the search with nothing taken.
    using Visit = std::function<std::int64_t(PoolId pool, std::int64_t room)>;
    static constexpr std::int64_t kStop = -1;

    /// `rooms`: what pools have left, followed as it shrinks.
    Candidates(const Problem& problem, const PoolView& view, Loads& loads, const PoolRooms& rooms);

    /// Begins with a shape. Candidates are pools whose labels, capacity and time let it pass (by what the
    /// pool knows of all its nodes; where they differ, none need pass all at once). O(kinds + groups of
    /// pools); the pools of a core site are priced when they are first looked at.
    void start(ShapeId shape);

    /// Offers pools to `visit`, cheapest first, for `wanted` tasks of the shape from `origin`, each with the
    /// room that the links leave; what is taken is reserved on the links. Ends when nothing is wanted any
    /// more or no candidate is left. Returns how many are left. Cheapest is exact among pools in reach; equal
    /// costs go to the lower position in the view.
    std::int64_t place(SiteId origin, std::int64_t wanted, const Visit& visit);

    /// Whether a pool for which `test` is true lies within `limit_ns` of a round trip from `origin`, links
    /// and access aside. Pools that fail the test are not asked again for this shape.
    bool any_in_reach(SiteId origin, std::int64_t limit_ns, const std::function<bool(PoolId)>& test);

private:
    struct Hub {
        SiteId site, below;  ///< candidates under `site` but not under `below`
        double cost;         ///< what the origin adds to the cost of a pool under this hub
        std::int64_t limit;  ///< how far from the core a pool may be
        std::size_t best;    ///< position; MinTree::kNone where none
    };
    struct Choice {
        double cost = MinTree::kOut;
        std::size_t position = MinTree::kNone;
        std::size_t hub = 0;  ///< hubs_.size(): through the core
        std::uint32_t core = kNoCore;
    };
    enum Use : std::uint8_t { kLocal = 1, kRemote = 2 };

    void leave_out_far();
    void look_at(std::uint32_t core, Use use);
    void enter(SiteId origin, std::int64_t max_rtt_ns);
    void enter_core(std::uint32_t core);
    void climb(SiteId origin);
    void renew(std::size_t hub);
    Choice choose();
    Choice choose_remote();
    void close(std::size_t position);
    void shut(const Choice& choice);
    void shut_remote(PoolView::Range range);
    void shut_local(PoolView::Range range, bool for_class);
    void renew_core(std::uint32_t core);
    void set_key(std::uint32_t core, double key);
    void set_key_for_class(std::uint32_t core, double key);
    void leave();

    const Problem& problem_;
    const PoolView& view_;
    Loads& loads_;
    PoolPrices prices_;
    Path path_;
    double rtt_price_ns_;

    const Problem::Shape* shape_ = nullptr;
    std::vector<double> own_;  ///< cost of a pool by position; MinTree::kOut once it is full
    /// The same, less what the links of the own tree, or the way down from the core, shut off.
    MinTree local_, remote_;
    std::vector<std::uint8_t> looked_at_;  ///< by core site: the Uses for which its pools are priced
    std::vector<double>
        core_cost_;  ///< cheapest of remote_ in each core tree, or a bound on it before it is priced
    std::vector<std::int64_t> core_least_ns_;  ///< no candidate of the core tree is nearer to it

    std::uint32_t core_ = kNoCore;       ///< of the origins being placed
    std::vector<std::int64_t> core_ns_;  ///< round trip between core_ and each core site
    std::vector<double> core_way_;       ///< its cost
    MinTree keys_;           ///< core_cost_ + core_way_, or what the class at hand makes of it; by core site
    std::vector<Hub> hubs_;  ///< from the origin up to the core
    std::size_t open_hubs_ = 0;  ///< the ones above are shut off by the origin's own links
    bool own_open_ = true, core_open_ = true, far_left_out_ = false;
    SiteId origin_;
    double origin_cost_ = 0;
    std::int64_t origin_limit_ = 0;  ///< what the limit leaves beyond the origin's way up to the core
    std::vector<std::uint32_t> changed_keys_;
    std::vector<std::pair<std::size_t, double>> closed_for_class_;  ///< in local_
};

}  // namespace gigafleet
