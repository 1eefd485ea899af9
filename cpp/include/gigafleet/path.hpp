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
        const auto check = [&](const Step& step) {
            if (loads_.room(step.carrier) < step.amount) f(step.carrier);
        };
        for (const Step& step : steps()) check(step);
        if (through_core_)
            for (const Step& step : core_steps_) check(step);
    }

private:
    struct Step {
        std::uint32_t carrier;
        Quantity amount;
        Block section;
        SiteId site;  ///< of a step in the tail: its lower end
    };
    void add(std::uint32_t carrier, Quantity amount, Block section, SiteId site = {});
    std::span<const Step> steps() const { return {steps_.data(), size_}; }
    void build_core(std::uint32_t from, std::uint32_t to);
    std::span<const ArcId> core_route(std::uint32_t from, std::uint32_t to);

    const Problem& problem_;
    const Routes& routes_;
    const Loads& loads_;
    /// Both ends: the access of each, and two arcs a level of a tree.
    std::array<Step, 4 + 4 * Forest::kMaxDepth> steps_;
    std::size_t size_ = 0;
    std::vector<Step>
        core_steps_;  ///< kept from the last build between the same core sites with the same amounts
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
