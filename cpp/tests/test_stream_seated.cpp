#include "gigafleet/stream_seated.hpp"

#include "check.hpp"
#include "gigafleet/seating.hpp"
#include "warm_cases.hpp"

using namespace gigafleet;
using namespace warm_cases;

namespace {

struct Moved {
    std::int64_t tasks = 0;
    std::vector<std::int64_t> placed;
};
/// By the definition: of each row, what ran and runs, less what is where it was.
Moved moved(const Stand& stand, const Seats& now) {
    const std::size_t rows = stand.now.tasks.size();
    std::vector<std::int64_t> ran(rows), kept(rows);
    Moved result{0, std::vector<std::int64_t>(rows)};
    const Seats before = seats_of(stand.runs);
    for (const auto& [seat, held] : before)
        if (static_cast<std::size_t>(seat[0]) < rows) ran[static_cast<std::size_t>(seat[0])] += held;
    for (const auto& [seat, held] : now) {
        const auto row = static_cast<std::size_t>(seat[0]);
        result.placed[row] += held;
        const auto it = before.find(seat);
        if (it != before.end()) kept[row] += std::min(held, it->second);
    }
    for (std::size_t row = 0; row < rows; ++row)
        result.tasks += std::min(ran[row], result.placed[row]) - kept[row];
    return result;
}

}  // namespace

TEST(rows_get_the_seats_of_their_class_and_keep_their_own) {
    std::mt19937 random(1);
    for (int i = 0; i < 400; ++i) {
        const Stand stand(random, 20, 30);
        NoControl control;
        const Groundwork ground(*stand.problem, control);
        const Previous previous(*stand.problem, earlier_of(stand.runs), 1, control);
        const Solution solution = place_greedily(ground, {.previous = &previous}, control);
        const Workload& workload = stand.problem->workload();
        const Assignments runs = stream_assignments(*stand.problem, solution, previous, 1);
        const Seats now = seats_of(runs);
        // Class by class the seats are those of the solution.
        Seats by_class, wanted;
        for (const auto& [seat, held] : now)
            by_class[{workload.class_of_row()[static_cast<std::size_t>(seat[0])], seat[1], seat[2]}] += held;
        for (const auto& [seat, held] : seats_of(stream_assignments(*stand.problem, solution)))
            wanted[{workload.class_of_row()[static_cast<std::size_t>(seat[0])], seat[1], seat[2]}] += held;
        CHECK(by_class == wanted);
        const Moved found = moved(stand, now);
        CHECK_EQ(found.tasks, moves_of(*stand.problem, previous, solution, 1).tasks);

        std::vector<std::int64_t> counts(stand.now.tasks.size());
        std::vector<std::uint8_t> reasons(counts.size());
        stream_counts(*stand.problem, solution, previous, 2, counts, reasons);
        CHECK(counts == found.placed);
        for (std::size_t row = 0; row < counts.size(); ++row) {
            CHECK(counts[row] <= stand.now.tasks[row].count);
            CHECK_EQ(reasons[row] == 0, counts[row] == stand.now.tasks[row].count);
        }
        if (!workload.single()) continue;
        std::vector<std::int64_t> node(counts.size()), instance(counts.size());
        stream_nodes(*stand.problem, solution, previous, 2, node, instance);
        Seats singles;
        for (std::size_t row = 0; row < node.size(); ++row)
            if (node[row] >= 0) ++singles[{static_cast<std::int64_t>(row), node[row], instance[row]}];
        CHECK(singles == now);
    }
}

TEST(what_is_unchanged_looks_the_same) {
    std::mt19937 random(2);
    for (int i = 0; i < 200; ++i) {
        const Stand stand(random, 20, 30);
        const auto problem = stand.before.problem();
        NoControl control;
        const Groundwork ground(*problem, control);
        const Previous previous(*problem, earlier_of(stand.runs), 1, control);
        const Solution solution = place_greedily(ground, {.previous = &previous}, control);
        const Assignments runs = stream_assignments(*problem, solution, previous, 2);
        CHECK(runs.task == stand.runs.task);
        CHECK(runs.node == stand.runs.node);
        CHECK(runs.first_instance == stand.runs.first_instance);
        CHECK(runs.instances == stand.runs.instances);
        CHECK(runs.per_instance == stand.runs.per_instance);
    }
}
