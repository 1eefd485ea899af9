// The cheapest nodes with room for a few tasks of many shapes, on a network that has lost a part.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "gigafleet/branch_rooms.hpp"
#include "gigafleet/min_list.hpp"
#include "gigafleet/path.hpp"
#include "gigafleet/spare_pools.hpp"

namespace gigafleet {

/// Candidates serves many classes of one shape while all that is open fills up. Here hardly anything changes
/// from one trial to the next, and each asks for a few tasks of hundreds of shapes: see SparePools. Trees are
/// looked into where nothing bounded can be cheaper.
class SpareSearch {
public:
    using Scene = SparePools::Scene;

    /// Of one transit policy: `view` and its routes are those of the whole network. References are kept.
    /// O(pools · log + sites).
    SpareSearch(const KindCosts& costs, const PoolView& view, Trial& trial);

    void start(const Scene& scene);
    /// Turns to a shape.
    void start(ShapeId shape);

    /// Places up to `wanted` tasks of the shape from `origin`, the cheapest pools first (risk aside), and
    /// writes down where. Returns how many are left over: no pool has room for one more then. Links are
    /// reserved in the trial. O(trees + pools passed over + those below the origin's next to its core site).
    std::int64_t place(SiteId origin, std::int64_t wanted, std::vector<Filling>& out);

private:
    static constexpr double kOut = SparePools::kOut;
    static constexpr std::uint32_t kNone = UINT32_MAX;
    using Spot = SparePools::Spot;
    using Way = SparePools::Way;

    /// From a core site to those of all trees; without prices where no link has one, so that they stay small.
    struct Ways {
        std::vector<std::int64_t> ns;
        std::vector<Way> priced;

        Way operator[](std::size_t tree) const { return priced.empty() ? Way{ns[tree]} : priced[tree]; }
    };
    const Ways& ways_from(std::uint32_t core);
    SiteId branch_of(SiteId origin) const;
    bool is_in_branch(SiteId site) const;
    void find_freed();
    void find_changed();
    void free(PoolId pool);
    void look_around(SiteId origin);
    static bool is_dearer(const Spot& a, const Spot& b);
    void block(SiteId site);
    void set_keys(const Way& up, const Ways& ways);
    std::int64_t settle_near(SiteId origin, std::int64_t wanted, std::vector<Filling>& out);
    std::int64_t settle(SiteId origin, PoolId pool, std::int64_t wanted, std::vector<Filling>& out);

    const Problem& problem_;
    const PoolView& view_;
    const Forest& forest_;
    Trial& trial_;
    SparePools pools_;
    std::vector<std::uint32_t> position_of_pool_;  ///< kNone where it is not in the view
    BranchRooms had_room_;
    std::vector<std::uint32_t> freed_;    ///< positions of pools that may have more room, ascending
    std::vector<std::uint8_t> is_freed_;  ///< by position
    std::size_t changed_ = 0;             ///< of the trial's changed pools, those that are in freed_

    std::optional<Scene> scene_;
    std::optional<Path> path_;
    std::unordered_map<std::uint32_t, Ways> ways_;  ///< by core site that they lead from

    ShapeId id_;
    const Problem::Shape* shape_ = nullptr;
    std::vector<std::int64_t> most_ns_;  ///< by kind of nodes, of a way out and back

    SiteId branch_;                       ///< of the origin
    std::vector<Spot> near_;              ///< in it, a heap, the cheapest first
    std::vector<std::uint32_t> live_;     ///< trees that have room for the shape, as far as is known
    MinList keys_;                        ///< by place in live_, with the way
    std::vector<Spot> found_;             ///< by tree that was looked into, while nothing changes there
    std::vector<std::uint32_t> touched_;  ///< trees in found_
    std::vector<std::uint64_t> blocked_;  ///< by site, the last class whose way there had no room
    std::uint64_t class_number_ = 0;
};

}  // namespace gigafleet
