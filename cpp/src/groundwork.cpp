#include "gigafleet/groundwork.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include "gigafleet/objective.hpp"
#include "gigafleet/parallel.hpp"

namespace gigafleet {

namespace {

constexpr double kSpareToPack = 1 / 0.95;  // beyond this demand, packing leaves tasks over
constexpr double kSpareOfCheap = 1.1;
constexpr double kWorth = 10;                   // of a scarce access, in what the dearest nodes cost
constexpr double kLeastPrice = 1e-15;           // EUR/h, where all is free: enough to tell ways apart
constexpr std::size_t kFewClasses = 1000;       // done before a thread has started
constexpr std::size_t kMostPairs = 20'000'000;  // of shapes and kinds that are compared

using Totals = std::array<double, kMaxDimensions>;

/// The largest share of `total` that one task takes of any dimension; infinite of a dimension that has
/// nothing.
double dominant_share(const Amounts& demand, const Totals& total) {
    double share = 0;
    for (std::size_t d = 0; d < kMaxDimensions; ++d)
        if (demand[d] > 0) share = std::max(share, static_cast<double>(demand[d]) / total[d]);
    return share;
}

void add(Totals& total, const Totals& part) {
    for (std::size_t d = 0; d < total.size(); ++d) total[d] += part[d];
}

/// Capacity by kind and dimension, over all nodes; infinite where unlimited.
std::vector<Totals> capacity_by_kind(const Fleet& fleet) {
    const std::size_t dimensions = fleet.schema().dimensions();
    std::vector<Totals> totals(fleet.kinds().size(), Totals{});
    for (const Fleet::Pool& pool : fleet.pools())
        for (std::size_t d = 0; d < dimensions; ++d)
            totals[pool.kind.at()][d] +=
                pool.capacity_max[d] == kUnlimited
                    ? INFINITY
                    : static_cast<double>(pool.capacity_max[d]) * static_cast<double>(pool.slots);
    return totals;
}

Totals sum(const std::vector<Totals>& parts) {
    Totals total{};
    for (const Totals& part : parts) add(total, part);
    return total;
}

/// ShapeGroundwork::shares.
std::vector<double> shares_of_usable(const Problem& problem, const KindCosts& costs,
                                     const std::vector<Totals>& by_kind, Control& control) {
    const std::size_t shapes = problem.shapes().size();
    const bool compare = shapes <= kMostPairs / std::max<std::size_t>(by_kind.size(), 1);
    const Totals total = sum(by_kind);
    std::vector<double> shares;
    for (std::size_t s = 0; s < shapes; ++s) {
        const Problem::Shape& shape = problem.shapes()[s];
        const KindCosts::Row cost = costs.of(ShapeId(s));
        if (shares.size() % 64 == 0)
            control.poll("order", static_cast<std::int64_t>(shares.size()),
                         static_cast<std::int64_t>(shapes));
        Totals usable{};
        for (std::size_t k = 0; compare && k < by_kind.size(); ++k)
            if (cost(KindId(k)) != KindCosts::kNever) add(usable, by_kind[k]);
        shares.push_back(dominant_share(shape.demand, compare ? usable : total));
    }
    return shares;
}

/// Members by shape, of shapes that some node can take: what nobody can take crowds nobody out.
std::vector<double> members_of_shapes(const Problem& problem, const std::vector<double>& shares) {
    std::vector<double> members(shares.size());
    for (const Workload::Class& c : problem.workload().classes())
        if (std::isfinite(shares[c.shape.at()])) members[c.shape.at()] += static_cast<double>(c.members);
    return members;
}

Totals total_demand(const Problem& problem, const std::vector<double>& members) {
    Totals demand{};
    for (std::size_t s = 0; s < members.size(); ++s)
        for (std::size_t d = 0; d < demand.size(); ++d)
            demand[d] += static_cast<double>(problem.shapes()[s].demand[d]) * members[s];
    return demand;
}

bool has_room(const Totals& capacity, const Totals& demand, double spare) {
    for (std::size_t d = 0; d < demand.size(); ++d)
        if (demand[d] > 0 && demand[d] * spare > capacity[d]) return false;
    return true;
}

/// What all tasks together would cost on nodes of each kind, the cheapest first. Costs are linear in what is
/// demanded.
std::vector<std::pair<double, std::size_t>> kinds_by_cost(const Problem& problem,
                                                          const std::vector<double>& members) {
    const auto& resources = problem.fleet().schema().resources;
    const auto& kinds = problem.fleet().kinds();
    std::array<double, kMaxResources> rate{};  // what is paid for, summed over all tasks
    for (std::size_t s = 0; s < members.size(); ++s)
        for (std::size_t r = 0; r < resources.size(); ++r)
            rate[r] += members[s] * paid_units(problem, problem.shapes()[s], r);
    const double tasks = std::accumulate(members.begin(), members.end(), 0.0);
    std::vector<std::pair<double, std::size_t>> by_cost;
    for (std::size_t k = 0; k < kinds.size(); ++k) {
        double cost = tasks * access_cost(problem, kinds[k]);
        for (std::size_t r = 0; r < resources.size(); ++r) cost += kinds[k].price[r] * rate[r];
        by_cost.emplace_back(cost, k);
    }
    std::ranges::sort(by_cost);
    return by_cost;
}

/// Groundwork::is_cheap.
std::vector<std::uint8_t> cheap_kinds(std::span<const std::pair<double, std::size_t>> by_cost,
                                      const std::vector<Totals>& by_kind, const Totals& demand) {
    std::vector<std::uint8_t> is_cheap(by_kind.size());
    Totals room{};
    for (std::size_t i = 0; i < by_cost.size(); ++i) {
        const bool as_cheap = i > 0 && by_cost[i].first == by_cost[i - 1].first;
        if (!as_cheap && has_room(room, demand, kSpareOfCheap)) break;
        is_cheap[by_cost[i].second] = 1;
        add(room, by_kind[by_cost[i].second]);
    }
    return is_cheap;
}

/// Groundwork::scarce. A Mbps there is worth more than what the mean task costs on the dearest kind for each
/// of its own: tasks would rather run on that than take of it.
ScarceAccesses scarce_accesses(const Problem& problem, const std::vector<double>& shares,
                               const std::vector<double>& members, double dearest) {
    std::vector<std::uint8_t> may_run;
    double bandwidth = 0;
    for (std::size_t s = 0; s < shares.size(); ++s) {
        const Problem::Shape& shape = problem.shapes()[s];
        may_run.push_back(std::isfinite(shares[s]));
        bandwidth += members[s] * static_cast<double>(shape.uplink + shape.downlink);
    }
    return find_scarce_accesses(problem, may_run,
                                bandwidth > 0 ? std::max(kWorth * dearest / bandwidth, kLeastPrice) : 0);
}

}  // namespace

ShapeGroundwork::ShapeGroundwork(const Problem& all) : problem(all), costs(all) {}

ShapeGroundwork::ShapeGroundwork(const Problem& all, Control& control) : ShapeGroundwork(all) {
    find_views();
    find_shares(control);
}

void ShapeGroundwork::find_views() {
    views.reserve(problem.policies().size());
    for (const auto& routes : problem.policies()) views.emplace_back(problem, *routes);
}

void ShapeGroundwork::find_shares(Control& control) {
    shares = shares_of_usable(problem, costs, capacity_by_kind(problem.fleet()), control);
}

Groundwork::Groundwork(const Problem& all, Control& control, int threads) : ShapeGroundwork(all) {
    parallel_for(problem.workload().classes().size() < kFewClasses ? 1 : threads, 2, [&](std::int64_t shard) {
        if (shard == 0)
            by_shape = ShapeClasses(problem);
        else
            find_views();
    });
    find_shares(control);
    const std::vector<Totals> by_kind = capacity_by_kind(problem.fleet());
    const std::vector<double> members = members_of_shapes(problem, shares);
    const Totals demand = total_demand(problem, members);
    suggested = has_room(sum(by_kind), demand, kSpareToPack) ? Order::kLargeFirst : Order::kDenseFirst;
    const auto by_cost = kinds_by_cost(problem, members);
    is_cheap = cheap_kinds(by_cost, by_kind, demand);
    scarce = scarce_accesses(problem, shares, members, by_cost.empty() ? 0 : by_cost.back().first);
}

std::vector<ShapeId> placing_order(const Groundwork& ground, Order order) {
    const Problem& problem = ground.problem;
    const std::vector<double>& shares = ground.shares;
    using Key = std::tuple<std::int64_t, double, std::int64_t, double, std::uint32_t>;
    std::vector<Key> keys;
    for (std::uint32_t s = 0; s < problem.shapes().size(); ++s) {
        const Problem::Shape& shape = problem.shape(ShapeId(s));
        const double rank = order == Order::kLargeFirst   ? shares[s]
                            : order == Order::kDenseFirst ? static_cast<double>(shape.weight) / shares[s]
                                                          : 0;
        keys.emplace_back(-shape.priority, -rank, shape.max_rtt_ns, shares[s], s);
    }
    std::ranges::sort(keys);
    std::vector<ShapeId> sorted;
    for (const Key& key : keys) sorted.emplace_back(std::get<4>(key));
    return sorted;
}

}  // namespace gigafleet
