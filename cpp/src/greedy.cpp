#include "gigafleet/greedy.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>
#include <utility>

#include "gigafleet/candidates.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kPollClasses = 64;

using Totals = std::array<double, kMaxDimensions>;

/// The largest share of `total` that one task takes of any dimension; infinite of a dimension that has
/// nothing.
double dominant_share(const Amounts& demand, const Totals& total) {
    double share = 0;
    for (std::size_t d = 0; d < kMaxDimensions; ++d)
        if (demand[d] > 0) share = std::max(share, static_cast<double>(demand[d]) / total[d]);
    return share;
}

/// Capacity by kind and dimension, over all nodes; infinite where unlimited.
std::vector<Totals> capacity_by_kind(const Fleet& fleet) {
    std::vector<Totals> totals(fleet.kinds().size(), Totals{});
    for (const Fleet::Pool& pool : fleet.pools())
        for (std::size_t d = 0; d < fleet.schema().dimensions(); ++d)
            totals[pool.kind.at()][d] +=
                pool.capacity_max[d] == kUnlimited
                    ? INFINITY
                    : static_cast<double>(pool.capacity_max[d]) * static_cast<double>(pool.slots);
    return totals;
}

Totals sum(const std::vector<Totals>& parts) {
    Totals total{};
    for (const Totals& part : parts)
        for (std::size_t d = 0; d < total.size(); ++d) total[d] += part[d];
    return total;
}

/// Groundwork::shares.
std::vector<double> shares_of_usable(const Problem& problem, const std::vector<Totals>& by_kind,
                                     Control& control) {
    constexpr std::size_t kMostPairs = 20'000'000;
    const Fleet& fleet = problem.fleet();
    const std::size_t shapes = problem.shapes().size();
    const bool compare = shapes <= kMostPairs / std::max<std::size_t>(by_kind.size(), 1);
    const Totals total = sum(by_kind);
    std::vector<double> shares;
    for (const Problem::Shape& shape : problem.shapes()) {
        if (shares.size() % 64 == 0)
            control.poll("order", static_cast<std::int64_t>(shares.size()),
                         static_cast<std::int64_t>(shapes));
        Totals usable{};
        const NodeRule& rule = problem.rules()[shape.rule];
        for (std::size_t k = 0; compare && k < by_kind.size(); ++k) {
            const Fleet::Kind& kind = fleet.kinds()[k];
            bool fits = rule.depends_on_site() || rule.passes(kind.labels, problem.network(), SiteId());
            for (std::size_t d = 0; fits && d < fleet.schema().dimensions(); ++d)
                fits = fleet.is_varied(d) || kind.capacity[d] >= shape.demand[d];
            for (std::size_t d = 0; fits && d < usable.size(); ++d) usable[d] += by_kind[k][d];
        }
        shares.push_back(dominant_share(shape.demand, compare ? usable : total));
    }
    return shares;
}

/// Groundwork::suggested.
Order suggested_order(const Problem& problem, const Totals& capacity, const std::vector<double>& shares) {
    Totals demand{};
    for (const Workload::Class& c : problem.workload().classes()) {
        // What nobody can take crowds nobody out.
        if (!std::isfinite(shares[c.shape.at()])) continue;
        for (std::size_t d = 0; d < demand.size(); ++d)
            demand[d] +=
                static_cast<double>(problem.shape(c.shape).demand[d]) * static_cast<double>(c.members);
    }
    for (std::size_t d = 0; d < demand.size(); ++d)
        if (demand[d] > 0.95 * capacity[d]) return Order::kDenseFirst;
    return Order::kLargeFirst;
}

/// Fills pools and remembers their state; one for all shapes.
class Filler {
public:
    Filler(const Problem& problem, Solution& solution)
        : problem_(problem), context_(problem), rooms_(problem), solution_(solution) {
        states_.reserve(problem.fleet().pools().size());
        for (std::size_t p = 0; p < problem.fleet().pools().size(); ++p)
            states_.emplace_back(context_, PoolId(p));
    }

    std::int64_t fill(ShapeId id, PoolId pool_id, std::int64_t wanted) {
        const Problem::Shape& shape = problem_.shape(id);
        const Fleet::Pool& pool = problem_.fleet().pools()[pool_id.at()];
        const std::int64_t needed = problem_.needed_ns(shape);
        const std::int64_t from = needed > 0 ? problem_.fleet().first_slot_staying(pool, needed) : 0;
        PoolState& state = states_[pool_id.at()];
        const std::int64_t placed = state.fill(context_, id, shape.demand, from, wanted, solution_.fillings);
        rooms_.set(pool_id, state.room(context_));
        return placed;
    }
    const PoolRooms& rooms() const { return rooms_; }

private:
    const Problem& problem_;
    PoolState::Context context_;
    PoolRooms rooms_;
    Solution& solution_;
    std::vector<PoolState> states_;
};

}  // namespace

Groundwork::Groundwork(const Problem& all, Control& control) : problem(all), by_shape(all) {
    views.reserve(problem.policies().size());
    for (const auto& routes : problem.policies()) views.emplace_back(problem, *routes);
    const std::vector<Totals> by_kind = capacity_by_kind(problem.fleet());
    shares = shares_of_usable(problem, by_kind, control);
    suggested = suggested_order(problem, sum(by_kind), shares);
}

std::vector<ShapeId> placing_order(const Groundwork& ground, Order order) {
    const Problem& problem = ground.problem;
    const std::vector<double>& shares = ground.shares;
    using Key = std::tuple<std::int64_t, double, std::int64_t, double, std::uint32_t>;
    std::vector<Key> keys;
    for (std::uint32_t s = 0; s < problem.shapes().size(); ++s) {
        const Problem::Shape& shape = problem.shape(ShapeId(s));
        const double rank = order == Order::kLargeFirst   ? shares[s]
                            : order == Order::kDenseFirst ? static_cast<double>(shape.weight) / shares[s]
                                                          : 0;
        keys.emplace_back(-shape.priority, -rank, shape.max_rtt_ns, shares[s], s);
    }
    std::ranges::sort(keys);
    std::vector<ShapeId> sorted;
    for (const Key& key : keys) sorted.emplace_back(std::get<4>(key));
    return sorted;
}

Solution place_greedily(const Groundwork& ground, Order order, double time_limit_s, std::string_view stage,
                        Control& control) {
    const Stopwatch watch;
    const Problem& problem = ground.problem;
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
    std::vector<Candidates> candidates;
    candidates.reserve(ground.views.size());
    for (const PoolView& view : ground.views)
        candidates.emplace_back(problem, view, solution.loads, filler.rooms());

    std::int64_t done = 0;
    for (const ShapeId id : placing_order(ground, order)) {
        const Problem::Shape& shape = problem.shape(id);
        Candidates& search = candidates[shape.policy];
        bool started = false;
        for (const ClassId class_id : ground.by_shape.classes(id)) {
            if (!started || done % kPollClasses == 0) {
                control.poll(stage, done, static_cast<std::int64_t>(classes.size()));
                if (watch.seconds() > time_limit_s) {
                    solution.status = Status::kTimeLimit;
                    return solution;
                }
            }
            ++done;
            if (!std::exchange(started, true)) search.start(id);
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

void explain_unplaced(const Groundwork& ground, Solution& solution, Control& control) {
    const Problem& problem = ground.problem;
    const auto& classes = problem.workload().classes();
    const auto& pools = problem.fleet().pools();
    // The gates before LINK ask for nodes that are empty; the room on links is that of the final state.
    const PoolRooms empty(problem);
    std::vector<std::optional<Candidates>> candidates(ground.views.size());
    const auto unexplained = [&](ClassId c) { return solution.reason[c.at()] == Reason::kCapacity; };

    for (std::uint32_t s = 0; s < problem.shapes().size(); ++s) {
        const ShapeId id(s);
        const Problem::Shape& shape = problem.shape(id);
        const auto members = ground.by_shape.classes(id);
        if (std::ranges::none_of(members, unexplained)) continue;
        control.poll("explain", s, static_cast<std::int64_t>(problem.shapes().size()));
        const Reason gate = first_static_gate(problem, shape);
        if (gate != Reason::kPlaced) {
            for (const ClassId c : members)
                if (unexplained(c)) solution.reason[c.at()] = gate;
            continue;
        }
        auto& search = candidates[shape.policy];
        if (!search) search.emplace(problem, ground.views[shape.policy], solution.loads, empty);
        const auto admits = [&](PoolId pool) { return admits_exactly(problem, shape, pools[pool.at()]); };
        search->start(id);
        for (const ClassId c : members) {
            if (!unexplained(c)) continue;
            Reason& reason = solution.reason[c.at()];
            reason = Reason::kLink;
            search->place(classes[c.at()].origin, 1, [&](PoolId pool, std::int64_t) -> std::int64_t {
                if (!admits(pool)) return 0;
                reason = Reason::kCapacity;
                return Candidates::kStop;
            });
        }
        // What the links shut off was out of the search: start anew for those without any pool in reach.
        search->start(id);
        for (const ClassId c : members) {
            Reason& reason = solution.reason[c.at()];
            if (reason != Reason::kLink) continue;
            const SiteId origin = classes[c.at()].origin;
            if (search->any_in_reach(origin, shape.max_rtt_ns, admits)) continue;
            reason = search->any_in_reach(origin, kUnlimited, admits) ? Reason::kRtt : Reason::kRoute;
        }
    }
}

}  // namespace gigafleet
