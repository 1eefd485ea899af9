// Least-latency routes between sites, for one transit policy (the set of sites a route may touch).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "gigafleet/control.hpp"
#include "gigafleet/forest.hpp"
#include "gigafleet/ids.hpp"
#include "gigafleet/network.hpp"
#include "gigafleet/row_store.hpp"

namespace gigafleet {

/// A route is the path of least latency in ns inside the subnetwork of the allowed sites, ends included;
/// ties: fewer links, then the smaller predecessor arc at each site, as a Dijkstra from the route's start
/// finds them. The route from a site to itself has no arcs (and exists where the site is allowed).
///
/// Searches run in the core of the forest only, a row of the core at a time. Up to 4,096 core sites all rows
/// are kept (20 bytes a pair, 12 where no link has a price); beyond, rows are made on demand and a bounded
/// number of them is kept. All const members may be called from several threads at once.
class Routes {
public:
    /// Routes from one core site, by core index; see RouteTable. A value of its own: it keeps its row alive,
    /// also where the store drops it (but not beyond the life of the Routes).
    struct Row {
        std::span<const std::int64_t> ns;
        std::span<const std::uint32_t> pred_arc;
        std::span<const double> price;
        std::shared_ptr<const RouteTable> owner;
    };

    /// `allowed`: a flag per site (0: routes may not touch it), or empty for all sites; InputTypeError on
    /// another length. `threads`: for prepare(); 0 or less for all CPUs. `all_up_to`: core sites up to which
    /// every row is kept. `lost`: a flag per link (1: it is not there), or empty for none. `whole`: routes
    /// with nothing lost, by as many sites or more, or null; rows are then made of its rows, and only what
    /// lies behind something lost is searched for. A reference is kept. O(sites + arcs); makes no rows.
    Routes(std::shared_ptr<const Network> network, std::vector<std::uint8_t> allowed, int threads,
           Control& control, std::size_t all_up_to = RowStore::kAllUpTo,
           std::span<const std::uint8_t> lost = {}, const Routes* whole = nullptr);

    const Network& network() const { return *network_; }
    const std::shared_ptr<const Network>& network_ptr() const { return network_; }
    bool allowed(SiteId site) const { return forest_.root(site).valid(); }

    const Forest& forest() const { return forest_; }
    /// Position among the core sites of the site's root; kNoCore where the site is not allowed.
    std::uint32_t core_index(SiteId site) const { return forest_.core_index(site); }
    std::size_t core_count() const { return forest_.core_count(); }
    /// Rows kept at most; core_count() where all are.
    std::size_t row_capacity() const { return rows_.capacity(); }

    /// The row of a core site, made where it is not there: O(a log c) for c core sites and a arcs among them.
    Row row(std::uint32_t core) const;
    /// Makes the rows of `cores` that are not there (no more than row_capacity() of them), in parallel. Polls
    /// `control` with stage "routes"; what Cancelled leaves behind is valid.
    void prepare(std::span<const std::uint32_t> cores, Control& control) const;

    /// Latency of the route; kUnreachable where there is none.
    std::int64_t one_way_ns(SiteId from, SiteId to) const;
    /// Latency of the way back: in a Graph the way out mirrored, in a DiGraph the route site -> origin.
    std::int64_t back_ns(SiteId origin, SiteId site) const {
        return network_->directed() ? one_way_ns(site, origin) : one_way_ns(origin, site);
    }
    /// Position among the core sites of the tail of an arc between two of them.
    std::uint32_t core_tail(ArcId arc) const { return core_tail_[arc.at()]; }
    /// Whether any link has a price.
    bool is_priced() const { return priced_; }
    /// Whether every row that was made is kept.
    bool keeps_all() const { return rows_.keeps_all(); }
    /// Out and back, without the node's access; kUnreachable where either is.
    std::int64_t rtt_ns(SiteId origin, SiteId site) const;
    /// Sum of price_per_mbps over the arcs of the route; 0 where there is none.
    double path_price(SiteId from, SiteId to) const;
    /// The same for the way back.
    double back_price(SiteId origin, SiteId site) const {
        return network_->directed() ? path_price(site, origin) : path_price(origin, site);
    }

    /// Calls `f(ArcId)` for each arc of the route, from its end to the root of its start, then from its start
    /// up to that root. False, and no call, where there is no route.
    template <class F>
    bool for_each_arc(SiteId from, SiteId to, F&& f) const {
        if (one_way_ns(from, to) == kUnreachable) return false;
        const SiteId root = forest_.root(from);
        const bool one_tree = root == forest_.root(to);
        const SiteId top = one_tree ? forest_.meet(from, to) : root;
        const SiteId bottom = one_tree ? top : forest_.root(to);
        for (SiteId at = to; at != bottom; at = forest_.parent(at)) f(forest_.down_arc(at));
        if (!one_tree) {
            const Row found = row(core_index(from));
            for (SiteId at = bottom; at != top;) {
                const ArcId arc{found.pred_arc[core_index(at)]};
                f(arc);
                at = network_->tail(arc);
            }
        }
        for (SiteId at = from; at != top; at = forest_.parent(at)) f(forest_.up_arc(at));
        return true;
    }
    /// The same for the way back from `site` to `origin`.
    template <class F>
    bool for_each_arc_back(SiteId origin, SiteId site, F&& f) const {
        if (network_->directed()) return for_each_arc(site, origin, f);
        return for_each_arc(origin, site, [&](ArcId a) { f(network_->mirror(a)); });
    }
    /// Arcs of the route from start to end; empty where there is none or both ends are one site.
    std::vector<ArcId> route(SiteId from, SiteId to) const;

private:
    /// The best of the parallel arcs between two core sites. Four to a cache line.
    struct CoreArc {
        std::int64_t ns;
        std::uint32_t head, arc;
    };

    /// Core sites side by side in the whole network, from `from` on, and here, from `to` on.
    struct Shared {
        std::uint32_t from, to, count;
    };

    /// With its head by core index here.
    struct Gone {
        std::uint32_t arc, head;
    };

    void build_core(std::span<const std::uint8_t> lost);
    void build_upon(const Routes& whole);
    void turn_arcs();
    RouteTable search(std::uint32_t start) const;
    class Search;
    const RouteTable& kept_row(std::uint32_t core) const;
    std::shared_ptr<const RouteTable> cached_row(std::uint32_t core) const;
    bool has_row(std::uint32_t core) const;
    /// Calls `f(const RouteTable&)` with the row of a core site.
    template <class F>
    auto with_row(std::uint32_t core, F&& f) const {
        if (rows_.keeps_all()) return f(kept_row(core));
        return f(*cached_row(core));
    }
    std::int64_t tree_ns(SiteId from, SiteId to) const;
    double tree_price(SiteId from, SiteId to) const;

    std::shared_ptr<const Network> network_;
    Forest forest_;
    std::vector<std::uint32_t> first_;  // core arcs by tail
    std::vector<CoreArc> arcs_;
    std::vector<std::uint32_t> core_tail_;  // by arc; kNoCore where an end is not in the core
    bool priced_ = false;                   // any link has a price; else rows hold none
    std::vector<double> free_;              // the prices of every row then
    int threads_;
    const Routes* whole_ = nullptr;          ///< whose rows are taken over
    std::vector<std::uint32_t> whole_core_;  ///< there, by core index here
    std::vector<Gone> gone_;                 ///< arcs of its core that are gone, to core sites here
    std::vector<CoreArc> into_;              ///< arcs_ by head, which then is their tail
    std::vector<std::uint32_t> first_into_;  ///< by core index
    std::vector<Shared> shared_;
    mutable RowStore rows_;
};

}  // namespace gigafleet
