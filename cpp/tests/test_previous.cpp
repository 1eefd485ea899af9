#include "gigafleet/previous.hpp"

#include "check.hpp"
#include "warm_cases.hpp"

using namespace gigafleet;
using namespace warm_cases;

TEST(every_run_is_found_or_known_to_be_lost) {
    std::mt19937 random(1);
    for (int i = 0; i < 300; ++i) {
        const Stand stand(random, 20, 30);
        NoControl control;
        for (const int threads : {1, 3}) {
            const Previous previous(*stand.problem, earlier_of(stand.runs), threads, control);
            const Workload& workload = stand.problem->workload();
            const Fleet& fleet = stand.problem->fleet();
            Seats found, wanted;
            std::vector<std::int64_t> members(stand.now.tasks.size()), ran(workload.classes().size());
            bool whole = true;
            std::int64_t stranded = 0, all = 0;
            for (const auto& [seat, held] : seats_of(stand.runs)) {
                const auto row = static_cast<std::size_t>(seat[0]), node = static_cast<std::size_t>(seat[1]);
                const bool there = row < stand.now.tasks.size() && stand.now.tasks[row].count > 0;
                const bool stands = node < stand.now.nodes.size() && seat[2] < stand.now.nodes[node].count;
                whole = whole && there && stands;
                if (!stands) stranded += held;
                if (!there) continue;
                members[row] += held;
                if (stands) wanted[seat] += held;
            }
            for (std::size_t row = 0; row < members.size(); ++row)
                if (stand.now.tasks[row].count > 0)
                    ran[workload.class_of_row()[row]] += std::min(members[row], stand.now.tasks[row].count);
            for (std::size_t c = 0; c < ran.size(); ++c) {
                CHECK_EQ(previous.ran(ClassId(c)), ran[c]);
                all += ran[c];
                for (const Previous::Run& run : previous.runs(ClassId(c))) {
                    CHECK_EQ(workload.class_of_row()[run.row], c);
                    if (!run.pool.valid()) continue;
                    const Fleet::Pool& pool = fleet.pools()[run.pool.at()];
                    for (std::int64_t slot = run.first; slot < run.last(); ++slot) {
                        const std::int64_t entry = fleet.entry_of_slot(pool, slot);
                        found[{run.row, fleet.row_of_entry(entry),
                               slot - fleet.slot_of_entry(pool, entry)}] += run.per_slot;
                    }
                }
            }
            CHECK(found == wanted);
            CHECK_EQ(previous.is_whole(), whole);
            CHECK_EQ(previous.ran(), all);
            CHECK_EQ(previous.stranded(), stranded);
        }
    }
}

TEST(ids_match_tasks_and_nodes) {
    problem_cases::Case c = problem_cases::Case::one_site();
    c.nodes.resize(2);
    c.tasks.resize(2);
    const auto problem = c.problem();
    const std::vector<std::int64_t> task{40, 50, 60}, node{7, -1, 8}, first{0, 0, 0};
    const std::vector<std::int64_t> task_id{50, 40}, node_id{8, 7};
    NoControl control;
    const Previous previous(*problem, {task, node, first, {}, {}, task_id, node_id}, 1, control);
    CHECK_EQ(previous.ran(ClassId(0)), 1);
    CHECK_EQ(previous.runs(ClassId(0)).size(), 1u);
    const Previous::Run run = previous.runs(ClassId(0))[0];
    CHECK_EQ(run.row, 1u);
    CHECK(run.pool.valid());
    const Fleet::Pool& pool = problem->fleet().pools()[run.pool.at()];
    CHECK_EQ(problem->fleet().row_of_entry(problem->fleet().entry_of_slot(pool, run.first)), 1);
    CHECK(!previous.is_whole());
}
