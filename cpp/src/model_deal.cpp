#include "gigafleet/model_deal.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

#include "gigafleet/fillings.hpp"
#include "gigafleet/kin_pools.hpp"
#include "gigafleet/parallel.hpp"
#include "gigafleet/slot_dealer.hpp"
#include "gigafleet/ways.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kShards = 64;  // of sites: more than threads, for balance

/// Deals out the seats at one site after the other.
class SiteDealer {
public:
    /// Of one level of priority.
    SiteDealer(const Problem& problem, const Coarse& coarse, const Holdings& holdings, const Solution& plan,
               const KindCosts& costs, std::span<const std::uint32_t> kin, std::int64_t priority,
               Residents& residents)
        : priority_(priority),
          problem_(problem),
          coarse_(coarse),
          holdings_(holdings),
          plan_(plan),
          costs_(costs),
          residents_(residents),
          slots_(problem, residents),
          pools_(problem, residents, kin) {}

    void deal(SiteId site, std::span<ModelShare> shares, PoolId first, PoolId last, Ledger& ledger) {
        shares_ = shares;
        cost_.assign(shares.size(), 0);
        site_ = site;
        dealt_.clear();
        for (std::size_t p = first.at(); p < last.at(); ++p) {
            if (p + 1 < last.at()) look_ahead(PoolId(p + 1));
            deal_pool(PoolId(p));
        }
        deal_rest(first, last);
        write_down(ledger);
    }

private:
    struct Dealt {
        std::uint32_t share;  ///< of shares_
        Filling filling;
    };
    struct Before {
        Residents::Run run;
        DeviceStates::State on_devices;
    };
    struct Edge {
        std::int64_t slot;
        ClassId of;
        std::uint32_t first_share;  ///< of shares_: the first of that class
        std::int64_t tasks;
    };
    /// Asks for the memory that a pool needs. Inlined, since a compiler may drop a call that only prefetches.
    [[gnu::always_inline]] void look_ahead(PoolId pool) const {
        for (const Holdings::Held& h : holdings_.of(pool)) {
            __builtin_prefetch(&plan_.fillings[h.number]);
            __builtin_prefetch(&coarse_.problem->workload().classes()[h.of.at()]);
        }
    }
    /// The first share of a class, or of one after it, from number `from` on. O(log(how far that is)).
    std::uint32_t find_share(ClassId of, std::uint32_t from) const {
        std::size_t step = 1;
        for (; from + step < shares_.size() && shares_[from + step].coarse < of; step *= 2)
            from += static_cast<std::uint32_t>(step);
        const auto begin = shares_.begin() + from;
        const auto end =
            shares_.begin() + static_cast<std::ptrdiff_t>(std::min(from + step + 1, shares_.size()));
        return static_cast<std::uint32_t>(std::ranges::lower_bound(begin, end, of, {}, &ModelShare::coarse) -
                                          shares_.begin());
    }
    void deal_pool(PoolId pool) {
        const auto held = holdings_.of(pool);
        if (held.empty()) return;
        edges_.clear();
        std::uint32_t share = 0;
        for (const Holdings::Held& h : held) {  // class by class, as shares are
            if (coarse_.problem->shape(coarse_class(h.of).shape).priority != priority_) continue;
            const Filling& filling = plan_.fillings[h.number];
            share = find_share(h.of, share);
            edges_.push_back({filling.first, h.of, share, filling.per_slot});
            edges_.push_back({filling.first + filling.slots, h.of, share, -filling.per_slot});
        }
        if (edges_.empty()) return;
        std::ranges::sort(edges_, [](const Edge& a, const Edge& b) {
            return std::tie(a.slot, a.of) < std::tie(b.slot, b.of);
        });
        slots_.start(problem_.fleet().pools()[pool.at()].site);
        runs_.clear();
        on_devices_.clear();
        begin_runs(pool);
        std::int64_t slot = 0;
        for (std::size_t e = 0; e < edges_.size();) {
            deal_slots(pool, slot, edges_[e].slot);
            for (slot = edges_[e].slot; e < edges_.size() && edges_[e].slot == slot; ++e)
                change(edges_[e], pool);
        }
        deal_slots(pool, slot, problem_.fleet().pools()[pool.at()].slots);
        residents_.set(pool, runs_, on_devices_);
    }
    /// What is on the slots, in their order.
    void begin_runs(PoolId pool) {
        states_ = residents_.devices(pool);
        before_.clear();
        at_ = 0;
        const auto runs = residents_.runs(pool);
        const auto on_devices = residents_.on_devices(pool);
        for (std::size_t r = 0; r < runs.size(); ++r)
            before_.emplace_back(runs[r], states_ == nullptr ? DeviceStates::kEmpty : on_devices[r]);
        const auto first = [](const Before& before) { return before.run.first; };
        if (!std::ranges::is_sorted(before_, {}, first)) std::ranges::sort(before_, {}, first);
    }

    /// Those whose seats stayed empty try all other slots of the site: the way there is theirs.
    void deal_rest(PoolId first, PoolId last) {
        order_.clear();
        for (ModelShare& share : shares_)
            if (share.tasks > 0 && !problem_.is_bound(share.of) &&
                problem_.shape(class_of(share).shape).priority == priority_)
                order_.push_back(&share);
        if (order_.empty()) return;
        pools_.clear();
        for (std::size_t p = first.at(); p < last.at(); ++p)
            if (residents_.is_open(PoolId(p))) pools_.add(PoolId(p));
        const auto worth = [&](const ModelShare* share) {
            return problem_.shape(class_of(*share).shape).weight;
        };
        const auto more = [&](const ModelShare* a, const ModelShare* b) { return worth(a) > worth(b); };
        if (!std::ranges::is_sorted(order_, more)) std::ranges::stable_sort(order_, more);
        for (ModelShare* share : order_) {
            std::vector<std::uint32_t>& open = pools_.open(class_of(*share).shape);
            if (open.empty()) continue;
            const Problem::Shape& shape = problem_.shape(class_of(*share).shape);
            find_offers(*share, shape, open);
            const double way = this->way(coarse_class_of(*share));
            for (const auto& [cost, pool] : offers_) {
                fillings_.clear();
                share->tasks -= residents_.fill(shape, pools_[pool], share->tasks, fillings_);
                for (const Filling& filling : fillings_) put(*share, filling, cost + way);
                if (share->tasks == 0) break;
                std::erase(open, pool);
            }
        }
    }

    /// Those of the `open` pools that may take the share, the cheapest first.
    void find_offers(const ModelShare& share, const Problem::Shape& shape,
                     std::span<const std::uint32_t> open) {
        const Workload::Class& c = class_of(share);
        const KindCosts::Row cost = costs_.of(coarse_class_of(share).shape);
        const std::int64_t rtt_ns = problem_.policies()[shape.policy]->rtt_ns(c.origin, site_);
        offers_.clear();
        for (const std::uint32_t number : open) {
            const Fleet::Pool& pool = problem_.fleet().pools()[pools_[number].at()];
            const Fleet::Kind& kind = problem_.fleet().kinds()[pool.kind.at()];
            if (cost(pool.kind) != KindCosts::kNever && rtt_ns + kind.access_rtt_ns <= shape.max_rtt_ns &&
                problem_.labels_pass(shape, pool))
                offers_.emplace_back(cost(pool.kind), number);
        }
        std::ranges::sort(offers_);
    }

    void put(const ModelShare& share, const Filling& filling, double cost) {
        dealt_.push_back({number_of(share), filling});
        cost_[number_of(share)] += cost * static_cast<double>(members(filling));
    }

    /// Share by share, what was dealt to one in the order in which it was.
    void write_down(Ledger& ledger) {
        next_.assign(shares_.size() + 1, 0);
        for (const Dealt& dealt : dealt_) ++next_[dealt.share + 1];
        const std::size_t begin = ledger.fillings.size();
        next_[0] = begin;
        std::partial_sum(next_.begin(), next_.end(), next_.begin());
        ledger.fillings.resize(begin + dealt_.size());
        for (const Dealt& dealt : dealt_) ledger.fillings[next_[dealt.share]++] = dealt.filling;
        for (std::size_t s = 0; s < shares_.size(); ++s) ledger.close_at(next_[s], shares_[s].of, cost_[s]);
    }

    const Workload::Class& class_of(const ModelShare& share) const {
        return problem_.workload().classes()[share.of.at()];
    }
    const Workload::Class& coarse_class(ClassId of) const {
        return coarse_.problem->workload().classes()[of.at()];
    }
    const Workload::Class& coarse_class_of(const ModelShare& share) const {
        return coarse_class(share.coarse);
    }
    std::uint32_t number_of(const ModelShare& share) const {
        return static_cast<std::uint32_t>(&share - shares_.data());
    }

    void change(const Edge& edge, PoolId pool) {
        if (slots_.change(edge.of, edge.tasks)) return;
        std::size_t last = edge.first_share;
        while (last < shares_.size() && shares_[last].coarse == edge.of) ++last;
        const Workload::Class& c = coarse_class(edge.of);
        const double cost = costs_.of(c.shape)(problem_.fleet().pools()[pool.at()].kind) + way(c);
        slots_.add({edge.of, &coarse_.problem->shape(c.shape), coarse_.problem->is_bound(edge.of), cost,
                    edge.tasks, shares_.subspan(edge.first_share, last - edge.first_share)});
    }
    /// What tasks of a coarse class pay for the way to the site.
    double way(const Workload::Class& c) const {
        return way_cost(*coarse_.problem, coarse_.problem->shape(c.shape), c.origin, site_);
    }
    /// Slots [first, last), all of which have the seats at hand; those in no run have no room.
    void deal_slots(PoolId pool, std::int64_t first, std::int64_t last) {
        while (first < last && at_ < before_.size()) {
            const auto& [run, on_devices] = before_[at_];
            const std::int64_t end = run.first + run.slots;
            const std::int64_t from = std::max(first, run.first), to = std::min(last, end);
            if (from < to) deal_slots(pool, from, to, before_[at_]);
            if (end > last) return;
            first = end;
            ++at_;
        }
    }
    void deal_slots(PoolId pool, std::int64_t first, std::int64_t last, const Before& before) {
        const auto& [run, on_devices] = before;
        if (slots_.is_empty()) {
            keep({first, last - first, run.used, run.in_use}, {}, on_devices);
            return;
        }
        const SlotDealer::Base base{run.used, run.in_use, states_, on_devices};
        for_alike_slots(problem_, pool, first, last, [&](const AlikeSlots& alike) {
            for (std::int64_t at = alike.first; at < alike.last;) {
                const SlotDealer::Slot slot = slots_.deal(alike, alike.last - at, base);
                for (const SlotDealer::Pick& pick : slots_.picks())
                    put(*pick.share, {pool, at, slot.slots, pick.tasks}, pick.cost);
                residents_.take_allowance(site_, slot.load * slot.slots);
                if (!residents_.is_exhausted(alike.capacity, slot.used, slot.in_use))
                    keep({at, slot.slots, slot.used, slot.in_use}, slots_.picks(), on_devices);
                at += slot.slots;
            }
            return true;
        });
    }

    /// A run with these tasks in each slot, beside what its devices held.
    void keep(const Residents::Run& run, std::span<const SlotDealer::Pick> picks, DeviceStates::State state) {
        runs_.push_back(run);
        if (states_ == nullptr) return;
        for (const SlotDealer::Pick& pick : picks)
            state =
                states_->with(state, problem_.shape(class_of(*pick.share).shape).device_demand, pick.tasks);
        on_devices_.push_back(state);
    }

    std::int64_t priority_;
    const Problem& problem_;
    const Coarse& coarse_;
    const Holdings& holdings_;
    const Solution& plan_;
    const KindCosts& costs_;  ///< of the coarse problem
    Residents& residents_;
    std::span<ModelShare> shares_;
    std::vector<double> cost_;  ///< by share, EUR/h of what was dealt
    SiteId site_;
    SlotDealer slots_;  ///< those at hand
    std::vector<Edge> edges_;
    std::vector<Before> before_;  ///< of the pool at hand, by slot
    std::size_t at_ = 0;          ///< of these: the first that is not dealt yet
    std::vector<Residents::Run> runs_;
    DeviceStates* states_ = nullptr;  ///< of the pool at hand; none where no task could use devices
    std::vector<DeviceStates::State> on_devices_;  ///< by run, where there are states
    std::vector<Dealt> dealt_;
    std::vector<std::size_t> next_;  ///< of write_down
    std::vector<ModelShare*> order_;
    KinPools pools_;  ///< of the site
    std::vector<std::pair<double, std::uint32_t>> offers_;
    std::vector<Filling> fillings_;
};

}  // namespace

ModelDealer::ModelDealer(const Problem& problem, const Coarse& coarse, const Solution& plan, int threads)
    : problem_(problem),
      coarse_(coarse),
      plan_(plan),
      threads_(threads),
      start_{{}, members_of_classes(problem), plan.loads},
      shares_(problem, coarse, plan, start_.left, threads),
      holdings_(*coarse.problem, plan),
      costs_(*coarse.problem),
      kin_(kin_of_shapes(problem)) {
    for (const Problem::Shape& shape : problem.shapes()) levels_.push_back(shape.priority);
    std::ranges::sort(levels_, std::greater<>());
    levels_.erase(std::ranges::unique(levels_).begin(), levels_.end());
    if (levels_.size() < 2) return;
    find_highest();
    by_level_.resize(levels_.size());
    for (std::size_t s = 0; s < problem.network().site_count(); ++s)
        for (ModelShare& share : shares_.of(SiteId(s)))
            by_level_[level(problem.shape(problem.workload().classes()[share.of.at()].shape).priority)]
                .push_back(&share);
    for (std::size_t l = 1; l < levels_.size(); ++l)
        for_shares(levels_[l], start_.loads,
                   [&](const ModelShare& share, Path& way) { way.reserve(start_.loads, -share.tasks); });
}

/// Calls `f(share, way)` for those of a level who have seats and no place yet.
template <class F>
void ModelDealer::for_shares(std::int64_t priority, const Loads& loads, F&& f) {
    Ways ways(*coarse_.problem, loads);
    const auto call = [&](ModelShare& share) {
        if (share.tasks == 0) return;
        const Workload::Class& c = problem_.workload().classes()[share.of.at()];
        f(share, ways.of(problem_.shape(c.shape), c.origin, SiteId(share.site)));
    };
    if (!by_level_.empty()) {
        for (ModelShare* share : by_level_[level(priority)]) call(*share);
        return;
    }
    for (std::size_t s = 0; s < problem_.network().site_count(); ++s)
        for (ModelShare& share : shares_.of(SiteId(s))) call(share);
}

void ModelDealer::find_highest() {
    if (!problem_.workload().has_bonds()) return;
    const auto& classes = problem_.workload().classes();
    for (std::size_t c = 0; c < classes.size(); ++c) {
        const std::uint32_t spread = problem_.bond(ClassId(c)).spread;
        if (spread == Bond::kNone || classes[c].members == 0) continue;
        const std::int64_t own = problem_.shape(classes[c].shape).priority;
        std::int64_t& highest = highest_.try_emplace(spread, own).first->second;
        highest = std::max(highest, own);
    }
}

/// Whether a spread group of the class has members at a higher level, which may be elsewhere than planned.
bool ModelDealer::may_be_crowded(ClassId of, std::int64_t priority) const {
    const auto it = highest_.find(problem_.bond(of).spread);
    return it != highest_.end() && it->second > priority;
}

/// Those of a level go back onto the links; who finds no room there now is left.
void ModelDealer::reserve(std::int64_t priority, ModelDeal& dealt) {
    for_shares(priority, dealt.loads, [&](ModelShare& share, Path& way) {
        const std::int64_t tasks =
            !highest_.empty() && may_be_crowded(share.of, priority) ? 0 : way.room(share.tasks);
        way.reserve(dealt.loads, tasks);
        dealt.left[share.of.at()] += share.tasks - tasks;
        share.tasks = tasks;
    });
}

/// Those of a level who have no place yet leave the links, and are left.
void ModelDealer::release(std::int64_t priority, ModelDeal& dealt) {
    for_shares(priority, dealt.loads, [&](ModelShare& share, Path& way) {
        way.reserve(dealt.loads, -share.tasks);
        dealt.left[share.of.at()] += std::exchange(share.tasks, 0);
    });
}

void ModelDealer::deal(std::int64_t priority, Residents& residents, ModelDeal& dealt) {
    if (priority != levels_.front()) reserve(priority, dealt);
    const std::size_t before = dealt.ledgers.size();
    dealt.ledgers.resize(before + kShards);
    const auto& pools = problem_.fleet().pools();
    parallel_for(threads_, kShards, [&](std::int64_t shard) {
        Ledger& ledger = dealt.ledgers[before + static_cast<std::size_t>(shard)];
        ledger.fillings.reserve(plan_.fillings.size() / kShards / levels_.size());
        SiteDealer dealer(problem_, coarse_, holdings_, plan_, costs_, kin_, priority, residents);
        const auto [first, last] = shard_range(static_cast<std::int64_t>(pools.size()), kShards, shard);
        auto begin = static_cast<std::size_t>(first);
        while (begin > 0 && begin < pools.size() && pools[begin - 1].site == pools[begin].site) ++begin;
        while (begin < static_cast<std::size_t>(last)) {
            std::size_t end = begin;
            while (end < pools.size() && pools[end].site == pools[begin].site) ++end;
            const SiteId site = pools[begin].site;
            dealer.deal(site, shares_.of(site), PoolId(begin), PoolId(end), ledger);
            begin = end;
        }
    });
    release(priority, dealt);
}

ModelDeal deal_models(const Problem& problem, const Coarse& coarse, const Solution& plan,
                      Residents& residents, int threads) {
    ModelDealer dealer(problem, coarse, plan, threads);
    ModelDeal dealt = dealer.start();
    for (const std::int64_t priority : dealer.levels()) dealer.deal(priority, residents, dealt);
    return dealt;
}

}  // namespace gigafleet
