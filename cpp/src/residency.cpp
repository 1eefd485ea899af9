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

namespace gigafleet {

namespace {

constexpr std::int64_t kPollClasses = 64;
constexpr std::int64_t kShards = 64;           // of pools: more than threads, for balance
constexpr std::size_t kManyInVain = 512;       // pools that are looked at one by one
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

/// Places what was dealt no seat.
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
          pools_(problem, residents) {}

    /// False where the time is up.
    bool run() {
        const std::vector<std::int64_t> hopeful = find_hopeful();
        if (late_) return false;
        std::vector<std::uint32_t> by_itself(problem_.shapes().size());
        std::iota(by_itself.begin(), by_itself.end(), 0u);
        const Coarse single = coarsen_alike(problem_, hopeful, by_itself, options_.threads);
        const Groundwork ground(*single.problem, control_, options_.threads);
        OpenSearch all(*single.problem, dealt_.loads, pools_.rooms, pools_.open);
        std::int64_t done = 0;
        for (const std::vector<ShapeId>& kin : kin_of(ground)) {
            std::optional<OpenSearch> few;  // once many pools were looked at in vain: of those that are open
            open_ = pools_.open;
            vain_ = 0;
            open_left_ = open_.size();
            for (std::size_t k = 0; k < kin.size() && open_left_ > 0; ++k) {
                const Problem::Shape& shape = single.problem->shape(kin[k]);
                Candidates* candidates = &(few ? *few : all).of(shape);
                candidates->start(kin[k]);
                if (dealt_.ledgers.back().entries.size() > kEntriesALedger) dealt_.ledgers.emplace_back();
                for (const ClassId c : ground.by_shape.classes(kin[k])) {
                    if (is_late(done++, single.first.size())) return false;
                    if (open_left_ == 0) break;
                    if (!few && vain_ > kManyInVain) {
                        find_open(shape);
                        few.emplace(*single.problem, dealt_.loads, pools_.rooms, open_);
                        candidates = &few->of(shape);
                        candidates->start(kin[k]);
                    }
                    place(single.of(c.at()).front(), *candidates);
                }
            }
        }
        return true;
    }

private:
    /// What is left of classes for which some pool has room, weights aside: a coarse class asks for all its
    /// members.
    std::vector<std::int64_t> find_hopeful() {
        const Problem& coarse = *coarse_.problem;
        const std::vector<ClassId> waiting = find_waiting();
        const ShapeClasses by_shape(coarse, waiting);
        OpenSearch search(coarse, dealt_.loads, pools_.rooms, pools_.open);
        std::vector<std::int64_t> hopeful(dealt_.left.size(), 0);
        std::int64_t done = 0;
        for (std::size_t s = 0; s < coarse.shapes().size(); ++s) {
            const Problem::Shape& shape = coarse.shapes()[s];
            if (!by_shape.classes(ShapeId(s)).empty()) search.of(shape).start(ShapeId(s));
            for (const ClassId k : by_shape.classes(ShapeId(s))) {
                if (is_late(done++, waiting.size())) return hopeful;
                bool found = false;
                search.of(shape).place(coarse.workload().classes()[k.at()].origin, 1,
                                       [&](PoolId pool, std::int64_t) -> std::int64_t {
                                           found = residents_.has_room(shape, pool);
                                           return found ? Candidates::kStop : 0;
                                       });
                if (!found) continue;
                for (const ClassId c : coarse_.of(k.at())) hopeful[c.at()] = dealt_.left[c.at()];
            }
        }
        return hopeful;
    }

    /// Coarse classes of which something is left.
    std::vector<ClassId> find_waiting() const {
        std::vector<ClassId> waiting;
        for (std::size_t k = 0; k + 1 < coarse_.first.size(); ++k)
            if (std::ranges::any_of(coarse_.of(k), [&](ClassId c) { return dealt_.left[c.at()] > 0; }))
                waiting.emplace_back(k);
        return waiting;
    }

    bool is_late(std::int64_t done, std::size_t total) {
        if (done % kPollClasses == 0) {
            control_.poll(options_.stage, done, static_cast<std::int64_t>(total));
            late_ = watch_.seconds() > options_.time_limit_s;
        }
        return late_;
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
        const Workload::Class& c = problem_.workload().classes()[of.at()];
        Ledger& ledger = dealt_.ledgers.back();
        std::int64_t& left = dealt_.left[of.at()];
        left = candidates.place(c.origin, left, [&](PoolId pool, std::int64_t room) -> std::int64_t {
            if (open_[pool.at()] == 0) return 0;
            const std::int64_t placed = residents_.fill(problem_.shape(c.shape), pool, room, ledger.fillings);
            if (placed > 0) pools_.rooms.set(pool, residents_.room(pool));
            if (placed < room) {
                open_[pool.at()] = 0;
                --open_left_;
            }
            vain_ += placed == 0;
            return placed;
        });
        ledger.close(of);
    }

    const Problem& problem_;
    const Coarse& coarse_;
    Residents& residents_;
    ModelDeal& dealt_;
    const ResidencyOptions& options_;
    Control& control_;
    const Stopwatch watch_;
    OpenPools pools_;                 ///< for any shape
    std::vector<std::uint8_t> open_;  ///< by pool: for the kin at hand, or maybe
    std::size_t open_left_ = 0;       ///< of these, or more
    std::size_t vain_ = 0;            ///< of these, those that were looked at and had none
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

Solution with_models(const Problem& problem, const Coarse& coarse, Solution&& plan,
                     const ResidencyOptions& options, Control& control) {
    const Stopwatch watch;
    auto residents = std::make_unique<Residents>(problem);
    control.poll(options.stage, 0, 1);
    ModelDeal dealt = deal_models(problem, coarse, plan, *residents, options.threads);
    plan.fillings = std::vector<Filling>();  // frees the memory
    if (give_up_broken_gangs(problem, dealt)) residents = residents_of(problem, dealt.ledgers);
    bool in_time = plan.status == Status::kComplete;
    if (in_time) {
        ResidencyOptions rest = options;
        rest.time_limit_s -= watch.seconds();
        in_time = place_left(problem, coarse, *residents, dealt, rest, control);
    }
    Solution solution =
        solution_of(problem, dealt.ledgers, dealt.left, std::move(dealt.loads), options.threads);
    for (Reason& reason : solution.reason)
        if (in_time && reason == Reason::kNotTried) reason = Reason::kCapacity;
    if (!in_time) solution.status = Status::kTimeLimit;
    solution.cost += load_cost(problem, solution, options.threads);
    return solution;
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
