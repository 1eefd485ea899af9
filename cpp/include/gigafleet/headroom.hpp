// How many more tasks fit on what a plan leaves, where, and what keeps the next one out.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "gigafleet/control.hpp"
#include "gigafleet/holdings.hpp"
#include "gigafleet/loads.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// Members of one class that fit at the same time beside all that a plan placed, which stays where it is.
struct Headroom {
    static constexpr std::size_t kGates = static_cast<std::size_t>(Reason::kNotTried);
    /// What has no room for one more: an arc, a site's access, or a resource (or line) of nodes.
    struct Full {
        enum class What : std::uint8_t { kArc, kAccessUp, kAccessDown, kNode } what;
        std::size_t number;  ///< of the arc, the site, the dimension
        std::int64_t nodes;  ///< that it keeps the next one from, by itself or with others
    };

    std::int64_t fits = 0;
    std::int64_t bound = 0;  ///< no more could fit, wherever they are put: `fits` itself in a Graph
    double cost = 0;         ///< EUR/h of these members
    std::vector<Filling> fillings;
    /// Nodes by the first gate that shuts out one more; kPlaced: a node that has room, where `most` fit.
    std::array<std::int64_t, kGates> nodes{};
    std::vector<Full> full;  ///< from many nodes to few
};

/// Fills what a solution leaves. References are kept.
class HeadroomSearch {
public:
    /// More than that are not looked for.
    static constexpr std::int64_t kMost = 1'000'000'000;

    /// `profiles`: a problem of the same network and fleet, made beside `problem`, with the classes that are
    /// asked for; how many members they have does not matter. O(fillings + pools).
    HeadroomSearch(const Problem& problem, const Solution& solution, const Problem& profiles,
                   std::int64_t most = kMost);

    /// The cheapest nodes first, those at the origin last: there a task takes of the access twice. In a Graph
    /// the ways from an origin are a tree, so that no other choice has more members fit. In a DiGraph they
    /// are two, and `bound` is the lesser of what each of them alone would let through.
    /// O(fillings + entries + pools · (log + links of a way)).
    Headroom find(ClassId profile) const;

    /// From now on the members found are there as well.
    void keep(ClassId profile, const Headroom& found);

private:
    /// A pool with room for a class, and what it has room for.
    struct Spot {
        PoolId pool;
        bool home;
        double cost;              ///< EUR/h of a member, risk aside
        std::size_t first, last;  ///< of the seats
        std::int64_t tasks;
    };
    struct Choice {
        std::vector<Spot> spots;  ///< in the order in which they are filled
        std::vector<Filling> seats;
    };
    class Gates;

    std::vector<PoolState::Wish> wishes(PoolId pool) const;
    Choice choose(const Workload::Class& profile, const Gates& gates) const;
    std::int64_t fill(const Choice& choice, SiteId origin, const Problem::Shape& shape, Loads& loads,
                      Headroom* found) const;
    void look_at_rest(const Workload::Class& profile, const Gates& gates, const Loads& loads,
                      Headroom& found) const;

    const Problem& problem_;
    const Problem& profiles_;
    std::int64_t most_;
    Holdings holdings_;
    Loads loads_;
    std::unordered_map<std::uint32_t, std::vector<PoolState::Wish>> kept_;  ///< by pool
};

/// Of each row of `profiles`: by itself, or `together`, one after the other on what is left. The same on any
/// number of threads.
std::vector<Headroom> find_headroom(const Problem& problem, const Solution& solution, const Problem& profiles,
                                    bool together, int threads, Control& control);

}  // namespace gigafleet
