// Candidates: the pools that can take tasks of one shape, cheapest first, from any origin.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "gigafleet/core_ways.hpp"
#include "gigafleet/ids.hpp"
#include "gigafleet/loads.hpp"
#include "gigafleet/min_list.hpp"
#include "gigafleet/min_tree.hpp"
#include "gigafleet/path.hpp"
#include "gigafleet/pool_prices.hpp"
#include "gigafleet/pool_view.hpp"
#include "gigafleet/problem.hpp"

namespace gigafleet {

/// No table of classes and pools is ever made. The cost of a pool splits into a part of its own (kind and way
/// up to its core site), a part of the origin's, and a part between their two core sites. So one tree of pool
/// costs serves all origins, and an origin compares core sites; only in its own tree, where the way turns at
/// the lowest common ancestor, it asks for the subtrees along its way up. Before all that it asks the few
/// core sites with much capacity: where one of them costs less than any other pool possibly could, it is
/// done.
///
/// Room on links and in pools only shrinks while a shape is placed, so what is found full stays out: pools
/// and subtrees for the whole shape, core routes and the origin's own links for the class at hand.
class Candidates {
public:
    /// What a visit to a pool comes to: how many tasks it took, and what to do then if these are fewer than
    /// there was room for.
    struct Taken {
        enum class Then : std::uint8_t {
            kClose,  ///< the pool is full
            kSkip,   ///< go on without the pool, for this call alone
            kStop,   ///< end the call
        };
        Taken(std::int64_t taken, Then what = Then::kClose) : tasks(taken), then(what) {}
        Taken(Then what) : tasks(0), then(what) {}
        std::int64_t tasks;
        Then then;
    };
    /// Takes up to `room` tasks in `pool`.
    using Visit = std::function<Taken(PoolId pool, std::int64_t room)>;
    static constexpr Taken::Then kClose = Taken::Then::kClose, kSkip = Taken::Then::kSkip,
                                 kStop = Taken::Then::kStop;

    /// `rooms`: what pools have left, followed as it shrinks. `shadow`: prices of capacities, which then
    /// count as costs, or null.
    Candidates(const Problem& problem, const PoolView& view, Loads& loads, const PoolRooms& rooms,
               const Prices* shadow = nullptr);

    /// Begins with a shape. Candidates are pools whose labels, capacity and time let it pass (by what the
    /// pool knows of all its nodes; where they differ, none need pass all at once). O(kinds + core sites);
    /// the pools of a core site are priced when they are first looked at.
    void start(ShapeId shape);

    /// Offers pools to `visit`, cheapest first, for `wanted` tasks of the shape from `origin`, each with the
    /// room that the links leave; what is taken is reserved on the links. Ends when nothing is wanted any
    /// more or no candidate is left. Returns how many are left. Cheapest is exact among pools in reach; equal
    /// costs go to the lower position in the view.
    /// What costs more than `limit` EUR/h, shadow prices included, is no candidate.
    std::int64_t place(SiteId origin, std::int64_t wanted, const Visit& visit, double limit = MinTree::kOut);

    /// What the cheapest candidate from `origin` costs if the links had room for all: none that `place`
    /// offers costs less. MinTree::kOut where there is none.
    double least(SiteId origin);

    /// Within a visit: leaves these pools out, too, until the call ends. Each range is within the tree of one
    /// core site. O(pools + ranges · log).
    void skip(std::span<const PoolView::Range> ranges);

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
    static constexpr std::size_t kThroughCore = SIZE_MAX;
    struct Choice {
        double cost = MinTree::kOut;
        std::size_t position = MinTree::kNone;
        std::size_t hub = kThroughCore;
        std::uint32_t tree = kNoCore;
        bool remote() const { return hub == kThroughCore; }
    };
    /// A tree with much capacity, as the origins at majors_from_ see it.
    struct Major {
        std::uint32_t tree;
        double way;    ///< what the way to it costs; kOut where there is none, or it has no room
        double least;  ///< for the class at hand, no pool of the tree costs less
    };
    static constexpr std::uint32_t kNoKey = UINT32_MAX;
    /// A core site that has pools in its tree; numbered as in PoolView::cores().
    struct Tree {
        std::uint32_t core;
        std::uint8_t looked_at = 0;  ///< the Uses for which it is known to the shape
        std::int64_t least_ns = 0;   ///< no candidate of the tree is nearer to its core site
        std::uint32_t key = kNoKey;  ///< into keys_, once all trees are surveyed for the shape
    };
    enum Use : std::uint8_t { kLocal = 1, kRemote = 2, kBounded = 4 };

    bool has_access(SiteId origin) const;
    void bound(std::uint32_t tree);
    void look_at(std::uint32_t tree, Use use);
    void enter(SiteId origin, std::int64_t max_rtt_ns);
    void enter_majors();
    void enter_all();
    void enter_core();
    void survey();
    void make_keys(bool near_only);
    void set_key(std::uint32_t tree, double cost);
    void climb();
    void renew(std::size_t hub);
    Choice choose();
    Choice choose_major();
    Choice choose_remote();
    std::int64_t limit_in(std::int64_t way_ns) const;
    void leave_out_far();
    void close(std::size_t position);
    void set_aside(const Choice& choice);
    void come_back();
    void shut(const Choice& choice);
    void shut_remote(PoolView::Range range);
    void shut_local(PoolView::Range range, bool for_class);
    void renew_tree(std::uint32_t tree);
    void leave();

    const Problem& problem_;
    const PoolView& view_;
    Loads& loads_;
    PoolPrices prices_;
    CoreWays ways_;
    Path path_;
    double rtt_price_ns_;

    const Problem::Shape* shape_ = nullptr;
    std::vector<double> own_;  ///< cost of a pool by position; MinTree::kOut once it is full
    /// The same, less what the links of the own tree, or the way down from the core, shut off.
    MinTree local_, remote_;
    std::vector<Tree> trees_;
    std::vector<std::uint32_t> tree_of_core_;  ///< kNoCore where it has no pools
    std::vector<double> tree_cost_;            ///< cheapest of remote_, or a bound on it until it is priced
    bool surveyed_ = false;                    ///< all trees are bounded for the shape

    std::uint32_t core_ = kNoCore;         ///< core site of the origin at hand
    std::uint32_t keys_from_ = kNoCore;    ///< that keys_ are seen from
    std::uint32_t majors_from_ = kNoCore;  ///< that majors_ are seen from
    std::vector<std::uint32_t> open_;      ///< trees that had candidates when surveyed: by key
    MinList keys_;                         ///< cost of a tree and the way, or what the class makes of it
    std::span<const double> ways_to_;      ///< from keys_from_
    std::vector<Major> majors_;
    std::vector<Hub> hubs_;      ///< from the origin up to the core
    std::size_t open_hubs_ = 0;  ///< the ones above are shut off by the origin's own links
    bool own_open_ = true, core_open_ = true, far_left_out_ = false;
    bool entered_ = false;  ///< more than the majors was looked at for the class
    SiteId origin_;
    double origin_cost_ = 0;
    std::int64_t origin_limit_ = 0;  ///< what the limit leaves beyond the origin's way up to the core
    std::vector<std::uint32_t> changed_keys_;                       ///< trees
    std::vector<std::pair<std::size_t, double>> closed_for_class_;  ///< in local_
    std::vector<std::pair<std::size_t, double>> aside_;             ///< skipped, with their cost in own_
};

}  // namespace gigafleet
