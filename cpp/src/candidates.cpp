#include "gigafleet/candidates.hpp"

#include <algorithm>

namespace gigafleet {

namespace {

constexpr double kOut = MinTree::kOut;
constexpr std::size_t kNone = MinTree::kNone;
constexpr std::size_t kFewKeys = 8;  // up to here, renewing their branches beats building the tree anew

}  // namespace

Candidates::Candidates(const Problem& problem, const PoolView& view, Loads& loads, const PoolRooms& rooms)
    : problem_(problem),
      view_(view),
      loads_(loads),
      prices_(problem, view, rooms),
      path_(problem, view.routes(), loads),
      rtt_price_ns_(problem.objective().rtt_price * kTimeResolutionMs),
      own_(view.size()),
      looked_at_(view.routes().core_count()),
      core_cost_(looked_at_.size()),
      core_least_ns_(looked_at_.size()),
      core_ns_(looked_at_.size()),
      core_way_(looked_at_.size()) {
    keys_.resize(looked_at_.size());
    local_.resize(view.size());
    for (std::size_t i = 0; i < view.size(); ++i)
        local_.distance(i) =
            view.round_ns(view[i].site) + problem.fleet().kinds()[view[i].kind.at()].access_rtt_ns;
    remote_ = local_;
}

void Candidates::start(ShapeId id) {
    shape_ = &problem_.shape(id);
    prices_.start(id);
    core_ = kNoCore;
    for (std::uint32_t core = 0; core < looked_at_.size(); ++core) {
        const PoolPrices::Bound bound = prices_.bound(core);
        looked_at_[core] = 0;
        core_cost_[core] = bound.price;
        core_least_ns_[core] = bound.least_ns;
    }
}

/// Prices the pools of a core site for the shape, where that is still to do.
void Candidates::look_at(std::uint32_t core, Use use) {
    if (looked_at_[core] & use) return;
    const PoolView::Range range = view_.of_core(core);
    if (looked_at_[core] == 0)
        for (std::size_t i = range.first; i < range.last; ++i) own_[i] = prices_.price(i);
    looked_at_[core] |= use;
    MinTree& tree = use == kLocal ? local_ : remote_;
    for (std::size_t i = range.first; i < range.last; ++i) tree.cost(i) = own_[i];
    tree.update(range.first, range.last);
    if (use == kRemote) renew_core(core);
}

/// The round trip from `core` to every core site, and the keys by which they compare.
void Candidates::enter_core(std::uint32_t core) {
    if (core == core_) return;
    core_ = core;
    const Routes& routes = view_.routes();
    const bool directed = problem_.network().directed();
    const Routes::Row row = routes.row(core);
    for (std::uint32_t c = 0; c < looked_at_.size(); ++c) {
        keys_.cost(c) = kOut;
        if (c == core || core_cost_[c] == kOut || row.ns[c] == kUnreachable) continue;
        std::int64_t back = row.ns[c];
        double back_price = row.price[c];
        if (directed) {
            const Routes::Row other = routes.row(c);
            back = other.ns[core];
            back_price = other.price[core];
            if (back == kUnreachable) continue;
        }
        core_ns_[c] = row.ns[c] + back;
        core_way_[c] = rtt_price_ns_ * static_cast<double>(core_ns_[c]) + row.price[c] * prices_.up_mbps() +
                       back_price * prices_.down_mbps();
        keys_.cost(c) = core_cost_[c] + core_way_[c];
    }
    keys_.build();
}

void Candidates::enter(SiteId origin, std::int64_t max_rtt_ns) {
    const Forest& forest = view_.routes().forest();
    origin_ = origin;
    own_open_ = core_open_ = true;
    far_left_out_ = false;
    origin_cost_ = rtt_price_ns_ * static_cast<double>(view_.round_ns(origin)) +
                   forest.up_price(origin) * prices_.up_mbps() +
                   forest.down_price(origin) * prices_.down_mbps();
    origin_limit_ = max_rtt_ns == kUnlimited ? kUnlimited : max_rtt_ns - view_.round_ns(origin);
    enter_core(view_.routes().core_index(origin));
    look_at(core_, kLocal);
    climb(origin);
}

/// The sites at which a way from the origin can turn inside its own tree.
void Candidates::climb(SiteId origin) {
    const Forest& forest = view_.routes().forest();
    hubs_.clear();
    SiteId below;
    for (SiteId at = origin; at.valid(); below = at, at = forest.parent(at)) {
        // Both ends' way between the hub and the core is counted in the pool's cost and the origin's: take it
        // off.
        const std::int64_t twice = 2 * view_.round_ns(at);
        const double cost =
            origin_cost_ - rtt_price_ns_ * static_cast<double>(twice) -
            (forest.up_price(at) + forest.down_price(at)) * (prices_.up_mbps() + prices_.down_mbps());
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
    Choice choice = core_open_ ? choose_remote() : Choice{};
    for (std::size_t h = 0; h < open_hubs_; ++h) {
        if (hubs_[h].best == kNone) continue;
        const double cost = own_[hubs_[h].best] + hubs_[h].cost;
        if (cost < choice.cost) choice = {cost, hubs_[h].best, h, kNoCore};
    }
    return choice;
}

Candidates::Choice Candidates::choose_remote() {
    for (;;) {
        const std::size_t least = keys_.best(0, looked_at_.size(), kUnlimited);
        if (least == kNone) return {};
        const auto core = static_cast<std::uint32_t>(least);
        if (!far_left_out_ && origin_limit_ != kUnlimited &&
            core_least_ns_[core] > origin_limit_ - core_ns_[core]) {
            leave_out_far();
            continue;
        }
        if (!(looked_at_[core] & kRemote)) {
            look_at(core, kRemote);
            continue;
        }
        const std::int64_t limit = origin_limit_ == kUnlimited ? kUnlimited : origin_limit_ - core_ns_[core];
        const PoolView::Range range = view_.of_core(core);
        const std::size_t position = remote_.best(range.first, range.last, limit);
        const double exact = position == kNone ? kOut : remote_.cost(position) + core_way_[core];
        if (exact <= keys_.cost(core)) return {exact + origin_cost_, position, hubs_.size(), core};
        // The tree's cheapest pool is too far for this origin: compare it by what is near enough.
        set_key_for_class(core, exact);
    }
}

/// Takes out for the class all core trees whose nearest pool is too far, in one pass.
void Candidates::leave_out_far() {
    far_left_out_ = true;
    for (std::uint32_t c = 0; c < looked_at_.size(); ++c) {
        if (keys_.cost(c) == kOut || core_least_ns_[c] <= origin_limit_ - core_ns_[c]) continue;
        keys_.cost(c) = kOut;
        changed_keys_.push_back(c);
    }
    keys_.build();
}

void Candidates::set_key(std::uint32_t core, double key) {
    keys_.cost(core) = key;
    keys_.update(core, core + 1);
}

void Candidates::set_key_for_class(std::uint32_t core, double key) {
    set_key(core, key);
    changed_keys_.push_back(core);
}

std::int64_t Candidates::place(SiteId origin, std::int64_t wanted, const Visit& visit) {
    if (!view_.routes().allowed(origin)) return wanted;
    enter(origin, shape_->max_rtt_ns);
    while (wanted > 0) {
        const Choice choice = choose();
        if (choice.position == kNone) break;
        path_.build(*shape_, origin, view_[choice.position].site);
        const std::int64_t room = path_.room(wanted);
        if (room == 0) {
            shut(choice);
            continue;
        }
        const std::int64_t taken = visit(view_[choice.position].pool, room);
        if (taken == kStop) break;
        path_.reserve(loads_, taken);
        wanted -= taken;
        if (taken < room) {
            close(choice.position);
            if (choice.hub < hubs_.size()) renew(choice.hub);
        }
    }
    leave();
    return wanted;
}

bool Candidates::any_in_reach(SiteId origin, std::int64_t limit_ns, const std::function<bool(PoolId)>& test) {
    if (!view_.routes().allowed(origin)) return false;
    enter(origin, limit_ns);
    Choice choice = choose();
    while (choice.position != kNone && !test(view_[choice.position].pool)) {
        close(choice.position);
        if (choice.hub < hubs_.size()) renew(choice.hub);
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

/// Takes out what the way of `choice` has no room for.
void Candidates::shut(const Choice& choice) {
    const bool remote = choice.hub == hubs_.size();
    const SiteId site = view_[choice.position].site;
    const Forest& forest = view_.routes().forest();
    switch (path_.block()) {
        case Path::Block::kOrigin:
            core_open_ = false;
            if (!remote) open_hubs_ = choice.hub;
            return;
        case Path::Block::kCore: set_key(choice.core, kOut); return;
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
    if (range.size() == 0 || !(looked_at_[view_.routes().core_index(view_[range.first].site)] & kLocal))
        return;
    for (std::size_t i = range.first; i < range.last; ++i) {
        if (for_class && local_.cost(i) != kOut) closed_for_class_.emplace_back(i, local_.cost(i));
        local_.cost(i) = kOut;
    }
    local_.update(range.first, range.last);
}

void Candidates::shut_remote(PoolView::Range range) {
    if (range.size() == 0) return;
    const std::uint32_t core = view_.routes().core_index(view_[range.first].site);
    if (!(looked_at_[core] & kRemote)) return;
    for (std::size_t i = range.first; i < range.last; ++i) remote_.cost(i) = kOut;
    remote_.update(range.first, range.last);
    renew_core(core);
}

void Candidates::renew_core(std::uint32_t core) {
    const PoolView::Range range = view_.of_core(core);
    const std::size_t best = remote_.best(range.first, range.last, kUnlimited);
    core_cost_[core] = best == kNone ? kOut : remote_.cost(best);
    if (core_ != kNoCore && core != core_ && keys_.cost(core) != kOut)
        set_key(core, core_cost_[core] + core_way_[core]);
}

/// Forgets what held for the class alone.
void Candidates::leave() {
    for (const std::uint32_t core : changed_keys_) keys_.cost(core) = core_cost_[core] + core_way_[core];
    if (changed_keys_.size() > kFewKeys)
        keys_.build();
    else
        for (const std::uint32_t core : changed_keys_) keys_.update(core, core + 1);
    changed_keys_.clear();
    for (const auto& [position, cost] : closed_for_class_) {
        local_.cost(position) = own_[position] == kOut ? kOut : cost;
        local_.update(position, position + 1);
    }
    closed_for_class_.clear();
}

}  // namespace gigafleet
