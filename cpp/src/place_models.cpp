#include "gigafleet/place_models.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "gigafleet/error.hpp"
#include "gigafleet/placement.hpp"
#include "gigafleet/residency.hpp"

namespace gigafleet {

namespace {

constexpr std::size_t kFewWithModels = 4096;  // classes

void refuse_bound_models(const Problem& problem) {
    const auto& classes = problem.workload().classes();
    for (std::size_t c = 0; c < classes.size(); ++c)
        if (problem.is_bound(ClassId(c)) && problem.shape(classes[c].shape).model != kNoModel)
            throw InputError("model", classes[c].first_row, "a model of a task in a gang or a spread group",
                             "none: weights for such tasks are not seen to yet");
}

/// A plan of which nothing is placed.
Solution nowhere(const Problem& problem) {
    return solution_of(problem, {}, members_of_classes(problem), Loads(problem), 1);
}

}  // namespace

Plan place_with_models(const std::shared_ptr<const Problem>& problem, const PlaceOptions& options,
                       const PlaceAlone& place_alone, const Stopwatch& watch, Control& control) {
    refuse_bound_models(*problem);
    const NoModels bare(*problem, options.threads);
    const std::shared_ptr<const Problem>& coarse = bare.coarse().problem;
    std::int64_t without = 0;  // tasks that are placed without their models
    const auto attempt = [&](std::optional<Effort> effort) {
        PlaceOptions own = options;
        own.effort = effort.value_or(Effort::kFast);
        Plan plan = effort ? place_alone(coarse, own) : Plan{coarse, nowhere(*coarse), options.threads};
        without = std::max(without, plan.placed_tasks);
        bare.join(plan.solution);
        plan.solution = with_models(*problem, bare.joined(), std::move(plan.solution),
                                    {options.threads, options.time_limit_s - watch.seconds()}, control);
        plan.problem = problem;
        add_up(plan);
        return plan;
    };
    Plan plan = attempt(options.effort);
    const auto try_other = [&](std::optional<Effort> effort) {
        if (plan.placed_tasks == without || plan.solution.status == Status::kTimeLimit) return;
        Plan other = attempt(effort);
        if (other.solution.status == Status::kTimeLimit)
            plan.solution.status = Status::kTimeLimit;
        else if (is_better(other, plan))
            plan = std::move(other);
    };
    if (options.effort != Effort::kFast) try_other(Effort::kFast);
    const Workload& workload = problem->workload();
    if (options.effort != Effort::kFast && workload.classes().size() <= kFewWithModels &&
        !workload.has_bonds())
        try_other({});
    plan.effort = options.effort;
    return plan;
}

}  // namespace gigafleet
