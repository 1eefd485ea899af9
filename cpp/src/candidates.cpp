#include "gigafleet/candidates.hpp"

#include <algorithm>

namespace gigafleet {

namespace {

constexpr double kOut = MinTree::kOut;
constexpr std::size_t kNone = MinTree::kNone;

/// Then a way may cost less than nothing, and a kind's cost is no bound on what it costs elsewhere.
bool some_link_pays(const Network& network) {
    for (std::size_t a = 0; a < network.arc_count(); ++a)
        if (network.price(ArcId(a)) < 0) return true;
    return false;
}

}  // namespace

Candidates::Candidates(const Problem& problem, const PoolView& view, Loads& loads, const PoolRooms& rooms,
                       const Prices* shadow)
    : problem_(problem),
      view_(view),
      loads_(loads),
      prices_(problem, view, rooms, shadow),
      ways_(problem, view, shadow),
      path_(problem, view.routes(), loads),
      rtt_price_ns_(problem.objective().rtt_price * kTimeResolutionMs),
      own_(view.size()),
      tree_of_core_(view.routes().core_count(), kNoCore),
      tree_cost_(view.cores().size()) {
    for (const std::uint32_t core : view.cores()) {
        tree_of_core_[core] = static_cast<std::uint32_t>(trees_.size());
        trees_.push_back({core});
    }
    if (!some_link_pays(problem.network()))
        for (const std::uint32_t core : prices_.major_cores())
            majors_.push_back({tree_of_core_[core], kOut, kOut});
    local_.resize(view.size());
    for (std::size_t i = 0; i < view.size(); ++i)
        local_.distance(i) =
            view.round_ns(view[i].site) + problem.fleet().kinds()[view[i].kind.at()].access_rtt_ns;
    remote_ = local_;
}

void Candidates::start(ShapeId id) {
    shape_ = &problem_.shape(id);
    prices_.start(id);
    ways_.start(prices_.up_mbps(), prices_.down_mbps());
    keys_from_ = majors_from_ = kNoCore;
    surveyed_ = false;
    for (Tree& tree : trees_) {
        tree.looked_at = 0;
        tree.key = kNoKey;
    }
}

void Candidates::bound(std::uint32_t number) {
    Tree& tree = trees_[number];
    if (tree.looked_at != 0) return;
    tree.looked_at = kBounded;
    const PoolPrices::Bound bound = prices_.bound(tree.core);
    tree.least_ns = bound.least_ns;
    tree_cost_[number] = bound.price;
}

/// Prices the pools of a tree for the shape, where that is still to do.
void Candidates::look_at(std::uint32_t number, Use use) {
    Tree& tree = trees_[number];
    if (tree.looked_at & use) return;
    bound(number);
    const PoolView::Range range = view_.of_core(tree.core);
    if (tree.looked_at == kBounded)
        for (std::size_t i = range.first; i < range.last; ++i) own_[i] = prices_.price(i);
    tree.looked_at |= use;
    MinTree& costs = use == kLocal ? local_ : remote_;
    for (std::size_t i = range.first; i < range.last; ++i) costs.cost(i) = own_[i];
    costs.update(range.first, range.last);
    if (use == kRemote) renew_tree(number);
}

void Candidates::enter(SiteId origin, std::int64_t max_rtt_ns) {
    const SitePrices& sites = prices_.sites();
    origin_ = origin;
    core_ = view_.routes().core_index(origin);
    own_open_ = core_open_ = true;
    entered_ = far_left_out_ = false;
    origin_cost_ = rtt_price_ns_ * static_cast<double>(view_.round_ns(origin)) +
                   (sites.up(origin) + sites.access_up(origin)) * prices_.up_mbps() +
                   (sites.down(origin) + sites.access_down(origin)) * prices_.down_mbps();
    origin_limit_ = max_rtt_ns == kUnlimited ? kUnlimited : max_rtt_ns - view_.round_ns(origin);
    enter_majors();
}

/// How the majors look from the origin's core site.
void Candidates::enter_majors() {
    if (core_ != majors_from_ && !majors_.empty()) {
        const auto enter = [&](auto&& cost_to) {
            for (Major& major : majors_)
                major.way = trees_[major.tree].core == core_ ? kOut : cost_to(major.tree);
        };
        if (ways_.keeps_costs())
            enter([costs = ways_.costs_from(core_)](std::uint32_t tree) { return costs[tree]; });
        else
            enter([&, ways = ways_.from(core_)](std::uint32_t tree) {
                return ways.to(trees_[tree].core).cost;
            });
    }
    majors_from_ = core_;
    for (Major& major : majors_) {
        bound(major.tree);
        major.least = tree_cost_[major.tree] + major.way;
    }
}

/// The rest of what the origin can reach.
void Candidates::enter_all() {
    entered_ = true;
    if (core_open_) enter_core();
    if (const std::uint32_t own = tree_of_core_[core_]; own != kNoCore) look_at(own, kLocal);
    climb();
}

/// The keys by which trees compare, seen from the origin's core site.
void Candidates::enter_core() {
    if (!surveyed_) survey();
    if (core_ == keys_from_ || open_.empty()) return;
    keys_from_ = core_;
    ways_to_ = ways_.costs_from(core_);
    make_keys(false);
}

/// Which trees have candidates for the shape at all.
void Candidates::survey() {
    surveyed_ = true;
    open_.clear();
    for (std::uint32_t tree = 0; tree < trees_.size(); ++tree) {
        bound(tree);
        trees_[tree].key = tree_cost_[tree] == kOut ? kNoKey : static_cast<std::uint32_t>(open_.size());
        if (tree_cost_[tree] != kOut) open_.push_back(tree);
    }
    keys_.assign(open_.size(), [](std::size_t) { return kOut; });
}

void Candidates::make_keys(bool near_only) {
    const std::uint32_t* open = open_.data();
    const double *cost = tree_cost_.data(), *way = ways_to_.data();
    const auto key = [=](std::size_t k) { return cost[open[k]] + way[open[k]]; };
    if (!near_only) {
        keys_.assign(open_.size(), key);
    } else {
        const CoreWays::From ways = ways_.from(core_);
        keys_.assign(open_.size(), [&, this](std::size_t k) {
            const Tree& tree = trees_[open[k]];
            return tree.least_ns > limit_in(ways.ns_to(tree.core)) ? kOut : key(k);
        });
    }
    if (const std::uint32_t own = tree_of_core_[core_]; own != kNoCore) set_key(own, kOut);
}

void Candidates::set_key(std::uint32_t tree, double cost) {
    if (trees_[tree].key != kNoKey) keys_.set(trees_[tree].key, cost);
}

/// The sites at which a way from the origin can turn inside its own tree.
void Candidates::climb() {
    const Forest& forest = view_.routes().forest();
    hubs_.clear();
    SiteId below;
    for (SiteId at = origin_; at.valid(); below = at, at = forest.parent(at)) {
        // Both ends' way between the hub and the core is counted in the pool's cost and the origin's: take it
        // off.
        const std::int64_t twice = 2 * view_.round_ns(at);
        const double cost =
            origin_cost_ - rtt_price_ns_ * static_cast<double>(twice) -
            (prices_.sites().up(at) + prices_.sites().down(at)) * (prices_.up_mbps() + prices_.down_mbps());
        const bool unlimited = origin_limit_ == kUnlimited;
        hubs_.push_back({at, below, cost, unlimited ? kUnlimited : origin_limit_ + twice, kNone});
    }
    open_hubs_ = hubs_.size();
    for (std::size_t h = 0; h < hubs_.size(); ++h) renew(h);
}

void Candidates::renew(std::size_t number) {
    Hub& hub = hubs_[number];
    const PoolView::Range all = view_.below(hub.site);
    const PoolView::Range inner = hub.below.valid() ? view_.below(hub.below) : view_.at_site(hub.site);
    hub.best = local_.best(all.first, inner.first, hub.limit);
    const std::size_t right = local_.best(inner.last, all.last, hub.limit);
    if (right != kNone && (hub.best == kNone || local_.cost(right) < local_.cost(hub.best))) hub.best = right;
    if (hub.below.valid() || !own_open_) return;
    // The origin's own site: no link lies between.
    double least = hub.best == kNone ? kOut : local_.cost(hub.best);
    for (std::size_t i = inner.first; i < inner.last; ++i) {
        if (!(own_[i] < least) || local_.distance(i) > hub.limit) continue;
        least = own_[i];
        hub.best = i;
    }
}

Candidates::Choice Candidates::choose() {
    if (!entered_) {
        const Choice choice = choose_major();
        if (choice.position != kNone) return choice;
        enter_all();
    }
    Choice choice = core_open_ ? choose_remote() : Choice{};
    for (std::size_t h = 0; h < open_hubs_; ++h) {
        if (hubs_[h].best == kNone) continue;
        const double cost = own_[hubs_[h].best] + hubs_[h].cost;
        if (cost < choice.cost) choice = {cost, hubs_[h].best, h, kNoCore};
    }
    return choice;
}

/// What the origin's limit leaves within a tree that is `way_ns` away.
std::int64_t Candidates::limit_in(std::int64_t way_ns) const {
    if (way_ns == kUnreachable) return INT64_MIN;
    return origin_limit_ == kUnlimited ? kUnlimited : origin_limit_ - way_ns;
}

/// The cheapest of the majors, if nothing elsewhere can be as cheap.
Candidates::Choice Candidates::choose_major() {
    const auto is_own = [&](const Major& major) { return trees_[major.tree].core == core_; };
    if (!core_open_ || std::ranges::any_of(majors_, is_own)) return {};
    for (;;) {
        const auto best = std::ranges::min_element(majors_, {}, &Major::least);
        if (best == majors_.end() || !(best->least + origin_cost_ < prices_.minor_floor())) return {};
        look_at(best->tree, kRemote);
        const std::uint32_t core = trees_[best->tree].core;
        const PoolView::Range range = view_.of_core(core);
        const std::size_t position =
            remote_.best(range.first, range.last, limit_in(ways_.from(core_).ns_to(core)));
        const double exact = position == kNone ? kOut : remote_.cost(position) + best->way;
        if (exact <= best->least) return {exact + origin_cost_, position, kThroughCore, best->tree};
        best->least = exact;
    }
}

Candidates::Choice Candidates::choose_remote() {
    for (;;) {
        const std::size_t key = keys_.best();
        if (key == MinList::kNone) return {};
        const std::uint32_t number = open_[key];
        const Tree& tree = trees_[number];
        const std::int64_t limit = limit_in(ways_.from(core_).ns_to(tree.core));
        if (!far_left_out_ && tree.least_ns > limit) {
            far_left_out_ = true;  // for the class: all trees whose nearest pool is too far, in one pass
            make_keys(true);
            continue;
        }
        if (!(tree.looked_at & kRemote)) {
            look_at(number, kRemote);
            continue;
        }
        const PoolView::Range range = view_.of_core(tree.core);
        const std::size_t position = remote_.best(range.first, range.last, limit);
        const double exact = position == kNone ? kOut : remote_.cost(position) + ways_to_[number];
        if (exact <= keys_[key]) return {exact + origin_cost_, position, kThroughCore, number};
        // The tree's cheapest pool is too far for this origin: compare it by what is near enough.
        keys_.set(key, exact);
        changed_keys_.push_back(number);
    }
}

std::int64_t Candidates::place(SiteId origin, std::int64_t wanted, const Visit& visit, double limit) {
    if (!view_.routes().allowed(origin) || !has_access(origin)) return wanted;
    enter(origin, shape_->max_rtt_ns);
    while (wanted > 0) {
        const Choice choice = choose();
        if (choice.position == kNone || choice.cost > limit) break;
        path_.build(*shape_, origin, view_[choice.position].site);
        const std::int64_t room = path_.room(wanted);
        if (room == 0) {
            shut(choice);
            continue;
        }
        const auto [taken, then] = visit(view_[choice.position].pool, room);
        path_.reserve(loads_, taken);
        wanted -= taken;
        if (taken == room) continue;
        if (then == kStop) break;
        if (then == kSkip) {
            set_aside(choice);
            continue;
        }
        close(choice.position);
        if (!choice.remote()) renew(choice.hub);
    }
    leave();
    return wanted;
}

double Candidates::least(SiteId origin) {
    if (!view_.routes().allowed(origin)) return kOut;
    enter(origin, shape_->max_rtt_ns);
    const double cost = choose().cost;
    leave();
    return cost;
}

bool Candidates::any_in_reach(SiteId origin, std::int64_t limit_ns, const std::function<bool(PoolId)>& test) {
    if (!view_.routes().allowed(origin)) return false;
    enter(origin, limit_ns);
    Choice choice = choose();
    while (choice.position != kNone && !test(view_[choice.position].pool)) {
        close(choice.position);
        if (!choice.remote()) renew(choice.hub);
        choice = choose();
    }
    leave();
    return choice.position != kNone;
}

/// A pool has no room for the shape any more.
void Candidates::close(std::size_t position) {
    own_[position] = kOut;
    const PoolView::Range range{position, position + 1};
    shut_local(range, false);
    shut_remote(range);
}

/// Whether the origin's own access has room for one task, wherever that runs.
bool Candidates::has_access(SiteId origin) const {
    return loads_.room(loads_.of_access_up(origin)) >= shape_->uplink &&
           loads_.room(loads_.of_access_down(origin)) >= shape_->downlink;
}

/// Takes out what the way of `choice` has no room for.
void Candidates::shut(const Choice& choice) {
    const bool remote = choice.remote();
    const SiteId site = view_[choice.position].site;
    const Forest& forest = view_.routes().forest();
    switch (path_.block()) {
        case Path::Block::kOrigin:
            core_open_ = false;
            if (!remote) open_hubs_ = choice.hub;
            return;
        case Path::Block::kCore:
            if (entered_) set_key(choice.tree, kOut);
            for (Major& major : majors_)
                if (major.tree == choice.tree) major.way = major.least = kOut;
            return;
        case Path::Block::kTail:
            if (remote) {
                shut_remote(view_.below(path_.blocked_site()));
            } else {
                // A leaf's own tasks do not use its link (see renew); tasks below an inner site do not
                // either.
                const bool leaf = forest.last(path_.blocked_site()) == forest.first(path_.blocked_site()) + 1;
                shut_local(view_.below(path_.blocked_site()), !leaf);
            }
            break;
        default:
            if (site == origin_) {
                own_open_ = false;
            } else {
                const PoolView::Range range = view_.at_site(site);
                for (std::size_t i = range.first; i < range.last; ++i) own_[i] = kOut;
                shut_local(range, false);
                shut_remote(range);
            }
    }
    if (!remote) renew(choice.hub);
}

void Candidates::shut_local(PoolView::Range range, bool for_class) {
    if (range.size() == 0) return;
    const std::uint32_t tree = tree_of_core_[view_.routes().core_index(view_[range.first].site)];
    if (!(trees_[tree].looked_at & kLocal)) return;
    for (std::size_t i = range.first; i < range.last; ++i) {
        if (for_class && local_.cost(i) != kOut) closed_for_class_.emplace_back(i, local_.cost(i));
        local_.cost(i) = kOut;
    }
    local_.update(range.first, range.last);
}

void Candidates::shut_remote(PoolView::Range range) {
    if (range.size() == 0) return;
    const std::uint32_t tree = tree_of_core_[view_.routes().core_index(view_[range.first].site)];
    if (!(trees_[tree].looked_at & kRemote)) return;
    for (std::size_t i = range.first; i < range.last; ++i) remote_.cost(i) = kOut;
    remote_.update(range.first, range.last);
    renew_tree(tree);
}

void Candidates::renew_tree(std::uint32_t tree) {
    const PoolView::Range range = view_.of_core(trees_[tree].core);
    const std::size_t best = remote_.best(range.first, range.last, kUnlimited);
    tree_cost_[tree] = best == kNone ? kOut : remote_.cost(best);
    // A key that is out stays out: it is the own tree's, or there is no room on the way.
    const std::uint32_t key = trees_[tree].key;
    if (keys_from_ != kNoCore && key != kNoKey && keys_[key] != kOut)
        keys_.set(key, tree_cost_[tree] + ways_to_[tree]);
}

}  // namespace gigafleet
