#include "gigafleet/residency.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "gigafleet/candidates.hpp"
#include "gigafleet/groundwork.hpp"
#include "gigafleet/model_deal.hpp"
#include "gigafleet/residents.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kPollClasses = 64;
constexpr std::size_t kEntriesALedger = 1024;  // ledgers are joined on all threads

/// Places what was dealt no seat.
class RestOfModels {
public:
    RestOfModels(const Problem& problem, Residents& residents, ModelDeal& dealt,
                 const ResidencyOptions& options, Control& control)
        : problem_(problem),
          residents_(residents),
          dealt_(dealt),
          options_(options),
          control_(control),
          ground_(problem, control, options.threads),
          rooms_(problem) {
        const std::size_t pools = problem.fleet().pools().size();
        std::vector<std::uint8_t> open(pools);
        for (std::size_t p = 0; p < pools; ++p) {
            open[p] = residents.is_open(PoolId(p));
            if (open[p]) rooms_.set(PoolId(p), residents.room(PoolId(p)));
        }
        views_.reserve(ground_.views.size());
        candidates_.reserve(ground_.views.size());
        for (const PoolView& all : ground_.views) {
            views_.emplace_back(problem, all.routes(), open);
            candidates_.emplace_back(problem, views_.back(), dealt.loads, rooms_);
        }
    }

    /// False where the time is up.
    bool run() {
        const Stopwatch watch;
        for (const ShapeId id : placing_order(ground_, ground_.suggested)) {
            const auto classes = ground_.by_shape.classes(id);
            const auto is_left = [&](ClassId c) { return dealt_.left[c.at()] > 0; };
            if (std::ranges::none_of(classes, is_left)) continue;
            control_.poll(options_.stage, done_, static_cast<std::int64_t>(dealt_.left.size()));
            if (dealt_.ledgers.back().entries.size() > kEntriesALedger) dealt_.ledgers.emplace_back();
            candidates_[problem_.shape(id).policy].start(id);
            for (const ClassId c : classes) {
                if (!is_left(c)) continue;
                if (++done_ % kPollClasses == 0)
                    control_.poll(options_.stage, done_, static_cast<std::int64_t>(dealt_.left.size()));
                if (watch.seconds() > options_.time_limit_s) return false;
                place(id, c);
            }
        }
        return true;
    }

private:
    void place(ShapeId id, ClassId of) {
        const Problem::Shape& shape = problem_.shape(id);
        Ledger& ledger = dealt_.ledgers.back();
        std::int64_t& left = dealt_.left[of.at()];
        left = candidates_[shape.policy].place(
            problem_.workload().classes()[of.at()].origin, left, [&](PoolId pool, std::int64_t room) {
                const std::int64_t placed = residents_.fill(shape, pool, room, ledger.fillings);
                if (placed > 0) rooms_.set(pool, residents_.room(pool));
                return placed;
            });
        ledger.close(of);
    }

    const Problem& problem_;
    Residents& residents_;
    ModelDeal& dealt_;
    const ResidencyOptions& options_;
    Control& control_;
    const Groundwork ground_;
    PoolRooms rooms_;
    std::vector<PoolView> views_;         ///< by transit policy, of open pools
    std::vector<Candidates> candidates_;  ///< by transit policy
    std::int64_t done_ = 0;
};

/// A filling, and the shape of its tasks.
struct Part {
    const Filling* filling;
    ShapeId shape;
};

/// Who is on the slots of one pool after the other.
class LoadSweep {
public:
    LoadSweep(const Problem& problem, std::vector<ModelLoad>& out)
        : problem_(problem), models_(*problem.models()), out_(out) {}

    void sweep(PoolId pool, std::span<const Part> parts) {
        edges_.clear();
        for (const Part& part : parts) {
            if (problem_.shape(part.shape).model == kNoModel) continue;
            edges_.push_back({part.filling->first, part.shape, 1});
            edges_.push_back({part.filling->first + part.filling->slots, part.shape, -1});
        }
        std::ranges::sort(edges_, {}, &Edge::slot);
        here_.clear();
        std::int64_t slot = 0;
        for (std::size_t e = 0; e < edges_.size();) {
            if (!here_.empty()) write(pool, slot, edges_[e].slot);
            for (slot = edges_[e].slot; e < edges_.size() && edges_[e].slot == slot; ++e) change(edges_[e]);
        }
    }

private:
    struct Edge {
        std::int64_t slot;
        ShapeId shape;
        int sign;
    };

    void change(const Edge& edge) {
        if (edge.sign > 0) {
            here_.push_back(edge.shape);
            return;
        }
        const auto it = std::ranges::find(here_, edge.shape);
        *it = here_.back();
        here_.pop_back();
    }

    void write(PoolId pool, std::int64_t first, std::int64_t last) {
        ModelSet in_use = 0;
        for (const ShapeId s : here_) in_use |= only(problem_.shape(s).model);
        for_alike_slots(problem_, pool, first, last, [&](const AlikeSlots& slots) {
            for_models(in_use & ~slots.held, [&](std::int32_t model) {
                const Quantity line = slots.capacity[problem_.fleet().schema().line_down()];
                out_.push_back({pool, slots.first, slots.last - slots.first, model, line, longest(model)});
            });
            return true;
        });
    }

    double longest(std::int32_t model) const {
        double most = 0;
        for (const ShapeId s : here_)
            if (problem_.shape(s).model == model) most = std::max(most, problem_.shape(s).tau_s);
        return most;
    }

    const Problem& problem_;
    const Models& models_;
    std::vector<ModelLoad>& out_;
    std::vector<Edge> edges_;
    std::vector<ShapeId> here_;
};

}  // namespace

Solution with_models(const Problem& problem, const Coarse& coarse, Solution&& plan,
                     const ResidencyOptions& options, Control& control) {
    const Stopwatch watch;
    bool in_time = plan.status == Status::kComplete;
    Residents residents(problem);
    control.poll(options.stage, 0, 1);
    ModelDeal dealt = deal_models(problem, coarse, plan, residents, options.threads);
    plan.fillings = {};
    const bool any_left = std::ranges::any_of(dealt.left, [](std::int64_t left) { return left > 0; });
    bool tried = in_time;
    if (any_left && in_time) {
        ResidencyOptions rest = options;
        rest.time_limit_s -= watch.seconds();
        tried = in_time = RestOfModels(problem, residents, dealt, rest, control).run();
    }
    Solution solution =
        solution_of(problem, dealt.ledgers, dealt.left, std::move(dealt.loads), options.threads);
    for (Reason& reason : solution.reason)
        if (tried && reason == Reason::kNotTried) reason = Reason::kCapacity;
    if (!in_time) solution.status = Status::kTimeLimit;
    solution.cost += load_cost(problem, loads_of(problem, solution));
    return solution;
}

std::vector<ModelLoad> loads_of(const Problem& problem, const Solution& solution) {
    std::vector<ModelLoad> loads;
    const std::size_t pools = problem.fleet().pools().size();
    std::vector<std::size_t> first(pools + 1, 0);
    for (const Filling& filling : solution.fillings) ++first[filling.pool.at() + 1];
    std::partial_sum(first.begin(), first.end(), first.begin());
    std::vector<std::size_t> next(first.begin(), first.end() - 1);
    std::vector<Part> parts(solution.fillings.size());
    for (std::size_t c = 0; c < solution.of_class.size(); ++c)
        for (const Filling& filling : solution.of(ClassId(c)))
            parts[next[filling.pool.at()]++] = {&filling, problem.workload().classes()[c].shape};
    LoadSweep sweep(problem, loads);
    for (std::size_t p = 0; p < pools; ++p)
        sweep.sweep(PoolId(p), {parts.data() + first[p], parts.data() + first[p + 1]});
    return loads;
}

double load_cost(const Problem& problem, std::span<const ModelLoad> loads) {
    double cost = 0;
    for (const ModelLoad& load : loads)
        cost += problem.objective().load_eur_per_gb * problem.models()->weight_gb(load.model) *
                static_cast<double>(load.slots) * 3600 / load.longest_s;
    return cost;
}

}  // namespace gigafleet
