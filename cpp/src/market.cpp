#include "gigafleet/market.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "gigafleet/objective.hpp"
#include "gigafleet/parallel.hpp"

namespace gigafleet {

namespace {

/// Weights of shares tell what devices hold at the very best. Offered just that, packing has too little to
/// choose from; on the GPU trace of `bench/openb.py` 1 and 1.5 place less.
constexpr double kMoreWeight = 1.15;

constexpr double kPenalty = 10;  // of being left out, in typical costs
constexpr double kAbove = 4;     // and for each level above the lowest, in that

/// Shapes of one key may share their ways.
using GroupKey = std::tuple<std::uint32_t, std::int64_t, Quantity, Quantity>;

GroupKey group_key(const Problem& problem, const Problem::Shape& shape) {
    const bool priced = problem.policies()[shape.policy]->is_priced();
    return {shape.policy, shape.max_rtt_ns, priced ? shape.uplink : 0, priced ? shape.downlink : 0};
}

}  // namespace

std::optional<Market> Market::make(const Groundwork& ground, std::span<const ShapeId> level,
                                   const Placement& placement, int wanted, Aim aim) {
    Market market(ground.problem, aim);
    if (!market.find_classes(ground, level, placement) || !market.find_pools(placement)) return {};
    if (market.shapes() * market.pools_.size() > kMostOffers) return {};
    const int threads = market.workers(wanted);
    market.measure(placement);
    if (!market.find_ways(threads)) return {};
    market.find_costs(ground, threads);
    if (aim == Aim::kCost)
        market.set_penalties(threads);
    else
        market.set_weights();
    return market;
}

bool Market::is_possible(const Groundwork& ground) {
    const Problem& problem = ground.problem;
    const Fleet& fleet = problem.fleet();
    std::vector<std::uint8_t> is_origin(problem.network().site_count());
    for (const Workload::Class& c : problem.workload().classes()) is_origin[c.origin.at()] = 1;
    std::set<std::pair<SiteId, std::int64_t>> spots;
    for (const Fleet::Pool& pool : fleet.pools())
        spots.emplace(pool.site, fleet.kinds()[pool.kind.at()].access_rtt_ns);
    std::set<GroupKey> groups;
    for (const Problem::Shape& shape : problem.shapes()) groups.insert(group_key(problem, shape));
    const auto origins = static_cast<std::size_t>(std::ranges::count(is_origin, 1));
    return problem.shapes().size() * fleet.pools().size() <= kMostOffers &&
           groups.size() * origins <= kMostWays / std::max<std::size_t>(spots.size(), 1);
}

bool Market::find_classes(const Groundwork& ground, std::span<const ShapeId> level,
                          const Placement& placement) {
    std::vector<std::uint32_t> row_of_site(problem_->network().site_count(), UINT32_MAX);
    first_class_.push_back(0);
    for (const ShapeId shape : level) {
        const auto classes = ground.by_shape.classes(shape);
        const auto origins = ground.by_shape.origins(shape);
        for (std::size_t i = 0; i < classes.size(); ++i) {
            if (placement.left(classes[i]) == 0) continue;
            std::uint32_t& row = row_of_site[origins[i].at()];
            if (row == UINT32_MAX) {
                row = static_cast<std::uint32_t>(origins_.size());
                origins_.push_back(origins[i]);
            }
            classes_.push_back({classes[i], row, static_cast<double>(placement.left(classes[i]))});
        }
        if (classes_.size() == first_class_.back()) continue;
        shapes_.push_back(shape);
        first_class_.push_back(classes_.size());
    }
    return !classes_.empty();
}

bool Market::find_pools(const Placement& placement) {
    const Fleet& fleet = problem_->fleet();
    const auto rtt_of = [&](PoolId p) {
        return fleet.kinds()[fleet.pools()[p.at()].kind.at()].access_rtt_ns;
    };
    for (std::size_t p = 0; p < fleet.pools().size(); ++p)
        if (const std::int64_t slots = placement.untouched(PoolId(p)); slots > 0)
            pools_.push_back({PoolId(p), 0, slots, 0});
    std::ranges::sort(pools_, {}, [&](const Pool& pool) {
        return std::tuple(fleet.pools()[pool.id.at()].site, rtt_of(pool.id), pool.id);
    });
    for (std::size_t p = 0; p < pools_.size(); ++p) {
        const Spot spot{fleet.pools()[pools_[p].id.at()].site, rtt_of(pools_[p].id)};
        if (spots_.empty() || spots_.back().site != spot.site ||
            spots_.back().access_rtt_ns != spot.access_rtt_ns) {
            spots_.push_back(spot);
            first_pool_.push_back(p);
        }
        pools_[p].spot = static_cast<std::uint32_t>(spots_.size() - 1);
    }
    first_pool_.push_back(pools_.size());
    return !pools_.empty();
}

/// Demands and capacities, in dimensions that are asked for and not without limit everywhere.
void Market::measure(const Placement& placement) {
    const Fleet& fleet = problem_->fleet();
    double members = 0;
    for (const Class& c : classes_) members += c.members;
    for (std::size_t d = 0; d < fleet.schema().dimensions(); ++d) {
        double asked = 0;
        for (std::size_t s = 0; s < shapes(); ++s)
            for (std::size_t c = first_class_[s]; c < first_class_[s + 1]; ++c)
                asked += classes_[c].members * static_cast<double>(problem_->shape(shapes_[s]).demand[d]);
        const bool limited = std::ranges::any_of(pools_, [&](const Pool& pool) {
            return fleet.pools()[pool.id.at()].capacity_max[d] != kUnlimited;
        });
        if (asked == 0 || !limited) continue;
        dimension_.push_back(d);
        unit_.push_back(asked / members);
    }
    for (const ShapeId shape : shapes_)
        for (std::size_t d = 0; d < dimensions(); ++d)
            demand_.push_back(static_cast<double>(problem_->shape(shape).demand[dimension_[d]]) / unit_[d]);
    for (Pool& pool : pools_) {
        const Amounts mean = placement.mean_capacity(pool.id);
        pool.tasks_a_slot = std::numeric_limits<double>::infinity();
        for (std::size_t d = 0; d < dimensions(); ++d) {
            const double a_slot = mean[dimension_[d]] == kUnlimited
                                      ? std::numeric_limits<double>::infinity()
                                      : static_cast<double>(mean[dimension_[d]]) / unit_[d];
            const bool weighed = dimension_[d] >= fleet.schema().device_weights();
            capacity_.push_back(a_slot * static_cast<double>(pool.slots) * (weighed ? kMoreWeight : 1));
            pool.tasks_a_slot = std::min(pool.tasks_a_slot, a_slot);
        }
    }
}

bool Market::find_ways(int threads) {
    std::map<GroupKey, std::uint32_t> numbers;
    std::vector<std::size_t> example;
    for (std::size_t s = 0; s < shapes(); ++s) {
        const auto [it, fresh] =
            numbers.try_emplace(group_key(*problem_, problem_->shape(shapes_[s])), numbers.size());
        if (fresh) example.push_back(s);
        group_.push_back(it->second);
    }
    if (numbers.size() * origins_.size() > kMostWays / spots()) return false;
    ways_.assign(numbers.size(), std::vector<float>(origins_.size() * spots()));
    parallel_for(threads, static_cast<std::int64_t>(origins_.size()), [&](std::int64_t o) {
        const SiteId origin = origins_[static_cast<std::size_t>(o)];
        for (std::size_t g = 0; g < ways_.size(); ++g) {
            const Problem::Shape& shape = problem_->shape(shapes_[example[g]]);
            const Routes& routes = *problem_->policies()[shape.policy];
            float* way = ways_[g].data() + static_cast<std::size_t>(o) * spots();
            for (std::size_t h = 0; h < spots(); ++h) {
                const auto& [site, access_rtt_ns] = spots_[h];
                const std::int64_t rtt_ns = routes.rtt_ns(origin, site);
                const bool near = rtt_ns != kUnreachable && rtt_ns <= kUnlimited - access_rtt_ns &&
                                  rtt_ns + access_rtt_ns <= shape.max_rtt_ns;
                if (!near)
                    way[h] = kOut;
                else if (aim_ == Aim::kCost)
                    way[h] = static_cast<float>(way_cost(*problem_, shape, origin, site, rtt_ns));
            }
        }
    });
    return true;
}

void Market::find_costs(const Groundwork& ground, int threads) {
    const Fleet& fleet = problem_->fleet();
    own_.assign(shapes() * pools_.size(), kOut);
    parallel_for(threads, static_cast<std::int64_t>(shapes()), [&](std::int64_t i) {
        const auto s = static_cast<std::size_t>(i);
        const Problem::Shape& shape = problem_->shape(shapes_[s]);
        const KindCosts::Row costs = ground.costs.of(shapes_[s]);
        const std::int64_t needed = problem_->needed_ns(shape);
        for (std::size_t p = 0; p < pools_.size(); ++p) {
            const Fleet::Pool& pool = fleet.pools()[pools_[p].id.at()];
            const double cost = costs(pool.kind);
            if (cost == KindCosts::kNever || pool.available_max_ns < needed) continue;
            if (!holds(pool.capacity_max, shape.demand) || !problem_->labels_pass(shape, pool)) continue;
            own_[s * pools_.size() + p] = aim_ == Aim::kCost ? static_cast<float>(cost) : 0;
        }
    });
}

void Market::set_penalties(int threads) {
    std::vector<double> cost(shapes()), count(shapes()), largest(shapes());
    parallel_for(threads, static_cast<std::int64_t>(shapes()), [&](std::int64_t i) {
        const auto s = static_cast<std::size_t>(i);
        std::vector<float> at(spots(), kOut);
        for (std::size_t p = 0; p < pools_.size(); ++p)
            at[pools_[p].spot] = std::min(at[pools_[p].spot], own_cost(s)[p]);
        for (std::size_t c = first_class_[s]; c < first_class_[s + 1]; ++c) {
            float least = kOut;
            const auto way = ways(group_[s], classes_[c].origin);
            for (std::size_t h = 0; h < spots(); ++h) least = std::min(least, at[h] + way[h]);
            if (least == kOut) continue;
            cost[s] += classes_[c].members * std::abs(static_cast<double>(least));
            count[s] += classes_[c].members;
        }
        const auto largest_of = [](std::span<const float> costs) {
            double most = 0;
            for (const float one : costs)
                if (one != kOut) most = std::max(most, std::abs(static_cast<double>(one)));
            return most;
        };
        largest[s] = largest_of(own_cost(s)) + largest_of(ways_[group_[s]]);
    });
    double sum = 0, members = 0, weight = 0;
    for (std::size_t s = 0; s < shapes(); ++s) {
        sum += cost[s];
        members += count[s];
        weight += count[s] * static_cast<double>(problem_->shape(shapes_[s]).weight);
    }
    scale_ = sum > 0 ? sum / members : 1;
    const std::vector<std::size_t> level_of = levels_of_shapes(*problem_);
    std::size_t lowest = 0;
    for (const ShapeId shape : shapes_) lowest = std::max(lowest, level_of[shape.at()]);
    for (std::size_t s = 0; s < shapes(); ++s) {
        const double relative =
            weight > 0 ? static_cast<double>(problem_->shape(shapes_[s]).weight) * members / weight : 1;
        const auto above = static_cast<double>(lowest - level_of[shapes_[s].at()]);
        penalty_.push_back(largest[s] + kPenalty * scale_ * relative * (1 + kAbove * above));
    }
}

void Market::set_weights() {
    double weight = 0, members = 0;
    std::int64_t lowest = problem_->shape(shapes_[0]).priority;
    for (std::size_t s = 0; s < shapes(); ++s)
        lowest = std::min(lowest, problem_->shape(shapes_[s]).priority);
    for (std::size_t s = 0; s < shapes(); ++s) {
        const bool above = problem_->shape(shapes_[s]).priority > lowest;
        penalty_.push_back(static_cast<double>(problem_->shape(shapes_[s]).weight) * kDefaultResolution *
                           (above ? kPenalty : 1));
        for (std::size_t c = first_class_[s]; c < first_class_[s + 1]; ++c) {
            weight += penalty_.back() * classes_[c].members;
            members += classes_[c].members;
        }
    }
    scale_ = weight / members;
}

}  // namespace gigafleet
