#include "gigafleet/spare_search.hpp"

#include <algorithm>

namespace gigafleet {

SpareSearch::SpareSearch(const KindCosts& costs, const PoolView& view, Trial& trial)
    : problem_(trial.standing().problem()),
      costs_(costs),
      view_(view),
      forest_(view.routes().forest()),
      trial_(trial),
      sites_(problem_, view.routes(), nullptr),
      rtt_price_ns_(problem_.objective().rtt_price * kTimeResolutionMs),
      tree_of_core_(view.routes().core_count(), kNoTree),
      tree_of_pool_(problem_.fleet().pools().size(), kNoTree),
      position_of_pool_(tree_of_pool_.size()),
      at_(view.size()),
      blocked_(problem_.network().site_count(), 0) {
    make_groups();
}

void SpareSearch::make_groups() {
    std::vector<std::size_t> last(problem_.fleet().kinds().size(), SIZE_MAX);  // group of each kind
    for (const std::uint32_t core : view_.cores()) {
        const auto tree = static_cast<std::uint32_t>(least_ns_.size());
        tree_of_core_[core] = tree;
        first_group_.push_back(groups_.size());
        least_ns_.push_back(kUnlimited);
        const PoolView::Range range = view_.of_core(core);
        for (std::size_t i = range.first; i < range.last; ++i) {
            const auto& [pool, kind, site] = view_[i];
            tree_of_pool_[pool.at()] = tree;
            position_of_pool_[pool.at()] = i;
            const std::int64_t ns = view_.round_ns(site);
            at_[i] = {problem_.fleet().pools()[pool.at()].available_max_ns, ns, sites_.to_node(site, 1, 0),
                      sites_.to_node(site, 0, 1)};
            least_ns_.back() =
                std::min(least_ns_.back(), ns + problem_.fleet().kinds()[kind.at()].access_rtt_ns);
            std::size_t& group = last[kind.at()];
            if (group == SIZE_MAX || group < first_group_.back()) {
                group = groups_.size();
                groups_.push_back({kind, ns, sites_.down(site), sites_.up(site)});
            }
            Group& own = groups_[group];
            own.least_ns = std::min(own.least_ns, ns);
            own.least_down_price = std::min(own.least_down_price, sites_.down(site));
            own.least_up_price = std::min(own.least_up_price, sites_.up(site));
        }
    }
    first_group_.push_back(groups_.size());
}

void SpareSearch::start(const Scene& scene) {
    scene_.emplace(scene);
    path_.emplace(problem_, scene.routes, trial_.loads());
    ways_.clear();
}

SpareSearch::Known& SpareSearch::known(ShapeId id) {
    const std::size_t trees = least_ns_.size(), kinds = problem_.fleet().kinds().size();
    const auto found = known_.find(id.value);
    if (found != known_.end()) return found->second;
    if (known_.size() * (trees + kinds) > kMostKnown) known_.clear();
    Known& made = known_[id.value];
    const KindCosts::Row cost = costs_.of(id);
    made.kind.reserve(kinds);
    for (std::size_t k = 0; k < kinds; ++k) made.kind.push_back(cost(KindId(k)));
    made.exact.assign(trees, 0);
    made.tree.assign(trees, kOut);
    for (std::size_t t = 0; t < trees; ++t)
        for (std::size_t g = first_group_[t]; g < first_group_[t + 1]; ++g) {
            const Group& group = groups_[g];
            made.tree[t] =
                std::min(made.tree[t],
                         made.kind[group.kind.at()] + rtt_price_ns_ * static_cast<double>(group.least_ns) +
                             group.least_down_price * up_mbps_ + group.least_up_price * down_mbps_);
        }
    return made;
}

void SpareSearch::start(ShapeId id, std::span<const PoolId> freed) {
    id_ = id;
    shape_ = &problem_.shape(id);
    freed_ = freed;
    up_mbps_ = static_cast<double>(shape_->uplink) * kMbpsResolution;
    down_mbps_ = static_cast<double>(shape_->downlink) * kMbpsResolution;
    needed_ns_ = problem_.needed_ns(*shape_);
    labels_by_site_ = problem_.rules()[shape_->rule].depends_on_site();
    of_shape_ = &known(id);
    bound_ = of_shape_->tree;
    for (const PoolId pool : freed) {
        const std::uint32_t tree = tree_of_pool_[pool.at()];
        if (tree != kNoTree) bound_[tree] = std::min(bound_[tree], own_cost(position_of_pool_[pool.at()]));
    }
    live_.clear();
    for (std::uint32_t t = 0; t < bound_.size(); ++t)
        if (bound_[t] != kOut) live_.push_back(t);
    keys_.assign(bound_.size(), kOut);
    found_.assign(bound_.size(), {});
}

/// Kind and way up to the core site, in the whole network.
double SpareSearch::own_cost(std::size_t position) const {
    const At& at = at_[position];
    return of_shape_->kind[view_[position].kind.at()] + rtt_price_ns_ * static_cast<double>(at.round_ns) +
           (at.down_price * up_mbps_ + at.up_price * down_mbps_);
}

/// Labels and time; the kind is known to take the shape.
bool SpareSearch::passes(std::size_t position) const {
    return at_[position].stays_ns >= needed_ns_ &&
           (!labels_by_site_ ||
            problem_.labels_pass(*shape_, problem_.fleet().pools()[view_[position].pool.at()]));
}

/// Known::tree, exactly.
double SpareSearch::find_exact(std::uint32_t tree) const {
    const Standing& standing = trial_.standing();
    const PoolView::Range range = view_.of_core(view_.cores()[tree]);
    double least = kOut;
    for (std::size_t i = range.first; i < range.last; ++i) {
        const PoolId pool = view_[i].pool;
        if (of_shape_->kind[view_[i].kind.at()] == kOut) continue;
        // What a pool costs is near at hand; whether it has room is not, so few are asked.
        const double cost = own_cost(i);
        if (cost < least && standing.may_hold(pool, shape_->demand) && passes(i) &&
            standing.has_room(*shape_, pool))
            least = cost;
    }
    return least;
}

double SpareSearch::lower_by_freed(std::uint32_t tree, double cost) const {
    for (const PoolId pool : freed_)
        if (tree_of_pool_[pool.at()] == tree) cost = std::min(cost, own_cost(position_of_pool_[pool.at()]));
    return cost;
}

SpareSearch::Way SpareSearch::way(SiteId from, SiteId to) const {
    const Routes& routes = scene_->routes;
    const std::int64_t ns = from == to ? 0 : routes.rtt_ns(from, to);
    if (!routes.is_priced() || ns == kUnreachable || from == to) return {ns, 0, 0};
    return {ns, routes.path_price(from, to), routes.back_price(from, to)};
}

double SpareSearch::cost_of(const Way& way) const {
    return rtt_price_ns_ * static_cast<double>(way.ns) + way.out_price * up_mbps_ +
           way.back_price * down_mbps_;
}

/// By tree.
const std::vector<SpareSearch::Way>& SpareSearch::ways_from(std::uint32_t core) {
    const auto [found, fresh] = ways_.try_emplace(core);
    if (fresh) {
        found->second.reserve(view_.cores().size());
        for (const std::uint32_t to : view_.cores())
            found->second.push_back(way(forest_.core_site(core), forest_.core_site(to)));
    }
    return found->second;
}

/// Whether the site's access has room for one task on a node there.
bool SpareSearch::has_access(SiteId site) const {
    const Loads& loads = trial_.loads();
    return loads.room(loads.of_access_down(site)) >= shape_->uplink &&
           loads.room(loads.of_access_up(site)) >= shape_->downlink;
}

/// Of another tree, with room, at most `limit_ns` from its core site there and back.
SpareSearch::Offer SpareSearch::cheapest(std::uint32_t tree, std::int64_t limit_ns) const {
    const std::uint32_t core = view_.cores()[tree];
    const PoolView::Range range = view_.of_core(core);
    Spot best;
    double least = kOut;  // of pools that others may use
    for (std::size_t i = range.first; i < range.last; ++i) {
        const auto& [pool, kind, site] = view_[i];
        if (of_shape_->kind[kind.at()] == kOut || scene_->lost[site.at()]) continue;
        double cost = own_cost(i);
        std::int64_t ns = at_[i].round_ns;
        if (scene_->shaken[site.at()]) {
            if (!trial_.may_hold(pool, shape_->demand)) continue;
            const Way other = way(forest_.core_site(core), site);
            if (other.ns == kUnreachable) continue;
            cost = of_shape_->kind[kind.at()] + cost_of(other);
            ns = other.ns;
        }
        if (!(cost < best.cost)) continue;
        const std::int64_t access_ns = problem_.fleet().kinds()[kind.at()].access_rtt_ns;
        const bool late = limit_ns != kUnlimited && ns > limit_ns - access_ns;
        const bool is_out = late || blocked_[site.at()] == class_number_;
        if (is_out && !(cost < least)) continue;
        if (!trial_.may_hold(pool, shape_->demand) || !passes(i) || !has_access(site) ||
            !trial_.has_room(*shape_, pool))
            continue;
        if (is_out)
            least = cost;
        else
            best = {cost, i};
    }
    return {best, std::min(best.cost, least)};
}

/// Pools of the origin's own tree, with their whole cost.
void SpareSearch::look_around(SiteId origin, PoolView::Range range) {
    near_.clear();
    SiteId asked;
    Way own{};
    for (std::size_t i = range.first; i < range.last; ++i) {
        const auto& [pool, kind, site] = view_[i];
        if (of_shape_->kind[kind.at()] == kOut || !trial_.may_hold(pool, shape_->demand)) continue;
        if (scene_->lost[site.at()] || !passes(i)) continue;
        if (asked != site) own = way(origin, asked = site);
        if (own.ns == kUnreachable) continue;
        const std::int64_t access_ns = problem_.fleet().kinds()[kind.at()].access_rtt_ns;
        if (own.ns > shape_->max_rtt_ns - access_ns) continue;
        near_.push_back({of_shape_->kind[kind.at()] + cost_of(own), i});
    }
    std::ranges::sort(near_, [](const Spot& a, const Spot& b) {
        return a.cost != b.cost ? a.cost > b.cost : a.position > b.position;
    });
}

void SpareSearch::set_keys(std::uint32_t own, std::int64_t up_ns, double up_cost, std::uint32_t core) {
    std::erase_if(live_, [&](std::uint32_t t) { return bound_[t] == kOut; });
    const std::vector<Way>& ways = ways_from(core);
    for (const std::uint32_t t : live_) {
        found_[t] = {};
        const bool near = t != own && up_ns != kUnreachable && ways[t].ns != kUnreachable &&
                          up_ns + ways[t].ns + least_ns_[t] <= shape_->max_rtt_ns;
        keys_[t] = near ? bound_[t] + cost_of(ways[t]) + up_cost : kOut;
    }
}

/// Puts tasks into a pool as far as the way has room; 0 where there is none.
std::int64_t SpareSearch::settle(SiteId origin, std::size_t position, std::int64_t wanted,
                                 std::vector<Filling>& out) {
    const auto& [pool, kind, site] = view_[position];
    path_->build(*shape_, origin, site);
    const std::int64_t room = path_->room(wanted);
    if (room == 0) {
        blocked_[site.at()] = class_number_;
        return 0;
    }
    const std::int64_t taken = trial_.fill(id_, pool, room, out);
    path_->reserve(trial_.loads(), taken);
    return taken;
}

std::int64_t SpareSearch::place(SiteId origin, std::int64_t wanted, std::vector<Filling>& out) {
    const std::uint32_t core = view_.routes().core_index(origin);
    if (core == kNoCore || scene_->lost[origin.at()]) return wanted;
    const Loads& loads = trial_.loads();
    if (loads.room(loads.of_access_up(origin)) < shape_->uplink ||
        loads.room(loads.of_access_down(origin)) < shape_->downlink)
        return wanted;
    ++class_number_;
    const std::uint32_t own = tree_of_core_[core];
    const Way up = way(origin, forest_.core_site(core));
    const bool is_full = own == kNoTree || bound_[own] == kOut;
    look_around(origin, is_full ? PoolView::Range{0, 0} : view_.of_core(core));
    set_keys(own, up.ns, cost_of(up), core);
    while (wanted > 0) {
        const auto least = std::ranges::min_element(live_, {}, [&](std::uint32_t t) { return keys_[t]; });
        const double key = least == live_.end() ? kOut : keys_[*least];
        if (!near_.empty() && near_.back().cost <= key) {
            const std::size_t position = near_.back().position;
            near_.pop_back();
            const PoolId pool = view_[position].pool;
            if (blocked_[view_[position].site.at()] != class_number_ && trial_.has_room(*shape_, pool))
                wanted -= settle(origin, position, wanted, out);
            continue;
        }
        if (key == kOut) break;
        const std::uint32_t tree = *least;
        const Way& across = ways_from(core)[tree];
        const double beyond = cost_of(across) + cost_of(up);
        if (!of_shape_->exact[tree]) {
            of_shape_->exact[tree] = 1;
            of_shape_->tree[tree] = find_exact(tree);
            bound_[tree] = lower_by_freed(tree, of_shape_->tree[tree]);
            keys_[tree] = bound_[tree] + beyond;
            continue;
        }
        if (found_[tree].position == SIZE_MAX) {
            const std::int64_t limit = shape_->max_rtt_ns;
            const Offer offer = cheapest(tree, limit == kUnlimited ? kUnlimited : limit - up.ns - across.ns);
            found_[tree] = offer.spot;
            bound_[tree] = std::max(bound_[tree], offer.least);
            const double exact = offer.spot.cost + beyond;
            const bool first = exact <= key;
            keys_[tree] = exact;  // infinite where there is none
            if (!first) continue;
        }
        const Spot spot = std::exchange(found_[tree], {});
        const std::int64_t taken = settle(origin, spot.position, wanted, out);
        wanted -= taken;
        if (taken == 0 && path_->block() == Path::Block::kOrigin) std::ranges::fill(keys_, kOut);
        if (taken == 0 && path_->block() == Path::Block::kCore) keys_[tree] = kOut;
    }
    return wanted;
}

}  // namespace gigafleet
