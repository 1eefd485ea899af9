#include "gigafleet/stream.hpp"

#include <map>
#include <set>

#include "check.hpp"
#include "gigafleet/explain.hpp"
#include "gigafleet/greedy.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;
using problem_cases::random_case;

namespace {

struct Solved {
    std::shared_ptr<const Problem> problem;
    Solution solution;
};
Solved solve(const Case& c) {
    NoControl control;
    auto problem = c.problem();
    const Groundwork ground(*problem, control);
    Solution solution = place_greedily(ground, {}, control);
    solution.reason = explain_unplaced(ground, solution, control);
    return {std::move(problem), std::move(solution)};
}

/// Members by (task row, node row, instance).
using Seats = std::map<std::array<std::int64_t, 3>, std::int64_t>;

Seats seats_of(const Assignments& runs) {
    Seats seats;
    std::int64_t last = 0;
    for (std::size_t r = 0; r < runs.task.size(); ++r) {
        CHECK(runs.task[r] >= last);
        last = runs.task[r];
        CHECK(runs.instances[r] > 0 && runs.per_instance[r] > 0);
        for (std::int64_t i = 0; i < runs.instances[r]; ++i)
            seats[{runs.task[r], runs.node[r], runs.first_instance[r] + i}] += runs.per_instance[r];
    }
    return seats;
}

/// Members by (class, node row, instance), from the fillings and from the runs.
void check_runs(const Case& c) {
    const Solved s = solve(c);
    const Workload& workload = s.problem->workload();
    const Fleet& fleet = s.problem->fleet();
    Seats wanted, got;
    for (std::size_t k = 0; k < workload.classes().size(); ++k)
        for (std::size_t f = s.solution.of_class[k].first; f < s.solution.of_class[k].last; ++f) {
            const Filling& filling = s.solution.fillings[f];
            const Fleet::Pool& pool = fleet.pools()[filling.pool.at()];
            for (std::int64_t slot = filling.first; slot < filling.first + filling.slots; ++slot) {
                const std::int64_t entry = fleet.entry_of_slot(pool, slot);
                wanted[{static_cast<std::int64_t>(k), fleet.row_of_entry(entry),
                        slot - fleet.slot_of_entry(pool, entry)}] += filling.per_slot;
            }
        }
    const Seats seats = seats_of(stream_assignments(*s.problem, s.solution));
    std::vector<std::int64_t> placed(c.tasks.size()), counts(c.tasks.size());
    for (const auto& [seat, members] : seats) {
        got[{workload.class_of_row(seat[0]).value, seat[1], seat[2]}] += members;
        placed[static_cast<std::size_t>(seat[0])] += members;
    }
    CHECK(got == wanted);

    std::vector<std::uint8_t> reasons(c.tasks.size());
    stream_counts(*s.problem, s.solution, counts, reasons);
    CHECK(counts == placed);
    std::vector<std::int64_t> left = s.solution.placed;
    for (std::size_t row = 0; row < c.tasks.size(); ++row) {
        const std::size_t k = workload.class_of_row()[row];
        CHECK_EQ(counts[row], std::min(c.tasks[row].count, left[k]));  // in row order
        left[k] -= counts[row];
        CHECK_EQ(reasons[row],
                 static_cast<std::uint8_t>(counts[row] == c.tasks[row].count ? Reason::kPlaced
                                                                             : s.solution.reason[k]));
    }
    if (!workload.single()) return;
    std::vector<std::int64_t> node(c.tasks.size()), instance(c.tasks.size());
    stream_nodes(*s.problem, s.solution, 1, node, instance);
    Seats singles;
    for (std::size_t row = 0; row < c.tasks.size(); ++row) {
        CHECK_EQ(node[row] == -1, placed[row] == 0);
        CHECK_EQ(instance[row] == -1, placed[row] == 0);
        if (node[row] >= 0) ++singles[{static_cast<std::int64_t>(row), node[row], instance[row]}];
    }
    CHECK(singles == seats);
}

/// Enough rows for several shards.
Case many_rows() {
    std::mt19937 random(5);
    Case c = Case::line(4);
    for (int i = 0; i < 60; ++i)
        c.nodes.push_back({.site = static_cast<std::int32_t>(random() % 4),
                           .compute = 100.0 * (1 + i % 3),
                           .count = 1 + static_cast<std::int64_t>(random() % 5)});
    c.tasks.resize(100'000);
    for (auto& t : c.tasks)
        t = {.origin = static_cast<std::int32_t>(random() % 4), .compute = 0.25 * (1 + random() % 3)};
    return c;
}

}  // namespace

TEST(runs_counts_and_nodes_tell_the_same) {
    std::mt19937 random(121);
    for (int i = 0; i < 500; ++i) check_runs(random_case(random, 12, 30));
}

TEST(members_of_a_class_go_in_row_order_over_split_slots) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 3, .count = 3}};
    c.tasks = {{.count = 2}, {.count = 5}, {.count = 0}, {.count = 1}, {.count = 4}};
    const Solved s = solve(c);
    const Assignments runs = stream_assignments(*s.problem, s.solution);
    const Seats wanted{{{0, 0, 0}, 2}, {{1, 0, 0}, 1}, {{1, 0, 1}, 3},
                       {{1, 0, 2}, 1}, {{3, 0, 2}, 1}, {{4, 0, 2}, 1}};
    CHECK(seats_of(runs) == wanted);
    std::vector<std::int64_t> placed(5);
    std::vector<std::uint8_t> reason(5);
    stream_counts(*s.problem, s.solution, placed, reason);
    CHECK(placed == (std::vector<std::int64_t>{2, 5, 0, 1, 1}));
    CHECK(reason == (std::vector<std::uint8_t>{0, 0, 0, 0, static_cast<std::uint8_t>(Reason::kCapacity)}));
}

TEST(whole_slots_of_a_row_are_one_run) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 2, .count = 1'000'000'000}, {.compute = 2, .count = 5}};
    c.tasks = {{.count = 2'000'000'004}};
    const Solved s = solve(c);
    const Assignments runs = stream_assignments(*s.problem, s.solution);
    CHECK_EQ(runs.task.size(), 2u);
    CHECK(runs.instances == (std::vector<std::int64_t>{1'000'000'000, 2}));
    CHECK(runs.per_instance == (std::vector<std::int64_t>{2, 2}));
}

TEST(threads_do_not_change_the_nodes) {
    const Case c = many_rows();
    const Solved s = solve(c);
    const std::size_t rows = c.tasks.size();
    std::vector<std::int64_t> node(rows), instance(rows), placed(rows);
    std::vector<std::uint8_t> reason(rows);
    stream_nodes(*s.problem, s.solution, 1, node, instance);
    const Seats seats = seats_of(stream_assignments(*s.problem, s.solution));
    stream_counts(*s.problem, s.solution, placed, reason);
    std::int64_t total = 0;
    for (std::size_t row = 0; row < rows; ++row) {
        CHECK_EQ(placed[row], node[row] >= 0);
        total += placed[row];
        if (node[row] >= 0) CHECK(seats.contains({static_cast<std::int64_t>(row), node[row], instance[row]}));
    }
    CHECK_EQ(static_cast<std::size_t>(total), seats.size());
    CHECK(total > 20'000 && total < 100'000);
    for (const int threads : {0, 2, 3, 7}) {
        std::vector<std::int64_t> again(rows, -7), instances(rows, -7);
        stream_nodes(*s.problem, s.solution, threads, again, {});
        stream_nodes(*s.problem, s.solution, threads, {}, instances);
        CHECK(again == node);
        CHECK(instances == instance);
    }
}

TEST(known_digests_stay) {
    // Plans on disk hold them.
    const Assignments runs{{0, 1, 1}, {2, 0, 5}, {0, 3, 0}, {1, 4, 2}, {7, 1, 1}, {}};
    CHECK_EQ(digest({}, {}, {}, 1), "00000000000000030000000000000004");
    CHECK_EQ(digest(runs, {}, {}, 1), "f7a83a067116c98671fdc8177fd6447e");
}

TEST(the_digest_minds_every_value_and_no_thread) {
    const Case c = many_rows();
    const Solved s = solve(c);
    Assignments runs = stream_assignments(*s.problem, s.solution);
    std::vector<std::int64_t> task_id(c.tasks.size()), node_id(c.nodes.size());
    for (std::size_t i = 0; i < task_id.size(); ++i) task_id[i] = static_cast<std::int64_t>(i);
    for (std::size_t i = 0; i < node_id.size(); ++i) node_id[i] = static_cast<std::int64_t>(i);
    const std::string plain = digest(runs, {}, {}, 1);
    CHECK_EQ(plain.size(), 32u);
    CHECK(plain.find_first_not_of("0123456789abcdef") == std::string::npos);
    for (const int threads : {2, 3, 8}) CHECK_EQ(digest(runs, {}, {}, threads), plain);
    CHECK_EQ(digest(runs, task_id, node_id, 2), plain);  // the row numbers

    std::set<std::string> seen{plain};
    const std::size_t last = runs.task.size() - 1;
    for (auto* column : {&runs.task, &runs.node, &runs.first_instance, &runs.instances, &runs.per_instance})
        for (const std::size_t at : {std::size_t{0}, last / 2, last}) {
            (*column)[at] ^= 1;
            CHECK(seen.insert(digest(runs, {}, {}, 1)).second);
            (*column)[at] ^= 1;
        }
    task_id[static_cast<std::size_t>(runs.task[0])] += 1'000'000;
    CHECK(seen.insert(digest(runs, task_id, node_id, 1)).second);
    node_id[static_cast<std::size_t>(runs.node[0])] += 1'000'000;
    CHECK(seen.insert(digest(runs, task_id, node_id, 1)).second);
    std::swap(runs.node[0], runs.first_instance[0]);
    CHECK(runs.node[0] == runs.first_instance[0] || seen.insert(digest(runs, {}, {}, 1)).second);
    CHECK(seen.insert(digest({}, {}, {}, 1)).second);
}
