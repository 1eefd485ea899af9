#include "gigafleet/residency.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>

#include "gigafleet/groundwork.hpp"
#include "gigafleet/model_bonds.hpp"
#include "gigafleet/model_deal.hpp"
#include "gigafleet/open_search.hpp"
#include "gigafleet/parallel.hpp"
#include "gigafleet/placement.hpp"
#include "gigafleet/residents.hpp"
#include "gigafleet/restore.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kPollClasses = 64;
constexpr std::int64_t kShards = 64;           // of pools: more than threads, for balance
constexpr std::size_t kPoolsAVisit = 16;       // are asked for room in the time that a visit in vain takes
constexpr std::size_t kFewClasses = 4096;      // tried by themselves, too
constexpr std::int64_t kWorthATry = 200;       // where one task in so many is left over
constexpr std::size_t kEntriesALedger = 1024;  // ledgers are joined on all threads

/// Shapes of one priority to which a pool is full all at once, in placing order: groups in the order of their
/// first.
std::vector<std::vector<ShapeId>> kin_of(const Groundwork& ground) {
    using Key = std::tuple<std::int64_t, std::int32_t, std::int64_t, std::int64_t, Amounts>;
    std::map<Key, std::size_t> numbers;
    std::vector<std::vector<ShapeId>> groups;
    for (const ShapeId id : placing_order(ground, ground.suggested)) {
        const Problem::Shape& s = ground.problem.shape(id);
        const Key key{s.priority, s.model, s.max_wait_ns, ground.problem.needed_ns(s), s.demand};
        const auto [it, fresh] = numbers.try_emplace(key, groups.size());
        if (fresh) groups.emplace_back();
        groups[it->second].push_back(id);
    }
    return groups;
}

/// Places what was dealt no seat: level by level of priority, first the members of a coarse class all at
/// once, whatever their models, then what weights were in the way of, model by model.
class RestOfModels {
public:
    RestOfModels(const Problem& problem, const Coarse& coarse, Residents& residents, ModelDeal& dealt,
                 const ResidencyOptions& options, Control& control)
        : problem_(problem),
          coarse_(coarse),
          residents_(residents),
          dealt_(dealt),
          options_(options),
          control_(control),
          pools_(problem, residents),
          search_(*coarse.problem, dealt.loads, pools_.rooms, pools_.open) {}

    /// False where the time is up.
    bool run() {
        const Problem& coarse = *coarse_.problem;
        const Groundwork ground(coarse, control_, options_.threads);
        const std::vector<ClassId> left = find_waiting();
        const ShapeClasses waiting(coarse, left);
        total_ = std::ssize(left);
        const std::vector<ShapeId> order = placing_order(ground, ground.suggested);
        for (auto first = order.begin(); first != order.end() && !late_;) {
            const std::int64_t priority = coarse.shape(*first).priority;
            hopeful_.clear();
            for (; first != order.end() && coarse.shape(*first).priority == priority; ++first)
                place_all_models(*first, waiting);
            if (!hopeful_.empty() && !late_) place_by_model();
        }
        return !late_;
    }

private:
    /// Places what is left of the classes of a coarse shape, each as far as pools with room take all of it,
    /// weights included. Where one does not, the class is hopeful: some pool has room, weights aside.
    void place_all_models(ShapeId id, const ShapeClasses& waiting) {
        const Problem::Shape& shape = coarse_.problem->shape(id);
        const std::span<const ClassId> classes = waiting.classes(id);
        if (classes.empty()) return;
        Candidates& candidates = search_.of(shape);
        candidates.start(id);
        for (std::size_t k = 0; k < classes.size() && !is_late(); ++k) {
            const std::span<const ClassId> members = coarse_.of(classes[k].at());
            bool in_the_way = false;
            const auto visit = [&](PoolId pool, std::int64_t room) -> Candidates::Taken {
                if (!residents_.has_room(shape, pool)) return Candidates::kClose;
                const std::int64_t placed = fill(pool, members, room);
                in_the_way = placed < room && (placed == 0 || residents_.has_room(shape, pool));
                return {placed, in_the_way ? Candidates::kStop : Candidates::kClose};
            };
            std::int64_t left = 0;
            for (const ClassId c : members) left += dealt_.left[c.at()];
            candidates.place(waiting.origins(id)[k], left, visit);
            if (in_the_way) hopeful_.push_back(classes[k]);
        }
    }

    /// Puts up to `room` tasks of classes that ask for the same, models aside, into a pool.
    std::int64_t fill(PoolId pool, std::span<const ClassId> members, std::int64_t room) {
        std::int64_t left = room;
        Ledger& ledger = this->ledger();
        for (const ClassId c : members) {
            const std::int64_t wanted = std::min(left, dealt_.left[c.at()]);
            if (wanted == 0) continue;
            const Problem::Shape& shape = problem_.shape(problem_.workload().classes()[c.at()].shape);
            const std::int64_t placed = residents_.fill(shape, pool, wanted, ledger.fillings);
            ledger.close(c);
            dealt_.left[c.at()] -= placed;
            left -= placed;
        }
        if (left < room) pools_.rooms.set(pool, residents_.room(pool));
        return room - left;
    }

    void place_by_model() {
        const Coarse single = hopeful_by_model();
        const Groundwork ground(*single.problem, control_, options_.threads);
        OpenSearch all(*single.problem, dealt_.loads, pools_.rooms, pools_.open);
        for (const std::vector<ShapeId>& kin : kin_of(ground)) {
            std::optional<OpenSearch> few;  // once many pools were looked at in vain: of those that are open
            open_ = pools_.open;
            vain_ = 0;
            open_left_ = open_.size();
            for (std::size_t k = 0; k < kin.size() && open_left_ > 0; ++k) {
                const Problem::Shape& shape = single.problem->shape(kin[k]);
                Candidates* candidates = &(few ? *few : all).of(shape);
                candidates->start(kin[k]);
                for (const ClassId c : ground.by_shape.classes(kin[k])) {
                    if (is_late()) return;
                    if (open_left_ == 0) break;
                    if (!few && vain_ > open_.size() / kPoolsAVisit) {
                        find_open(shape);
                        few.emplace(*single.problem, dealt_.loads, pools_.rooms, open_);
                        candidates = &few->of(shape);
                        candidates->start(kin[k]);
                    }
                    place(single.of(c.at()).front(), *candidates);
                }
            }
        }
    }

    /// A problem of what is left of the hopeful classes, model by model.
    Coarse hopeful_by_model() {
        std::vector<std::int64_t> left(dealt_.left.size(), 0);
        for (const ClassId k : hopeful_)
            for (const ClassId c : coarse_.of(k.at())) {
                left[c.at()] = dealt_.left[c.at()];
                total_ += left[c.at()] > 0;
            }
        std::vector<std::uint32_t> by_itself(problem_.shapes().size());
        std::iota(by_itself.begin(), by_itself.end(), 0u);
        return coarsen_alike(problem_, left, by_itself, options_.threads);
    }

    /// Coarse classes of which something is left.
    std::vector<ClassId> find_waiting() const {
        std::vector<ClassId> waiting;
        for (std::size_t k = 0; k + 1 < coarse_.first.size(); ++k)
            if (std::ranges::any_of(coarse_.of(k), [&](ClassId c) { return dealt_.left[c.at()] > 0; }))
                waiting.emplace_back(k);
        return waiting;
    }

    bool is_late() {
        if (done_++ % kPollClasses == 0) {
            control_.poll(options_.stage, done_ - 1, total_);
            late_ = watch_.seconds() > options_.time_limit_s;
        }
        return late_;
    }

    /// Where to write down what is placed: a new one now and then.
    Ledger& ledger() {
        if (dealt_.ledgers.back().entries.size() > kEntriesALedger) dealt_.ledgers.emplace_back();
        return dealt_.ledgers.back();
    }

    /// Tells which pools are open for the shape and its kin.
    void find_open(const Problem::Shape& shape) {
        const auto pools = static_cast<std::int64_t>(open_.size());
        parallel_for(options_.threads, kShards, [&](std::int64_t shard) {
            const auto [first, last] = shard_range(pools, kShards, shard);
            for (auto p = static_cast<std::size_t>(first); p < static_cast<std::size_t>(last); ++p)
                open_[p] = open_[p] != 0 && residents_.can_take(shape, PoolId(p));
        });
        open_left_ = static_cast<std::size_t>(std::ranges::count(open_, std::uint8_t{1}));
    }

    void place(ClassId of, Candidates& candidates) {
        const SiteId origin = problem_.workload().classes()[of.at()].origin;
        candidates.place(origin, dealt_.left[of.at()],
                         [&](PoolId pool, std::int64_t room) -> Candidates::Taken {
                             if (open_[pool.at()] == 0) return Candidates::kClose;
                             const std::int64_t placed = fill(pool, {&of, 1}, room);
                             if (placed < room) {
                                 open_[pool.at()] = 0;
                                 --open_left_;
                             }
                             vain_ += placed == 0;
                             return placed;
                         });
    }

    const Problem& problem_;
    const Coarse& coarse_;
    Residents& residents_;
    ModelDeal& dealt_;
    const ResidencyOptions& options_;
    Control& control_;
    const Stopwatch watch_;
    OpenPools pools_;                    ///< for any shape
    OpenSearch search_;                  ///< of coarse shapes, among these
    std::vector<ClassId> hopeful_;       ///< coarse classes of the level at hand
    std::vector<std::uint8_t> open_;     ///< by pool: for the kin at hand, or maybe
    std::size_t open_left_ = 0;          ///< of these, or more
    std::size_t vain_ = 0;               ///< of these, those that were looked at and had none
    std::int64_t done_ = 0, total_ = 0;  ///< classes tried, and to be tried
    bool late_ = false;
};

bool is_any_left(const ModelDeal& dealt) {
    return std::ranges::any_of(dealt.left, [](std::int64_t left) { return left > 0; });
}

/// Takes those up to a level of priority out of what is left; returns them.
std::vector<std::int64_t> hold_back(const Problem& problem, std::int64_t priority,
                                    std::vector<std::int64_t>& left) {
    std::vector<std::int64_t> held(left.size(), 0);
    for (std::size_t c = 0; c < left.size(); ++c)
        if (problem.shape(problem.workload().classes()[c].shape).priority <= priority)
            held[c] = std::exchange(left[c], 0);
    return held;
}

}  // namespace

bool place_left(const Problem& problem, const Coarse& coarse, Residents& residents, ModelDeal& dealt,
                const ResidencyOptions& options, Control& control) {
    const Stopwatch watch;
    const auto left_s = [&] { return options.time_limit_s - watch.seconds(); };
    const auto place_unbound = [&] {
        deal_in_trees(problem, residents, dealt, options.threads);
        if (!is_any_left(dealt)) return true;
        ResidencyOptions own = options;
        own.time_limit_s = left_s();
        return RestOfModels(problem, coarse, residents, dealt, own, control).run();
    };
    if (!is_any_bound_left(problem, dealt.left)) return place_unbound();
    BoundRest bound(problem, residents, dealt, options.threads, control);
    bool in_time = true;
    for (const std::int64_t priority : bound.levels()) {
        const std::vector<std::int64_t> later = hold_back(problem, priority, dealt.left);
        in_time = in_time && place_unbound();
        for (std::size_t c = 0; c < later.size(); ++c) dealt.left[c] += later[c];
        in_time = in_time && bound.place(priority, left_s(), options.stage, control);
    }
    in_time = in_time && place_unbound();
    bound.finish();
    return in_time;
}

namespace {

Solution finish(const Problem& problem, ModelDeal&& dealt, bool in_time, int threads) {
    Solution solution = solution_of(problem, dealt.ledgers, dealt.left, std::move(dealt.loads), threads);
    for (Reason& reason : solution.reason)
        if (in_time && reason == Reason::kNotTried) reason = Reason::kCapacity;
    if (!in_time) solution.status = Status::kTimeLimit;
    solution.cost += load_cost(problem, solution, threads);
    return solution;
}

}  // namespace

Solution with_models(const Problem& problem, const Coarse& coarse, Solution&& plan,
                     const ResidencyOptions& options, Control& control) {
    const Stopwatch watch;
    auto residents = std::make_unique<Residents>(problem);
    control.poll(options.stage, 0, 1);
    bool in_time = plan.status == Status::kComplete;
    auto dealer = std::make_optional<ModelDealer>(problem, coarse, plan, options.threads);
    ModelDeal dealt = dealer->start();
    const std::vector<std::int64_t> levels(dealer->levels().begin(), dealer->levels().end());
    for (const std::int64_t priority : levels) {
        dealer->deal(priority, *residents, dealt);
        if (give_up_broken_gangs(problem, dealt)) residents = residents_of(problem, dealt.ledgers);
        const bool is_last = priority == levels.back();
        if (is_last) {  // frees the memory
            dealer.reset();
            plan.fillings = std::vector<Filling>();
        }
        if (!in_time) continue;
        ResidencyOptions rest = options;
        rest.time_limit_s -= watch.seconds();
        const std::vector<std::int64_t> later =
            is_last ? std::vector<std::int64_t>{} : hold_back(problem, priority - 1, dealt.left);
        in_time = place_left(problem, coarse, *residents, dealt, rest, control);
        for (std::size_t c = 0; c < later.size(); ++c) dealt.left[c] += later[c];
    }
    return finish(problem, std::move(dealt), in_time, options.threads);
}

Solution place_beside(const Problem& problem, const Solution& solution, std::vector<std::int64_t> more,
                      const ResidencyOptions& options, Control& control) {
    std::vector<std::int64_t> others = members_of_classes(problem);
    for (std::size_t c = 0; c < more.size(); ++c) others[c] -= solution.placed[c] + more[c];
    ModelDeal dealt{ledgers_of(solution), std::move(more), solution.loads};
    const std::unique_ptr<Residents> residents = residents_of(problem, dealt.ledgers);
    dealt.ledgers.emplace_back();
    const NoModels bare(problem, options.threads);
    const bool in_time = solution.status == Status::kComplete &&
                         place_left(problem, bare.joined(), *residents, dealt, options, control);
    for (std::size_t c = 0; c < others.size(); ++c) dealt.left[c] += others[c];
    return finish(problem, std::move(dealt), in_time, options.threads);
}

namespace {

std::int64_t tasks_of(const Solution& solution) {
    return std::accumulate(solution.placed.begin(), solution.placed.end(), std::int64_t{0});
}

bool is_better(const Problem& problem, const Solution& a, const Solution& b) {
    const auto weight = weight_by_level(problem, a.placed), other = weight_by_level(problem, b.placed);
    return weight != other ? weight > other : a.cost < b.cost;
}

}  // namespace

Solution with_models(const Problem& problem, Effort effort, const PlaceBare& place_bare,
                     const ResidencyOptions& options, Control& control) {
    const Stopwatch watch;
    const NoModels bare(problem, options.threads);
    const Problem& coarse = *bare.coarse().problem;
    std::int64_t without = 0;  // tasks that are placed without their models
    const auto attempt = [&](Solution plan) {
        without = std::max(without, tasks_of(plan));
        bare.join(plan);
        ResidencyOptions own = options;
        own.time_limit_s -= watch.seconds();
        return with_models(problem, bare.joined(), std::move(plan), own, control);
    };
    Solution best = attempt(place_bare(bare.coarse().problem, effort));
    if (effort == Effort::kFast) return best;
    const bool few = problem.workload().classes().size() <= kFewClasses;
    const auto is_worth_a_try = [&] {
        const std::int64_t lost = without - tasks_of(best);
        return best.status == Status::kComplete && lost > 0 && (few || lost >= without / kWorthATry);
    };
    const auto keep_better = [&](Solution other) {
        if (other.status == Status::kTimeLimit)
            best.status = Status::kTimeLimit;
        else if (is_better(problem, other, best))
            best = std::move(other);
    };
    if (is_worth_a_try()) keep_better(attempt(place_bare(bare.coarse().problem, Effort::kFast)));
    if (few && is_worth_a_try())
        keep_better(attempt(solution_of(coarse, {}, members_of_classes(coarse), Loads(coarse), 1)));
    return best;
}

}  // namespace gigafleet
