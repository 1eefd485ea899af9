#include "gigafleet/greedy.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "gigafleet/candidates.hpp"
#include "gigafleet/pool_view.hpp"
#include "gigafleet/shape_classes.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kPollClasses = 64;

/// The largest share of the whole fleet that one task takes of any dimension.
double dominant_share(const Problem& problem, const Problem::Shape& shape) {
    const auto& total = problem.fleet().total_capacity();
    double share = 0;
    for (std::size_t d = 0; d < problem.fleet().schema().dimensions(); ++d)
        if (total[d] > 0)
            share = std::max(share, static_cast<double>(shape.demand[d]) / static_cast<double>(total[d]));
    return share;
}

/// Fills pools and remembers their state; one for all shapes.
class Filler {
public:
    Filler(const Problem& problem, Solution& solution)
        : problem_(problem), context_(problem), solution_(solution) {
        states_.reserve(problem.fleet().pools().size());
        for (std::size_t p = 0; p < problem.fleet().pools().size(); ++p)
            states_.emplace_back(context_, PoolId(p));
    }

    std::int64_t fill(ShapeId id, PoolId pool_id, std::int64_t wanted) {
        const Problem::Shape& shape = problem_.shape(id);
        const Fleet::Pool& pool = problem_.fleet().pools()[pool_id.at()];
        const bool timed = shape.duration_ns > 0 && (problem_.disabled_rules() & kRuleTime) == 0;
        const std::int64_t from = timed ? problem_.fleet().first_slot_staying(pool, shape.duration_ns) : 0;
        return states_[pool_id.at()].fill(context_, id, shape.demand, from, wanted, solution_.fillings);
    }

private:
    const Problem& problem_;
    PoolState::Context context_;
    Solution& solution_;
    std::vector<PoolState> states_;
};

}  // namespace

std::vector<ShapeId> placing_order(const Problem& problem) {
    using Key = std::tuple<std::int64_t, double, std::int64_t, double, std::uint32_t>;
    std::vector<Key> keys;
    for (std::uint32_t s = 0; s < problem.shapes().size(); ++s) {
        const Problem::Shape& shape = problem.shape(ShapeId(s));
        const double share = dominant_share(problem, shape);
        const double density =
            share == 0 ? INFINITY : std::floor(std::log2(static_cast<double>(shape.weight) / share));
        keys.emplace_back(-shape.priority, -density, shape.max_rtt_ns, -share, s);
    }
    std::ranges::sort(keys);
    std::vector<ShapeId> order;
    for (const Key& key : keys) order.emplace_back(std::get<4>(key));
    return order;
}

Solution place_greedily(const Problem& problem, double time_limit_s, Control& control) {
    const Stopwatch watch;
    const auto& classes = problem.workload().classes();
    Solution solution{{},
                      {},
                      {},
                      {},
                      Loads(problem.network(), (problem.disabled_rules() & kRuleLink) == 0,
                            (problem.disabled_rules() & kRuleAccess) == 0)};
    solution.of_class.resize(classes.size());
    solution.placed.assign(classes.size(), 0);
    solution.reason.assign(classes.size(), Reason::kNotTried);
    Filler filler(problem, solution);
    const ShapeClasses by_shape(problem);
    std::vector<std::unique_ptr<PoolView>> views;
    std::vector<std::unique_ptr<Candidates>> candidates;
    for (const auto& routes : problem.policies()) {
        views.push_back(std::make_unique<PoolView>(problem, *routes));
        candidates.push_back(std::make_unique<Candidates>(problem, *views.back(), solution.loads));
    }

    std::int64_t done = 0;
    for (const ShapeId id : placing_order(problem)) {
        const Problem::Shape& shape = problem.shape(id);
        Candidates& search = *candidates[shape.policy];
        search.start(id, [&](const Fleet::Pool& pool) { return may_admit(problem, shape, pool); });
        for (const ClassId class_id : by_shape.classes(id)) {
            if (done++ % kPollClasses == 0) {
                control.poll("place", done, static_cast<std::int64_t>(classes.size()));
                if (watch.seconds() > time_limit_s) {
                    solution.status = Status::kTimeLimit;
                    return solution;
                }
            }
            const Workload::Class& c = classes[class_id.at()];
            const std::size_t first = solution.fillings.size();
            const std::int64_t left = search.place(c.origin, c.members, [&](PoolId pool, std::int64_t room) {
                return filler.fill(id, pool, room);
            });
            solution.of_class[class_id.at()] = {first, solution.fillings.size()};
            solution.placed[class_id.at()] = c.members - left;
            solution.reason[class_id.at()] = left == 0 ? Reason::kPlaced : Reason::kCapacity;
        }
    }
    return solution;
}

void explain_unplaced(const Problem& problem, Solution& solution, Control& control) {
    const auto& classes = problem.workload().classes();
    const auto& pools = problem.fleet().pools();
    const ShapeClasses by_shape(problem);
    // Reserves nothing: the room of the final state decides.
    std::vector<std::unique_ptr<PoolView>> views(problem.policies().size());
    std::vector<std::unique_ptr<Candidates>> candidates(views.size());
    const auto unexplained = [&](ClassId c) { return solution.reason[c.at()] == Reason::kCapacity; };

    for (std::uint32_t s = 0; s < problem.shapes().size(); ++s) {
        const ShapeId id(s);
        const Problem::Shape& shape = problem.shape(id);
        const auto members = by_shape.classes(id);
        if (std::ranges::none_of(members, unexplained)) continue;
        control.poll("explain", s, static_cast<std::int64_t>(problem.shapes().size()));
        const Reason gate = first_static_gate(problem, shape);
        if (gate != Reason::kPlaced) {
            for (const ClassId c : members)
                if (unexplained(c)) solution.reason[c.at()] = gate;
            continue;
        }
        auto& search = candidates[shape.policy];
        if (!search) {
            views[shape.policy] = std::make_unique<PoolView>(problem, *problem.policies()[shape.policy]);
            search = std::make_unique<Candidates>(problem, *views[shape.policy], solution.loads);
        }
        search->start(id, [&](const Fleet::Pool& pool) { return may_admit(problem, shape, pool); });
        const auto admits = [&](PoolId pool) { return admits_exactly(problem, shape, pools[pool.at()]); };
        for (const ClassId c : members) {
            if (!unexplained(c)) continue;
            const SiteId origin = classes[c.at()].origin;
            Reason& reason = solution.reason[c.at()];
            if (!search->any_in_reach(origin, kUnlimited, admits))
                reason = Reason::kRoute;
            else if (!search->any_in_reach(origin, shape.max_rtt_ns, admits))
                reason = Reason::kRtt;
        }
        // Links shut pools off for the rest of a shape, so this comes after all questions of reach.
        for (const ClassId c : members) {
            if (!unexplained(c)) continue;
            bool link = true;
            search->place(classes[c.at()].origin, 1, [&](PoolId pool, std::int64_t) -> std::int64_t {
                if (!admits(pool)) return 0;
                link = false;
                return Candidates::kStop;
            });
            if (link) solution.reason[c.at()] = Reason::kLink;
        }
    }
}

}  // namespace gigafleet
