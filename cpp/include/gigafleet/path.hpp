// What one task reserves on its way: carriers and amounts, in sections, and how many tasks they have room
// for.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "gigafleet/forest.hpp"
#include "gigafleet/ids.hpp"
#include "gigafleet/interner.hpp"
#include "gigafleet/loads.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/routes.hpp"

namespace gigafleet {

/// Uplink on the arcs out, downlink on the arcs back; at the origin's access up and down; at the node's
/// access the request comes down and the reply goes up.
class Path {
public:
    /// First section without room for one task; kTail: see blocked_site().
    enum class Block { kNone, kOrigin, kCore, kTail, kAccess };

    Path(const Problem& problem, const Routes& routes, const Loads& loads)
        : problem_(problem), routes_(routes), loads_(loads) {}

    /// The way of a task of `shape` from `origin` to a node at `site`.
    void build(const Problem::Shape& shape, SiteId origin, SiteId site);

    /// How many tasks the whole way has room for, at most `wanted`; block() says what is in the way where
    /// none.
    std::int64_t room(std::int64_t wanted);
    /// How many tasks on it have to leave so that nothing on the way is overloaded.
    std::int64_t excess() const;
    Block block() const { return block_; }
    /// The site nearest to the core whose link to its parent has no room.
    SiteId blocked_site() const { return blocked_site_; }

    /// Reserves for `tasks` tasks.
    void reserve(Loads& loads, std::int64_t tasks) const;
    /// Calls f(carrier) for each on the way that has no room for one task.
    template <class F>
    void for_each_full(F&& f) const {
        for_each_step([&](const Step& step) {
            if (loads_.room(step.carrier) < step.amount) f(step.carrier);
        });
    }

private:
    struct Step {
        std::uint32_t carrier;
        Quantity amount;
        Block section;
        SiteId site;  ///< of a step in the tail: its lower end
    };
    void add(std::uint32_t carrier, Quantity amount, Block section, SiteId site = {});
    /// Calls f(Step) for each, those in the core last.
    template <class F>
    void for_each_step(F&& f) const {
        for (std::size_t i = 0; i < size_; ++i) f(steps_[i]);
        if (!through_core_) return;
        for (const Step& step : core_steps_) f(step);
        for (const ArcId arc : core_) {
            if (up_ > 0) f(Step{loads_.of_arc(arc), up_, Block::kCore, {}});
            if (down_ > 0) f(Step{loads_.of_arc(problem_.network().mirror(arc)), down_, Block::kCore, {}});
        }
    }
    void build_core(std::uint32_t from, std::uint32_t to);
    std::span<const ArcId> core_route(std::uint32_t from, std::uint32_t to);

    const Problem& problem_;
    const Routes& routes_;
    const Loads& loads_;
    /// Both ends: the access of each, and two arcs a level of a tree.
    std::array<Step, 4 + 4 * Forest::kMaxDepth> steps_;
    std::size_t size_ = 0;
    std::span<const ArcId> core_;   ///< of a Graph: what the last build between core sites goes over
    std::vector<Step> core_steps_;  ///< the same of a DiGraph, where ways out and back differ
    std::uint32_t core_from_ = kNoCore, core_to_ = kNoCore;
    /// Routes between core sites that were asked for, from their ends: shapes ask for the same ones again.
    Interner known_routes_;
    std::vector<std::pair<std::size_t, std::size_t>> core_routes_;  ///< in core_arcs_, by number
    std::vector<ArcId> core_arcs_;
    Quantity up_ = 0, down_ = 0;
    bool through_core_ = false;
    Block block_ = Block::kNone;
    SiteId blocked_site_;
};

}  // namespace gigafleet
