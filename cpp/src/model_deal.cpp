#include "gigafleet/model_deal.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "gigafleet/fillings.hpp"
#include "gigafleet/holdings.hpp"
#include "gigafleet/kind_costs.hpp"
#include "gigafleet/parallel.hpp"
#include "gigafleet/path.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kShards = 64;  // of sites: more than threads, for balance

/// Deals out the seats at one site after the other.
class SiteDealer {
public:
    SiteDealer(const Problem& problem, const Coarse& coarse, const Holdings& holdings, const Solution& plan,
               const KindCosts& costs, Residents& residents)
        : problem_(problem),
          models_(*problem.models()),
          coarse_(coarse),
          holdings_(holdings),
          plan_(plan),
          costs_(costs),
          residents_(residents) {}

    void deal(SiteId site, std::span<ModelShare> shares, PoolId first, PoolId last, Ledger& ledger) {
        shares_ = shares;
        site_ = site;
        dealt_.clear();
        for (std::size_t p = first.at(); p < last.at(); ++p) deal_pool(PoolId(p));
        deal_rest(first, last);
        std::ranges::stable_sort(dealt_, {}, &Dealt::of);
        ledger.fillings.reserve(ledger.fillings.size() + dealt_.size());
        for (std::size_t i = 0; i < dealt_.size(); ++i) {
            ledger.fillings.push_back(dealt_[i].filling);
            if (i + 1 == dealt_.size() || dealt_[i + 1].of != dealt_[i].of) ledger.close(dealt_[i].of);
        }
    }

private:
    struct Dealt {
        ClassId of;
        Filling filling;
    };
    struct Edge {
        std::int64_t slot;
        ClassId of;
        std::int64_t tasks;
    };
    /// Seats of a coarse class in a slot, and the shares that may have them.
    struct Seats {
        ClassId of;
        std::int64_t tasks;
        std::span<ModelShare> shares;
        bool bound;
    };
    using Rank = std::pair<std::int64_t, bool>;  ///< priority, and whether a task is bound
    struct Pick {
        ModelShare* share;
        std::int64_t tasks;
    };
    /// What a slot comes to.
    struct Slot {
        Amounts used{};
        ModelSet in_use = 0;
        Quantity load = 0;       ///< 1e-6 Mb
        Quantity memory = 0;     ///< left beside tasks and weights
        std::int64_t slots = 0;  ///< that can be dealt alike
    };

    void deal_pool(PoolId pool) {
        const auto held = holdings_.of(pool);
        if (held.empty()) return;
        edges_.clear();
        for (const Holdings::Held& h : held) {
            const Filling& filling = plan_.fillings[h.number];
            edges_.push_back({filling.first, h.of, filling.per_slot});
            edges_.push_back({filling.first + filling.slots, h.of, -filling.per_slot});
        }
        std::ranges::sort(edges_, [](const Edge& a, const Edge& b) {
            return std::tie(a.slot, a.of) < std::tie(b.slot, b.of);
        });
        seats_.clear();
        runs_.clear();
        on_devices_.clear();
        states_ = residents_.devices(pool);
        std::int64_t slot = 0;
        for (std::size_t e = 0; e < edges_.size();) {
            deal_slots(pool, slot, edges_[e].slot);
            for (slot = edges_[e].slot; e < edges_.size() && edges_[e].slot == slot; ++e) change(edges_[e]);
        }
        deal_slots(pool, slot, problem_.fleet().pools()[pool.at()].slots);
        residents_.set(pool, runs_, on_devices_);
    }

    /// Those whose seats stayed empty try all other slots of the site: the way there is theirs.
    void deal_rest(PoolId first, PoolId last) {
        order_.clear();
        for (ModelShare& share : shares_)
            if (share.tasks > 0 && !problem_.is_bound(share.of)) order_.push_back(&share);
        std::ranges::stable_sort(order_, [&](const ModelShare* a, const ModelShare* b) {
            const Problem::Shape &x = shape_of(*a), &y = shape_of(*b);
            return std::tie(x.priority, x.weight) > std::tie(y.priority, y.weight);
        });
        for (ModelShare* share : order_) {
            find_offers(*share, shape_of(*share), first, last);
            for (const auto& [cost, pool] : offers_) {
                if (share->tasks == 0) break;
                fillings_.clear();
                share->tasks -= residents_.fill(shape_of(*share), pool, share->tasks, fillings_);
                for (const Filling& filling : fillings_) dealt_.push_back({share->of, filling});
            }
        }
    }

    /// Open pools of the site that may take the share, the cheapest first.
    void find_offers(const ModelShare& share, const Problem::Shape& shape, PoolId first, PoolId last) {
        const Workload::Class& c = problem_.workload().classes()[share.of.at()];
        const KindCosts::Row cost = costs_.of(c.shape);
        const std::int64_t rtt_ns = problem_.policies()[shape.policy]->rtt_ns(c.origin, site_);
        offers_.clear();
        for (std::size_t p = first.at(); p < last.at(); ++p) {
            const Fleet::Pool& pool = problem_.fleet().pools()[p];
            const Fleet::Kind& kind = problem_.fleet().kinds()[pool.kind.at()];
            if (residents_.is_open(PoolId(p)) && cost(pool.kind) != KindCosts::kNever &&
                rtt_ns + kind.access_rtt_ns <= shape.max_rtt_ns && problem_.labels_pass(shape, pool))
                offers_.emplace_back(cost(pool.kind), PoolId(p));
        }
        std::ranges::sort(offers_);
    }

    void change(const Edge& edge) {
        auto it = std::ranges::find(seats_, edge.of, &Seats::of);
        if (it == seats_.end()) {
            const auto own = std::ranges::equal_range(shares_, edge.of, {}, &ModelShare::coarse);
            it = seats_.insert(seats_.end(),
                               {edge.of, 0, {own.begin(), own.end()}, coarse_.problem->is_bound(edge.of)});
        }
        it->tasks += edge.tasks;
        if (it->tasks == 0) seats_.erase(it);
    }

    /// Slots [first, last), all of which have the seats at hand.
    void deal_slots(PoolId pool, std::int64_t first, std::int64_t last) {
        if (first == last) return;
        if (seats_.empty()) {
            keep({first, last - first, {}, 0}, {});
            return;
        }
        for_alike_slots(problem_, pool, first, last, [&](const AlikeSlots& alike) {
            for (std::int64_t at = alike.first; at < alike.last;) {
                const Slot slot = deal_slot(alike, alike.last - at);
                for (const Pick& pick : picks_) {
                    pick.share->tasks -= pick.tasks * slot.slots;
                    dealt_.push_back({pick.share->of, {pool, at, slot.slots, pick.tasks}});
                }
                residents_.take_allowance(site_, slot.load * slot.slots);
                if (!residents_.is_exhausted(alike.capacity, slot.used, slot.in_use))
                    keep({at, slot.slots, slot.used, slot.in_use}, picks_);
                at += slot.slots;
            }
            return true;
        });
    }

    /// A run with these tasks in each slot. What devices held before, they hold the less of it now.
    void keep(const Residents::Run& run, std::span<const Pick> picks) {
        runs_.push_back(run);
        if (states_ == nullptr) return;
        DeviceStates::State state = DeviceStates::kEmpty;
        for (const Pick& pick : picks)
            state = states_->with(state, shape_of(*pick.share).device_demand, pick.tasks);
        on_devices_.push_back(state);
    }

    /// Deals the seats of one slot, and tells how many of the `slots` next to it, itself included, can be
    /// dealt the same.
    Slot deal_slot(const AlikeSlots& alike, std::int64_t slots) {
        Slot slot;
        slot.slots = slots;
        left_.assign(seats_.size(), 0);
        std::int64_t open = 0;
        const std::size_t memory = models_.memory();
        slot.memory = alike.capacity[memory];
        for (std::size_t i = 0; i < seats_.size(); ++i) {
            left_[i] = seats_[i].tasks;
            open += seats_[i].tasks;
            if (slot.memory != kUnlimited) slot.memory -= seats_[i].tasks * demand(i)[memory];
        }
        picks_.clear();
        while (open > 0) {
            const std::int32_t model = choose(alike, slot);
            if (model == kNobody) {  // a seat stays empty, which leaves its memory to weights
                const std::size_t i = least_worth();
                --left_[i];
                --open;
                if (slot.memory != kUnlimited) slot.memory += demand(i)[memory];
                continue;
            }
            open -= give(model, alike, slot);
        }
        return slot;
    }

    const Problem::Shape& shape_of(const ModelShare& share) const {
        return problem_.shape(problem_.workload().classes()[share.of.at()].shape);
    }
    const Problem::Shape& shape(std::size_t i) const {
        const Problem& coarse = *coarse_.problem;
        return coarse.shape(coarse.workload().classes()[seats_[i].of.at()].shape);
    }
    const Amounts& demand(std::size_t i) const { return shape(i).demand; }

    /// A gang is lost with each of its members, so of a level bound tasks come first.
    Rank rank(std::size_t i) const { return {shape(i).priority, seats_[i].bound}; }

    /// Which of the seats that nobody has yet counts the least.
    std::size_t least_worth() const {
        const auto worth = [&](std::size_t i) { return std::pair(rank(i), shape(i).weight); };
        std::size_t least = SIZE_MAX;
        for (std::size_t i = 0; i < seats_.size(); ++i)
            if (left_[i] > 0 && (least == SIZE_MAX || worth(i) < worth(least))) least = i;
        return least;
    }

    bool has_memory(std::int32_t model, const Slot& slot) const {
        return model == kNoModel || has(slot.in_use, model) || slot.memory == kUnlimited ||
               slot.memory >= models_.weight(model);
    }

    /// Whether a task of the share may have a seat of the slot.
    bool may_have(const ModelShare& share, const AlikeSlots& alike, const Slot& slot) const {
        const std::int32_t model = share.model;
        if (model == kNoModel) return true;
        const bool holds = has(alike.held, model), in_use = has(slot.in_use, model);
        if (!has_memory(model, slot)) return false;
        if (holds) return true;
        const Quantity line = alike.capacity[problem_.fleet().schema().line_down()];
        return models_.loads_in(model, line, share.max_wait_ns) &&
               (in_use || residents_.allowance(site_) - slot.load >= models_.megabits(model));
    }

    /// Tasks of a share that have no seat yet, in this slot included.
    std::int64_t available(const ModelShare& share) const {
        std::int64_t tasks = share.tasks;
        for (const Pick& pick : picks_)
            if (pick.share == &share) tasks -= pick.tasks;
        return tasks;
    }

    /// The model to come next: of seats of the highest rank, one in use, then one that is held, then the
    /// one with the most weight. kNobody: some seat has to stay empty first.
    std::int32_t choose(const AlikeSlots& alike, const Slot& slot) {
        constexpr Rank kNever{INT64_MIN, false};
        gain_.fill(0);
        std::int32_t best = kNobody;
        Rank crowded_out = kNever;  // the highest that has no room beside what is there
        std::tuple<Rank, int, double> most{kNever, 0, 0};
        for (std::size_t i = 0; i < seats_.size(); ++i) {
            if (left_[i] == 0) continue;
            const Rank rank = this->rank(i);
            for (const ModelShare& share : seats_[i].shares) {
                if (share.tasks == 0) continue;
                const std::int64_t tasks = available(share);
                if (tasks == 0) continue;
                if (!has_memory(share.model, slot)) crowded_out = std::max(crowded_out, rank);
                if (!may_have(share, alike, slot)) continue;
                double& gain = gain_[static_cast<std::size_t>(share.model + 1)];
                gain += static_cast<double>(shape(i).weight) * static_cast<double>(std::min(left_[i], tasks));
                const bool free = share.model == kNoModel || has(slot.in_use, share.model);
                const std::tuple value{rank, free ? 2 : has(alike.held, share.model) ? 1 : 0, gain};
                if (value > most) {
                    most = value;
                    best = share.model;
                }
            }
        }
        return crowded_out > std::get<0>(most) ? kNobody : best;
    }

    /// Gives seats of the slot to tasks of the model; returns how many.
    std::int64_t give(std::int32_t model, const AlikeSlots& alike, Slot& slot) {
        std::int64_t given = 0;
        for (std::size_t i = 0; i < seats_.size(); ++i)
            for (ModelShare& share : seats_[i].shares) {
                if (left_[i] == 0) break;
                if (share.model != model || share.tasks == 0 || !may_have(share, alike, slot)) continue;
                const std::int64_t tasks = std::min(left_[i], available(share));
                if (tasks == 0) continue;
                if (model != kNoModel && !has(slot.in_use, model)) enter(model, alike, slot);
                picks_.push_back({&share, tasks});
                slot.slots = std::min(slot.slots, share.tasks / (share.tasks - available(share)));
                for (std::size_t d = 0; d < kMaxDimensions; ++d) slot.used[d] += demand(i)[d] * tasks;
                left_[i] -= tasks;
                given += tasks;
            }
        return given;
    }

    void enter(std::int32_t model, const AlikeSlots& alike, Slot& slot) const {
        slot.in_use |= only(model);
        if (slot.memory != kUnlimited) slot.memory -= models_.weight(model);
        if (has(alike.held, model)) return;
        slot.load += models_.megabits(model);
        if (slot.load > 0 && residents_.allowance(site_) != kUnlimited)
            slot.slots = std::min(slot.slots, residents_.allowance(site_) / slot.load);
    }

    static constexpr std::int32_t kNobody = -2;

    const Problem& problem_;
    const Models& models_;
    const Coarse& coarse_;
    const Holdings& holdings_;
    const Solution& plan_;
    const KindCosts& costs_;
    Residents& residents_;
    std::span<ModelShare> shares_;
    SiteId site_;
    std::vector<Edge> edges_;
    std::vector<Seats> seats_;  ///< of the slots at hand
    std::vector<std::int64_t> left_;
    std::vector<Pick> picks_;                  ///< of one slot
    std::array<double, kMaxModels + 1> gain_;  ///< weight of the seats that each model can have
    std::vector<Residents::Run> runs_;
    DeviceStates* states_ = nullptr;  ///< of the pool at hand; none where no task could use devices
    std::vector<DeviceStates::State> on_devices_;  ///< by run, where there are states
    std::vector<Dealt> dealt_;
    std::vector<ModelShare*> order_;
    std::vector<std::pair<double, PoolId>> offers_;
    std::vector<Filling> fillings_;
};

/// Takes off the loads what the seats that stay empty would have had.
void release(const Problem& problem, const Coarse& coarse, ModelShares& shares, Loads& loads) {
    std::vector<Path> paths;
    for (const auto& routes : coarse.problem->policies()) paths.emplace_back(*coarse.problem, *routes, loads);
    for (std::size_t s = 0; s < problem.network().site_count(); ++s)
        for (const ModelShare& share : shares.of(SiteId(s))) {
            if (share.tasks == 0) continue;
            const Workload::Class& c = problem.workload().classes()[share.of.at()];
            const Problem::Shape& shape = problem.shape(c.shape);
            paths[shape.policy].build(shape, c.origin, SiteId(s));
            paths[shape.policy].reserve(loads, -share.tasks);
        }
}

}  // namespace

ModelDeal deal_models(const Problem& problem, const Coarse& coarse, const Solution& plan,
                      Residents& residents, int threads) {
    ModelDeal dealt{std::vector<Ledger>(kShards), members_of_classes(problem), plan.loads};
    ModelShares shares(problem, coarse, plan, threads);
    const Holdings holdings(*coarse.problem, plan);
    const KindCosts costs(problem);
    const auto& pools = problem.fleet().pools();
    parallel_for(threads, kShards, [&](std::int64_t shard) {
        Ledger& ledger = dealt.ledgers[static_cast<std::size_t>(shard)];
        ledger.fillings.reserve(plan.fillings.size() / kShards);
        SiteDealer dealer(problem, coarse, holdings, plan, costs, residents);
        const auto [first, last] = shard_range(static_cast<std::int64_t>(pools.size()), kShards, shard);
        auto begin = static_cast<std::size_t>(first);
        while (begin > 0 && begin < pools.size() && pools[begin - 1].site == pools[begin].site) ++begin;
        while (begin < static_cast<std::size_t>(last)) {
            std::size_t end = begin;
            while (end < pools.size() && pools[end].site == pools[begin].site) ++end;
            const SiteId site = pools[begin].site;
            dealer.deal(site, shares.of(site), PoolId(begin), PoolId(end), ledger);
            begin = end;
        }
    });
    for (const Ledger& ledger : dealt.ledgers) {
        std::size_t at = 0;
        for (const Ledger::Entry& entry : ledger.entries)
            for (; at < entry.last; ++at) dealt.left[entry.of.at()] -= members(ledger.fillings[at]);
    }
    release(problem, coarse, shares, dealt.loads);
    return dealt;
}

}  // namespace gigafleet
