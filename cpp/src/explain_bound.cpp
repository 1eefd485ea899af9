// explain_bound: why gangs and members of spread groups that were left over were left.
#include <algorithm>
#include <optional>

#include "gigafleet/bound_tasks.hpp"
#include "gigafleet/candidates.hpp"
#include "gigafleet/explain.hpp"

namespace gigafleet {

namespace {

class Explainer {
public:
    Explainer(const Groundwork& ground, const Solution& solution)
        : ground_(ground),
          problem_(ground.problem),
          empty_(problem_),
          alone_(ground, empty_, nullptr, BoundTasks::Spreads::kIgnored),
          apart_(ground, empty_, &solution),
          loads_(solution.loads),
          rooms_(problem_),
          search_(ground.views.size()) {
        empty_.loads() = Loads(problem_.network(), false, false);
    }

    void run(std::vector<Reason>& reasons, Control& control) {
        std::int64_t done = 0;
        for (const BoundTasks::Unit& unit : alone_.units()) {
            if (done++ % kPollUnits == 0)
                control.poll("explain", done, static_cast<std::int64_t>(alone_.units().size()));
            if (!is_like_last(unit)) {
                known_alone_.assign(known_alone_.size(), 0);
                known_apart_.assign(known_apart_.size(), 0);
            }
            last_ = &unit;
            for (const BondTrial::Part& part : alone_.parts(unit)) {
                Reason& reason = reasons[part.of.at()];
                if (reason == Reason::kLink || reason == Reason::kCapacity) reason = reason_of(unit, part.of);
            }
        }
    }

private:
    static constexpr std::int64_t kPollUnits = 16;
    enum : std::uint8_t { kUnknown, kNo, kYes };

    /// What is known of the domains holds for gangs of the same shapes, numbers and origins.
    bool is_like_last(const BoundTasks::Unit& unit) const {
        const auto& classes = problem_.workload().classes();
        return last_ != nullptr && unit.gang != Bond::kNone && last_->gang != Bond::kNone &&
               last_->level == unit.level &&
               std::ranges::equal(alone_.parts(*last_), alone_.parts(unit), [&](const auto& x, const auto& y) {
                   const Workload::Class &a = classes[x.of.at()], &b = classes[y.of.at()];
                   return a.shape == b.shape && a.origin == b.origin && x.members == y.members &&
                          problem_.bond(x.of).spread == problem_.bond(y.of).spread;
               });
    }

    bool holds(BoundTasks& tasks, std::vector<std::uint8_t>& known, const BoundTasks::Unit& unit, PoolId pool) {
        std::size_t at = pool.at();
        if (unit.level != kNodeLevel) {
            at = domain_of(problem_.network(), unit.level, problem_.fleet().pools()[pool.at()].site);
            if (at == kNoDomain) return false;
        }
        if (at >= known.size()) known.resize(at + 1);
        if (known[at] == kUnknown) known[at] = tasks.holds(unit, pool) ? kYes : kNo;
        return known[at] == kYes;
    }

    Reason reason_of(const BoundTasks::Unit& unit, ClassId of) {
        const Workload::Class& c = problem_.workload().classes()[of.at()];
        const Problem::Shape& shape = problem_.shape(c.shape);
        const bool is_gang = unit.gang != Bond::kNone;
        const auto admits = [&](PoolId pool) {
            return admits_exactly(problem_, shape, problem_.fleet().pools()[pool.at()]);
        };
        const auto alone = [&](PoolId pool) {
            return admits(pool) && (!is_gang || holds(alone_, known_alone_, unit, pool));
        };
        const auto apart = [&](PoolId pool) {
            if (!is_gang) return admits(pool) && apart_.takes(of, pool);
            return alone(pool) && holds(apart_, known_apart_, unit, pool);
        };
        std::optional<Candidates>& search = search_[shape.policy];
        if (!search) search.emplace(problem_, ground_.views[shape.policy], loads_, rooms_);
        search->start(c.shape);
        if (is_gang && !search->any_in_reach(c.origin, shape.max_rtt_ns, alone)) return Reason::kGang;
        search->start(c.shape);
        if (!search->any_in_reach(c.origin, shape.max_rtt_ns, apart)) return Reason::kSpread;
        search->start(c.shape);
        Reason reason = Reason::kLink;
        search->place(c.origin, 1, [&](PoolId pool, std::int64_t) -> std::int64_t {
            if (!apart(pool)) return 0;
            reason = Reason::kCapacity;
            return Candidates::kStop;
        });
        return reason;
    }

    const Groundwork& ground_;
    const Problem& problem_;
    Placement empty_;
    BoundTasks alone_, apart_;
    Loads loads_;  ///< of the solution; Candidates reserves in it: nothing here
    PoolRooms rooms_;
    std::vector<std::optional<Candidates>> search_;  ///< by policy
    const BoundTasks::Unit* last_ = nullptr;
    std::vector<std::uint8_t> known_alone_, known_apart_;  ///< by domain, or pool
};

}  // namespace

void explain_bound(const Groundwork& ground, const Solution& solution, std::vector<Reason>& reasons,
                   Control& control) {
    bool any = false;
    for (std::size_t c = 0; c < reasons.size() && !any; ++c)
        any = (reasons[c] == Reason::kLink || reasons[c] == Reason::kCapacity) &&
              ground.problem.is_bound(ClassId(c));
    if (any) Explainer(ground, solution).run(reasons, control);
}

}  // namespace gigafleet
