#include "gigafleet/place.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "gigafleet/greedy.hpp"
#include "gigafleet/objective.hpp"
#include "gigafleet/parallel.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kCostShards = 64;  // fixed: the order of the additions is part of the result

double class_cost(const Plan& plan, ClassId id) {
    const Problem& problem = *plan.problem;
    const Fleet& fleet = problem.fleet();
    const Workload::Class& c = problem.workload().classes()[id.at()];
    const Problem::Shape& shape = problem.shape(c.shape);
    const bool risky = problem.objective().risk_price != 0 && shape.duration_ns == 0;
    const Solution::Span span = plan.solution.of_class[id.at()];
    PoolId priced;
    double per_task = 0, cost = 0;
    for (std::size_t f = span.first; f < span.last; ++f) {
        const Filling& filling = plan.solution.fillings[f];
        const Fleet::Pool& pool = fleet.pools()[filling.pool.at()];
        if (priced != filling.pool) {
            priced = filling.pool;
            per_task = pair_cost(problem, shape, c.origin, pool);
        }
        cost += per_task * static_cast<double>(filling.slots * filling.per_slot);
        for (std::int64_t slot = filling.first; risky && slot < filling.first + filling.slots; ++slot)
            cost += static_cast<double>(filling.per_slot) *
                    risk_cost(problem, shape, fleet.available_ns(fleet.entry_of_slot(pool, slot)));
    }
    return cost;
}

/// Numbers the levels of priority from high to low.
std::map<std::int64_t, std::size_t, std::greater<>> levels_of(const Problem& problem) {
    std::map<std::int64_t, std::size_t, std::greater<>> levels;
    for (const Problem::Shape& shape : problem.shapes()) levels.emplace(shape.priority, 0);
    std::size_t number = 0;
    for (auto& [priority, level] : levels) level = number++;
    return levels;
}

void add_up(Plan& plan) {
    const Problem& problem = *plan.problem;
    const auto levels = levels_of(problem);
    plan.level_weight.assign(levels.size(), 0);
    const auto& classes = problem.workload().classes();
    const auto count = static_cast<std::int64_t>(classes.size());
    std::vector<double> costs(kCostShards);
    parallel_for(plan.threads, kCostShards, [&](std::int64_t s) {
        const auto [first, last] = shard_range(count, kCostShards, s);
        for (std::int64_t c = first; c < last; ++c)
            costs[static_cast<std::size_t>(s)] += class_cost(plan, ClassId(static_cast<std::size_t>(c)));
    });
    for (const double cost : costs) plan.cost += cost;
    for (std::size_t c = 0; c < classes.size(); ++c) {
        const Problem::Shape& shape = problem.shape(classes[c].shape);
        const std::int64_t placed = plan.solution.placed[c];
        plan.placed_tasks += placed;
        plan.placed_weight += WideQuantity{shape.weight} * placed;
        plan.level_weight[levels.at(shape.priority)] += WideQuantity{shape.weight} * placed;
        for (std::size_t d = 0; d < kMaxDimensions; ++d)
            plan.used[d] += WideQuantity{shape.demand[d]} * placed;
    }
}

bool better(const Plan& a, const Plan& b) {
    if (a.level_weight != b.level_weight) return a.level_weight > b.level_weight;
    return a.cost < b.cost;
}

/// The orders to try, the most promising first.
std::vector<Order> orders_of(Order suggested, Effort effort) {
    std::vector<Order> orders{suggested};
    if (effort == Effort::kFast) return orders;
    orders.push_back(suggested == Order::kLargeFirst ? Order::kDenseFirst : Order::kLargeFirst);
    if (effort == Effort::kBest) orders.push_back(Order::kTightFirst);
    return orders;
}

constexpr std::string_view kStages[] = {"place", "place again", "place once more"};

}  // namespace

Plan place(std::shared_ptr<const Network> network, std::shared_ptr<const Fleet> fleet,
           std::shared_ptr<const Workload> workload, const PlaceOptions& options, Control& control) {
    const Stopwatch watch;
    const auto problem =
        std::make_shared<const Problem>(std::move(network), std::move(fleet), std::move(workload),
                                        options.objective, options.disabled_rules, options.threads, control);
    Plan::Timings timings;
    timings.routes = problem->route_seconds();
    timings.problem = watch.seconds() - timings.routes;

    const Stopwatch placing;
    std::optional<Plan> best;
    const Groundwork ground(*problem, control);
    const std::vector<Order> orders = orders_of(ground.suggested, options.effort);
    for (std::size_t i = 0; i < orders.size(); ++i) {
        const double left_s = options.time_limit_s - placing.seconds();
        Solution solution = place_greedily(ground, orders[i], left_s, kStages[i], control);
        if (solution.status == Status::kTimeLimit && best) {
            best->solution.status = Status::kTimeLimit;  // it might have been better
            break;
        }
        Plan plan{problem, std::move(solution), options.threads};
        add_up(plan);
        if (!best || better(plan, *best)) best = std::move(plan);
        if (best->placed_tasks == problem->workload().members() ||
            best->solution.status == Status::kTimeLimit)
            break;
    }
    timings.place = placing.seconds();

    const Stopwatch explaining;
    explain_unplaced(ground, best->solution, control);
    timings.explain = explaining.seconds();
    best->timings = timings;
    best->timings.total = watch.seconds();
    return std::move(*best);
}

}  // namespace gigafleet
