#include "gigafleet/spare_pools.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace gigafleet {

SparePools::SparePools(const KindCosts& costs, const PoolView& view, Trial& trial)
    : problem_(trial.standing().problem()),
      costs_(costs),
      view_(view),
      trial_(trial),
      rtt_price_ns_(problem_.objective().rtt_price * kTimeResolutionMs),
      place_of_pool_(problem_.fleet().pools().size(), kNone) {
    make_groups();
    heads_.resize(trees());
    is_listed_.resize(trees(), 0);
}

/// A number for each site: alike where no rule of labels tells sites apart.
std::vector<std::uint32_t> SparePools::domains_of_sites() const {
    std::set<int> levels;
    for (const NodeRule& rule : problem_.rules())
        for (const LabelTerms* terms : {&rule.require, &rule.any_of, &rule.forbid})
            for (const LabelTerms::Domain& domain : terms->domains) levels.insert(domain.level);
    std::vector<std::uint32_t> numbers(problem_.network().site_count(), 0);
    for (const int level : levels) {
        std::map<std::pair<std::uint32_t, int>, std::uint32_t> known;  // of those by the levels before
        for (std::size_t s = 0; s < numbers.size(); ++s) {
            const std::pair key{numbers[s], problem_.network().domain(level, SiteId(s))};
            numbers[s] = known.try_emplace(key, static_cast<std::uint32_t>(known.size())).first->second;
        }
    }
    return numbers;
}

void SparePools::make_groups() {
    const SitePrices prices(problem_, view_.routes(), nullptr);
    const auto down = [&](SiteId site) { return prices.to_node(site, 1, 0); };
    const auto up = [&](SiteId site) { return prices.to_node(site, 0, 1); };
    const std::vector<std::uint32_t> domains = domains_of_sites();
    std::vector<PoolView::Item> items;
    places_.reserve(view_.size());
    for (const std::uint32_t core : view_.cores()) {
        first_group_.push_back(static_cast<std::uint32_t>(groups_.size()));
        first_place_.push_back(static_cast<std::uint32_t>(places_.size()));
        const PoolView::Range range = view_.of_core(core);
        items.clear();
        for (std::size_t i = range.first; i < range.last; ++i) items.push_back(view_[i]);
        std::ranges::stable_sort(items, {}, [&](const PoolView::Item& item) {
            const std::int64_t ns = view_.round_ns(item.site);
            const double cost = rtt_price_ns_ * static_cast<double>(ns);
            return std::tuple(item.kind, domains[item.site.at()], down(item.site), up(item.site), cost, ns);
        });
        std::int64_t least_ns = kUnlimited;
        for (const auto& [pool, kind, site] : items) {
            const auto place = static_cast<std::uint32_t>(places_.size());
            const std::int64_t ns = view_.round_ns(site);
            if (groups_.size() == first_group_.back() || groups_.back().kind != kind ||
                domains[places_.back().site.at()] != domains[site.at()] ||
                groups_.back().down_price != down(site) || groups_.back().up_price != up(site))
                groups_.push_back({kind, place, place, down(site), up(site), ns});
            ++groups_.back().last;
            places_.push_back({pool, site, static_cast<std::uint32_t>(groups_.size() - 1), ns,
                               problem_.fleet().pools()[pool.at()].available_max_ns});
            place_of_pool_[pool.at()] = place;
            const auto room = trial_.standing().room(pool);
            rooms_.insert(rooms_.end(), room.begin(),
                          room.begin() + static_cast<std::ptrdiff_t>(dimensions()));
            least_ns = std::min(least_ns, ns + problem_.fleet().kinds()[kind.at()].access_rtt_ns);
        }
        least_ns_.push_back(least_ns);
    }
    first_group_.push_back(static_cast<std::uint32_t>(groups_.size()));
    first_place_.push_back(static_cast<std::uint32_t>(places_.size()));
}

void SparePools::start(const Scene& scene) {
    scene_.emplace(scene);
    find_freed();
    find_apart();
}

/// Where there are models, a pool that tasks came to may have room that it had not: for others with the same.
void SparePools::find_freed() {
    std::vector<std::uint32_t> places;
    const auto add = [&](PoolId pool) {
        if (place_of_pool_[pool.at()] != kNone) places.push_back(place_of_pool_[pool.at()]);
    };
    for (const PoolId pool : scene_->freed) add(pool);
    for (const PoolId pool : trial_.changed()) add(pool);
    std::ranges::sort(places);
    places.erase(std::unique(places.begin(), places.end()), places.end());
    freed_.clear();
    std::uint32_t tree = 0;
    for (const std::uint32_t place : places) {
        while (first_place_[tree + 1] <= place) ++tree;
        const Group& group = groups_[places_[place].group];
        freed_.push_back({place,
                          tree,
                          places_[place].pool,
                          group.kind,
                          {places_[place].round_ns, group.down_price, group.up_price}});
    }
}

void SparePools::find_apart() {
    apart_.clear();
    for (const SiteId site : scene_->shaken_sites) {
        const PoolView::Range range = view_.at_site(site);
        if (range.size() == 0 || scene_->lost[site.at()]) continue;
        const Way own = way(view_.routes().forest().root(site), site);
        if (own.ns == kUnreachable) continue;
        for (std::size_t i = range.first; i < range.last; ++i)
            apart_.push_back({place_of_pool_[view_[i].pool.at()], 0, view_[i].pool, view_[i].kind, own});
    }
    std::ranges::sort(apart_, {}, &Apart::place);
    std::uint32_t tree = 0;
    for (Apart& own : apart_) {
        while (first_place_[tree + 1] <= own.place) ++tree;
        own.tree = tree;
    }
}

void SparePools::start(ShapeId id) {
    shape_ = &problem_.shape(id);
    up_mbps_ = static_cast<double>(shape_->uplink) * kMbpsResolution;
    down_mbps_ = static_cast<double>(shape_->downlink) * kMbpsResolution;
    needed_ns_ = problem_.needed_ns(*shape_);
    passed_now_ = &groups_that_pass();
    known_now_ = &known(id);
    bound_ = known_now_->tree;
    reach_ns_ = least_ns_;
    for (const std::uint32_t tree : listed_) is_listed_[tree] = 0;
    listed_.clear();
    if (!trial_.changed().empty()) find_freed();
    lower_bounds(freed_);
    lower_bounds(apart_);
}

void SparePools::lower_bounds(std::span<const Apart> own) {
    for (const Apart& pool : own) {
        const double cost = kind_cost(pool.kind) + cost_of(pool.way);
        double& bound = bound_[pool.tree];
        if (cost < bound && trial_.may_hold(pool.pool, shape_->demand)) bound = cost;
    }
}

SparePools::Known& SparePools::known(ShapeId id) {
    const std::size_t kinds = problem_.fleet().kinds().size();
    const auto found = known_.find(id.value);
    if (found != known_.end()) return found->second;
    if (known_.size() * (trees() + groups_.size() + kinds) > kMostKnown) known_.clear();
    Known& made = known_[id.value];
    const KindCosts::Row cost = costs_.of(id);
    made.kind.reserve(kinds);
    for (std::size_t k = 0; k < kinds; ++k) made.kind.push_back(cost(KindId(k)));
    known_now_ = &made;
    made.head.reserve(groups_.size());
    for (std::size_t t = 0; t < trees(); ++t) {
        double least = kOut;
        for (std::size_t g = first_group_[t]; g < first_group_[t + 1]; ++g) {
            made.head.push_back((*passed_now_)[g] ? groups_[g].first : groups_[g].last);
            if ((*passed_now_)[g]) least = std::min(least, cost_at(groups_[g], groups_[g].round_ns));
        }
        made.tree.push_back(least);
    }
    return made;
}

/// By group, whether labels do.
const std::vector<std::uint8_t>& SparePools::groups_that_pass() {
    const auto [found, fresh] = passed_.try_emplace(shape_->rule);
    if (fresh) found->second.assign(groups_.size(), 1);  // by kind alone, kind_cost knows
    if (fresh && problem_.rules()[shape_->rule].depends_on_site())
        for (std::size_t g = 0; g < groups_.size(); ++g) {
            const PoolId pool = places_[groups_[g].first].pool;
            found->second[g] = problem_.labels_pass(*shape_, problem_.fleet().pools()[pool.at()]);
        }
    return found->second;
}

/// With what it costs in the whole network.
SparePools::Head SparePools::head_at(std::uint32_t place) const {
    const Place& at = places_[place];
    const Group& group = groups_[at.group];
    const std::int64_t access_ns = problem_.fleet().kinds()[group.kind.at()].access_rtt_ns;
    return {cost_at(group, at.round_ns), at.round_ns + access_ns, place, false};
}

/// On nodes and by the site's access.
bool SparePools::has_room(const Place& at) const {
    const Loads& loads = trial_.loads();
    return trial_.may_hold(at.pool, shape_->demand) &&
           loads.room(loads.of_access_down(at.site)) >= shape_->uplink &&
           loads.room(loads.of_access_up(at.site)) >= shape_->downlink && passes(at) &&
           trial_.has_room(*shape_, at.pool);
}

/// Whether it may have had room in the standing state: of what is full most is known by this.
bool SparePools::had_space(std::uint32_t place) const {
    return holds(std::span(rooms_).subspan(place * dimensions(), dimensions()), shape_->demand);
}

/// In the standing state.
bool SparePools::had_room(std::uint32_t place) const {
    const Place& at = places_[place];
    return had_space(place) && passes(at) && trial_.standing().has_room(*shape_, at.pool);
}

/// Whether there is room.
bool SparePools::is_open(const Head& head) const {
    const Place& at = places_[head.place];
    if (!head.is_apart && (scene_->lost[at.site.at()] || scene_->shaken[at.site.at()])) return false;
    return has_room(at);
}

/// From a head without room to the next of its group, if there is one.
void SparePools::move_on(std::vector<Head>& heads, std::size_t i) {
    const Head old = heads[i];
    const std::uint32_t number = places_[old.place].group, last = old.is_apart ? 0 : groups_[number].last;
    std::uint32_t& known = known_now_->head[number];
    std::uint32_t place = old.place + 1;
    while (place < last && !(had_space(place) && is_open(head_at(place)))) ++place;
    if (!old.is_apart)
        while (known < place && !had_room(known)) ++known;
    const auto after = heads.begin() + static_cast<std::ptrdiff_t>(i) + 1;
    if (place >= last) {
        heads.erase(after - 1);
        return;
    }
    const Head next = head_at(place);
    const auto to = std::lower_bound(after, heads.end(), next);
    std::move(after, to, after - 1);
    *(to - 1) = next;
}

SparePools::Head SparePools::head_of(const Apart& own) const {
    const std::int64_t access_ns = problem_.fleet().kinds()[own.kind.at()].access_rtt_ns;
    return {kind_cost(own.kind) + cost_of(own.way), own.way.ns + access_ns, own.place, true};
}

std::vector<SparePools::Head>& SparePools::list(std::size_t tree) {
    std::vector<Head>& heads = heads_[tree];
    if (is_listed_[tree]) return heads;
    is_listed_[tree] = 1;
    listed_.push_back(static_cast<std::uint32_t>(tree));
    heads.clear();
    const std::size_t first = first_group_[tree], last = first_group_[tree + 1];
    double& least = known_now_->tree[tree];
    least = kOut;
    for (std::size_t g = first; g < last; ++g) {
        const std::uint32_t place = known_now_->head[g];
        if (place == groups_[g].last || kind_cost(groups_[g].kind) == kOut) continue;
        heads.push_back(head_at(place));
        least = std::min(least, heads.back().cost);
    }
    for (const Apart& own : std::ranges::equal_range(freed_, tree, {}, &Apart::tree)) {
        if (kind_cost(own.kind) == kOut || scene_->shaken[places_[own.place].site.at()]) continue;
        if (trial_.may_hold(own.pool, shape_->demand)) heads.push_back(head_of(own));
    }
    for (const Apart& own : std::ranges::equal_range(apart_, tree, {}, &Apart::tree))
        if (kind_cost(own.kind) != kOut) heads.push_back(head_of(own));
    std::sort(heads.begin(), heads.end());
    return heads;
}

SparePools::Way SparePools::way(SiteId from, SiteId to) const {
    const Routes& routes = scene_->routes;
    const std::int64_t ns = from == to ? 0 : routes.rtt_ns(from, to);
    if (!routes.is_priced() || ns == kUnreachable || from == to) return {ns, 0, 0};
    const double out = routes.path_price(from, to);
    return {ns, out, routes.network().directed() ? routes.back_price(from, to) : out};
}

}  // namespace gigafleet
