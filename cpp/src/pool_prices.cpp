#include "gigafleet/pool_prices.hpp"

#include <algorithm>

#include "gigafleet/objective.hpp"

namespace gigafleet {

namespace {

constexpr std::uint32_t kNoGroup = UINT32_MAX;

}  // namespace

PoolPrices::PoolPrices(const Problem& problem, const PoolView& view, const FullPools* full)
    : problem_(problem),
      view_(view),
      full_(full),
      rtt_price_ns_(problem.objective().rtt_price * kTimeResolutionMs),
      group_of_pool_(problem.fleet().pools().size(), kNoGroup),
      available_max_ns_(view.size()),
      kind_cost_(problem.fleet().kinds().size()) {
    for (std::size_t i = 0; i < view.size(); ++i)
        available_max_ns_[i] = problem.fleet().pools()[view[i].pool.at()].available_max_ns;
    make_groups();
}

void PoolPrices::make_groups() {
    const Forest& forest = view_.routes().forest();
    std::vector<std::uint32_t> group_of_kind(kind_cost_.size());
    for (std::uint32_t core = 0; core < view_.routes().core_count(); ++core) {
        first_group_.push_back(groups_.size());
        const PoolView::Range range = view_.of_core(core);
        for (std::size_t i = range.first; i < range.last; ++i) {
            const auto& [pool, kind, site] = view_[i];
            std::uint32_t& number = group_of_kind[kind.at()];
            const std::int64_t ns = view_.round_ns(site);
            const double down = forest.down_price(site), up = forest.up_price(site);
            if (number < first_group_.back() || number >= groups_.size() || groups_[number].kind != kind) {
                number = static_cast<std::uint32_t>(groups_.size());
                groups_.push_back({kind, ns, down, up, 0, 0});
                members_of_.emplace_back();
            }
            Group& group = groups_[number];
            group.least_ns = std::min(group.least_ns, ns);
            group.least_down_price = std::min(group.least_down_price, down);
            group.least_up_price = std::min(group.least_up_price, up);
            group.available_max_ns = std::max(group.available_max_ns, available_max_ns_[i]);
            group_of_pool_[pool.at()] = number;
            members_of_[number].push_back(static_cast<std::uint32_t>(i));
        }
    }
    first_group_.push_back(groups_.size());
}

void PoolPrices::start(ShapeId id) {
    id_ = id;
    shape_ = &problem_.shape(id);
    up_mbps_ = static_cast<double>(shape_->uplink) * kMbpsResolution;
    down_mbps_ = static_cast<double>(shape_->downlink) * kMbpsResolution;
    needed_ns_ = problem_.needed_ns(*shape_);
    const NodeRule& rule = problem_.rules()[shape_->rule];
    site_matters_ = rule.depends_on_site();
    const Fleet& fleet = problem_.fleet();
    for (std::size_t k = 0; k < kind_cost_.size(); ++k) {
        const Fleet::Kind& kind = fleet.kinds()[k];
        bool fits = site_matters_ || rule.passes(kind.labels, problem_.network(), SiteId());
        for (std::size_t d = 0; fits && d < fleet.schema().dimensions(); ++d)
            fits = fleet.is_varied(d) || kind.capacity[d] >= shape_->demand[d];
        kind_cost_[k] = fits ? kind_cost(problem_, *shape_, kind) : kOut;
    }
    renew_groups();
}

/// A group is full where all its pools are.
void PoolPrices::renew_groups() {
    for (; full_ && seen_changes_ < full_->changes().size(); ++seen_changes_) {
        const PoolId pool = full_->changes()[seen_changes_];
        const std::uint32_t number = group_of_pool_[pool.at()];
        if (number == kNoGroup) continue;
        std::uint64_t full = ~std::uint64_t{0};
        for (const std::uint32_t i : members_of_[number]) full &= full_->needs(view_[i].pool);
        groups_[number].full = full;
    }
}

PoolPrices::Bound PoolPrices::bound(std::uint32_t core) const {
    Bound bound{kOut, kUnlimited};
    const std::uint64_t bit = full_ ? full_->bit(id_) : 0;
    for (std::size_t g = first_group_[core]; g < first_group_[core + 1]; ++g) {
        const Group& group = groups_[g];
        const double cost = kind_cost_[group.kind.at()];
        if (cost == kOut || (group.full & bit) != 0 || group.available_max_ns < needed_ns_) continue;
        bound.price =
            std::min(bound.price, cost + rtt_price_ns_ * static_cast<double>(group.least_ns) +
                                      group.least_down_price * up_mbps_ + group.least_up_price * down_mbps_);
        bound.least_ns = std::min(bound.least_ns,
                                  group.least_ns + problem_.fleet().kinds()[group.kind.at()].access_rtt_ns);
    }
    return bound;
}

double PoolPrices::price(std::size_t position) const {
    const auto& [pool, kind, site] = view_[position];
    const double cost = kind_cost_[kind.at()];
    if (cost == kOut || available_max_ns_[position] < needed_ns_ || !admits(pool)) return kOut;
    const Forest& forest = view_.routes().forest();
    return cost + rtt_price_ns_ * static_cast<double>(view_.round_ns(site)) +
           forest.down_price(site) * up_mbps_ + forest.up_price(site) * down_mbps_;
}

bool PoolPrices::admits(PoolId id) const {
    if (full_ && full_->is_full(id, id_)) return false;
    const Fleet& fleet = problem_.fleet();
    if (!site_matters_ && !fleet.any_varied()) return true;
    const Fleet::Pool& pool = fleet.pools()[id.at()];
    if (site_matters_ && !problem_.labels_pass(*shape_, pool)) return false;
    for (std::size_t d = 0; fleet.any_varied() && d < fleet.schema().dimensions(); ++d)
        if (pool.capacity_max[d] < shape_->demand[d]) return false;
    return true;
}

}  // namespace gigafleet
