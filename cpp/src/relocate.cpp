#include "gigafleet/relocate.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>
#include <vector>

#include "gigafleet/fillings.hpp"
#include "gigafleet/objective.hpp"
#include "gigafleet/open_search.hpp"
#include "gigafleet/placement.hpp"
#include "gigafleet/restore.hpp"
#include "gigafleet/seating.hpp"
#include "gigafleet/ways.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kPollClasses = 64;
constexpr std::size_t kEntriesALedger = 1024;  // ledgers are joined on all threads
constexpr double kLeastGain = 1e-9;            // of what a task costs: less is noise

/// Members of a class in one pool that are alike in what a move must save.
struct Group {
    PoolId pool;
    double worth;  ///< EUR/h: a place below that is better
    std::vector<Filling> fillings;
};

class Round {
public:
    Round(const Groundwork& ground, const Previous& previous, const Solution& solution,
          const RelocateOptions& options, Control& control)
        : ground_(ground),
          problem_(ground.problem),
          solution_(solution),
          options_(options),
          control_(control),
          placement_(restore(problem_, solution)),
          seating_(problem_, previous),
          pools_(problem_, placement_),
          search_(ground.problem, placement_.loads(), pools_.rooms, pools_.open),
          open_kinds_(problem_.fleet().kinds().size()),
          from_(problem_, placement_.loads()),
          to_(problem_, placement_.loads()) {
        for (std::size_t p = 0; p < pools_.open.size(); ++p)
            if (pools_.open[p] != 0) open_kinds_[problem_.fleet().pools()[p].kind.at()] = 1;
    }

    /// Whether anything moved.
    bool run() {
        bool any = false;
        for (const ShapeId shape : placing_order(ground_, ground_.suggested)) {
            start(shape);
            for (const ClassId id : ground_.by_shape.classes(shape)) {
                if (ledgers_.empty() || ledgers_.back().entries.size() > kEntriesALedger)
                    ledgers_.emplace_back();
                any = place(id) || any;
            }
        }
        return any;
    }
    bool is_late() const { return late_; }
    Solution finish() {
        Solution better = placement_.finish(ledgers_, options_.threads);
        better.reason = solution_.reason;
        better.status = solution_.status;
        return better;
    }

private:
    void start(ShapeId id) {
        const KindCosts::Row costs = ground_.costs.of(id);
        shape_ = &problem_.shape(id);
        id_ = id;
        started_ = false;
        least_ = KindCosts::kNever;
        for (std::size_t k = 0; k < open_kinds_.size(); ++k)
            if (open_kinds_[k]) least_ = std::min(least_, costs(KindId(k)));
        // A way with a price may have a negative one.
        if (problem_.policies()[shape_->policy]->is_priced()) least_ = -KindCosts::kNever;
    }

    double cost_in(PoolId id) const {
        const Fleet::Pool& pool = problem_.fleet().pools()[id.at()];
        return ground_.costs.of(id_)(pool.kind) + way_cost(problem_, *shape_, origin_, pool.site);
    }
    /// The most that risk may add in a pool.
    double risk_in(PoolId id) const {
        const Fleet::Pool& pool = problem_.fleet().pools()[id.at()];
        return pool.entries == 0
                   ? 0
                   : risk_cost(problem_, *shape_, problem_.fleet().available_ns(pool, pool.first_entry));
    }

    /// Writes down where a class is now; true where some of it moved.
    bool place(ClassId id) {
        const std::span<const Filling> now = solution_.of(id);
        Ledger& ledger = ledgers_.back();
        origin_ = problem_.workload().classes()[id.at()].origin;
        moved_.clear();
        if (!may_gain(id, now)) {
            ledger.fillings.insert(ledger.fillings.end(), now.begin(), now.end());
            ledger.close(id);
            return false;
        }
        find_groups(id, now);
        for (Group& group : groups_)
            if (group.worth > least_) improve(group);
        for (const Group& group : groups_)
            for (const Filling& filling : group.fillings)
                if (filling.slots > 0) ledger.fillings.push_back(filling);
        ledger.fillings.insert(ledger.fillings.end(), moved_.begin(), moved_.end());
        ledger.close(id);
        return !moved_.empty();
    }

    /// Whether some place is cheaper than the dearest of a class, were all links free and moves for nothing.
    /// Hardly any class passes, so this is asked before all that takes longer.
    bool may_gain(ClassId id, std::span<const Filling> now) {
        if (late_ || problem_.is_bound(id)) return false;
        double most = -KindCosts::kNever;
        PoolId asked;
        for (const Filling& filling : now)
            if (asked != filling.pool) most = std::max(most, worth(cost_in(asked = filling.pool), 0));
        if (!(most > least_)) return false;
        if (++asked_ % kPollClasses == 0) {
            control_.poll(options_.stage, 0, 1);
            late_ = watch_.seconds() > options_.time_limit_s;
            if (late_) return false;
        }
        Candidates& candidates = search_.of(*shape_);
        if (!started_) candidates.start(id_);
        started_ = true;
        return candidates.least(origin_) < most;
    }

    void find_groups(ClassId id, std::span<const Filling> now) {
        groups_.clear();
        seating_.match(id, now);
        const double price = move_price(problem_, *shape_);
        for (const Seating::Kept& kept : seating_.kept()) add(kept.at, price);
        for (const Filling& filling : seating_.rest()) add(filling, 0);
        std::ranges::stable_sort(groups_, [](const Group& a, const Group& b) { return a.worth > b.worth; });
    }

    /// Of who pays `cost` where he is, and `price` to move: a place below that is better.
    static double worth(double cost, double price) { return cost - price - kLeastGain * std::abs(cost); }

    void add(const Filling& filling, double price) {
        if (groups_.empty() || groups_.back().pool != filling.pool || price != price_) {
            groups_.push_back({filling.pool, worth(cost_in(filling.pool), price), {}});
        }
        price_ = price;
        append(groups_.back().fillings, filling);
    }

    void improve(Group& group) {
        Candidates& candidates = search_.of(*shape_);
        const auto& pools = problem_.fleet().pools();
        std::int64_t stay = members(group.fillings);
        const std::int64_t all = stay;
        // Their own way is free for them.
        Path& from = from_.of(*shape_, origin_, pools[group.pool.at()].site);
        from.reserve(placement_.loads(), -all);
        candidates.place(origin_, all, [&](PoolId pool, std::int64_t room) -> Candidates::Taken {
            if (!(cost_in(pool) + risk_in(pool) < group.worth)) return Candidates::kStop;
            const std::int64_t tasks =
                room_beside(from, to_.of(*shape_, origin_, pools[pool.at()].site), stay, room);
            const std::int64_t placed = placement_.fill(id_, pool, tasks, moved_);
            pools_.rooms.set(pool, placement_.room(pool));
            stay -= placed;
            return placed;
        });
        from.reserve(placement_.loads(), stay);
        std::vector<Filling> more;
        take_last(group.fillings, all - stay, more);
        group.fillings.insert(group.fillings.end(), more.begin(), more.end());
    }

    /// How many of `stay` tasks may change ways, at most `tasks`, with the others on the old one.
    std::int64_t room_beside(const Path& from, Path& to, std::int64_t stay, std::int64_t tasks) {
        while (tasks > 0) {
            from.reserve(placement_.loads(), stay - tasks);
            const std::int64_t room = to.room(tasks);
            from.reserve(placement_.loads(), tasks - stay);
            if (room == tasks) break;
            tasks = room;
        }
        return tasks;
    }

    const Groundwork& ground_;
    const Problem& problem_;
    const Solution& solution_;
    const RelocateOptions& options_;
    Control& control_;
    const Stopwatch watch_;
    Placement placement_;
    Seating seating_;
    OpenPools pools_;
    OpenSearch search_;  ///< in pools_
    std::vector<std::uint8_t> open_kinds_;
    Ways from_, to_;
    std::vector<Ledger> ledgers_;
    bool late_ = false;
    std::int64_t asked_ = 0;

    ShapeId id_;
    const Problem::Shape* shape_ = nullptr;
    SiteId origin_;
    bool started_ = false;
    double least_ = 0;  ///< no place costs the shape less
    double price_ = 0;
    std::vector<Group> groups_;
    std::vector<Filling> moved_;
};

}  // namespace

Relocated relocate(const Groundwork& ground, const Previous& previous, Solution& solution,
                   const RelocateOptions& options, Control& control) {
    const Stopwatch watch;
    Relocated result;
    for (int r = 0; r < options.rounds; ++r) {
        RelocateOptions own = options;
        own.time_limit_s = options.time_limit_s - watch.seconds();
        result.in_time = own.time_limit_s > 0;
        if (!result.in_time) break;
        Round round(ground, previous, solution, own, control);
        const bool moved = round.run();
        if (moved) solution = round.finish();
        result.any = result.any || moved;
        result.in_time = !round.is_late();
        if (!moved || !result.in_time) break;
    }
    return result;
}

}  // namespace gigafleet
