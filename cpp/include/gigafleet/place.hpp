// The batch call: a problem in, a plan out.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "gigafleet/bound.hpp"
#include "gigafleet/control.hpp"
#include "gigafleet/previous.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/seating.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// Budgets of work: what is tried (greedy.hpp); the best placement found is kept.
enum class Effort : std::uint8_t {
    kFast,      ///< the suggested order, what fits near its origin first
    kBalanced,  ///< while tasks are left over all orders so; where nothing is, the suggested one by cost
                ///< alone
    kBest,      ///< and all orders by cost alone
};

struct TenantPlan;
struct TenantTable;

/// An earlier plan to start from.
struct EarlierPlan {
    EarlierRuns runs;
    /// Of its problem, if it is known and the plan was complete (fingerprint.hpp), and how hard it was tried.
    std::optional<std::uint64_t> fingerprint = {};
    Effort effort = Effort::kFast;
};

struct PlaceOptions {
    Objective objective;
    Effort effort = Effort::kBalanced;
    int threads = 1;
    double time_limit_s = std::numeric_limits<double>::infinity();
    unsigned disabled_rules = 0;  ///< tests only; see Rule
    const EarlierPlan* previous = nullptr;
    const ModelTable* models = nullptr;    ///< none: no task has a model
    const TenantTable* tenants = nullptr;  ///< whose tasks are whose (tenant_place.hpp)
    /// Where there are more shapes, and rows hardly fold into them, so many cells of shapes are planned
    /// (coarse.hpp), unless there is an earlier plan. What is done besides takes a few times as many.
    std::int64_t most_shapes = 512;
    std::size_t cells = 256;
};

/// A problem, its solution, and the totals that everybody asks for.
struct Plan {
    /// Seconds of each stage; for reports, never for results.
    struct Timings {
        double problem = 0, routes = 0, place = 0, total = 0;
    };

    std::shared_ptr<const Problem> problem;
    Solution solution;
    int threads;
    std::size_t cells = 0;                        ///< to explain and to bound by, where rows hardly fold
    std::vector<WideQuantity> level_weight = {};  ///< placed, by level of priority from high to low, 1e-6
    std::int64_t placed_tasks = 0;
    WideQuantity placed_weight = 0;  ///< 1e-6
    std::array<WideQuantity, kMaxDimensions> used{};
    Timings timings = {};
    Effort effort = Effort::kFast;  ///< how hard was tried: with an earlier plan that was kept, how hard then
    std::shared_ptr<const Previous> previous = {};
    Moves moves = {};
    std::shared_ptr<const TenantPlan> tenants = {};  ///< `problem` then tells tenants apart where it matters

    /// EUR/h, moves included.
    double cost() const { return solution.cost + moves.cost; }
};

/// Places a problem as if it had no tenants, or no models.
using PlaceAlone = std::function<Plan(const std::shared_ptr<const Problem>&, const PlaceOptions&)>;

/// Build the problem, place, add up. Deterministic for its arguments but for time_limit_s.
///
/// With an earlier plan, tasks first go back to where they ran, the rest is placed around them, and what pays
/// for its move is moved; a plan from scratch is kept only where it places more, or costs less with all its
/// moves. Where the problem is the one of the earlier plan, and that was tried as hard, nothing moves.
Plan place(std::shared_ptr<const Network> network, std::shared_ptr<const Fleet> fleet,
           std::shared_ptr<const Workload> workload, const PlaceOptions& options, Control& control);

/// Sets the totals of a plan from its solution. O(classes + shapes).
void add_up(Plan& plan);

/// The plan whose answer is known: what starts from a solution can then start from `runs`, such as those of a
/// file. Nothing is placed; of rules only this is checked, that there is a way. Who is left over has the
/// reason kNotTried.
Plan adopt(std::shared_ptr<const Network> network, std::shared_ptr<const Fleet> fleet,
           std::shared_ptr<const Workload> workload, const Objective& objective, const EarlierRuns& runs,
           int threads, Control& control, const ModelTable* models = nullptr);

/// Tells why what was left over was left (explain.hpp): apart from `place`, since only some callers ask.
/// What is NOT_TRIED stays so.
void explain(Plan& plan, Control& control);

/// What no placement can beat (bound.hpp), at prices of the engine's own (shadow_prices.hpp), and these.
/// Valid for every plan; apart from `place`, since only some callers ask.
Certificate prove(const Plan& plan, Control& control);

}  // namespace gigafleet
