#include "gigafleet/place.hpp"

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "gigafleet/explain.hpp"
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
    const KindCost on_kind(problem, shape);
    const bool risky = problem.objective().risk_price != 0 && shape.duration_ns == 0;
    const Solution::Span span = plan.solution.of_class[id.at()];
    PoolId priced;
    double per_task = 0, cost = 0;
    for (std::size_t f = span.first; f < span.last; ++f) {
        const Filling& filling = plan.solution.fillings[f];
        const Fleet::Pool& pool = fleet.pools()[filling.pool.at()];
        if (priced != filling.pool) {
            priced = filling.pool;
            per_task = on_kind(fleet.kinds()[pool.kind.at()]) + way_cost(problem, shape, c.origin, pool.site);
        }
        cost += per_task * static_cast<double>(filling.slots * filling.per_slot);
        for (std::int64_t slot = filling.first; risky && slot < filling.first + filling.slots; ++slot)
            cost += static_cast<double>(filling.per_slot) *
                    risk_cost(problem, shape, fleet.available_ns(pool, fleet.entry_of_slot(pool, slot)));
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

/// Whether an attempt may make a plan better that leaves tasks over, or nothing.
enum class Worth : std::uint8_t { kAlways, kWhereTasksAreLeft, kWhereNothingIsLeft };

struct Attempt {
    GreedyOptions options;
    Worth worth;
};

/// What to try, the most promising first.
std::vector<Attempt> attempts_of(Order suggested, Effort effort) {
    const Order other = suggested == Order::kLargeFirst ? Order::kDenseFirst : Order::kLargeFirst;
    const auto near_first = [](Order order) {
        return Attempt{{.order = order, .near_first = true}, Worth::kWhereTasksAreLeft};
    };
    const auto by_cost = [](Order order, Worth worth) {
        return Attempt{{.order = order, .near_first = false}, worth};
    };
    if (effort == Effort::kFast) return {near_first(suggested)};
    if (effort == Effort::kBalanced)
        return {near_first(suggested), near_first(other), near_first(Order::kTightFirst),
                by_cost(suggested, Worth::kWhereNothingIsLeft)};
    return {near_first(suggested),          near_first(other),
            near_first(Order::kTightFirst), by_cost(suggested, Worth::kAlways),
            by_cost(other, Worth::kAlways), by_cost(Order::kTightFirst, Worth::kAlways)};
}

bool is_worth(const Attempt& attempt, const Plan& best) {
    const bool nothing_left = best.placed_tasks == best.problem->workload().members();
    return attempt.worth == Worth::kAlways || (attempt.worth == Worth::kWhereNothingIsLeft) == nothing_left;
}

constexpr std::array<std::string_view, 6> kStages{"place",   "place 2", "place 3",
                                                  "place 4", "place 5", "place 6"};

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
    std::vector<Attempt> attempts = attempts_of(ground.suggested, options.effort);
    for (std::size_t i = 0; i < attempts.size(); ++i) {
        if (best && !is_worth(attempts[i], *best)) continue;
        GreedyOptions& how = attempts[i].options;
        how.stage = kStages[i];
        how.threads = options.threads;
        how.time_limit_s = options.time_limit_s - placing.seconds();
        Solution solution = place_greedily(ground, how, control);
        if (solution.status == Status::kTimeLimit && best) {
            best->solution.status = Status::kTimeLimit;  // it might have been better
            break;
        }
        Plan plan{problem, std::move(solution), options.threads};
        add_up(plan);
        if (!best || better(plan, *best)) best = std::move(plan);
        if (best->solution.status == Status::kTimeLimit) break;
    }
    timings.place = placing.seconds();

    best->timings = timings;
    best->timings.total = watch.seconds();
    return std::move(*best);
}

void explain(Plan& plan, Control& control) {
    plan.solution.reason = explain_unplaced(Groundwork(*plan.problem, control), plan.solution, control);
}

}  // namespace gigafleet
