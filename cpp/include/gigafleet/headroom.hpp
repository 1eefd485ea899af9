// How many more tasks fit on what a plan leaves, where, and what keeps the next one out.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gigafleet/class_gates.hpp"
#include "gigafleet/control.hpp"
#include "gigafleet/gang_search.hpp"
#include "gigafleet/groundwork.hpp"
#include "gigafleet/holdings.hpp"
#include "gigafleet/loads.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// Members of one class that fit at the same time beside all that a plan placed, which stays where it is.
struct Headroom {
    static constexpr std::size_t kGates = static_cast<std::size_t>(Reason::kNotTried);
    /// What has no room for one more: an arc, a site's access, a resource (or line) of nodes, what the nodes
    /// of a site may load.
    struct Full {
        enum class What : std::uint8_t { kArc, kAccessUp, kAccessDown, kNode, kWindow } what;
        std::size_t number;  ///< of the arc, the site, the dimension
        std::int64_t nodes;  ///< that it keeps the next one from, by itself or with others
    };

    std::int64_t fits = 0;
    std::int64_t gangs = 0;  ///< whole ones, of a class in one; else `fits`
    std::int64_t bound = 0;  ///< no more could fit, wherever they are put: `fits` itself in a Graph
    double cost = 0;         ///< EUR/h of these members, and of what nodes load for them
    std::vector<Filling> fillings;
    std::vector<std::pair<SiteId, Quantity>> loads;  ///< 1e-6 Mb that nodes at a site load for them
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
    /// asked for; how many members they have does not matter, but in gangs. O(fillings + pools), with gangs
    /// what Groundwork takes.
    HeadroomSearch(const Problem& problem, const Solution& solution, const Problem& profiles,
                   std::int64_t most = kMost);

    /// The cheapest nodes first, those at the origin last: there a task takes of the access twice. Of nodes
    /// that have to load the model, those that hold the most tasks. In a Graph the ways from an origin are a
    /// tree, so that no other choice has more members fit, unless tasks are spread over domains that are no
    /// branches of it. In a DiGraph they are two, and `bound` is the lesser of what each of them alone would
    /// let through. The spread group of a class is its own.
    /// O(fillings + entries + pools · (log + links of a way)).
    Headroom find(ClassId profile) const;

    /// Of each class of a gang, its members of as many whole gangs as fit, see BoundTasks::repeat. `bound` is
    /// what the classes would let through one by one.
    using OfClass = std::pair<ClassId, Headroom>;
    std::vector<OfClass> find_gang(std::uint32_t gang) const;
    /// Sets `cost` and `loads` of members of a gang that are somewhere together: a load is that of those who
    /// last the longest of all that use it there, of equals of the first. O(their fillings · log + what is in
    /// their pools).
    void price(std::span<OfClass> together) const;

    /// From now on the members found are there as well.
    void keep(ClassId profile, const Headroom& found);

private:
    class Rest;
    /// Slots of a pool with room for a class, all at one price.
    struct Spot {
        PoolId pool;
        bool home;
        double cost;              ///< EUR/h of a member, risk and load aside
        double price;             ///< with its part of a load, where the slot is full
        bool loads;               ///< the model
        std::size_t first, last;  ///< of the seats
        std::int64_t tasks;
    };
    struct Choice {
        std::vector<Spot> spots;  ///< in the order in which they are filled
        std::vector<Filling> seats;
    };
    /// The spread group of a class.
    struct Spread {
        bool is_none = true;
        BondLevel level = kNodeLevel;
        std::int64_t most = 0;
        bool by_slot() const { return !is_none && level == kNodeLevel; }
    };

    /// What is asked for.
    struct Asked {
        const Workload::Class& profile;
        ClassGates gates;
        Spread spread;                  ///< of members one by one, none where they are in a gang
        Reason open = Reason::kPlaced;  ///< what nodes count as that would take one more
    };

    Asked ask(ClassId profile) const;
    std::uint32_t domain_of(const Spread& spread, SiteId site) const;
    using Wishes = std::vector<PoolState::Wish>;
    using ByPool = std::unordered_map<std::uint32_t, Wishes>;
    Wishes wishes(PoolId pool) const;
    static PoolState::Wish wish(const Problem::Shape& shape, const Filling& filling) {
        return {filling.first, filling.slots, filling.per_slot, &shape, UINT32_MAX};
    }
    void count_windows();
    double load_cost(const Problem::Shape& shape) const;
    Choice choose(const Asked& asked) const;
    void choose_loads(const Problem::Shape& shape, std::vector<Spot>& may_load, Choice& choice) const;
    std::int64_t fill(const Choice& choice, SiteId origin, const Problem::Shape& shape, const Spread& spread,
                      Loads& loads, Headroom* found) const;
    std::int64_t most_by_domain(const Choice& choice, const Spread& spread) const;
    std::int64_t bound_of(const Asked& asked, const Choice& choice) const;
    double risk_of(const Problem::Shape& shape, const Filling& filling) const;
    double cost_of(ClassId profile, std::span<const Filling> fillings) const;
    Quantity megabits_of(std::int32_t model, PoolId pool, std::span<const PoolState::Wish> there) const;
    void count_loads(ClassId profile, ByPool& before, Headroom& found) const;
    void look_at_rest(const Asked& asked, const Loads& loads, std::span<const OfClass> all, GangSearch* gang,
                      Headroom& found) const;

    const Problem& problem_;
    const Problem& profiles_;
    std::int64_t most_;
    Holdings holdings_;
    Loads loads_;
    std::shared_ptr<const Groundwork> ground_;  ///< of the profiles, where there are gangs
    std::vector<Quantity> window_;  ///< by site, 1e-6 Mb that nodes there may load yet; empty: no models
    ByPool kept_;
};

/// Of each row of `profiles`: by itself, or `together`, one after the other on what is left. The same on any
/// number of threads.
std::vector<Headroom> find_headroom(const Problem& problem, const Solution& solution, const Problem& profiles,
                                    bool together, int threads, Control& control);

}  // namespace gigafleet
