#include "gigafleet/pool_prices.hpp"

#include <algorithm>
#include <iterator>

#include "gigafleet/objective.hpp"

namespace gigafleet {

namespace {

constexpr std::uint32_t kNoGroup = UINT32_MAX;

}  // namespace

PoolPrices::PoolPrices(const Problem& problem, const PoolView& view, const PoolRooms& rooms,
                       const Prices* shadow)
    : problem_(problem),
      view_(view),
      rooms_(rooms),
      shadow_(shadow),
      sites_(problem, view.routes(), shadow),
      rtt_price_ns_(problem.objective().rtt_price * kTimeResolutionMs),
      dimensions_(problem.fleet().schema().dimensions()),
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
    sort_members();
    find_major();
    group_cost_.resize(groups_.size());
    seen_changes_ = rooms.changes().size();
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
                groups_.push_back({kind, site, round_ns_[i], kOut, kOut, {}, {}, 0});
                groups_.back().least_shadow.fill(kOut);
            }
            join(i, number);
        }
    }
    first_group_.push_back(groups_.size());
}

void PoolPrices::join(std::size_t position, std::uint32_t number) {
    const auto& [pool, kind, site] = view_[position];
    Group& group = groups_[number];
    group.least_ns = std::min(group.least_ns, round_ns_[position]);
    group.least_down_price = std::min(group.least_down_price, sites_.down(site) + sites_.access_down(site));
    group.least_up_price = std::min(group.least_up_price, sites_.up(site) + sites_.access_up(site));
    for (std::size_t d = 0; d < dimensions_; ++d)
        group.least_shadow[d] = std::min(group.least_shadow[d], shadow(pool, d));
    group.available_max_ns = std::max(group.available_max_ns, available_max_ns_[position]);
    const auto room = rooms_.room(pool);
    for (std::size_t d = 0; d < room.size(); ++d) group.room[d] = std::max(group.room[d], room[d]);
    group_of_[position] = group_of_pool_[pool.at()] = number;
}

void PoolPrices::sort_members() {
    first_member_.assign(groups_.size() + 1, 0);
    for (const std::uint32_t number : group_of_) ++first_member_[number + 1];
    for (std::size_t g = 0; g < groups_.size(); ++g) first_member_[g + 1] += first_member_[g];
    members_.resize(group_of_.size());
    std::vector<std::uint32_t> next(first_member_.begin(), first_member_.end() - 1);
    for (std::uint32_t i = 0; i < group_of_.size(); ++i) members_[next[group_of_[i]]++] = i;
}

/// Kinds by capacity per core tree, from much to little, while their trees are few.
void PoolPrices::find_major() {
    const std::size_t kinds = kind_cost_.size();
    std::vector<std::array<double, kMaxDimensions>> capacity(kinds);
    std::array<double, kMaxDimensions> total{};
    for (std::size_t i = 0; i < view_.size(); ++i) {
        const Fleet::Pool& pool = problem_.fleet().pools()[view_[i].pool.at()];
        for (std::size_t d = 0; d < dimensions_; ++d) {
            if (pool.capacity_max[d] == kUnlimited) continue;
            const double all = static_cast<double>(pool.capacity_max[d]) * static_cast<double>(pool.slots);
            capacity[view_[i].kind.at()][d] += all;
            total[d] += all;
        }
    }
    std::vector<std::vector<std::uint32_t>> cores_of(kinds);
    for (std::uint32_t core = 0; core < view_.routes().core_count(); ++core)
        for (std::size_t g = first_group_[core]; g < first_group_[core + 1]; ++g)
            if (auto& cores = cores_of[groups_[g].kind.at()]; cores.empty() || cores.back() != core)
                cores.push_back(core);
    std::vector<std::pair<double, std::size_t>> by_weight;
    for (std::size_t k = 0; k < kinds; ++k) {
        double share = 0;
        for (std::size_t d = 0; d < dimensions_; ++d)
            if (total[d] > 0) share = std::max(share, capacity[k][d] / total[d]);
        if (!cores_of[k].empty()) by_weight.emplace_back(share / static_cast<double>(cores_of[k].size()), k);
    }
    std::ranges::sort(by_weight, std::ranges::greater{});
    is_major_.assign(kinds, 0);
    for (const auto& [weight, k] : by_weight) {
        std::vector<std::uint32_t> both;
        std::ranges::set_union(major_cores_, cores_of[k], std::back_inserter(both));
        if (both.size() > kMostMajor) break;
        major_cores_ = std::move(both);
        is_major_[k] = 1;
    }
}

void PoolPrices::start(ShapeId id) {
    shape_ = &problem_.shape(id);
    up_mbps_ = static_cast<double>(shape_->uplink) * kMbpsResolution;
    down_mbps_ = static_cast<double>(shape_->downlink) * kMbpsResolution;
    needed_ns_ = problem_.needed_ns(*shape_);
    const auto& kinds = problem_.fleet().kinds();
    const KindCost on_kind(problem_, *shape_);
    for (std::size_t k = 0; k < kinds.size(); ++k)
        kind_cost_[k] = problem_.may_take(*shape_, KindId(k)) ? on_kind(kinds[k]) : kOut;
    check_labels_ = problem_.rules()[shape_->rule].depends_on_site();
    minor_floor_ = floor_of_minor();
    renew_groups();
}

double PoolPrices::floor_of_minor() const {
    double floor = kOut;
    for (std::size_t k = 0; k < kind_cost_.size(); ++k)
        if (!is_major_[k]) floor = std::min(floor, kind_cost_[k]);
    return floor;
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
        for (std::uint32_t m = first_member_[number]; m < first_member_[number + 1]; ++m) {
            const auto room = rooms_.room(view_[members_[m]].pool);
            for (std::size_t d = 0; d < room.size(); ++d) most[d] = std::max(most[d], room[d]);
        }
    }
}

/// Cost of the kind; kOut where no pool of the group is a candidate.
double PoolPrices::group_cost(const Group& group) const {
    const double cost = kind_cost_[group.kind.at()];
    if (cost == kOut || group.available_max_ns < needed_ns_) return kOut;
    for (std::size_t d = 0; d < dimensions_; ++d)
        if (group.room[d] < shape_->demand[d]) return kOut;
    if (!check_labels_) return cost;
    const std::uint64_t labels = problem_.fleet().kinds()[group.kind.at()].labels;
    const NodeRule& rule = problem_.rules()[shape_->rule];
    return rule.passes(labels, problem_.network(), group.site) ? cost : kOut;
}

PoolPrices::Bound PoolPrices::bound(std::uint32_t core) {
    Bound bound{kOut, kUnlimited};
    for (std::size_t g = first_group_[core]; g < first_group_[core + 1]; ++g) {
        const Group& group = groups_[g];
        group_cost_[g] = group_cost(group);
        if (group_cost_[g] == kOut) continue;
        double pays = 0;
        for (std::size_t d = 0; shadow_ != nullptr && d < dimensions_; ++d)
            pays += group.least_shadow[d] * static_cast<double>(shape_->demand[d]);
        bound.price = std::min(bound.price,
                               group_cost_[g] + pays + rtt_price_ns_ * static_cast<double>(group.least_ns) +
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
    return cost + pays(pool) + rtt_price_ns_ * static_cast<double>(round_ns_[position]) +
           sites_.to_node(site, up_mbps_, down_mbps_);
}

/// What the shape pays for what it takes of a node.
double PoolPrices::pays(PoolId pool) const {
    double sum = 0;
    for (std::size_t d = 0; shadow_ != nullptr && d < dimensions_; ++d)
        sum += shadow(pool, d) * static_cast<double>(shape_->demand[d]);
    return sum;
}

}  // namespace gigafleet
