#include "gigafleet/spare_search.hpp"

#include <algorithm>
#include <utility>

namespace gigafleet {

SpareSearch::SpareSearch(const KindCosts& costs, const PoolView& view, Trial& trial)
    : problem_(trial.standing().problem()),
      view_(view),
      forest_(view.routes().forest()),
      trial_(trial),
      pools_(costs, view, trial),
      position_of_pool_(problem_.fleet().pools().size(), kNone),
      had_room_(view, trial.standing()),
      is_freed_(view.size(), 0),
      found_(pools_.trees()),
      blocked_(problem_.network().site_count(), 0) {
    for (std::uint32_t i = 0; i < view.size(); ++i) position_of_pool_[view[i].pool.at()] = i;
}

void SpareSearch::start(const Scene& scene) {
    scene_.emplace(scene);
    path_.emplace(problem_, scene.routes, trial_.loads());
    ways_.clear();
    pools_.start(scene);
    find_freed();
}

void SpareSearch::find_freed() {
    for (const std::uint32_t position : freed_) is_freed_[position] = 0;
    freed_.clear();
    changed_ = 0;
    for (const PoolId pool : scene_->freed) free(pool);
    std::ranges::sort(freed_);
}

/// Where there are models, others with the same may have room beside tasks that came.
void SpareSearch::find_changed() {
    const auto before = static_cast<std::ptrdiff_t>(freed_.size());
    for (; changed_ < trial_.changed().size(); ++changed_) free(trial_.changed()[changed_]);
    std::sort(freed_.begin() + before, freed_.end());
    std::inplace_merge(freed_.begin(), freed_.begin() + before, freed_.end());
}

void SpareSearch::free(PoolId pool) {
    const std::uint32_t position = position_of_pool_[pool.at()];
    if (position == kNone || is_freed_[position]) return;
    is_freed_[position] = 1;
    freed_.push_back(position);
}

void SpareSearch::start(ShapeId id) {
    id_ = id;
    shape_ = &problem_.shape(id);
    pools_.start(id);
    most_ns_.clear();
    for (const Fleet::Kind& kind : problem_.fleet().kinds())
        most_ns_.push_back(shape_->max_rtt_ns - kind.access_rtt_ns);
    live_.clear();
    for (std::uint32_t t = 0; t < pools_.trees(); ++t)
        if (pools_.bound(t) != kOut) live_.push_back(t);
}

const SpareSearch::Ways& SpareSearch::ways_from(std::uint32_t core) {
    const auto [found, fresh] = ways_.try_emplace(core);
    if (!fresh) return found->second;
    const bool priced = scene_->routes.is_priced();
    auto& [ns, ways] = found->second;
    if (priced)
        ways.reserve(pools_.trees());
    else
        ns.reserve(pools_.trees());
    for (const std::uint32_t to : view_.cores()) {
        const Way way = pools_.way(forest_.core_site(core), forest_.core_site(to));
        if (priced)
            ways.push_back(way);
        else
            ns.push_back(way.ns);
    }
    return found->second;
}

/// Sites to which the way need not lead over the core site: below its neighbour on the origin's way there.
SiteId SpareSearch::branch_of(SiteId origin) const {
    if (!forest_.parent(origin).valid()) return {};
    while (forest_.parent(forest_.parent(origin)).valid()) origin = forest_.parent(origin);
    return origin;
}

bool SpareSearch::is_dearer(const Spot& a, const Spot& b) {
    return a.cost != b.cost ? a.cost > b.cost : a.pool > b.pool;
}

/// Pools of the origin's own branch, with their whole cost.
void SpareSearch::look_around(SiteId origin) {
    branch_ = branch_of(origin);
    near_.clear();
    if (!branch_.valid()) return;
    if (changed_ < trial_.changed().size()) find_changed();
    SiteId asked;
    Way own;
    const auto passes = [&](std::size_t i) {
        const PoolId pool = view_[i].pool;
        return pools_.cost_of_kind(pool) != kOut &&
               problem_.fleet().pools()[pool.at()].available_max_ns >= problem_.needed_ns(*shape_);
    };
    const auto is_near = [&](std::size_t i) {
        const SiteId site = view_[i].site;
        if (asked != site) own = scene_->lost[site.at()] ? Way{kUnreachable} : pools_.way(origin, site);
        asked = site;
        return own.ns != kUnreachable && own.ns <= most_ns_[view_[i].kind.at()];
    };
    const auto add = [&](std::size_t i) {
        near_.push_back({pools_.kind_cost(view_[i].kind) + pools_.cost_of(own), view_[i].pool});
    };
    for (const std::uint32_t i : had_room_.of(branch_, id_, passes))
        if (is_near(i) && !is_freed_[i] && trial_.may_still_hold(view_[i].pool, shape_->demand)) add(i);
    const PoolView::Range range = view_.below(branch_);
    for (auto i = std::ranges::lower_bound(freed_, range.first); i != freed_.end() && *i < range.last; ++i)
        if (is_near(*i) && trial_.may_hold(view_[*i].pool, shape_->demand) && passes(*i)) add(*i);
    std::ranges::make_heap(near_, is_dearer);
}

bool SpareSearch::is_in_branch(SiteId site) const {
    return branch_.valid() && forest_.first(site) >= forest_.first(branch_) &&
           forest_.first(site) < forest_.last(branch_);
}

void SpareSearch::set_keys(const Way& up, const Ways& ways) {
    const auto is_full = [&](std::uint32_t t) { return pools_.bound(t) == kOut; };
    if (std::ranges::any_of(touched_, is_full)) std::erase_if(live_, is_full);
    for (const std::uint32_t tree : touched_) found_[tree] = {};
    touched_.clear();
    const double up_cost = pools_.cost_of(up);
    keys_.assign(live_.size(), [&](std::size_t i) {
        const std::uint32_t t = live_[i];
        const Way across = ways[t];
        const bool near = up.ns != kUnreachable && across.ns != kUnreachable &&
                          up.ns + across.ns + pools_.reach_ns(t) <= shape_->max_rtt_ns;
        return near ? pools_.bound(t) + (pools_.cost_of(across) + up_cost) : kOut;
    });
}

/// The way to a site has no room; if for a link of its tree, so have those to all sites below that.
void SpareSearch::block(SiteId site) {
    blocked_[site.at()] = class_number_;
    if (path_->block() != Path::Block::kTail) return;
    const Forest& forest = scene_->routes.forest();
    const SiteId top = path_->blocked_site();
    for (std::uint32_t i = forest.first(top); i < forest.last(top); ++i)
        blocked_[forest.order()[i].at()] = class_number_;
}

/// Puts tasks into a pool as far as the way has room; 0 where there is none.
std::int64_t SpareSearch::settle(SiteId origin, PoolId pool, std::int64_t wanted, std::vector<Filling>& out) {
    const SiteId site = problem_.fleet().pools()[pool.at()].site;
    path_->build(*shape_, origin, site);
    const std::int64_t room = path_->room(wanted);
    if (room == 0) {
        block(site);
        return 0;
    }
    const std::int64_t taken = trial_.fill(id_, pool, room, out);
    path_->reserve(trial_.loads(), taken);
    return taken;
}

/// Into the cheapest of near_, which leaves it.
std::int64_t SpareSearch::settle_near(SiteId origin, std::int64_t wanted, std::vector<Filling>& out) {
    const PoolId pool = near_.front().pool;
    std::ranges::pop_heap(near_, is_dearer);
    near_.pop_back();
    const SiteId site = problem_.fleet().pools()[pool.at()].site;
    if (blocked_[site.at()] == class_number_ || !trial_.has_room(*shape_, pool)) return 0;
    return settle(origin, pool, wanted, out);
}

std::int64_t SpareSearch::place(SiteId origin, std::int64_t wanted, std::vector<Filling>& out) {
    const std::uint32_t core = view_.routes().core_index(origin);
    if (core == kNoCore || scene_->lost[origin.at()]) return wanted;
    const Loads& loads = trial_.loads();
    if (loads.room(loads.of_access_up(origin)) < shape_->uplink ||
        loads.room(loads.of_access_down(origin)) < shape_->downlink)
        return wanted;
    ++class_number_;
    const Way up = pools_.way(origin, forest_.core_site(core));
    const Ways& ways = ways_from(core);
    look_around(origin);
    set_keys(up, ways);
    const auto skip = [&](SiteId site) { return blocked_[site.at()] == class_number_ || is_in_branch(site); };
    while (wanted > 0) {
        const std::size_t best = keys_.best();
        const double key = best == MinList::kNone ? kOut : keys_[best];
        if (!near_.empty() && near_.front().cost <= key) {
            wanted -= settle_near(origin, wanted, out);
            continue;
        }
        if (key == kOut) break;
        const std::uint32_t tree = live_[best];
        const Way across = ways[tree];
        if (!found_[tree].pool.valid()) {
            const std::int64_t limit = shape_->max_rtt_ns;
            found_[tree] =
                pools_.cheapest(tree, limit == kUnlimited ? kUnlimited : limit - up.ns - across.ns, skip);
            touched_.push_back(tree);
            const double exact = found_[tree].cost + (pools_.cost_of(across) + pools_.cost_of(up));
            keys_.set(best, exact);  // infinite where there is none
            if (exact > key) continue;
        }
        const Spot spot = std::exchange(found_[tree], {});
        const std::int64_t taken = settle(origin, spot.pool, wanted, out);
        wanted -= taken;
        if (taken > 0) continue;
        if (path_->block() == Path::Block::kOrigin)
            keys_.assign(live_.size(), [](std::size_t) { return kOut; });
        if (path_->block() == Path::Block::kCore) keys_.set(best, kOut);
    }
    return wanted;
}

}  // namespace gigafleet
