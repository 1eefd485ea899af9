#include "gigafleet/loss_trial.hpp"

#include <algorithm>
#include <numeric>

#include "gigafleet/fillings.hpp"

namespace gigafleet {

namespace {

constexpr std::size_t kRanksAGroup = 8;  // are counted in the time that a group takes to be sorted
constexpr std::size_t kPoolsAhead = 2;   // memory is asked for, with all that they hold

}  // namespace

LossTrial::LossTrial(const Groundwork& ground, const Solution& solution, const Shared& shared)
    : problem_(ground.problem),
      ground_(ground),
      solution_(solution),
      shared_(shared),
      trial_(shared_.standing),
      lost_(problem_.network().site_count(), 0),
      lost_link_(problem_.network().link_count(), 0),
      left_(solution_.fillings.size(), 0),
      is_freed_(problem_.fleet().pools().size(), 0),
      policies_(problem_.policies().size()) {
    for (std::size_t p = 0; p < policies_.size(); ++p) {
        policies_[p].before.emplace(problem_, *problem_.policies()[p], trial_.loads());
        policies_[p].shaken.resize(lost_.size(), 0);
        policies_[p].search = std::make_unique<SpareSearch>(ground_.costs, ground_.views[p], trial_);
    }
    if (!problem_.workload().has_bonds()) return;
    bonds_.emplace(ground_, trial_);
    stays_.resize(left_.size(), 0);
}

Loss LossTrial::lose(std::uint32_t element, Aftermath* after) {
    const Stopwatch watch;
    loss_ = {};
    loss_.element = element;
    loss_.cut_off_weight.assign(shared_.levels, 0);
    loss_.dropped_weight.assign(shared_.levels, 0);
    set_lost(element, 1);
    const std::span<const std::uint32_t> trips = shared_.crossings.of(element);
    for (std::size_t i = 0; i < trips.size(); ++i) {
        ask_ahead(trips.subspan(i));
        leave(shared_.trips[trips[i]]);
    }
    for (std::size_t i = 0; bonds_ && i < bonds_->broken().size(); ++i) break_up(bonds_->broken()[i]);
    stay();
    free_pools();
    place(after);
    if (after != nullptr)
        for (const std::uint32_t filling : left_fillings_) after->left.emplace_back(filling, left_[filling]);
    set_lost(element, 0);
    reset();
    loss_.seconds = watch.seconds();
    return loss_;
}

void LossTrial::set_lost(std::uint32_t element, std::uint8_t flag) {
    for (const SiteId site : shared_.sites[element]) lost_[site.at()] = flag;
    for (const std::size_t link : shared_.links[element]) lost_link_[link] = flag;
    element_ = element;
}

bool LossTrial::is_at_the_end(const Forest& forest) const {
    if (!shared_.links[element_].empty()) return false;
    return std::ranges::all_of(shared_.sites[element_], [&](SiteId site) {
        if (!forest.root(site).valid()) return true;
        if (!forest.parent(site).valid()) return false;
        const std::span<const SiteId> below =
            forest.order().subspan(forest.first(site), forest.last(site) - forest.first(site));
        return std::ranges::all_of(below, [&](SiteId s) { return lost_[s.at()] != 0; });
    });
}

LossTrial::Policy& LossTrial::policy(std::uint32_t number) {
    Policy& own = policies_[number];
    if (own.now != nullptr) return own;
    const std::shared_ptr<const Routes>& whole = problem_.policies()[number];
    const Forest& forest = whole->forest();
    if (is_at_the_end(forest)) {
        own.now = whole.get();
    } else {
        std::vector<std::uint8_t> allowed(lost_.size());
        for (std::size_t s = 0; s < allowed.size(); ++s) allowed[s] = whole->allowed(SiteId(s)) && !lost_[s];
        NoControl control;
        own.fresh = std::make_unique<Routes>(whole->network_ptr(), std::move(allowed), 1, control,
                                             RowStore::kAllUpTo, lost_link_, whole.get());
        own.now = own.fresh.get();
        shake(own, forest);
    }
    own.path.emplace(problem_, *own.now, trial_.loads());
    return own;
}

void LossTrial::shake(Policy& own, const Forest& forest) const {
    const auto below = [&](SiteId site) {
        for (std::uint32_t i = forest.first(site); i < forest.last(site); ++i) {
            const SiteId s = forest.order()[i];
            if (!own.shaken[s.at()]) own.shaken_sites.push_back(s);
            own.shaken[s.at()] = 1;
        }
    };
    for (const SiteId site : shared_.sites[element_])
        if (forest.root(site).valid()) below(site);
    for (const std::size_t link : shared_.links[element_]) {
        const ArcId arc{problem_.network().directed() ? link : 2 * link};
        const SiteId a = problem_.network().tail(arc), b = problem_.network().head(arc);
        if (!forest.root(a).valid() || !forest.root(b).valid()) continue;
        if (forest.parent(a) == b) below(a);
        if (forest.parent(b) == a) below(b);
    }
}

Path& LossTrial::new_way(const Group& group) {
    const Workload::Class& c = class_of(group.of);
    Path& path = *policy(problem_.shape(c.shape).policy).path;
    path.build(problem_.shape(c.shape), c.origin, site_of(solution_.fillings[group.filling].pool));
    return path;
}

void LossTrial::stay() {
    sort(staying_);
    for (std::size_t i = 0; i < staying_.size(); ++i) {
        const Group& group = staying_[i];
        const Group& later = staying_[std::min(i + kAhead, staying_.size() - 1)];
        __builtin_prefetch(&class_of(later.of));
        __builtin_prefetch(&solution_.fillings[later.filling]);
        const std::uint32_t gang = bonds_ ? bonds_->gang_of(group.of) : Bond::kNone;
        if (gang != Bond::kNone) {
            if (stays_[group.filling] == 1) stay_together(gang);
            continue;
        }
        Path& path = new_way(group);
        const std::int64_t tasks = path.room(group.tasks);
        path.reserve(trial_.loads(), tasks);
        loss_.rerouted += tasks;
        displace(group, group.tasks - tasks);
    }
}

void LossTrial::stay_together(std::uint32_t gang) {
    constexpr std::uint8_t kHasWay = 2;
    bool all = true;
    for (const Group& group : staying_) {
        if (!stays_[group.filling] || bonds_->gang_of(group.of) != gang) continue;
        Path& path = new_way(group);
        all = path.room(group.tasks) == group.tasks;
        if (!all) break;
        path.reserve(trial_.loads(), group.tasks);
        stays_[group.filling] = kHasWay;
    }
    for (const Group& group : staying_) {
        if (stays_[group.filling] != kHasWay || bonds_->gang_of(group.of) != gang) continue;
        if (all)
            loss_.rerouted += group.tasks;
        else
            new_way(group).reserve(trial_.loads(), -group.tasks);
    }
    if (all) return;
    bonds_->lose(gang, false);
    break_up(gang);
}

void LossTrial::free_pools() {
    for (std::size_t i = 0; i < left_fillings_.size(); ++i) {
        const std::uint32_t later = left_fillings_[std::min(i + kAhead, left_fillings_.size() - 1)];
        __builtin_prefetch(&solution_.fillings[later]);
        const PoolId pool = solution_.fillings[left_fillings_[i]].pool;
        if (is_freed_[pool.at()] || lost_[site_of(pool).at()]) continue;
        is_freed_[pool.at()] = 1;
        freed_.push_back(pool);
    }
    for (const PoolId pool : freed_) is_freed_[pool.at()] = 0;
    std::ranges::sort(freed_);
    const Holdings& holdings = shared_.standing.holdings();
    std::vector<PoolState::Wish> wishes;
    std::vector<Filling> rest, more;
    for (std::size_t i = 0; i < freed_.size(); ++i) {
        if (i + kPoolsAhead < freed_.size())
            for (const Holdings::Held& later : holdings.of(freed_[i + kPoolsAhead])) {
                __builtin_prefetch(&left_[later.number]);
                __builtin_prefetch(&solution_.fillings[later.number]);
                __builtin_prefetch(&class_of(later.of));
            }
        const PoolId pool = freed_[i];
        wishes.clear();
        for (const Holdings::Held& held : holdings.of(pool)) {
            if (left_[held.number] == 0) {
                wishes.push_back(holdings.wish(held));
                continue;
            }
            rest.assign(1, solution_.fillings[held.number]);
            more.clear();
            take_last(rest, left_[held.number], more);
            rest.insert(rest.end(), more.begin(), more.end());
            if (bonds_) bonds_->leave(held.of, solution_.fillings[held.number], rest);
            for (const Filling& filling : rest)
                if (filling.slots > 0) wishes.push_back(holdings.wish(held.of, filling));
        }
        if (trial_.refill(pool, wishes)) open_sites_.push_back(site_of(pool));
    }
    free_windows();
}

void LossTrial::free_windows() {
    if (open_sites_.empty()) return;
    std::ranges::sort(open_sites_);
    const auto& pools = problem_.fleet().pools();
    for (std::size_t p = 0; p < pools.size(); ++p)
        if (std::ranges::binary_search(open_sites_, pools[p].site)) freed_.emplace_back(p);
    std::ranges::sort(freed_);
    freed_.erase(std::unique(freed_.begin(), freed_.end()), freed_.end());
    open_sites_.clear();
}

void LossTrial::sort(std::vector<Group>& groups) {
    if (groups.size() < shared_.rank_of.size() / kRanksAGroup) {
        std::ranges::sort(groups);
        return;
    }
    next_.assign(shared_.rank_of.size() + 1, 0);
    for (const Group& group : groups) ++next_[group.rank + 1];
    std::partial_sum(next_.begin(), next_.end(), next_.begin());
    sorted_.resize(groups.size());
    for (const Group& group : groups) sorted_[next_[group.rank]++] = group;
    std::swap(groups, sorted_);
    for (auto first = groups.begin(); first != groups.end();) {
        const auto last = groups.begin() + static_cast<std::ptrdiff_t>(next_[first->rank]);
        std::sort(first, last);
        first = last;
    }
}

std::vector<LossTrial::Turn> LossTrial::turns() {
    sort(displaced_);
    std::vector<Turn> all;
    for (std::size_t first = 0; first < displaced_.size();) {
        const Group& group = displaced_[first];
        __builtin_prefetch(&class_of(displaced_[std::min(first + kAhead, displaced_.size() - 1)].of));
        std::size_t last = first;
        while (last < displaced_.size() && displaced_[last].of == group.of) ++last;
        const std::size_t level = shared_.level_of[class_of(group.of).shape.at()];
        const Bond bond = bonds_ ? problem_.bond(group.of) : Bond{};
        const std::uint8_t kind = bond.gang != Bond::kNone ? 0 : bond ? 1 : 2;
        const bool is_new = kind > 0 || std::ranges::find(all, bond.gang, &Turn::gang) == all.end();
        if (is_new) all.push_back({level, kind, group.rank, bond.gang, first, last});
        first = last;
    }
    if (!std::ranges::is_sorted(all)) std::ranges::sort(all);
    return all;
}

void LossTrial::place(Aftermath* after) {
    ShapeId shape;
    for (const Turn& turn : turns()) {
        if (turn.kind < 2 && !bonds_->is_started()) start_bonds();
        if (turn.kind == 0) {
            place_gang(turn.gang, after);
            continue;
        }
        std::int64_t tasks = 0;
        for (std::size_t i = turn.first; i < turn.last; ++i) tasks += displaced_[i].tasks;
        const ClassId of = displaced_[turn.first].of;
        drop(of, turn.kind == 1 ? tasks - bonds_->place_apart(of, tasks, placed_of(after))
                                : find_others(of, tasks, shape, after));
    }
}

void LossTrial::drop(ClassId of, std::int64_t tasks) {
    const ShapeId shape = class_of(of).shape;
    loss_.dropped += tasks;
    loss_.dropped_weight[shared_.level_of[shape.at()]] += weight_of(shape, tasks);
}

std::int64_t LossTrial::find_others(ClassId of, std::int64_t tasks, ShapeId& shape, Aftermath* after) {
    const Workload::Class& c = class_of(of);
    SpareSearch& search = search_of(problem_.shape(c.shape).policy);
    if (shape != c.shape) search.start(shape = c.shape);
    found_.clear();
    const std::int64_t over = search.place(c.origin, tasks, found_);
    if (after != nullptr)
        for (const Filling& filling : found_) after->placed.emplace_back(of, filling);
    return over;
}

void LossTrial::place_gang(std::uint32_t gang, Aftermath* after) {
    if (bonds_->may_return(gang) && bonds_->place_gang(gang, placed_of(after))) return;
    for (const Group& group : displaced_)
        if (bonds_->gang_of(group.of) == gang) drop(group.of, group.tasks);
}

void LossTrial::start_bonds() {
    std::vector<const Routes*> routes;
    for (const auto& policy : problem_.policies()) routes.push_back(policy.get());
    for (const Group& group : displaced_) {
        const std::uint32_t number = problem_.shape(class_of(group.of).shape).policy;
        if (problem_.is_bound(group.of)) routes[number] = policy(number).now;
    }
    bonds_->start(routes, lost_);
}

SpareSearch& LossTrial::search_of(std::uint32_t number) {
    Policy& own = policy(number);
    if (!own.started) own.search->start({*own.now, lost_, own.shaken, own.shaken_sites, freed_});
    own.started = true;
    return *own.search;
}

void LossTrial::reset() {
    trial_.reset();
    for (const std::uint32_t filling : left_fillings_) left_[filling] = 0;
    left_fillings_.clear();
    if (bonds_) {
        for (const Group& group : staying_) stays_[group.filling] = 0;
        bonds_->reset();
    }
    staying_.clear();
    displaced_.clear();
    freed_.clear();
    for (Policy& own : policies_) {
        for (const SiteId site : own.shaken_sites) own.shaken[site.at()] = 0;
        own.shaken_sites.clear();
        own.now = nullptr;
        own.started = false;
    }
}

}  // namespace gigafleet
