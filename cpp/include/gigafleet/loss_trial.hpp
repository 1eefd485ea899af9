// One part of the network after the other is lost, each alone: who leaves, who stays, who goes where.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "gigafleet/bond_losses.hpp"
#include "gigafleet/groundwork.hpp"
#include "gigafleet/path.hpp"
#include "gigafleet/solution.hpp"
#include "gigafleet/spare_search.hpp"
#include "gigafleet/standing.hpp"
#include "gigafleet/trips.hpp"

namespace gigafleet {

/// With an element gone: its sites, with their nodes and the tasks that start there, and its links. Everybody
/// else stays on his node if there is a way that is short enough and has room; what loses node or way goes to
/// the cheapest nodes that have room, level of priority by level, and nobody makes room for it. A gang of
/// which a member has to leave leaves whole, and runs on as a whole or not at all.
struct Loss {
    std::uint32_t element = 0;
    std::int64_t carried = 0;    ///< members that need it: origin, node or way; or that leave with a gang
    std::int64_t cut_off = 0;    ///< of these, whose origin is lost: they are gone whatever is done
    std::int64_t rerouted = 0;   ///< that stay on their node, by another way
    std::int64_t displaced = 0;  ///< that lose their node, or the way to it
    std::int64_t dropped = 0;    ///< of the displaced, who find no other node
    std::vector<WideQuantity> cut_off_weight, dropped_weight;  ///< by level of priority, from the highest

    double seconds = 0;  ///< that it took; for reports, never for results

    /// Members that run elsewhere.
    std::int64_t moved() const { return displaced - dropped; }
};

/// Who runs where once an element is lost, as changes of the solution.
struct Aftermath {
    std::vector<std::pair<std::uint32_t, std::int64_t>> left;  ///< members that left a filling, by its number
    std::vector<std::pair<ClassId, Filling>> placed;
};

/// One thread's trials. Keeps references.
class LossTrial {
public:
    /// What all threads read.
    struct Shared {
        Shared(const Groundwork& ground, const Solution& solution, const Elements& elements)
            : standing(ground.problem, solution),
              trips(ground.problem, solution),
              crossings(ground.problem, trips, elements),
              level_of(levels_of_shapes(ground.problem)),
              levels(level_of.empty() ? 0 : *std::ranges::max_element(level_of) + 1),
              rank_of(level_of.size()),
              sites(elements.count),
              links(elements.count) {
            std::uint32_t rank = 0;
            for (const ShapeId shape : placing_order(ground, ground.suggested)) rank_of[shape.at()] = rank++;
            for (std::size_t s = 0; s < elements.of_site.size(); ++s)
                if (elements.of_site[s] != Elements::kNone) sites[elements.of_site[s]].emplace_back(s);
            for (std::size_t l = 0; l < elements.of_link.size(); ++l)
                if (elements.of_link[l] != Elements::kNone) links[elements.of_link[l]].push_back(l);
        }

        Standing standing;
        Trips trips;
        Crossings crossings;
        std::vector<std::size_t> level_of;  ///< by shape
        std::size_t levels;
        std::vector<std::uint32_t> rank_of;  ///< by shape, in the order of placing
        std::vector<std::vector<SiteId>> sites;
        std::vector<std::vector<std::size_t>> links;
    };

    LossTrial(const Groundwork& ground, const Solution& solution, const Shared& shared);

    /// Tells what becomes of members if `after` is not null.
    Loss lose(std::uint32_t element, Aftermath* after);

private:
    static constexpr std::size_t kAhead = 8;  ///< so many trips or members ahead memory is asked for

    /// Members of one filling.
    struct Group {
        std::uint32_t rank;
        ClassId of;
        std::uint32_t filling;
        std::int64_t tasks;
        auto operator<=>(const Group&) const = default;
    };
    /// The routes of one policy.
    struct Policy {
        std::unique_ptr<Routes> fresh;     ///< without what is lost, where somebody goes over it
        const Routes* now = nullptr;       ///< none asked for yet
        std::optional<Path> before, path;  ///< in the whole network, and now
        std::vector<std::uint8_t> shaken;  ///< by site, see SpareSearch::Scene
        std::vector<SiteId> shaken_sites;
        std::unique_ptr<SpareSearch> search;
        bool started = false;  ///< search, on the scene at hand
    };

    /// Displaced members that look for a node together: of one class, or one gang.
    struct Turn {
        std::size_t level;
        std::uint8_t kind;  ///< gangs, spread groups, others
        std::uint32_t rank;
        std::uint32_t gang;
        std::size_t first, last;  ///< into displaced_, where it is a class
        auto operator<=>(const Turn&) const = default;
    };

    const Workload::Class& class_of(ClassId id) const { return problem_.workload().classes()[id.at()]; }
    SiteId site_of(PoolId id) const { return problem_.fleet().pools()[id.at()].site; }
    WideQuantity weight_of(ShapeId shape, std::int64_t tasks) const {
        return WideQuantity{problem_.shape(shape).weight} * tasks;
    }

    void set_lost(std::uint32_t element, std::uint8_t flag);
    /// Whether no way leads over what is lost but those that begin or end there: sites with all that hangs
    /// on them.
    bool is_at_the_end(const Forest& forest) const;
    Policy& policy(std::uint32_t number);
    /// Below what is lost, the way to the core site may be another one.
    void shake(Policy& own, const Forest& forest) const;
    void ask_ahead(std::span<const std::uint32_t> trips) const;
    /// Members of a trip give back their old way, and go or look for another.
    void leave(const Trips::Trip& trip);
    void go(const Group& group, std::int64_t tasks);
    void displace(Group group, std::int64_t tasks);
    void lose_one(ClassId of, bool for_good) {
        if (bonds_ && bonds_->gang_of(of) != Bond::kNone) bonds_->lose(bonds_->gang_of(of), for_good);
    }

    /// The others of a gang leave, too.
    void break_up(std::uint32_t gang);
    Path& new_way(const Group& group);
    /// Those that have a way reserve it, the higher first, as far as it has room; gangs if all have.
    void stay();
    void stay_together(std::uint32_t gang);
    /// Makes pools anew that members left.
    void free_pools();
    /// Where nodes may load more than before, other pools at the site may have room, too.
    void free_windows();
    /// By rank, then class and filling: ranks are counted where they are not many more than groups.
    void sort(std::vector<Group>& groups);
    /// In the order in which they look.
    std::vector<Turn> turns();
    /// Finds other nodes for the displaced.
    void place(Aftermath* after);
    static BondLosses::Placed* placed_of(Aftermath* after) {
        return after == nullptr ? nullptr : &after->placed;
    }

    void drop(ClassId of, std::int64_t tasks);
    /// Returns how many find none. `shape`: whom the search was last for.
    std::int64_t find_others(ClassId of, std::int64_t tasks, ShapeId& shape, Aftermath* after);
    void place_gang(std::uint32_t gang, Aftermath* after);
    void start_bonds();
    SpareSearch& search_of(std::uint32_t number);
    void reset();

    const Problem& problem_;
    const Groundwork& ground_;
    const Solution& solution_;
    const Shared& shared_;
    Trial trial_;
    std::uint32_t element_ = 0;
    std::vector<std::uint8_t> lost_;            ///< by site
    std::vector<std::uint8_t> lost_link_;       ///< by link
    std::vector<std::int64_t> left_;            ///< by filling, members that left it
    std::vector<std::uint32_t> left_fillings_;  ///< that somebody left
    std::vector<Group> staying_, displaced_;
    std::vector<Group> sorted_;      ///< while they are sorted
    std::vector<std::size_t> next_;  ///< the same, by rank
    std::vector<PoolId> freed_;
    std::vector<std::uint8_t> is_freed_;  ///< by pool, while freed_ is collected
    std::vector<SiteId> open_sites_;      ///< whose windows have more room than before
    std::vector<Policy> policies_;
    std::optional<BondLosses> bonds_;  ///< where there are gangs or spread groups
    std::vector<std::uint8_t> stays_;  ///< by filling, whether it is in staying_ still; then 2 by a new way
    std::vector<Filling> found_;
    Loss loss_;
};

}  // namespace gigafleet
