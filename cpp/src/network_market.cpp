#include "gigafleet/network_market.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "gigafleet/objective.hpp"
#include "gigafleet/parallel.hpp"

namespace gigafleet {

namespace {

constexpr double kPenalty = 4;       // of being left out, in typical costs
constexpr double kSameReach = 0.03;  // of the pairs of core sites
constexpr double kCoreSteps = 3;     // of a pair of core sites, a lane
constexpr double kKernelsABlock = 2;

}  // namespace

NetworkMarket::NetworkMarket(const Groundwork& ground, Aim aim)
    : ground_(&ground),
      problem_(&ground.problem),
      aim_(aim),
      rtt_price_ns_(aim == Aim::kCost ? ground.problem.objective().rtt_price * kTimeResolutionMs : 0) {}

std::optional<NetworkMarket> NetworkMarket::make(const Groundwork& ground, std::span<const ShapeId> level,
                                                 const Placement& placement, Aim aim,
                                                 std::span<const WideQuantity> level_weight, int threads,
                                                 double most_steps, std::optional<std::size_t> most_hubs) {
    NetworkMarket market(ground, aim);
    if (!market.find_kins(level, placement)) return {};
    market.find_groups(placement);
    if (market.groups() == 0) return {};
    market.measure(placement);
    market.find_policies(most_hubs.value_or(market.affordable_hubs()));
    if (!market.make_blocks(placement, threads, most_steps)) return {};
    market.set_penalties(level_weight);
    return market;
}

std::size_t NetworkMarket::affordable_hubs() const {
    const double steps_a_pair = kCoreSteps * kKernelsABlock * static_cast<double>(kins_.size() + kLanes);
    return static_cast<std::size_t>(std::sqrt(kMostCoreSteps / steps_a_pair));
}

void NetworkMarket::find_policies(std::size_t most_hubs) {
    // How many mean tasks each pool holds, in the mean of all that hold a bounded number.
    const auto tasks_in = [&](std::size_t p) {
        return static_cast<double>(untouched_[p]) * tasks_a_slot(group_of_[p]);
    };
    double tasks = 0, pools = 0;
    for (std::size_t p = 0; p < untouched_.size(); ++p)
        if (untouched_[p] > 0 && tasks_in(p) < kOut) {
            tasks += tasks_in(p);
            pools += 1;
        }
    const double mean = tasks > 0 ? tasks / pools : 1;
    const auto size_of = [&](std::size_t p) {
        return static_cast<float>(std::clamp(tasks_in(p) / mean, 1e-6, 1e6));
    };
    policies_.resize(ground_->views.size());
    std::vector<std::vector<std::uint8_t>> has_tasks(
        policies_.size(), std::vector<std::uint8_t>(problem_->network().site_count()));
    for (const Kin& kin : kins_)
        for (const ShapeId shape : kin.of)
            for (const SiteId origin : ground_->by_shape.origins(shape))
                has_tasks[kin.shape.policy][origin.at()] = 1;
    for (std::size_t n = 0; n < policies_.size(); ++n) {
        Policy& policy = policies_[n];
        policy.view = &ground_->views[n];
        const Routes& routes = policy.view->routes();
        std::vector<std::uint8_t> wanted(routes.core_count());
        const auto want = [&](SiteId site) {
            if (routes.core_index(site) != kNoCore) wanted[routes.core_index(site)] = 1;
        };
        for (std::size_t i = 0; i < policy.view->size(); ++i)
            if (group_of_[(*policy.view)[i].pool.at()] != kNoCore) want((*policy.view)[i].site);
        for (std::size_t s = 0; s < has_tasks[n].size(); ++s)
            if (has_tasks[n][s]) want(SiteId(s));
        policy.sites = ZoneForest(routes, wanted, most_hubs);
        const std::span<const std::uint32_t> hubs = policy.sites.hubs();
        std::vector<std::uint8_t> sends(hubs.size()), serves(hubs.size());
        for (std::uint32_t i = 0; i < policy.sites.size(); ++i) {
            const SiteId site = policy.sites.site(i);
            if (!has_tasks[n][site.at()]) continue;
            policy.origins.push_back(i);
            sends[policy.sites.hub_of(routes.core_index(site))] = 1;
        }
        for (std::size_t i = 0; i < policy.view->size(); ++i) {
            const auto& [pool, kind, site] = (*policy.view)[i];
            if (group_of_[pool.at()] == kNoCore) continue;
            policy.pools.push_back(
                {policy.sites.place(site), group_of_[pool.at()], 0, size_of(pool.at()), pool});
            serves[policy.sites.hub_of(routes.core_index(site))] = 1;
        }
        for (std::size_t h = 0; h < hubs.size(); ++h) {
            if (sends[h]) policy.from.push_back(hubs[h]);
            if (serves[h]) policy.to.push_back(hubs[h]);
        }
        make_bands(policy);
    }
}

/// Pools by the round trip from the core, their access included: each value a band where they are few, else
/// an equal part of the slots.
void NetworkMarket::make_bands(Policy& policy) {
    const auto& kinds = problem_->fleet().kinds();
    const auto reach = [&](const Pool& pool) {
        const Fleet::Pool& own = problem_->fleet().pools()[pool.id.at()];
        return policy.view->round_ns(own.site) + kinds[own.kind.at()].access_rtt_ns;
    };
    std::map<std::int64_t, double> slots;
    double all = 0;
    for (const Pool& pool : policy.pools) {
        slots[reach(pool)] += static_cast<double>(pool.size);
        all += static_cast<double>(pool.size);
    }
    std::map<std::int64_t, std::uint32_t> band;
    double before = 0, inside = 0, sum = 0;
    const bool each = slots.size() <= kMostBands;
    for (const auto& [ns, share] : slots) {
        const bool next = each || before >= all * static_cast<double>(policy.band_ns.size()) / kMostBands;
        if (policy.band_ns.empty() || next) {
            policy.band_ns.push_back(0);
            policy.band_slots.push_back(0);
            inside = sum = 0;
        }
        band[ns] = static_cast<std::uint32_t>(policy.band_ns.size() - 1);
        inside += share;
        sum += share * static_cast<double>(ns);
        policy.band_ns.back() = static_cast<std::int64_t>(sum / inside);
        policy.band_slots.back() = inside;
        before += share;
    }
    for (Pool& pool : policy.pools) pool.band = band[reach(pool)];
    const bool directed = problem_->network().directed();
    const Routes& routes = policy.view->routes();
    for (const std::uint32_t from : policy.from) {
        const Routes::Row row = routes.row(from);
        for (const std::uint32_t to : policy.to) {
            const std::int64_t back = directed ? routes.row(to).ns[from] : row.ns[to];
            if (row.ns[to] != kUnreachable && back != kUnreachable)
                policy.pair_ns.push_back(row.ns[to] + back);
        }
    }
    std::ranges::sort(policy.pair_ns);
}

/// Bands whose limits let the same core sites through count as one.
void NetworkMarket::set_reach(Block& block, std::int64_t limit_ns) {
    const Policy& policy = policies_[block.policy];
    const auto within = [&](std::int64_t ns) {
        return static_cast<double>(std::ranges::upper_bound(policy.pair_ns, ns) - policy.pair_ns.begin()) /
               static_cast<double>(std::max<std::size_t>(policy.pair_ns.size(), 1));
    };
    double first_share = 0;
    for (std::size_t b = 0; b < policy.band_ns.size(); ++b) {
        const bool unlimited = limit_ns == kUnlimited;
        const std::int64_t left_ns = unlimited ? kUnlimited : limit_ns - policy.band_ns[b];
        const double share = within(left_ns);
        const bool in_tree = left_ns >= 0;
        if (b == 0 || first_share - share > kSameReach || in_tree != (block.in_tree.back() != 0)) {
            first_share = share;
            const bool all = !policy.pair_ns.empty() && left_ns >= policy.pair_ns.back();
            block.kernel.push_back(kernel({block.policy, block.up, block.down, all ? kUnlimited : left_ns}));
            block.in_tree.push_back(in_tree);
        }
        block.reach[b] = static_cast<std::uint32_t>(block.kernel.size() - 1);
    }
    if (block.kernel.empty()) {  // no pools
        block.kernel.push_back(kernel({block.policy, block.up, block.down, kUnlimited}));
        block.in_tree.push_back(1);
    }
}

std::uint32_t NetworkMarket::kernel(const Kernel& wanted) {
    const auto it = std::ranges::find(kernels_, wanted);
    if (it != kernels_.end()) return static_cast<std::uint32_t>(it - kernels_.begin());
    kernels_.push_back(wanted);
    return static_cast<std::uint32_t>(kernels_.size() - 1);
}

/// Walks of pools, of sites and of the core, lane by lane.
double NetworkMarket::steps_of(const Block& block) const {
    const Policy& policy = policies_[block.policy];
    const double core = static_cast<double>(policy.from.size()) * static_cast<double>(policy.to.size());
    const double walks = 10 * static_cast<double>(policy.sites.size()) + kCoreSteps * core;
    return kLanes * (3 * static_cast<double>(policy.pools.size()) + 2 * static_cast<double>(groups()) +
                     static_cast<double>(block.kernel.size()) * walks);
}

bool NetworkMarket::make_blocks(const Placement& placement, int threads, double most_steps) {
    std::map<std::tuple<std::uint32_t, Quantity, Quantity, std::int64_t>, std::vector<std::uint32_t>> alike;
    for (std::size_t k = 0; k < kins_.size(); ++k) {
        const Problem::Shape& shape = kins_[k].shape;
        alike[{shape.policy, shape.uplink, shape.downlink, shape.max_rtt_ns}].push_back(
            static_cast<std::uint32_t>(k));
    }
    std::size_t lanes = 0, members = 0, pairs = 0;
    for (const auto& [key, all] : alike) {
        const auto& [number, up, down, limit_ns] = key;
        for (std::size_t first = 0; first < all.size(); first += kLanes) {
            Block block{number, up, down, {}, std::min(kLanes, all.size() - first), {}, {}, {}, {}, {}, {}};
            std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(first), block.lanes, block.kin.begin());
            set_reach(block, limit_ns);
            lanes += kLanes;
            members += kLanes * policies_[number].origins.size();
            steps_ += steps_of(block);
            blocks_.push_back(std::move(block));
        }
    }
    for (const Kernel& one : kernels_)
        pairs += policies_[one.policy].from.size() * policies_[one.policy].to.size();
    if (steps_ > most_steps || lanes * groups() > kMostOffers || members > kMostMembers || pairs > kMostPairs)
        return false;
    parallel_for(threads, static_cast<std::int64_t>(blocks_.size()), [&](std::int64_t b) {
        Block& block = blocks_[static_cast<std::size_t>(b)];
        find_own_costs(block);
        block.demand.assign(dimensions() * kLanes, 0);
        const Policy& policy = policies_[block.policy];
        const ZoneForest& sites = policy.sites;
        std::vector<std::uint32_t> row(sites.size());
        for (std::uint32_t i = 0; i < policy.origins.size(); ++i) row[policy.origins[i]] = i;
        block.members.assign(policy.origins.size() * kLanes, 0);
        for (std::size_t l = 0; l < block.lanes; ++l) {
            const Kin& kin = kins_[block.kin[l]];
            for (std::size_t d = 0; d < dimensions(); ++d) block.demand[d * kLanes + l] = kin.demand[d];
            for (const ShapeId shape : kin.of) {
                const auto classes = ground_->by_shape.classes(shape);
                const auto origins = ground_->by_shape.origins(shape);
                for (std::size_t c = 0; c < classes.size(); ++c)
                    if (sites.place(origins[c]) != ZoneForest::kNone)
                        block.members[row[sites.place(origins[c])] * kLanes + l] +=
                            static_cast<double>(placement.left(classes[c]));
            }
        }
    });
    return true;
}

void NetworkMarket::find_own_costs(Block& block) const {
    const Fleet& fleet = problem_->fleet();
    block.own.assign(groups() * kLanes, kOut);
    for (std::size_t l = 0; l < block.lanes; ++l) {
        const Problem::Shape& shape = kins_[block.kin[l]].shape;
        const KindCost costs(*problem_, shape);
        const std::int64_t needed = problem_->needed_ns(shape);
        for (std::size_t g = 0; g < groups(); ++g) {
            const Fleet::Pool& pool = fleet.pools()[group_example_[g].at()];
            if (!problem_->may_take(shape, pool.kind) || group_available_ns_[g] < needed) continue;
            if (!holds(group_most_[g], shape.demand) || !problem_->labels_pass(shape, pool)) continue;
            block.own[g * kLanes + l] =
                aim_ == Aim::kCost ? static_cast<float>(costs(fleet.kinds()[pool.kind.at()])) : 0;
        }
    }
}

/// EUR/h: half of the core's round trips are shorter, and a link out and back.
double NetworkMarket::typical_way() const {
    double cost = 0, pays = 0;
    for (const Policy& policy : policies_)
        if (!policy.pair_ns.empty())
            cost = std::max(cost,
                            rtt_price_ns_ * static_cast<double>(policy.pair_ns[policy.pair_ns.size() / 2]));
    const Network& network = problem_->network();
    for (std::size_t a = 0; a < network.arc_count(); ++a) pays += std::abs(network.price(ArcId(a)));
    if (pays == 0) return cost;
    return cost + 2 * pays / static_cast<double>(network.arc_count()) * bandwidth_unit_ * kMbpsResolution;
}

void NetworkMarket::set_penalties(std::span<const WideQuantity> level_weight) {
    std::vector<double> largest(kins_.size(), 0), open(kins_.size(), 0);
    for (const Block& block : blocks_)
        for (std::size_t l = 0; l < block.lanes; ++l) {
            double least = kOut, most = 0;
            for (std::size_t g = 0; g < groups(); ++g) {
                const auto cost = static_cast<double>(block.own[g * kLanes + l]);
                least = std::min(least, cost);
                if (cost < kOut) most = std::max(most, std::abs(cost));
            }
            Kin& kin = kins_[block.kin[l]];
            const std::vector<std::int64_t>& ways = policies_[block.policy].pair_ns;
            const std::int64_t farthest = ways.empty() ? 0 : std::min(ways.back(), kin.shape.max_rtt_ns);
            largest[block.kin[l]] = most + rtt_price_ns_ * static_cast<double>(farthest);
            open[block.kin[l]] = least < kOut;
            kin.least_cost = least < kOut ? least : 0;
        }
    double cost = 0, members = 0, weight = 0, all_weight = 0;
    std::size_t levels = 0;
    for (std::size_t k = 0; k < kins_.size(); ++k) {
        const Kin& kin = kins_[k];
        levels = std::max(levels, kin.level + 1);
        all_weight += kin.members * kin.weight;
        if (open[k] == 0) continue;
        cost += kin.members * std::abs(kin.least_cost);
        members += kin.members;
        weight += kin.members * kin.weight;
    }
    const double mean_weight = members > 0 ? weight / members : 1;
    const double typical = members > 0 ? cost / members + typical_way() : 0;
    scale_ = aim_ == Aim::kWeight ? mean_weight : typical > 0 ? typical : 1;
    // What may be left out of each level: what there is, less what is to be placed.
    spare_.assign(levels, std::nullopt);
    for (std::size_t l = 0; l < levels; ++l) {
        const bool asked = l < level_weight.size() && (aim_ == Aim::kCost || l + 1 < levels);
        if (!asked) continue;
        double spare = -static_cast<double>(level_weight[l]) * kDefaultResolution;
        for (const Kin& kin : kins_)
            if (kin.level == l) spare += kin.members * kin.weight;
        if (spare > 1e-9 * all_weight) spare_[l] = spare;
    }
    for (std::size_t k = 0; k < kins_.size(); ++k) {
        Kin& kin = kins_[k];
        if (spare_[kin.level])
            kin.penalty = 0;
        else if (aim_ == Aim::kWeight)
            kin.penalty = kin.weight * (kin.level + 1 < levels ? kPenalty : 1);
        else
            kin.penalty = largest[k] + kPenalty * scale_ * kin.weight / mean_weight;
    }
}

}  // namespace gigafleet
