// explain_bound: why gangs and members of spread groups that were left over were left.
#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "gigafleet/bound_tasks.hpp"
#include "gigafleet/candidates.hpp"
#include "gigafleet/explain.hpp"
#include "gigafleet/model_bonds.hpp"

namespace gigafleet {

namespace {

class Explainer {
public:
    Explainer(const Groundwork& ground, const Solution& solution)
        : ground_(ground),
          problem_(ground.problem),
          empty_(empty_slots(problem_)),
          alone_(ground, *empty_, nullptr, BoundTasks::Spreads::kIgnored),
          apart_(ground, *empty_, &solution),
          loads_(solution.loads),
          rooms_(problem_),
          alone_in_reach_(ground.views.size()),
          apart_in_reach_(ground.views.size()),
          on_links_(ground.views.size()) {}

    void run(std::vector<Reason>& reasons, Control& control) {
        const BoundTasks::Unit* last = nullptr;
        std::int64_t done = 0;
        for (const BoundTasks::Unit& unit : alone_.units()) {
            control.poll("explain", done++, static_cast<std::int64_t>(alone_.units().size()));
            go_on(last, unit);
            last = &unit;
            for (const BondTrial::Part& part : alone_.parts(unit)) {
                Reason& reason = reasons[part.of.at()];
                if (reason == Reason::kLink || reason == Reason::kCapacity) reason = reason_of(unit, part.of);
            }
        }
    }

private:
    using Held = BoundTasks::Held;

    /// Pools by cost for one shape after the other.
    struct Search {
        std::optional<Candidates> pools;
        ShapeId shape;
    };
    using Searches = std::vector<Search>;  ///< by policy

    /// Forgets what holds for the gang before, but not for this one.
    void go_on(const BoundTasks::Unit* last, const BoundTasks::Unit& unit) {
        const auto spread = [&](const BondTrial::Part& part) { return problem_.bond(part.of).spread; };
        const bool is_gang = unit.gang != Bond::kNone;
        const bool alike = last != nullptr && (last->gang != Bond::kNone) == is_gang &&
                           (!is_gang || alone_.are_alike(*last, unit));
        if (!alike) {
            std::ranges::fill(known_alone_, Held::kUnknown);
            for (Searches* all : {&alone_in_reach_, &apart_in_reach_, &on_links_})
                for (Search& search : *all) search.shape = {};
        } else {  // from here it may be another matter
            for (Held& held : known_alone_) held = held == Held::kNo ? held : Held::kUnknown;
        }
        if (!alike || !std::ranges::equal(alone_.parts(*last), alone_.parts(unit), {}, spread, spread))
            std::ranges::fill(known_apart_, Held::kUnknown);
        else
            for (Held& held : known_apart_) held = held == Held::kNo ? held : Held::kUnknown;
    }

    Held holds(BoundTasks& tasks, std::vector<Held>& known, const BoundTasks::Unit& unit, PoolId pool) {
        std::size_t at = pool.at();
        if (unit.level != kNodeLevel) {
            at = domain_of(problem_.network(), unit.level, problem_.fleet().pools()[pool.at()].site);
            if (at == kNoDomain) return Held::kNo;
        }
        if (at >= known.size()) known.resize(at + 1);
        if (known[at] == Held::kUnknown) known[at] = tasks.holds(unit, pool);
        return known[at];
    }

    Candidates& start(Searches& all, ShapeId id, Loads& loads) {
        const std::uint32_t policy = problem_.shape(id).policy;
        Search& search = all[policy];
        if (!search.pools) search.pools.emplace(problem_, ground_.views[policy], loads, rooms_);
        if (search.shape != id) search.pools->start(id);
        search.shape = id;
        return *search.pools;
    }

    Reason reason_of(const BoundTasks::Unit& unit, ClassId of) {
        const Workload::Class& c = problem_.workload().classes()[of.at()];
        const Problem::Shape& shape = problem_.shape(c.shape);
        const bool is_gang = unit.gang != Bond::kNone;
        const auto alone = [&](PoolId pool) { return holds(alone_, known_alone_, unit, pool); };
        const auto apart = [&](PoolId pool) {
            if (!is_gang) return apart_.takes(of, pool) ? Held::kYes : Held::kNotFromHere;
            const Held held = alone(pool);
            if (held != Held::kYes) return held;
            // Its spread groups may be others than those of gangs that are alike.
            return holds(apart_, known_apart_, unit, pool) == Held::kYes ? Held::kYes : Held::kNotFromHere;
        };
        const auto is_any = [&](Searches& all, Loads& loads, auto&& test) {
            bool any = false;
            start(all, c.shape, loads)
                .place(c.origin, 1, [&](PoolId pool, std::int64_t) -> Candidates::Taken {
                    if (!admits_exactly(problem_, shape, pool)) return 0;
                    const Held held = test(pool);
                    any = held == Held::kYes;
                    if (any) return Candidates::kStop;
                    return held == Held::kNo ? Candidates::kClose : Candidates::kSkip;
                });
            return any;
        };
        if (is_gang && !is_any(alone_in_reach_, empty_->loads(), alone)) return Reason::kGang;
        if (!is_any(apart_in_reach_, empty_->loads(), apart)) return Reason::kSpread;
        return is_any(on_links_, loads_, apart) ? Reason::kCapacity : Reason::kLink;
    }

    const Groundwork& ground_;
    const Problem& problem_;
    std::unique_ptr<BondSlots> empty_;
    BoundTasks alone_, apart_;
    Loads loads_;  ///< of the solution; Candidates reserves in it: nothing here
    PoolRooms rooms_;
    Searches alone_in_reach_, apart_in_reach_, on_links_;
    std::vector<Held> known_alone_, known_apart_;  ///< by domain, or pool
};

}  // namespace

void explain_bound(const Groundwork& ground, const Solution& solution, std::vector<Reason>& reasons,
                   Control& control) {
    if (!ground.problem.workload().has_bonds()) return;
    bool any = false;
    for (std::size_t c = 0; c < reasons.size() && !any; ++c)
        any = (reasons[c] == Reason::kLink || reasons[c] == Reason::kCapacity) &&
              ground.problem.is_bound(ClassId(c));
    if (any) Explainer(ground, solution).run(reasons, control);
}

}  // namespace gigafleet
