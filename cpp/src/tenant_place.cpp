#include "gigafleet/tenant_place.hpp"

#include <algorithm>
#include <bit>
#include <optional>
#include <string_view>
#include <utility>

#include "gigafleet/error.hpp"
#include "gigafleet/explain.hpp"
#include "gigafleet/fingerprint.hpp"
#include "gigafleet/greedy.hpp"
#include "gigafleet/groundwork.hpp"
#include "gigafleet/hash.hpp"
#include "gigafleet/market.hpp"
#include "gigafleet/residency.hpp"
#include "gigafleet/tenant_parts.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kStepsToExchange = 20'000'000;
constexpr std::string_view kStage = "tenants";
constexpr std::size_t kCellsToExplain = 4;  // times those to plan
constexpr double kMostShort = 0.03;  // of its fair share that a tenant may lack before all is placed anew

std::vector<std::int64_t> admitted_by_class(const Problem& problem, std::span<const TenantPart> parts) {
    std::vector<std::int64_t> members(problem.workload().classes().size());
    for (const TenantPart& part : parts) members[part.of.at()] += part.admitted;
    return members;
}

/// By class: whether not all of it is placed.
std::vector<std::uint8_t> open_classes(const Problem& problem, const Solution& solution) {
    std::vector<std::uint8_t> open(solution.placed.size());
    for (std::size_t c = 0; c < open.size(); ++c)
        open[c] = solution.placed[c] < problem.workload().classes()[c].members;
    return open;
}

class ForTenants {
public:
    ForTenants(const std::shared_ptr<const Problem>& problem, const PlaceOptions& options,
               const PlaceAlone& place_alone, Control& control)
        : problem_(problem),
          options_(options),
          place_alone_(place_alone),
          control_(control),
          own_(std::make_shared<TenantPlan>(problem, *options.tenants, options.threads, control)),
          tenancy_(own_->tenancy) {}

    Plan run() {
        Plan plan = place_admitted();
        share_out(plan.solution);
        if (quotas_bind_ && !is_plain()) place_rest_of_quotas(plan.solution);
        const bool done =
            plan.solution.status == Status::kTimeLimit || is_settled_ || !is_fair() || !is_plain();
        if (!done) even_out(plan);
        if (done || plan.solution.status == Status::kTimeLimit || !exchange(plan)) take_apart(plan);
        if (plan.previous)
            plan.moves = moves_of(*plan.problem, *plan.previous, plan.solution, options_.threads);
        plan.tenants = own_;
        add_up(plan);
        return plan;
    }

private:
    bool is_warm() const { return options_.previous != nullptr; }
    /// By part, where there is an earlier plan; then each part is a class.
    std::vector<std::int64_t> ran_before() const {
        std::vector<std::int64_t> ran;
        if (!is_warm()) return ran;
        const Previous previous(*problem_, options_.previous->runs, options_.threads, control_);
        for (const TenantPart& part : parts_) ran.push_back(previous.ran(part.of));
        return ran;
    }
    PlaceOptions options_for(const Problem& admitted) {
        PlaceOptions options = options_;
        if (!is_warm()) return options;
        earlier_ = *options_.previous;
        earlier_.fingerprint = is_same_question_ ? std::optional(fingerprint(admitted)) : std::nullopt;
        options.previous = &earlier_;
        return options;
    }
    static bool stays(const Plan& plan) {
        for (std::size_t c = 0; c < plan.solution.placed.size(); ++c)
            if (plan.solution.placed[c] < plan.previous->ran(ClassId(c))) return false;
        return plan.moves.tasks == 0;
    }

    bool is_fair() const { return !(problem_->disabled_rules() & kRuleFairness); }
    /// Whether tasks may be placed and exchanged one by one, without regard to each other and to weights.
    bool is_plain() const { return problem_->models() == nullptr && !problem_->workload().has_bonds(); }
    double left_s() const { return options_.time_limit_s - watch_.seconds(); }

    /// What quotas admit. Then `parts_` are those of the classes that are not placed in full.
    Plan place_admitted() {
        quotas_bind_ = any_over_quota(tenancy_);
        // The earlier plan answers the same question if the one about tenants is the same, too.
        is_same_question_ =
            is_warm() && options_.previous->fingerprint == fingerprint(*own_, options_.threads);
        // Who had what higher levels left of a quota stays where the answer does.
        Plan plan = place_admitted(is_same_question_ ? RanFirst::kOfAllLevels : RanFirst::kOfTheirLevel);
        if (quotas_bind_ && is_same_question_ && !is_settled_) plan = place_admitted(RanFirst::kOfTheirLevel);
        const std::vector<std::uint8_t> open = open_classes(*problem_, plan.solution);
        if (quotas_bind_)
            std::erase_if(parts_, [&](const TenantPart& part) { return !open[part.of.at()]; });
        else
            parts_ = tenancy_.parts(open, options_.threads);
        return plan;
    }

    Plan place_admitted(RanFirst first) {
        std::shared_ptr<const Problem> admitted = problem_;
        if (quotas_bind_) {
            const std::vector<std::uint8_t> all(problem_->workload().classes().size(), 1);
            parts_ = tenancy_.parts(all, options_.threads);
            admit(tenancy_, parts_, ran_before(), first);
            admitted = with_members(*problem_, admitted_by_class(*problem_, parts_), is_warm());
        }
        Plan plan = place_alone_(admitted, options_for(*admitted));
        plan.problem = problem_;
        is_settled_ = is_same_question_ && stays(plan);
        return plan;
    }

    /// What is placed of classes, among their parts; and what quotas then leave.
    void share_out(Solution& solution) {
        deal_parts(solution);
        if (quotas_bind_ && is_plain()) top_up_quotas(solution);
    }

    void deal_parts(const Solution& solution) {
        if (is_fair())
            deal(tenancy_, solution.placed, parts_);
        else
            deal_in_order(solution);
    }

    void deal_in_order(const Solution& solution) {
        std::vector<std::int64_t> left = solution.placed;
        for (TenantPart& part : parts_) {
            part.placed = std::min(part.admitted, left[part.of.at()]);
            left[part.of.at()] -= part.placed;
        }
    }

    /// By class: whether something of it that was admitted found no room.
    std::vector<std::uint8_t> full_classes(const Solution& solution) const {
        std::vector<std::uint8_t> full(solution.placed.size());
        const std::vector<std::int64_t> admitted = admitted_by_class(*problem_, parts_);
        for (std::size_t c = 0; c < full.size(); ++c) full[c] = solution.placed[c] < admitted[c];
        return full;
    }
    void top_up_quotas(Solution& solution) {
        if (solution.status == Status::kTimeLimit) return;
        const Groundwork ground(*problem_, control_, options_.threads);
        if (!top_up(tenancy_, ground, parts_, full_classes(solution), options_.threads, left_s(), solution,
                    control_))
            solution.status = Status::kTimeLimit;
    }

    /// The same with models, gangs and spread groups, all that quotas leave at once: until nobody who is
    /// admitted then finds room.
    void place_rest_of_quotas(Solution& solution) {
        std::vector<std::uint8_t> full = full_classes(solution);
        while (solution.status != Status::kTimeLimit) {
            const std::vector<std::int64_t> more = admit_more(tenancy_, parts_, full);
            if (std::ranges::all_of(more, [](std::int64_t members) { return members == 0; })) return;
            std::vector<std::int64_t> of_class(full.size()), before = solution.placed;
            for (std::size_t i = 0; i < parts_.size(); ++i) {
                parts_[i].admitted = parts_[i].placed + more[i];
                of_class[parts_[i].of.at()] += more[i];
            }
            solution = place_beside(solution, of_class);
            for (std::size_t c = 0; c < full.size(); ++c)
                full[c] = full[c] || solution.placed[c] < before[c] + of_class[c];
            deal_parts(solution);
        }
    }
    /// So many members more of each class, beside those that are placed.
    Solution place_beside(const Solution& solution, std::vector<std::int64_t> more) const {
        if (problem_->models() != nullptr)
            return gigafleet::place_beside(*problem_, solution, std::move(more),
                                           {options_.threads, left_s(), kStage}, control_);
        for (std::size_t c = 0; c < more.size(); ++c) more[c] += solution.placed[c];
        const std::shared_ptr<const Problem> wanted = with_members(*problem_, more);
        const Groundwork ground(*wanted, control_, options_.threads);
        return place_greedily(ground, greedy(ground, solution, First::kNothing), control_);
    }
    GreedyOptions greedy(const Groundwork& ground, const Solution& start, First first) const {
        GreedyOptions how{.order = ground.suggested, .first = first, .start = &start};
        how.threads = options_.threads;
        how.time_limit_s = left_s();
        how.stage = kStage;
        return how;
    }

    /// The parts of all classes, as they are placed.
    std::vector<TenantPart> every_part() const {
        const std::vector<std::uint8_t> all(problem_->workload().classes().size(), 1);
        std::vector<TenantPart> every = tenancy_.parts(all, options_.threads);
        std::size_t at = 0;
        for (TenantPart& part : every) {
            part.placed = part.members;
            if (at < parts_.size() && parts_[at].of == part.of) part = parts_[at++];
        }
        return every;
    }

    /// Members of each of `parts_` that might be placed, if only for their size.
    std::vector<std::int64_t> wanted_by_size() const {
        Amounts largest{};
        for (const Fleet::Pool& pool : problem_->fleet().pools())
            for (std::size_t d = 0; d < kMaxDimensions && pool.slots > 0; ++d)
                largest[d] = std::max(largest[d], pool.capacity_max[d]);
        std::vector<std::int64_t> wanted;
        for (const TenantPart& part : parts_) {
            const ShapeId shape = problem_->workload().classes()[part.of.at()].shape;
            const bool fits = holds(largest, problem_->shape(shape).demand);
            wanted.push_back(fits ? std::max(part.admitted, part.placed) : part.placed);
        }
        return wanted;
    }
    /// The same, by all that keeps tasks from nodes.
    std::vector<std::int64_t> wanted_of_open(const Plan& plan) {
        const Solution& solution = plan.solution;
        const std::vector<Reason> reason =
            plan.cells > 0
                ? explain_by_cells(*problem_, solution, kCellsToExplain * plan.cells, options_.threads,
                                   control_)
                : explain_unplaced(Groundwork(*problem_, control_, options_.threads), solution, control_);
        std::vector<std::int64_t> wanted;
        for (const TenantPart& part : parts_) {
            const Reason own = reason[part.of.at()];
            const bool runs = own == Reason::kLink || own == Reason::kCapacity;
            wanted.push_back(runs ? std::max(part.admitted, part.placed) : part.placed);
        }
        return wanted;
    }

    /// Where dealing leaves some tenant far below its fair share: places all anew, by bands of shares, and
    /// keeps that if it is fairer.
    void even_out(Plan& plan) {
        if (shortness(fairness_of(tenancy_, parts_, wanted_by_size())) <= kMostShort) return;
        const std::vector<std::int64_t> open_wanted = wanted_of_open(plan);
        if (shortness(fairness_of(tenancy_, parts_, open_wanted)) <= kMostShort) return;
        std::vector<TenantPart> every = every_part();
        std::vector<std::int64_t> wanted;
        for (std::size_t i = 0, at = 0; i < every.size(); ++i) {
            const bool open = at < parts_.size() && parts_[at].of == every[i].of;
            wanted.push_back(open ? open_wanted[at++] : every[i].placed);
        }
        if (quotas_bind_) keep_to_quotas(tenancy_, every, wanted);
        const std::vector<Fairness> before = fairness_of(tenancy_, every, wanted);
        std::optional<Solution> anew = place_in_bands(plan, every, wanted, before);
        if (!anew) return;
        const std::vector<std::uint8_t> open = open_classes(*problem_, *anew);
        std::vector<TenantPart> was = std::exchange(parts_, {});
        for (std::size_t i = 0; i < every.size(); ++i) {
            every[i].admitted = wanted[i];
            if (open[every[i].of.at()]) parts_.push_back(every[i]);
        }
        share_out(*anew);
        if (shortness(before, fairness_of(tenancy_, every_part(), wanted)) < shortness(before))
            plan.solution = std::move(*anew);
        else
            parts_ = std::move(was);
    }

    static double shortness(std::span<const Fairness> then, std::span<const Fairness> now) {
        double most = 0;
        for (std::size_t level = 0; level < then.size(); ++level)
            most = std::max(most, then[level].shortness(now[level]));
        return most;
    }
    static double shortness(std::span<const Fairness> now) { return shortness(now, now); }

    /// Tenants up to their parts keep their seats where classes are placed one by one; at the levels below
    /// the first at which somebody is short nobody does.
    std::vector<std::int64_t> kept(const Plan& plan, std::span<const TenantPart> every,
                                   std::span<const Fairness> fairness) const {
        std::size_t first = 0;
        while (first < fairness.size() && fairness[first].shortness(fairness[first]) <= kMostShort) ++first;
        std::vector<std::int64_t> kept;
        for (const TenantPart& part : every) {
            const std::size_t level = tenancy_.level(part.of);
            const bool stays = level < first ||
                               (level == first && fairness[level].held[part.tenant] <= fairness[level].water);
            kept.push_back(stays && plan.cells == 0 ? part.placed : 0);
        }
        return kept;
    }

    /// None where time ran out.
    std::optional<Solution> place_in_bands(Plan& plan, std::span<const TenantPart> every,
                                           std::span<const std::int64_t> wanted,
                                           std::span<const Fairness> fairness) {
        const Banded banded = in_bands(tenancy_, every, wanted, kept(plan, every, fairness), fairness);
        std::optional<Solution> anew;
        if (plan.cells > 0) {
            anew = place_alone_(banded.problem, options_).solution;
        } else {
            const Solution start = kept_seats(banded, plan.solution, options_.threads);
            const Groundwork ground(*banded.problem, control_, options_.threads);
            anew = place_greedily(ground, greedy(ground, start, First::kNear), control_);
        }
        if (anew->status == Status::kTimeLimit) {
            plan.solution.status = Status::kTimeLimit;
            return {};
        }
        return joined(banded, *problem_, std::move(*anew));
    }

    /// Parts as classes, where not all are placed.
    void take_apart(Plan& plan) {
        const std::vector<std::uint8_t> open = open_classes(*problem_, plan.solution);
        std::erase_if(parts_, [&](const TenantPart& part) { return !open[part.of.at()]; });
        adopt(plan, split(tenancy_, parts_, options_.threads), parts_);
    }
    void adopt(Plan& plan, Split&& apart, std::span<const TenantPart> parts) {
        plan.solution = split_solution(apart, parts, plan.solution);
        plan.problem = apart.problem;
        own_->tenant_of_class = std::move(apart.tenant_of_class);
    }

    /// Every class taken apart, and tasks exchanged. False where nothing is left over, or there is too much
    /// to be laid open; nothing has changed then.
    bool exchange(Plan& plan) {
        if (!is_fair() || problem_->fleet().members() > SlotTable::kMostSlots) return false;
        if (std::ranges::all_of(parts_, [](const TenantPart& p) { return p.placed == p.members; }))
            return false;
        std::int64_t placed = 0;
        for (const std::int64_t members : plan.solution.placed) placed += members;
        if (placed == 0 || placed > SlotTable::kMostTasks) return false;
        const std::vector<TenantPart> every = every_part();
        Split apart = split(tenancy_, every, options_.threads);
        const Groundwork ground(*apart.problem, control_, options_.threads);
        if (!Market::is_possible(ground)) return false;
        const auto market = Market::make(ground, placing_order(ground, ground.suggested),
                                         Placement(*apart.problem), options_.threads);
        Solution solution = split_solution(apart, every, plan.solution);
        if (!market || !SlotTable::is_possible(*market, solution)) return false;
        SlotTable table(ground, *market, solution);
        const ExchangeOptions how{kStepsToExchange, left_s(), kStage};
        const bool in_time = exchange_for_fairness(tenancy_, apart.tenant_of_class, table, how, control_);
        Solution exchanged = table.solution(options_.threads);
        // Every step places somebody. Where there was none, all stays as it was dealt, run by run.
        plan.solution = std::move(exchanged.placed == solution.placed ? solution : exchanged);
        if (!in_time) plan.solution.status = Status::kTimeLimit;
        plan.problem = apart.problem;
        own_->tenant_of_class = std::move(apart.tenant_of_class);
        return true;
    }

    const std::shared_ptr<const Problem>& problem_;
    const PlaceOptions& options_;
    const PlaceAlone& place_alone_;
    Control& control_;
    const Stopwatch watch_;
    std::shared_ptr<TenantPlan> own_;
    const Tenancy& tenancy_;
    std::vector<TenantPart> parts_;
    bool quotas_bind_ = false;
    EarlierPlan earlier_;
    bool is_same_question_ = false, is_settled_ = false;
};

}  // namespace

std::uint64_t fingerprint(const TenantPlan& plan, int threads) {
    const Problem& problem = *plan.original;
    const auto& classes = problem.workload().classes();
    const std::vector<std::uint64_t> of_shape = shape_fingerprints(problem);
    std::uint64_t state = fingerprint(problem), sum = 0;
    for (const TenantPart& part : plan.tenancy.parts(std::vector<std::uint8_t>(classes.size(), 1), threads)) {
        const Workload::Class& own = classes[part.of.at()];
        const std::uint64_t of_class = mix(of_shape[own.shape.at()], own.origin.value);
        sum += mix(of_class, part.tenant) * static_cast<std::uint64_t>(part.members);
    }
    state = mix(state, sum);
    for (std::uint32_t t = 0; t < plan.tenancy.tenants(); ++t) {
        state = mix(state, std::bit_cast<std::uint64_t>(plan.tenancy.weight(t)));
        for (std::size_t r = 0; r < plan.tenancy.resources(); ++r)
            state = mix(state, static_cast<std::uint64_t>(plan.tenancy.quota(t)[r]));
    }
    return state;
}

Plan place_for_tenants(const std::shared_ptr<const Problem>& problem, const PlaceOptions& options,
                       const PlaceAlone& place_alone, Control& control) {
    if (options.previous == nullptr) return ForTenants(problem, options, place_alone, control).run();
    const Tenancy tenancy(*problem, *options.tenants, options.threads, control);
    const std::vector<std::uint8_t> all(problem->workload().classes().size(), 1);
    const Split apart = split(tenancy, tenancy.parts(all, options.threads), options.threads);
    return ForTenants(apart.problem, options, place_alone, control).run();
}

}  // namespace gigafleet
