#include "gigafleet/residency.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "gigafleet/buffer.hpp"
#include "gigafleet/candidates.hpp"
#include "gigafleet/groundwork.hpp"
#include "gigafleet/model_deal.hpp"
#include "gigafleet/parallel.hpp"
#include "gigafleet/residents.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kPollClasses = 64;
constexpr std::int64_t kShards = 64;                     // of pools: more than threads, for balance
constexpr std::size_t kMostSplit = 4, kFewPools = 4096;  // pools by what they hold: these times, and so many
constexpr std::size_t kEntriesALedger = 1024;            // ledgers are joined on all threads

/// A search for pools with room, by what residents leave.
class Search {
public:
    Search(const Groundwork& ground, const Residents& residents, Loads& loads) : rooms_(ground.problem) {
        const std::size_t pools = ground.problem.fleet().pools().size();
        std::vector<std::uint8_t> open(pools);
        for (std::size_t p = 0; p < pools; ++p) {
            open[p] = residents.is_open(PoolId(p));
            if (open[p]) rooms_.set(PoolId(p), residents.room(PoolId(p)));
        }
        views_.reserve(ground.views.size());
        candidates_.reserve(ground.views.size());
        for (const PoolView& all : ground.views) {
            views_.emplace_back(ground.problem, all.routes(), open);
            candidates_.emplace_back(ground.problem, views_.back(), loads, rooms_);
        }
    }
    Candidates& of(const Problem::Shape& shape) { return candidates_[shape.policy]; }
    void set_room(PoolId pool, const Amounts& room) { rooms_.set(pool, room); }

private:
    PoolRooms rooms_;
    std::vector<PoolView> views_;         ///< by transit policy, of open pools
    std::vector<Candidates> candidates_;  ///< by transit policy
};

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
          control_(control) {}

    /// False where the time is up.
    bool run() {
        const std::vector<std::int64_t> hopeful = find_hopeful();
        if (late_) return false;
        std::vector<std::uint32_t> by_itself(problem_.shapes().size());
        std::iota(by_itself.begin(), by_itself.end(), 0u);
        const Coarse single = coarsen_alike(problem_, hopeful, by_itself, options_.threads);
        const Groundwork ground(*single.problem, control_, options_.threads);
        Search search(ground, residents_, dealt_.loads);
        std::int64_t done = 0;
        for (const ShapeId id : placing_order(ground, ground.suggested)) {
            Candidates& candidates = search.of(single.problem->shape(id));
            candidates.start(id);
            if (dealt_.ledgers.back().entries.size() > kEntriesALedger) dealt_.ledgers.emplace_back();
            for (const ClassId c : ground.by_shape.classes(id)) {
                if (is_late(done++, single.first.size())) return false;
                place(single.of(c.at()).front(), candidates, search);
            }
        }
        return true;
    }

private:
    /// What is left of classes for which some pool has room, weights aside: a coarse class asks for all its
    /// members.
    std::vector<std::int64_t> find_hopeful() {
        const Problem& coarse = *coarse_.problem;
        const Groundwork ground(coarse, control_, options_.threads);
        Search search(ground, residents_, dealt_.loads);
        std::vector<std::int64_t> hopeful(dealt_.left.size(), 0);
        std::int64_t done = 0;
        for (std::size_t s = 0; s < coarse.shapes().size(); ++s) {
            const Problem::Shape& shape = coarse.shapes()[s];
            bool started = false;
            for (const ClassId k : ground.by_shape.classes(ShapeId(s))) {
                const auto members = coarse_.of(k.at());
                // Those in gangs and spread groups have no model, so they had their seats.
                const auto is_left = [&](ClassId c) {
                    return dealt_.left[c.at()] > 0 && !problem_.is_bound(c);
                };
                if (std::ranges::none_of(members, is_left)) continue;
                if (is_late(done++, dealt_.left.size())) return hopeful;
                if (!std::exchange(started, true)) search.of(shape).start(ShapeId(s));
                bool found = false;
                search.of(shape).place(coarse.workload().classes()[k.at()].origin, 1,
                                       [&](PoolId pool, std::int64_t) -> std::int64_t {
                                           found = residents_.has_room(shape, pool);
                                           return found ? Candidates::kStop : 0;
                                       });
                for (const ClassId c : members) hopeful[c.at()] = found ? dealt_.left[c.at()] : 0;
            }
        }
        return hopeful;
    }

    bool is_late(std::int64_t done, std::size_t total) {
        if (done % kPollClasses == 0) {
            control_.poll(options_.stage, done, static_cast<std::int64_t>(total));
            late_ = watch_.seconds() > options_.time_limit_s;
        }
        return late_;
    }

    void place(ClassId of, Candidates& candidates, Search& search) {
        const Workload::Class& c = problem_.workload().classes()[of.at()];
        Ledger& ledger = dealt_.ledgers.back();
        std::int64_t& left = dealt_.left[of.at()];
        left = candidates.place(c.origin, left, [&](PoolId pool, std::int64_t room) {
            const std::int64_t placed = residents_.fill(problem_.shape(c.shape), pool, room, ledger.fillings);
            if (placed > 0) search.set_room(pool, residents_.room(pool));
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
    bool late_ = false;
};

/// A filling, and the shape of its tasks.
struct Part {
    const Filling* filling;
    ShapeId shape;
};

/// Who is on the slots of one pool after the other; `out(load)` is told of each load.
template <class Out>
class LoadSweep {
public:
    LoadSweep(const Problem& problem, Out out) : problem_(problem), out_(std::move(out)) {}

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
                out_(ModelLoad{pool, slots.first, slots.last - slots.first, model, line, longest(model)});
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
    Out out_;
    std::vector<Edge> edges_;
    std::vector<ShapeId> here_;
};

/// Calls `out(load)`, which `out_of(shard)` makes, for all loads of the pools of a shard, on any thread.
template <class OutOf>
void for_loads(const Problem& problem, const Solution& solution, int threads, OutOf&& out_of) {
    const std::size_t pools = problem.fleet().pools().size();
    std::vector<std::size_t> first(pools + 1, 0);
    for (const Filling& filling : solution.fillings) ++first[filling.pool.at() + 1];
    std::partial_sum(first.begin(), first.end(), first.begin());
    std::vector<std::size_t> next(first.begin(), first.end() - 1);
    Buffer<Part> parts(solution.fillings.size());
    for (std::size_t c = 0; c < solution.of_class.size(); ++c)
        for (const Filling& filling : solution.of(ClassId(c)))
            parts[next[filling.pool.at()]++] = {&filling, problem.workload().classes()[c].shape};
    parallel_for(threads, kShards, [&](std::int64_t shard) {
        LoadSweep sweep(problem, out_of(static_cast<std::size_t>(shard)));
        const auto [begin, end] = shard_range(static_cast<std::int64_t>(pools), kShards, shard);
        for (auto p = static_cast<std::size_t>(begin); p < static_cast<std::size_t>(end); ++p)
            sweep.sweep(PoolId(p), {parts.data() + first[p], parts.data() + first[p + 1]});
    });
}

/// The slots of a fleet whose pools were split by what nodes hold, as they are numbered in the whole pools.
class WholePools {
public:
    WholePools(const Fleet& whole, const Fleet& split, std::span<const std::uint32_t> entry_of)
        : whole_(whole), split_(split), entry_of_(entry_of) {
        std::uint32_t number = 0;
        for (const Fleet::Pool& pool : split.pools()) {
            while (pool.entries > 0 && !is_in(whole.pools()[number], entry_of[at(pool.first_entry)]))
                ++number;
            pool_of_.emplace_back(number);
        }
    }

    /// Appends what a filling is there.
    void append(const Filling& filling, std::vector<Filling>& out) const {
        const Fleet::Pool& own = split_.pools()[filling.pool.at()];
        const PoolId id = pool_of_[filling.pool.at()];
        const Fleet::Pool& pool = whole_.pools()[id.at()];
        std::int64_t slot = filling.first, left = filling.slots;
        const std::size_t begin = out.size();
        for (std::int64_t entry = split_.entry_of_slot(own, slot); left > 0; ++entry) {
            const std::int64_t first = split_.slot_of_entry(own, entry);
            const bool more = entry + 1 < own.first_entry + own.entries;
            const std::int64_t last = more ? split_.slot_of_entry(own, entry + 1) : own.slots;
            const std::int64_t slots = std::min(left, last - slot);
            const std::int64_t at_whole = whole_.slot_of_entry(pool, entry_of_[at(entry)]) + slot - first;
            if (out.size() > begin && out.back().first + out.back().slots == at_whole)
                out.back().slots += slots;
            else
                out.push_back({id, at_whole, slots, filling.per_slot});
            slot += slots;
            left -= slots;
        }
    }

private:
    static std::size_t at(std::int64_t entry) { return static_cast<std::size_t>(entry); }
    static bool is_in(const Fleet::Pool& pool, std::int64_t entry) {
        return pool.first_entry <= entry && entry < pool.first_entry + pool.entries;
    }

    const Fleet& whole_;
    const Fleet& split_;
    std::span<const std::uint32_t> entry_of_;
    std::vector<PoolId> pool_of_;
};

}  // namespace

NoModels::NoModels(const Problem& problem, int threads) : problem_(problem) {
    const Fleet& fleet = problem.fleet();
    const std::size_t most = kMostSplit * fleet.pools().size() + kFewPools;
    if (!fleet.all_hold_alike() && fleet.pools_by_models(most) <= most) {
        auto split = std::make_shared<const Fleet>(fleet, entry_of_);
        coarse_ = without_models(Problem(problem, std::move(split), true), threads);
    } else {
        coarse_ = without_models(problem, threads);
    }
    joined_ = coarse_;
    if (!entry_of_.empty())
        joined_.problem = std::make_shared<const Problem>(*coarse_.problem, problem.fleet_ptr(), false);
}

void NoModels::join(Solution& plan) const {
    if (entry_of_.empty()) return;
    const WholePools whole(problem_.fleet(), coarse_.problem->fleet(), entry_of_);
    std::vector<Filling> fillings;
    fillings.reserve(plan.fillings.size());
    for (Solution::Span& span : plan.of_class) {
        const std::size_t first = fillings.size();
        for (std::size_t i = span.first; i < span.last; ++i) whole.append(plan.fillings[i], fillings);
        span = {first, fillings.size()};
    }
    plan.fillings = std::move(fillings);
}

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
        tried = in_time = RestOfModels(problem, coarse, residents, dealt, rest, control).run();
    }
    Solution solution =
        solution_of(problem, dealt.ledgers, dealt.left, std::move(dealt.loads), options.threads);
    for (Reason& reason : solution.reason)
        if (tried && reason == Reason::kNotTried) reason = Reason::kCapacity;
    if (!in_time) solution.status = Status::kTimeLimit;
    solution.cost += load_cost(problem, solution, options.threads);
    return solution;
}

std::vector<ModelLoad> loads_of(const Problem& problem, const Solution& solution, int threads) {
    std::vector<std::vector<ModelLoad>> by_shard(kShards);
    for_loads(problem, solution, threads, [&](std::size_t shard) {
        return [&all = by_shard[shard]](const ModelLoad& load) { all.push_back(load); };
    });
    std::vector<ModelLoad> loads;
    for (const auto& some : by_shard) loads.insert(loads.end(), some.begin(), some.end());
    return loads;
}

double load_cost(const Problem& problem, const Solution& solution, int threads) {
    const double price = problem.objective().load_eur_per_gb;
    if (price == 0) return 0;
    std::vector<double> costs(kShards, 0);
    for_loads(problem, solution, threads, [&](std::size_t shard) {
        return [&, &cost = costs[shard]](const ModelLoad& load) {
            const double times = static_cast<double>(load.slots) * 3600 / load.longest_s;
            cost += price * problem.models()->weight_gb(load.model) * times;
        };
    });
    return std::accumulate(costs.begin(), costs.end(), 0.0);
}

}  // namespace gigafleet
