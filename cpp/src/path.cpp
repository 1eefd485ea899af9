#include "gigafleet/path.hpp"

#include <algorithm>

namespace gigafleet {

namespace {

constexpr std::size_t kMostArcs = 1 << 20;  // kept of routes between core sites: 4 MB

}  // namespace

void Path::add(std::uint32_t carrier, Quantity amount, Block section, SiteId site) {
    if (amount > 0) steps_[size_++] = {carrier, amount, section, site};
}

void Path::build(const Problem::Shape& shape, SiteId origin, SiteId site) {
    size_ = 0;
    through_core_ = false;
    const Quantity up = shape.uplink, down = shape.downlink;
    if (up == 0 && down == 0) return;
    if (problem_.network().directed() && (up != up_ || down != down_)) core_from_ = kNoCore;
    up_ = up;
    down_ = down;
    if (origin == site) {
        // Once at the origin's end and once at the node's: a carrier is added once, with both.
        add(loads_.of_access_up(site), up + down, Block::kAccess);
        add(loads_.of_access_down(site), up + down, Block::kAccess);
        return;
    }
    const Forest& forest = routes_.forest();
    add(loads_.of_access_up(origin), up, Block::kOrigin);
    add(loads_.of_access_down(origin), down, Block::kOrigin);
    add(loads_.of_access_down(site), up, Block::kAccess);
    add(loads_.of_access_up(site), down, Block::kAccess);
    SiteId top = forest.root(origin), bottom = forest.root(site);
    through_core_ = top != bottom;
    if (through_core_)
        build_core(routes_.core_index(top), routes_.core_index(bottom));
    else
        top = bottom = forest.meet(origin, site);
    for (SiteId at = origin; at != top; at = forest.parent(at)) {
        add(loads_.of_arc(forest.up_arc(at)), up, Block::kOrigin);
        add(loads_.of_arc(forest.down_arc(at)), down, Block::kOrigin);
    }
    // Upwards, so that the last step without room is the one nearest to the core.
    for (SiteId at = site; at != bottom; at = forest.parent(at)) {
        add(loads_.of_arc(forest.down_arc(at)), up, Block::kTail, at);
        add(loads_.of_arc(forest.up_arc(at)), down, Block::kTail, at);
    }
}

void Path::build_core(std::uint32_t from, std::uint32_t to) {
    if (from == core_from_ && to == core_to_) return;
    core_from_ = from;
    core_to_ = to;
    if (!problem_.network().directed()) {
        core_ = core_route(from, to);
        return;
    }
    core_steps_.clear();
    const auto add_core = [&](std::span<const ArcId> arcs, Quantity amount) {
        if (amount > 0)
            for (const ArcId arc : arcs)
                core_steps_.push_back({loads_.of_arc(arc), amount, Block::kCore, {}});
    };
    add_core(core_route(from, to), up_);
    add_core(core_route(to, from), down_);
    // The way back of a DiGraph may use an arc of the way out: one step with both amounts.
    std::ranges::sort(core_steps_, {}, &Step::carrier);
    std::size_t kept = 0;
    for (const Step& step : core_steps_) {
        if (kept > 0 && core_steps_[kept - 1].carrier == step.carrier)
            core_steps_[kept - 1].amount += step.amount;
        else
            core_steps_[kept++] = step;
    }
    core_steps_.resize(kept);
}

std::span<const ArcId> Path::core_route(std::uint32_t from, std::uint32_t to) {
    if (core_arcs_.size() > kMostArcs) {
        known_routes_ = {};
        core_routes_.clear();
        core_arcs_.clear();
    }
    const std::uint32_t number = known_routes_.intern(std::uint64_t{from} << 32 | to);
    if (number == core_routes_.size()) {
        const std::size_t first = core_arcs_.size();
        const Routes::Row row = routes_.row(from);
        // Each step of the walk would wait for memory: better ask for the row, some KB, all at once.
        for (std::size_t i = 0; i < row.pred_arc.size(); i += 16) __builtin_prefetch(&row.pred_arc[i]);
        for (std::uint32_t at = to; at != from; at = routes_.core_tail(core_arcs_.back()))
            core_arcs_.emplace_back(row.pred_arc[at]);
        core_routes_.emplace_back(first, core_arcs_.size());
    }
    const auto [first, last] = core_routes_[number];
    return {core_arcs_.data() + first, core_arcs_.data() + last};
}

std::int64_t Path::room(std::int64_t wanted) {
    block_ = Block::kNone;
    blocked_site_ = {};
    for_each_step([&](const Step& step) {
        const Quantity left = loads_.room(step.carrier);
        if (left >= step.amount * wanted) return;  // no overflow: Problem checks the total of all tasks
        if (left >= step.amount) {
            wanted = left / step.amount;
            return;
        }
        // Keep the section that shuts off the most: the origin's end, then the core, then the tail near the
        // core.
        if (block_ == Block::kNone || step.section < block_) block_ = step.section;
        if (step.section == Block::kTail) blocked_site_ = step.site;
    });
    return block_ == Block::kNone ? wanted : 0;
}

std::int64_t Path::excess() const {
    std::int64_t tasks = 0;
    for_each_step([&](const Step& step) {
        const Quantity left = loads_.room(step.carrier);
        if (left < 0) tasks = std::max(tasks, (step.amount - 1 - left) / step.amount);
    });
    return tasks;
}

void Path::reserve(Loads& loads, std::int64_t tasks) const {
    for_each_step([&](const Step& step) { loads.add(step.carrier, step.amount * tasks); });
}

}  // namespace gigafleet
