#include "warm_cases.hpp"

#include <utility>

#include "check.hpp"
#include "gigafleet/greedy.hpp"
#include "gigafleet/path.hpp"

namespace warm_cases {

Seats seats_of(const Assignments& runs) {
    Seats seats;
    for (std::size_t r = 0; r < runs.task.size(); ++r)
        for (std::int64_t i = 0; i < runs.instances[r]; ++i)
            seats[{runs.task[r], runs.node[r], runs.first_instance[r] + i}] += runs.per_instance[r];
    return seats;
}

EarlierRuns earlier_of(const Assignments& runs) {
    return {runs.task, runs.node, runs.first_instance, runs.instances, runs.per_instance};
}

problem_cases::Case later(std::mt19937& random, problem_cases::Case c) {
    const auto below = [&](unsigned n) { return random() % n; };
    for (auto& node : c.nodes) {
        if (below(4) == 0) node.compute /= 2;
        if (below(4) == 0 && node.count != 1) node.count = below(4);
    }
    for (auto& task : c.tasks) {
        if (below(5) == 0) task.max_rtt_ms /= 2;
        if (below(5) == 0 && task.count != 1) task.count = below(5);
    }
    for (double& capacity : c.capacity_mbps)
        if (below(4) == 0) capacity /= 2;
    c.nodes.resize(c.nodes.size() - below(2) * c.nodes.size() / 5);
    c.tasks.resize(c.tasks.size() - below(2) * c.tasks.size() / 5);
    return c;
}

Stand::Stand(std::mt19937& random, std::size_t nodes, std::size_t tasks)
    : before(problem_cases::random_case(random, nodes, tasks)), now(later(random, before)) {
    NoControl control;
    const auto old = before.problem();
    const Groundwork ground(*old, control);
    runs = stream_assignments(*old, place_greedily(ground, {}, control));
    problem = now.problem();
}

void check_fits(const Problem& problem, const Solution& solution) {
    const auto& classes = problem.workload().classes();
    Loads loads(problem.network(), true, true);
    std::map<std::pair<std::uint32_t, std::int64_t>, Amounts> used;
    for (std::size_t c = 0; c < classes.size(); ++c) {
        const Problem::Shape& shape = problem.shape(classes[c].shape);
        const Routes& routes = *problem.policies()[shape.policy];
        std::int64_t placed = 0;
        for (const Filling& f : solution.of(ClassId(c))) {
            const Fleet::Pool& pool = problem.fleet().pools()[f.pool.at()];
            CHECK(f.slots > 0 && f.per_slot > 0 && f.first >= 0 && f.first + f.slots <= pool.slots);
            CHECK(problem.may_take(shape, pool.kind) && problem.labels_pass(shape, pool));
            CHECK(problem.fleet().first_slot_staying(pool, problem.needed_ns(shape)) <= f.first);
            const std::int64_t rtt_ns = routes.rtt_ns(classes[c].origin, pool.site);
            CHECK(rtt_ns != kUnreachable);
            CHECK(rtt_ns + problem.fleet().kinds()[pool.kind.at()].access_rtt_ns <= shape.max_rtt_ns);
            Path path(problem, routes, loads);
            path.build(shape, classes[c].origin, pool.site);
            path.reserve(loads, f.slots * f.per_slot);
            placed += f.slots * f.per_slot;
            for (std::int64_t slot = f.first; slot < f.first + f.slots; ++slot)
                for (std::size_t d = 0; d < kMaxDimensions; ++d)
                    used[{f.pool.value, slot}][d] += shape.demand[d] * f.per_slot;
        }
        CHECK_EQ(placed, solution.placed[c]);
        CHECK(placed <= classes[c].members);
    }
    for (const auto& [where, amounts] : used) {
        const Fleet::Pool& pool = problem.fleet().pools()[where.first];
        const Amounts own = problem.fleet().capacity(pool, problem.fleet().entry_of_slot(pool, where.second));
        for (std::size_t d = 0; d < problem.fleet().schema().dimensions(); ++d) CHECK(amounts[d] <= own[d]);
    }
    const std::size_t carriers = loads.arc_count() + 2 * loads.site_count();
    for (std::uint32_t carrier = 0; carrier < carriers; ++carrier) {
        CHECK(loads.room(carrier) >= 0);
        CHECK_EQ(loads.load(carrier), solution.loads.load(carrier));
    }
}

}  // namespace warm_cases
