#include "gigafleet/place.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "gigafleet/coarse.hpp"
#include "gigafleet/error.hpp"
#include "gigafleet/evictions.hpp"
#include "gigafleet/explain.hpp"
#include "gigafleet/fingerprint.hpp"
#include "gigafleet/greedy.hpp"
#include "gigafleet/market.hpp"
#include "gigafleet/model_reopen.hpp"
#include "gigafleet/polish.hpp"
#include "gigafleet/relocate.hpp"
#include "gigafleet/residency.hpp"
#include "gigafleet/rest.hpp"
#include "gigafleet/shadow_prices.hpp"
#include "gigafleet/tenant_place.hpp"

namespace gigafleet {

namespace {

constexpr double kWaste = 0.26, kWasteIfPolished = 0.2;  // see PricesOptions
constexpr std::string_view kPolish = "polish", kRest = "rest";
constexpr double kCellRatio = 1.25;
constexpr std::int64_t kRowsAShape = 4, kMostMembersAShape = 16;

}  // namespace

void add_up(Plan& plan) {
    const Problem& problem = *plan.problem;
    plan.level_weight = weight_by_level(problem, plan.solution.placed);
    plan.placed_tasks = 0;
    plan.placed_weight = 0;
    plan.used = {};
    const auto& classes = problem.workload().classes();
    std::vector<std::int64_t> placed(problem.shapes().size());
    for (std::size_t c = 0; c < classes.size(); ++c) placed[classes[c].shape.at()] += plan.solution.placed[c];
    for (std::size_t s = 0; s < placed.size(); ++s) {
        const Problem::Shape& shape = problem.shapes()[s];
        plan.placed_tasks += placed[s];
        plan.placed_weight += WideQuantity{shape.weight} * placed[s];
        for (std::size_t d = 0; d < kMaxDimensions; ++d)
            plan.used[d] += WideQuantity{shape.demand[d]} * placed[s];
    }
}

namespace {

void count_moves(Plan& plan) {
    if (plan.previous) plan.moves = moves_of(*plan.problem, *plan.previous, plan.solution, plan.threads);
}

/// More weight level by level, then cheaper.
bool better(const Plan& a, const Plan& b) {
    if (a.level_weight != b.level_weight) return a.level_weight > b.level_weight;
    return a.cost() < b.cost();
}

/// Whether an attempt may make a plan better that leaves tasks over, or nothing.
enum class Worth : std::uint8_t {
    kAlways,
    kWhereTasksAreLeft,
    kWhereNothingIsLeft,
    kWhereTasksAreDropped  ///< that ran before
};

struct Attempt {
    GreedyOptions options;
    Worth worth;
};

bool has_several_levels(const Problem& problem) {
    return std::ranges::any_of(levels_of_shapes(problem), [](std::size_t level) { return level > 0; });
}

/// What to try, the most promising first.
std::vector<Attempt> attempts_of(const Groundwork& ground, Effort effort) {
    const Order suggested = ground.suggested;
    const bool priced = effort != Effort::kFast && Market::is_possible(ground);
    const double waste =
        ground.problem.workload().members() <= kManyTasksToPolish ? kWasteIfPolished : kWaste;
    const Order other = suggested == Order::kLargeFirst ? Order::kDenseFirst : Order::kLargeFirst;
    const auto near_first = [](Order order) {
        return Attempt{{.order = order, .first = First::kNear}, Worth::kWhereTasksAreLeft};
    };
    const auto by_cost = [](Order order, Worth worth) { return Attempt{{.order = order}, worth}; };
    // At once, they would run ahead of bound tasks of the levels above.
    const bool several_levels = has_several_levels(ground.problem) && !ground.problem.workload().has_bonds();
    const auto at_prices = [&](double share, Worth worth, bool all_levels) {
        GreedyOptions how{.order = suggested, .first = First::kAtPrices};
        how.all_levels = all_levels;
        how.waste = share * waste;
        return Attempt{how, worth};
    };
    // At once, so that there is a plan when time runs out.
    std::vector<Attempt> attempts{near_first(suggested)};
    if (effort == Effort::kFast) return attempts;
    if (priced) attempts.push_back(at_prices(1, Worth::kAlways, several_levels));
    if (priced && effort == Effort::kBest) {
        if (several_levels) attempts.push_back(at_prices(1, Worth::kWhereTasksAreLeft, false));
        for (const double share : {0.5, 1.5})
            attempts.push_back(at_prices(share, Worth::kAlways, several_levels));
    }
    if (!priced && effort == Effort::kBest)
        attempts.push_back({{.order = suggested, .first = First::kPriced}, Worth::kAlways});
    attempts.insert(attempts.end(), {near_first(other), near_first(Order::kTightFirst)});
    if (effort == Effort::kBest)
        attempts.insert(attempts.end(), {by_cost(suggested, Worth::kAlways), by_cost(other, Worth::kAlways),
                                         by_cost(Order::kTightFirst, Worth::kAlways)});
    else if (!priced)
        attempts.push_back(by_cost(suggested, Worth::kWhereNothingIsLeft));
    return attempts;
}

bool drops_tasks(const Previous& previous, const Solution& solution) {
    for (std::size_t c = 0; c < solution.placed.size(); ++c)
        if (evicted(previous, solution, ClassId(c)) > 0) return true;
    return false;
}

bool is_worth(const Attempt& attempt, const Plan& best) {
    if (attempt.worth == Worth::kWhereTasksAreDropped) return drops_tasks(*best.previous, best.solution);
    const bool nothing_left = best.placed_tasks == best.problem->workload().members();
    return attempt.worth == Worth::kAlways || (attempt.worth == Worth::kWhereNothingIsLeft) == nothing_left;
}

/// Whether the earlier plan answers this very question, was looked for as hard, and holds.
bool is_settled(Plan& reopened, const PlaceOptions& options) {
    const EarlierPlan& earlier = *options.previous;
    if (!earlier.fingerprint || options.effort > earlier.effort || !reopened.previous->is_whole() ||
        drops_tasks(*reopened.previous, reopened.solution))
        return false;
    count_moves(reopened);
    return reopened.moves.tasks == 0 && *earlier.fingerprint == fingerprint(*reopened.problem);
}

/// What starts from an earlier plan comes first, then what does not.
std::vector<Attempt> attempts_from(const Groundwork& ground, const Previous& previous, Effort effort) {
    GreedyOptions how{.order = ground.suggested, .first = First::kNear, .previous = &previous};
    std::vector<Attempt> attempts{{how, Worth::kAlways}}, fresh = attempts_of(ground, effort);
    how.reopen_by_level = true;
    if (previous.ran() == 0)
        fresh.erase(fresh.begin());  // nobody goes back: it would come to the same
    else if (has_several_levels(ground.problem))
        attempts.push_back({how, Worth::kWhereTasksAreLeft});
    for (Attempt& attempt : fresh) {
        if (effort == Effort::kFast) attempt.worth = Worth::kWhereTasksAreDropped;
        attempts.push_back(attempt);
    }
    return attempts;
}

constexpr std::array<std::string_view, 12> kStages{"place",   "place 2",  "place 3",  "place 4",
                                                   "place 5", "place 6",  "place 7",  "place 8",
                                                   "place 9", "place 10", "place 11", "place 12"};

/// Rounds of relocating, by effort.
constexpr std::array<int, 3> kRounds{1, 2, 8};

/// Bound tasks that are left over take room that polishing made.
void place_bound_rest(const Groundwork& ground, const GreedyOptions& how, double left_s, Solution& solution,
                      Control& control) {
    const auto is_left = [&](std::size_t c) {
        return solution.reason[c] != Reason::kPlaced && ground.problem.is_bound(ClassId(c));
    };
    bool any = false;
    for (std::size_t c = 0; c < solution.reason.size() && !any; ++c) any = is_left(c);
    if (!any || solution.status == Status::kTimeLimit) return;
    GreedyOptions rest{.order = ground.suggested, .first = First::kNear, .start = &solution};
    rest.ran = how.ran;
    rest.threads = how.threads;
    rest.time_limit_s = left_s;
    rest.stage = kPolish;
    solution = place_greedily(ground, rest, control);
}

/// Local search on what an attempt came to.
void improve(const Groundwork& ground, const GreedyOptions& how, const PlaceOptions& options,
             const Stopwatch& watch, Solution& solution, Control& control) {
    const bool best = options.effort == Effort::kBest;
    const auto left_s = [&] { return options.time_limit_s - watch.seconds(); };
    if (how.first == First::kAtPrices) {
        polish(ground, solution, {false, true, options.threads, left_s(), kPolish}, control);
        place_bound_rest(ground, how, left_s(), solution, control);
    }
    if (how.previous == nullptr || solution.status == Status::kTimeLimit) return;
    if (options.effort == Effort::kFast && how.previous->ran() == 0) return;  // a plan from nothing
    if (options.effort != Effort::kFast) {
        polish(ground, solution, {best, false, options.threads, left_s(), kPolish}, control);
        place_bound_rest(ground, how, left_s(), solution, control);
    }
    const int rounds = kRounds[static_cast<std::size_t>(options.effort)];
    const Relocated done =
        relocate(ground, *how.previous, solution, {rounds, options.threads, left_s(), "relocate"}, control);
    if (!done.in_time) solution.status = Status::kTimeLimit;
    if (done.any && done.in_time) {  // where tasks left, others may fit
        GreedyOptions rest{.order = how.order, .first = First::kNear, .start = &solution};
        rest.ran = how.previous;
        rest.threads = options.threads;
        rest.time_limit_s = left_s();
        rest.stage = "relocate";
        solution = place_greedily(ground, rest, control);
    }
}

/// The best of several attempts.
Plan place_classes(const std::shared_ptr<const Problem>& problem, const PlaceOptions& options,
                   const Stopwatch& watch, Control& control) {
    std::optional<Plan> best;
    std::shared_ptr<const Previous> previous;
    bool settled = false;
    if (options.previous != nullptr)
        previous =
            std::make_shared<const Previous>(*problem, options.previous->runs, options.threads, control);
    const Groundwork ground(*problem, control, options.threads);
    std::vector<Attempt> attempts =
        previous ? attempts_from(ground, *previous, options.effort) : attempts_of(ground, options.effort);
    for (std::size_t i = 0; i < attempts.size(); ++i) {
        if (best && !is_worth(attempts[i], *best)) continue;
        GreedyOptions& how = attempts[i].options;
        how.stage = kStages[i];
        if (!(options.disabled_rules & kRuleEvict)) how.ran = previous.get();
        how.threads = options.threads;
        how.time_limit_s = options.time_limit_s - watch.seconds();
        Guide guide;
        if (how.first == First::kPriced) {
            guide = find_guide(ground, how.time_limit_s, options.threads, control);
            if (guide.worth.empty()) continue;
            how.guide = &guide;
            how.time_limit_s = options.time_limit_s - watch.seconds();
        }
        Solution solution = place_greedily(ground, how, control);
        if (solution.status == Status::kTimeLimit && best) {
            best->solution.status = Status::kTimeLimit;  // it might have been better
            break;
        }
        Plan plan{problem, std::move(solution), options.threads};
        plan.previous = previous;
        settled = how.previous != nullptr && is_settled(plan, options);
        if (!settled) {
            improve(ground, how, options, watch, plan.solution, control);
            if (how.ran != nullptr) give_back(ground, *previous, plan.solution, options.threads, control);
            count_moves(plan);
        }
        add_up(plan);
        const bool late = plan.solution.status == Status::kTimeLimit;
        if (!best || better(plan, *best)) best = std::move(plan);
        if (late) best->solution.status = Status::kTimeLimit;
        if (late || settled) break;
    }
    best->effort = settled ? options.previous->effort : options.effort;
    if (options.effort == Effort::kBest && previous == nullptr) {
        const double left_s = options.time_limit_s - watch.seconds();
        polish(ground, best->solution, {true, true, options.threads, left_s, kPolish}, control);
        GreedyOptions rest;
        rest.threads = options.threads;
        place_bound_rest(ground, rest, options.time_limit_s - watch.seconds(), best->solution, control);
        add_up(*best);
    }
    return std::move(*best);
}

/// Whether there are so many shapes, for the rows and by themselves, that planning them one by one is waste.
bool hardly_folds(const Problem& problem, const PlaceOptions& options) {
    const auto shapes = static_cast<std::int64_t>(problem.shapes().size());
    const std::int64_t members = problem.workload().members();
    // Dealing out seats of cells by name knows nothing of devices, gangs and spread groups.
    return problem.device_demands().size() == 1 && !problem.workload().has_bonds() &&
           shapes > options.most_shapes && shapes > problem.workload().rows() / kRowsAShape &&
           members <= kMostMembersAShape * shapes;
}

/// A plan for cells of shapes that are nearly alike, then for the tasks by name.
Plan place_by_cells(const std::shared_ptr<const Problem>& problem, const PlaceOptions& options,
                    const Stopwatch& watch, Control& control) {
    Seats seats(*problem);
    bool in_time;
    {
        const Coarse coarse =
            coarsen(*problem, seats.left(), {options.cells, kCellRatio}, Stand::kMean, options.threads);
        const Plan rough = place_classes(coarse.problem, options, watch, control);
        seats.deal(coarse, rough.solution, options.threads);
        in_time = rough.solution.status == Status::kComplete;
    }
    const bool whole = seat_rest(
        *problem, seats, {options.threads, options.time_limit_s - watch.seconds(), kRest, 8 * options.cells},
        control);
    Plan plan{problem, std::move(seats).solution(options.threads), options.threads};
    if (!whole)
        for (Reason& reason : plan.solution.reason)
            if (reason == Reason::kCapacity) reason = Reason::kNotTried;
    if (!in_time || !whole) plan.solution.status = Status::kTimeLimit;
    add_up(plan);
    plan.effort = options.effort;
    return plan;
}

/// A plan for the tasks without their models, then one with them (residency.hpp).
Plan place_with_models(const std::shared_ptr<const Problem>& problem, const PlaceOptions& options,
                       const PlaceAlone& place_alone, const Stopwatch& watch, Control& control) {
    std::size_t cells = 0;
    const PlaceBare place_bare = [&](const std::shared_ptr<const Problem>& bare, Effort effort) {
        PlaceOptions own = options;
        own.effort = effort;
        own.previous = nullptr;
        Plan plan = place_alone(bare, own);
        cells = plan.cells;
        return std::move(plan.solution);
    };
    const ResidencyOptions residency{options.threads, options.time_limit_s - watch.seconds()};
    Plan plan{problem, with_models(*problem, options.effort, place_bare, residency, control),
              options.threads};
    plan.cells = cells;
    add_up(plan);
    plan.effort = options.effort;
    return plan;
}

/// The same from an earlier plan (model_reopen.hpp). Where that leaves tasks over, one from nothing is tried,
/// and kept if it places more and has a place for all who ran.
Plan place_models_again(const std::shared_ptr<const Problem>& problem, const PlaceOptions& options,
                        const PlaceAlone& place_alone, const Stopwatch& watch, Control& control) {
    const auto previous =
        std::make_shared<const Previous>(*problem, options.previous->runs, options.threads, control);
    const ResidencyOptions residency{options.threads, options.time_limit_s - watch.seconds()};
    Plan plan{problem, place_from_previous(*problem, *previous, residency, control), options.threads};
    if (!(options.disabled_rules & kRuleEvict))
        give_back(*problem, *previous, plan.solution, residency, control);
    const auto complete = [&](Plan& of) {
        of.previous = previous;
        add_up(of);
        count_moves(of);
    };
    complete(plan);
    const bool settled = is_settled(plan, options);
    plan.effort = settled ? options.previous->effort : options.effort;
    if (settled || options.effort == Effort::kFast || plan.solution.status == Status::kTimeLimit ||
        plan.placed_tasks == problem->workload().members())
        return plan;
    Plan fresh = place_with_models(problem, options, place_alone, watch, control);
    if (fresh.solution.status == Status::kTimeLimit) {
        plan.solution.status = Status::kTimeLimit;
        return plan;
    }
    complete(fresh);
    return fresh.level_weight > plan.level_weight && !drops_tasks(*previous, fresh.solution)
               ? std::move(fresh)
               : std::move(plan);
}

}  // namespace

Plan place(std::shared_ptr<const Network> network, std::shared_ptr<const Fleet> fleet,
           std::shared_ptr<const Workload> workload, const PlaceOptions& options, Control& control) {
    const Stopwatch watch;
    const auto problem = std::make_shared<const Problem>(
        std::move(network), std::move(fleet), std::move(workload), options.objective, options.disabled_rules,
        options.threads, control, options.models);
    Plan::Timings timings;
    timings.routes = problem->route_seconds();
    timings.problem = watch.seconds() - timings.routes;

    const Stopwatch placing;
    // Going back is by class and exact, so with an earlier plan classes are placed, however many.
    const auto place_alone = [&](const std::shared_ptr<const Problem>& of, const PlaceOptions& how) {
        const bool folds = !hardly_folds(*of, how);
        Plan plan = folds || how.previous != nullptr ? place_classes(of, how, placing, control)
                                                     : place_by_cells(of, how, placing, control);
        if (!folds) plan.cells = how.cells;
        return plan;
    };
    const auto place_loaded = [&](const std::shared_ptr<const Problem>& of, const PlaceOptions& how) {
        if (of->models() == nullptr) return place_alone(of, how);
        const auto place_them = how.previous == nullptr ? place_with_models : place_models_again;
        return place_them(of, how, place_alone, placing, control);
    };
    Plan plan = options.tenants != nullptr ? place_for_tenants(problem, options, place_loaded, control)
                                           : place_loaded(problem, options);
    timings.place = placing.seconds();
    plan.timings = timings;
    plan.timings.total = watch.seconds();
    return plan;
}

void explain(Plan& plan, Control& control) {
    const Problem& problem = *plan.problem;
    plan.solution.reason =
        plan.cells > 0 ? explain_by_cells(problem, plan.solution, 4 * plan.cells, plan.threads, control)
                       : explain_unplaced(Groundwork(problem, control), plan.solution, control);
    if (plan.tenants) explain_tenants(plan);
}

}  // namespace gigafleet
