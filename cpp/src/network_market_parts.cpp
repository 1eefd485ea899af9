#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <ranges>
#include <set>
#include <tuple>
#include <utility>

#include "gigafleet/network_market.hpp"

// Who takes part: kins of shapes, groups of pools, and how much of everything there is.

namespace gigafleet {

namespace {

constexpr std::array<double, 6> kSteps{1, 1.1, 1.25, 1.5, 2, 4};  // between kins, in every quantity
constexpr double kOtherRule = 2;                                  // as unlike as all demands, in powers of e

}  // namespace

bool NetworkMarket::find_kins(std::span<const ShapeId> level, const Placement& placement) {
    struct Asking {
        ShapeId id;
        double members;
    };
    std::vector<Asking> asking;
    for (const ShapeId shape : level) {
        double members = 0;
        for (const ClassId c : ground_->by_shape.classes(shape))
            members += static_cast<double>(placement.left(c));
        if (members > 0) asking.push_back({shape, members});
    }
    const std::vector<std::size_t> level_of = levels_of_shapes(*problem_);
    const std::size_t dimensions = problem_->fleet().schema().dimensions();
    for (const double step : kSteps) {
        kins_.clear();
        std::map<std::vector<std::int64_t>, std::size_t> known;
        std::map<std::pair<std::int64_t, std::int64_t>, std::pair<Quantity, Quantity>> bandwidth;
        const auto rank = [&](Quantity value) {
            if (step == 1 || value <= 0 || value == kUnlimited) return value;
            return static_cast<std::int64_t>(
                std::floor(std::log(static_cast<double>(value)) / std::log(step)));
        };
        for (const auto& [id, members] : asking) {
            const Problem::Shape& shape = problem_->shape(id);
            std::vector<std::int64_t> key{shape.policy,
                                          shape.rule,
                                          shape.priority,
                                          rank(shape.uplink),
                                          rank(shape.downlink),
                                          rank(shape.max_rtt_ns),
                                          rank(problem_->needed_ns(shape)),
                                          rank(shape.weight)};
            for (std::size_t d = 0; d < dimensions; ++d) key.push_back(rank(shape.demand[d]));
            const auto [it, fresh] = known.try_emplace(std::move(key), kins_.size());
            if (fresh) kins_.push_back({shape, {}, level_of[id.at()], 0, 0, std::vector<double>(dimensions)});
            Kin& kin = kins_[it->second];
            kin.of.push_back(id);
            kin.members += members;
            kin.weight += members * static_cast<double>(shape.weight) * kDefaultResolution;
            for (std::size_t d = 0; d < dimensions; ++d)
                kin.demand[d] += members * static_cast<double>(shape.demand[d]);
            kin.shape.max_rtt_ns = std::min(kin.shape.max_rtt_ns, shape.max_rtt_ns);
            kin.shape.duration_ns = std::max(kin.shape.duration_ns, shape.duration_ns);
            // One of each rank of bandwidth, so that many share kernels.
            const auto [of_rank, first] = bandwidth.try_emplace({rank(shape.uplink), rank(shape.downlink)},
                                                                shape.uplink, shape.downlink);
            kin.shape.uplink = of_rank->second.first;
            kin.shape.downlink = of_rank->second.second;
        }
        if (kins_.size() <= kManyKins) break;
    }
    gather_rare_kins();
    for (Kin& kin : kins_) {
        kin.weight /= kin.members;
        for (std::size_t d = 0; d < dimensions; ++d)
            kin.shape.demand[d] = static_cast<Quantity>(std::ceil(kin.demand[d] / kin.members));
    }
    return !kins_.empty();
}

/// Where kins are still many, those that ask for least join the one most like them: of the same policy and
/// level, which has at least one. What they ask for stays where it is; what bars them elsewhere is lost.
void NetworkMarket::gather_rare_kins() {
    if (kins_.size() <= kManyKins) return;
    std::vector<double> all;  // asked for, by dimension
    for (const Kin& kin : kins_) {
        all.resize(kin.demand.size());
        for (std::size_t d = 0; d < all.size(); ++d) all[d] += kin.demand[d];
    }
    const auto asks = [&](const Kin& kin) {
        double share = 0;
        for (std::size_t d = 0; d < all.size(); ++d) share += all[d] > 0 ? kin.demand[d] / all[d] : 0;
        return share;
    };
    std::ranges::stable_sort(kins_, std::ranges::greater{}, asks);
    std::vector<Kin> kept, rare;
    std::set<std::pair<std::uint32_t, std::size_t>> known;
    for (Kin& kin : kins_) {
        const bool first = known.insert({kin.shape.policy, kin.level}).second;
        (first || kept.size() < kManyKins ? kept : rare).push_back(std::move(kin));
    }
    const auto apart = [](double a, double b) { return std::abs(std::log((a + 1) / (b + 1))); };
    const auto unlike = [&](const Kin& a, const Kin& b) {
        double sum = a.shape.rule == b.shape.rule ? 0 : kOtherRule;
        for (std::size_t d = 0; d < all.size(); ++d)
            sum += apart(a.demand[d] / a.members, b.demand[d] / b.members);
        sum += apart(a.weight / a.members, b.weight / b.members);
        sum += apart(static_cast<double>(a.shape.max_rtt_ns), static_cast<double>(b.shape.max_rtt_ns));
        return sum + apart(static_cast<double>(a.shape.uplink + a.shape.downlink),
                           static_cast<double>(b.shape.uplink + b.shape.downlink));
    };
    const std::size_t many = kept.size();
    std::vector<Kin> sums = kept;
    for (Kin& kin : rare) {
        std::size_t nearest = many;
        double least = std::numeric_limits<double>::infinity();
        for (std::size_t k = 0; k < many; ++k) {
            if (kept[k].shape.policy != kin.shape.policy || kept[k].level != kin.level) continue;
            const double distance = unlike(kin, kept[k]);
            if (distance >= least) continue;
            least = distance;
            nearest = k;
        }
        Kin& sum = sums[nearest];
        sum.of.insert(sum.of.end(), kin.of.begin(), kin.of.end());
        sum.members += kin.members;
        sum.weight += kin.weight;
        for (std::size_t d = 0; d < all.size(); ++d) sum.demand[d] += kin.demand[d];
    }
    kins_ = std::move(sums);
}

/// Pools of one kind in one tree of the whole network that the same site rules let pass.
void NetworkMarket::find_groups(const Placement& placement) {
    const Fleet& fleet = problem_->fleet();
    const Network& network = problem_->network();
    const Forest forest(network, {});
    const bool by_domain =
        std::ranges::any_of(problem_->rules(), [](const NodeRule& rule) { return rule.depends_on_site(); });
    std::map<std::tuple<std::uint32_t, KindId, std::array<std::int32_t, kDomainLevels.size()>>, std::uint32_t>
        known;
    group_of_.assign(fleet.pools().size(), kNoCore);
    untouched_.resize(fleet.pools().size());
    for (std::size_t p = 0; p < fleet.pools().size(); ++p) {
        const Fleet::Pool& pool = fleet.pools()[p];
        untouched_[p] = placement.untouched(PoolId(p));
        if (untouched_[p] == 0) continue;
        std::array<std::int32_t, kDomainLevels.size()> domains{};
        for (std::size_t l = 0; by_domain && l < domains.size(); ++l)
            domains[l] = network.domain(static_cast<int>(l), pool.site);
        const auto [it, fresh] = known.try_emplace({forest.core_index(pool.site), pool.kind, domains},
                                                   static_cast<std::uint32_t>(known.size()));
        if (fresh) {
            group_example_.push_back(PoolId(p));
            group_slots_.push_back(0);
            group_available_ns_.push_back(0);
            group_most_.push_back({});
        }
        const std::uint32_t g = group_of_[p] = it->second;
        group_slots_[g] += untouched_[p];
        group_available_ns_[g] = std::max(group_available_ns_[g], pool.available_max_ns);
        for (std::size_t d = 0; d < kMaxDimensions; ++d)
            group_most_[g][d] = std::max(group_most_[g][d], pool.capacity_max[d]);
    }
}

/// Demands and capacities, in dimensions that are asked for and not without limit everywhere.
void NetworkMarket::measure(const Placement& placement) {
    const Fleet& fleet = problem_->fleet();
    double all = 0, bandwidth = 0;
    for (const Kin& kin : kins_) {
        all += kin.members;
        bandwidth += kin.members * static_cast<double>(kin.shape.uplink + kin.shape.downlink) / 2;
    }
    if (bandwidth > 0) bandwidth_unit_ = bandwidth / all;
    for (std::size_t d = 0; d < fleet.schema().dimensions(); ++d) {
        double asked = 0;
        for (const Kin& kin : kins_) asked += kin.demand[d];
        const bool limited =
            std::ranges::any_of(group_most_, [&](const Amounts& most) { return most[d] != kUnlimited; });
        if (asked == 0 || !limited) continue;
        dimension_.push_back(d);
        unit_.push_back(asked / all);
    }
    for (Kin& kin : kins_) {
        std::vector<double> demand;
        for (std::size_t d = 0; d < dimensions(); ++d)
            demand.push_back(kin.demand[dimension_[d]] / kin.members / unit_[d]);
        kin.demand = std::move(demand);
    }
    capacity_.assign(groups() * dimensions(), 0);
    for (std::size_t p = 0; p < group_of_.size(); ++p) {
        if (group_of_[p] == kNoCore) continue;
        const Amounts mean = placement.mean_capacity(PoolId(p));
        for (std::size_t d = 0; d < dimensions(); ++d)
            capacity_[group_of_[p] * dimensions() + d] +=
                mean[dimension_[d]] == kUnlimited ? std::numeric_limits<double>::infinity()
                                                  : static_cast<double>(mean[dimension_[d]]) *
                                                        static_cast<double>(untouched_[p]) / unit_[d];
    }
}

double NetworkMarket::tasks_a_slot(std::size_t group) const {
    double tasks = std::numeric_limits<double>::infinity();
    for (std::size_t d = 0; d < dimensions(); ++d)
        tasks =
            std::min(tasks, capacity_[group * dimensions() + d] / static_cast<double>(group_slots_[group]));
    return tasks;
}

}  // namespace gigafleet
