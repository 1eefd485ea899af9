#include "gigafleet/path.hpp"

#include <algorithm>

namespace gigafleet {

void Path::add(std::uint32_t carrier, Quantity amount, Block section, SiteId site) {
    if (amount > 0) steps_.push_back({carrier, amount, section, site});
}

void Path::build(const Problem::Shape& shape, SiteId origin, SiteId site) {
    steps_.clear();
    const Quantity up = shape.uplink, down = shape.downlink;
    if (up == 0 && down == 0) return;
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
    if (top == bottom)
        top = bottom = forest.meet(origin, site);
    else
        add_core(shape, routes_.core_index(top), routes_.core_index(bottom));
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

void Path::add_core(const Problem::Shape& shape, std::uint32_t from, std::uint32_t to) {
    const Network& network = problem_.network();
    const auto walk = [&](std::uint32_t start, std::uint32_t end, auto&& visit) {
        const Routes::Row row = routes_.row(start);
        for (std::uint32_t at = end; at != start;) {
            const ArcId arc{row.pred_arc[at]};
            visit(arc);
            at = routes_.core_index(network.tail(arc));
        }
    };
    if (!network.directed()) {
        walk(from, to, [&](ArcId arc) {
            add(loads_.of_arc(arc), shape.uplink, Block::kCore);
            add(loads_.of_arc(network.mirror(arc)), shape.downlink, Block::kCore);
        });
        return;
    }
    const std::size_t first = steps_.size();
    walk(from, to, [&](ArcId arc) { add(loads_.of_arc(arc), shape.uplink, Block::kCore); });
    walk(to, from, [&](ArcId arc) { add(loads_.of_arc(arc), shape.downlink, Block::kCore); });
    // The way back of a DiGraph may use an arc of the way out: one step with both amounts.
    const auto begin = steps_.begin() + static_cast<std::ptrdiff_t>(first);
    std::sort(begin, steps_.end(), [](const Step& a, const Step& b) { return a.carrier < b.carrier; });
    std::size_t kept = first;
    for (std::size_t i = first; i < steps_.size(); ++i) {
        if (kept > first && steps_[kept - 1].carrier == steps_[i].carrier)
            steps_[kept - 1].amount += steps_[i].amount;
        else
            steps_[kept++] = steps_[i];
    }
    steps_.resize(kept);
}

std::int64_t Path::room(std::int64_t wanted) {
    block_ = Block::kNone;
    blocked_site_ = {};
    for (const Step& step : steps_) {
        const Quantity left = loads_.room(step.carrier);
        if (left == kUnlimited) continue;
        if (left >= step.amount) {
            wanted = std::min(wanted, left / step.amount);
            continue;
        }
        // Keep the section that shuts off the most: the origin's end, then the core, then the tail near the
        // core.
        if (block_ == Block::kNone || step.section < block_) block_ = step.section;
        if (step.section == Block::kTail) blocked_site_ = step.site;
    }
    return block_ == Block::kNone ? wanted : 0;
}

void Path::reserve(Loads& loads, std::int64_t tasks) const {
    for (const Step& step : steps_) loads.add(step.carrier, step.amount * tasks);
}

}  // namespace gigafleet
