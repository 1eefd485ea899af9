#include "gigafleet/pool_prices.hpp"

#include <algorithm>

#include "gigafleet/objective.hpp"

namespace gigafleet {

namespace {

constexpr std::uint32_t kNoGroup = UINT32_MAX;

}  // namespace

PoolPrices::PoolPrices(const Problem& problem, const PoolView& view, const PoolRooms& rooms)
    : problem_(problem),
      view_(view),
      rooms_(rooms),
      rtt_price_ns_(problem.objective().rtt_price * kTimeResolutionMs),
      group_of_pool_(problem.fleet().pools().size(), kNoGroup),
      group_of_(view.size()),
      round_ns_(view.size()),
      available_max_ns_(view.size()),
      kind_cost_(problem.fleet().kinds().size()) {
    for (std::size_t i = 0; i < view.size(); ++i) {
        const Fleet::Pool& pool = problem.fleet().pools()[view[i].pool.at()];
        round_ns_[i] = view.round_ns(view[i].site);
        available_max_ns_[i] = pool.available_max_ns;
    }
    make_groups();
    group_cost_.resize(groups_.size());
}

bool PoolPrices::alike(const Group& group, KindId kind, SiteId site) const {
    if (group.kind != kind) return false;
    for (int level = 0; level < static_cast<int>(kDomainLevels.size()); ++level)
        if (problem_.network().domain(level, group.site) != problem_.network().domain(level, site))
            return false;
    return true;
}

void PoolPrices::make_groups() {
    // The last group of each kind: pools of one tree come together, those of one domain mostly too.
    std::vector<std::uint32_t> last(kind_cost_.size(), kNoGroup);
    for (std::uint32_t core = 0; core < view_.routes().core_count(); ++core) {
        first_group_.push_back(groups_.size());
        const PoolView::Range range = view_.of_core(core);
        for (std::size_t i = range.first; i < range.last; ++i) {
            const auto& [pool, kind, site] = view_[i];
            std::uint32_t& number = last[kind.at()];
            if (number == kNoGroup || number < first_group_.back() || !alike(groups_[number], kind, site)) {
                number = static_cast<std::uint32_t>(groups_.size());
                const Forest& forest = view_.routes().forest();
                groups_.push_back(
                    {kind, site, round_ns_[i], forest.down_price(site), forest.up_price(site), {}, 0});
                members_of_.emplace_back();
            }
            join(i, number);
        }
    }
    first_group_.push_back(groups_.size());
}

void PoolPrices::join(std::size_t position, std::uint32_t number) {
    const auto& [pool, kind, site] = view_[position];
    const Forest& forest = view_.routes().forest();
    Group& group = groups_[number];
    group.least_ns = std::min(group.least_ns, round_ns_[position]);
    group.least_down_price = std::min(group.least_down_price, forest.down_price(site));
    group.least_up_price = std::min(group.least_up_price, forest.up_price(site));
    group.available_max_ns = std::max(group.available_max_ns, available_max_ns_[position]);
    const Amounts& capacity = problem_.fleet().pools()[pool.at()].capacity_max;
    for (std::size_t d = 0; d < capacity.size(); ++d) group.room[d] = std::max(group.room[d], capacity[d]);
    group_of_[position] = group_of_pool_[pool.at()] = number;
    members_of_[number].push_back(static_cast<std::uint32_t>(position));
}

void PoolPrices::start(ShapeId id) {
    shape_ = &problem_.shape(id);
    up_mbps_ = static_cast<double>(shape_->uplink) * kMbpsResolution;
    down_mbps_ = static_cast<double>(shape_->downlink) * kMbpsResolution;
    needed_ns_ = problem_.needed_ns(*shape_);
    const auto& kinds = problem_.fleet().kinds();
    for (std::size_t k = 0; k < kinds.size(); ++k) kind_cost_[k] = kind_cost(problem_, *shape_, kinds[k]);
    renew_groups();
    for (std::size_t g = 0; g < groups_.size(); ++g) group_cost_[g] = group_cost(groups_[g]);
}

void PoolPrices::renew_groups() {
    std::vector<std::uint32_t> changed;
    for (; seen_changes_ < rooms_.changes().size(); ++seen_changes_) {
        const std::uint32_t number = group_of_pool_[rooms_.changes()[seen_changes_].at()];
        if (number != kNoGroup) changed.push_back(number);
    }
    std::ranges::sort(changed);
    changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
    for (const std::uint32_t number : changed) {
        Amounts& most = groups_[number].room;
        most.fill(0);
        for (const std::uint32_t i : members_of_[number]) {
            const auto room = rooms_.room(view_[i].pool);
            for (std::size_t d = 0; d < room.size(); ++d) most[d] = std::max(most[d], room[d]);
        }
    }
}

/// Cost of the kind; kOut where no pool of the group is a candidate.
double PoolPrices::group_cost(const Group& group) const {
    if (group.available_max_ns < needed_ns_ || !holds(group.room, shape_->demand)) return kOut;
    const std::uint64_t labels = problem_.fleet().kinds()[group.kind.at()].labels;
    const bool passes = problem_.rules()[shape_->rule].passes(labels, problem_.network(), group.site);
    return passes ? kind_cost_[group.kind.at()] : kOut;
}

PoolPrices::Bound PoolPrices::bound(std::uint32_t core) const {
    Bound bound{kOut, kUnlimited};
    for (std::size_t g = first_group_[core]; g < first_group_[core + 1]; ++g) {
        if (group_cost_[g] == kOut) continue;
        const Group& group = groups_[g];
        bound.price =
            std::min(bound.price, group_cost_[g] + rtt_price_ns_ * static_cast<double>(group.least_ns) +
                                      group.least_down_price * up_mbps_ + group.least_up_price * down_mbps_);
        bound.least_ns = std::min(bound.least_ns,
                                  group.least_ns + problem_.fleet().kinds()[group.kind.at()].access_rtt_ns);
    }
    return bound;
}

double PoolPrices::price(std::size_t position) const {
    const double cost = group_cost_[group_of_[position]];
    if (cost == kOut || available_max_ns_[position] < needed_ns_) return kOut;
    const auto& [pool, kind, site] = view_[position];
    if (!rooms_.may_hold(pool, shape_->demand)) return kOut;
    const Forest& forest = view_.routes().forest();
    return cost + rtt_price_ns_ * static_cast<double>(round_ns_[position]) +
           forest.down_price(site) * up_mbps_ + forest.up_price(site) * down_mbps_;
}

}  // namespace gigafleet
