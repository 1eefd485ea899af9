#include "gigafleet/model_deal.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>

#include "gigafleet/fillings.hpp"
#include "gigafleet/hash.hpp"
#include "gigafleet/holdings.hpp"
#include "gigafleet/parallel.hpp"
#include "gigafleet/path.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kShards = 64;  // of sites: more than threads, for balance

/// All that tells shapes apart, but for their models: of these a hash of the kinds that may run them.
using AllButModel = std::tuple<Amounts, Quantity, Quantity, std::int64_t, std::int64_t, Quantity, std::int64_t,
                               std::array<std::uint32_t, 3>, bool, std::uint64_t>;

AllButModel all_but_model(const Problem& problem, const Problem::Shape& s) {
    std::uint64_t kinds = 0;
    for (std::size_t k = 0; s.model != kNoModel && k < problem.fleet().kinds().size(); ++k)
        kinds = mix(kinds, problem.may_use_model(s, KindId(k)));
    return {s.demand,      s.uplink, s.downlink, s.max_rtt_ns,
            s.duration_ns, s.weight, s.priority, {s.rule, s.policy, s.device_demand},
            s.model == kNoModel, kinds};
}

/// Tasks of a class that have seats of a coarse class at a site.
struct Share {
    std::uint32_t site;
    ClassId coarse, of;
    std::int32_t model;
    std::int64_t max_wait_ns;
    std::int64_t tasks;
};

/// The shares of all sites, site by site, then by coarse class. Members of a coarse class take its seats in
/// the order of their models, so that few models come to one site.
class Shares {
public:
    Shares(const Problem& problem, const Coarse& coarse, const Solution& plan)
        : first_(problem.network().site_count() + 1, 0) {
        std::vector<Share> all;
        std::vector<ClassId> members;
        for (std::size_t k = 0; k < plan.of_class.size(); ++k) {
            const auto own = coarse.of(k);
            members.assign(own.begin(), own.end());
            const auto shape = [&](ClassId c) -> const Problem::Shape& {
                return problem.shape(problem.workload().classes()[c.at()].shape);
            };
            std::ranges::stable_sort(members, {}, [&](ClassId c) { return shape(c).model; });
            std::size_t at = 0;
            std::int64_t left = 0;
            const std::size_t begin = all.size();
            for (const Filling& filling : plan.of(ClassId(k))) {
                const std::uint32_t site = problem.fleet().pools()[filling.pool.at()].site.value;
                for (std::int64_t seats = members_of(filling); seats > 0;) {
                    if (left == 0) left = problem.workload().classes()[members[at].at()].members;
                    const ClassId of = members[at];
                    const std::int64_t tasks = std::min(seats, left);
                    if (all.size() > begin && all.back().site == site && all.back().of == of)
                        all.back().tasks += tasks;
                    else if (tasks > 0)
                        all.push_back(
                            {site, ClassId(k), of, shape(of).model, shape(of).max_wait_ns, tasks});
                    seats -= tasks;
                    left -= tasks;
                    if (left == 0) ++at;
                }
            }
        }
        for (const Share& share : all) ++first_[share.site + 1];
        for (std::size_t s = 0; s + 1 < first_.size(); ++s) first_[s + 1] += first_[s];
        shares_.resize(all.size());
        std::vector<std::size_t> next(first_.begin(), first_.end() - 1);
        for (const Share& share : all) shares_[next[share.site]++] = share;
    }
    std::span<Share> of(SiteId site) {
        return {shares_.data() + first_[site.at()], shares_.data() + first_[site.at() + 1]};
    }

private:
    static std::int64_t members_of(const Filling& filling) { return gigafleet::members(filling); }

    std::vector<std::size_t> first_;  // by site, and one more
    std::vector<Share> shares_;
};

/// Deals out the seats at one site after the other.
class SiteDealer {
public:
    SiteDealer(const Problem& problem, const Coarse& coarse, const Holdings& holdings, const Solution& plan,
               Residents& residents)
        : problem_(problem),
          models_(*problem.models()),
          coarse_(coarse),
          holdings_(holdings),
          plan_(plan),
          residents_(residents) {}

    void deal(SiteId site, std::span<Share> shares, PoolId first, PoolId last, Ledger& ledger) {
        shares_ = shares;
        site_ = site;
        dealt_.clear();
        for (std::size_t p = first.at(); p < last.at(); ++p) deal_pool(PoolId(p));
        std::ranges::stable_sort(dealt_, {}, &Dealt::of);
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
        std::span<Share> shares;
    };
    struct Pick {
        Share* share;
        std::int64_t tasks;
    };
    /// What a slot comes to.
    struct Slot {
        Amounts used{};
        ModelSet in_use = 0;
        Quantity load = 0;          ///< 1e-6 Mb
        Quantity memory = 0;        ///< left beside tasks and weights
        std::int64_t slots = 0;     ///< that can be dealt alike
        std::vector<Pick> picks{};
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
        std::int64_t slot = 0;
        for (std::size_t e = 0; e < edges_.size();) {
            deal_slots(pool, slot, edges_[e].slot);
            for (slot = edges_[e].slot; e < edges_.size() && edges_[e].slot == slot; ++e) change(edges_[e]);
        }
        deal_slots(pool, slot, problem_.fleet().pools()[pool.at()].slots);
        residents_.set(pool, runs_);
    }

    void change(const Edge& edge) {
        auto it = std::ranges::find(seats_, edge.of, &Seats::of);
        if (it == seats_.end()) {
            const auto own = std::ranges::equal_range(shares_, edge.of, {}, &Share::coarse);
            it = seats_.insert(seats_.end(), {edge.of, 0, {own.begin(), own.end()}});
        }
        it->tasks += edge.tasks;
        if (it->tasks == 0) seats_.erase(it);
    }

    /// Slots [first, last), all of which have the seats at hand.
    void deal_slots(PoolId pool, std::int64_t first, std::int64_t last) {
        if (first == last) return;
        if (seats_.empty()) {
            runs_.push_back({first, last - first, {}, 0});
            return;
        }
        for_alike_slots(problem_, pool, first, last, [&](const AlikeSlots& alike) {
            for (std::int64_t at = alike.first; at < alike.last;) {
                Slot slot = deal_slot(alike, alike.last - at);
                for (const Pick& pick : slot.picks) {
                    pick.share->tasks -= pick.tasks * slot.slots;
                    dealt_.push_back({pick.share->of, {pool, at, slot.slots, pick.tasks}});
                }
                residents_.take_allowance(site_, slot.load * slot.slots);
                runs_.push_back({at, slot.slots, slot.used, slot.in_use});
                at += slot.slots;
            }
            return true;
        });
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
        taken_.clear();
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

    const Problem::Shape& shape(std::size_t i) const {
        const Problem& coarse = *coarse_.problem;
        return coarse.shape(coarse.workload().classes()[seats_[i].of.at()].shape);
    }
    const Amounts& demand(std::size_t i) const { return shape(i).demand; }

    /// Which of the seats that nobody has yet counts the least.
    std::size_t least_worth() const {
        std::size_t least = SIZE_MAX;
        const auto worth = [&](std::size_t i) { return std::pair(shape(i).priority, shape(i).weight); };
        for (std::size_t i = 0; i < seats_.size(); ++i)
            if (left_[i] > 0 && (least == SIZE_MAX || worth(i) < worth(least))) least = i;
        return least;
    }

    /// Whether a task of the share may have a seat of the slot.
    bool may_have(const Share& share, const AlikeSlots& alike, const Slot& slot) const {
        const std::int32_t model = share.model;
        if (model == kNoModel) return true;
        const bool holds = has(alike.held, model), in_use = has(slot.in_use, model);
        if (!in_use && slot.memory != kUnlimited && slot.memory < models_.weight(model)) return false;
        if (holds) return true;
        const Quantity line = alike.capacity[problem_.fleet().schema().line_down()];
        return models_.loads_in(model, line, share.max_wait_ns) &&
               (in_use || residents_.allowance(site_) - slot.load >= models_.megabits(model));
    }

    /// Tasks of a share that have no seat yet, in this slot included.
    std::int64_t available(const Share& share) const {
        std::int64_t tasks = share.tasks;
        for (const Pick& pick : taken_)
            if (pick.share == &share) tasks -= pick.tasks;
        return tasks;
    }

    /// The model to come next: one in use, then one that is held, then what most seats can have.
    std::int32_t choose(const AlikeSlots& alike, const Slot& slot) {
        gain_.fill({});
        std::int32_t best = kNobody;
        std::tuple<int, std::int64_t, std::int64_t> most{-1, 0, 0};
        for (std::size_t i = 0; i < seats_.size(); ++i) {
            if (left_[i] == 0) continue;
            for (const Share& share : seats_[i].shares) {
                if (share.tasks == 0 || !may_have(share, alike, slot)) continue;
                const std::int64_t tasks = available(share);
                if (tasks == 0) continue;
                Gain& gain = gain_[static_cast<std::size_t>(share.model + 1)];
                gain.seats += std::min(left_[i], tasks);
                gain.tasks += tasks;
                const bool free = share.model == kNoModel || has(slot.in_use, share.model);
                const int rank = free ? 2 : has(alike.held, share.model) ? 1 : 0;
                const std::tuple worth{rank, gain.seats, gain.tasks};
                if (worth > most) {
                    most = worth;
                    best = share.model;
                }
            }
        }
        return best;
    }

    /// Gives seats of the slot to tasks of the model; returns how many.
    std::int64_t give(std::int32_t model, const AlikeSlots& alike, Slot& slot) {
        std::int64_t given = 0;
        for (std::size_t i = 0; i < seats_.size(); ++i)
            for (Share& share : seats_[i].shares) {
                if (left_[i] == 0) break;
                if (share.model != model || share.tasks == 0 || !may_have(share, alike, slot)) continue;
                const std::int64_t tasks = std::min(left_[i], available(share));
                if (tasks == 0) continue;
                if (model != kNoModel && !has(slot.in_use, model)) enter(model, alike, slot);
                taken_.push_back({&share, tasks});
                slot.picks.push_back({&share, tasks});
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
    struct Gain {
        std::int64_t seats = 0, tasks = 0;
    };

    const Problem& problem_;
    const Models& models_;
    const Coarse& coarse_;
    const Holdings& holdings_;
    const Solution& plan_;
    Residents& residents_;
    std::span<Share> shares_;
    SiteId site_;
    std::vector<Edge> edges_;
    std::vector<Seats> seats_;  ///< of the slots at hand
    std::vector<std::int64_t> left_;
    std::vector<Pick> taken_;
    std::array<Gain, kMaxModels + 1> gain_;
    std::vector<Residents::Run> runs_;
    std::vector<Dealt> dealt_;
};

/// Takes off the loads what the seats that stay empty would have had.
void release(const Problem& problem, const Coarse& coarse, Shares& shares, Loads& loads) {
    std::vector<Path> paths;
    for (const auto& routes : coarse.problem->policies()) paths.emplace_back(*coarse.problem, *routes, loads);
    for (std::size_t s = 0; s < problem.network().site_count(); ++s)
        for (const Share& share : shares.of(SiteId(s))) {
            if (share.tasks == 0) continue;
            const Workload::Class& c = problem.workload().classes()[share.of.at()];
            const Problem::Shape& shape = problem.shape(c.shape);
            paths[shape.policy].build(shape, c.origin, SiteId(s));
            paths[shape.policy].reserve(loads, -share.tasks);
        }
}

}  // namespace

Coarse without_models(const Problem& problem, int threads) {
    std::map<AllButModel, std::uint32_t> cells;
    std::vector<std::uint32_t> cell_of_shape;
    for (const Problem::Shape& shape : problem.shapes())
        cell_of_shape.push_back(cells.try_emplace(all_but_model(problem, shape), cells.size()).first->second);
    return coarsen_alike(problem, members_of_classes(problem), cell_of_shape, threads);
}

ModelDeal deal_models(const Problem& problem, const Coarse& coarse, const Solution& plan,
                      Residents& residents, int threads) {
    ModelDeal dealt{std::vector<Ledger>(kShards), members_of_classes(problem), plan.loads};
    Shares shares(problem, coarse, plan);
    const Holdings holdings(*coarse.problem, plan);
    const auto& pools = problem.fleet().pools();
    parallel_for(threads, kShards, [&](std::int64_t shard) {
        SiteDealer dealer(problem, coarse, holdings, plan, residents);
        const auto [first, last] = shard_range(static_cast<std::int64_t>(pools.size()), kShards, shard);
        auto begin = static_cast<std::size_t>(first);
        while (begin > 0 && begin < pools.size() && pools[begin - 1].site == pools[begin].site) ++begin;
        while (begin < static_cast<std::size_t>(last)) {
            std::size_t end = begin;
            while (end < pools.size() && pools[end].site == pools[begin].site) ++end;
            const SiteId site = pools[begin].site;
            dealer.deal(site, shares.of(site), PoolId(begin), PoolId(end),
                        dealt.ledgers[static_cast<std::size_t>(shard)]);
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
