#include "gigafleet/models.hpp"

#include "check.hpp"
#include "gigafleet/error.hpp"
#include "gigafleet/node_slots.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

namespace {

Case cars() {
    Case c = Case::one_site();
    c.access_down_mbps = {500};
    c.weights = {4, 0.5, 0};
    c.nodes = {{.compute = 16, .link_down_mbps = 80, .models = 1},
               {.compute = 16, .link_down_mbps = 0, .models = 2}};
    c.tasks = {{.model = 0, .max_wait_s = 400}, {.model = -1}};
    return c;
}

}  // namespace

TEST(weights_take_memory_and_line) {
    const Case c = cars();
    const auto problem = c.problem();
    const Models& models = *problem->models();
    CHECK_EQ(models.size(), 3u);
    CHECK_EQ(models.weight(0), 4000);  // multiples of 1e-3
    CHECK_EQ(models.weight_of(0b011), 4500);
    CHECK_EQ(models.megabits(0), 32'000'000'000);
    CHECK_EQ(models.load_seconds(0, 80'000'000), 400.0);
    CHECK_EQ(models.load_seconds(2, 0), 0.0);
    CHECK_EQ(models.load_seconds(0, 0), INFINITY);
    CHECK_EQ(models.load_seconds(0, kUnlimited), 0.0);
    CHECK_EQ(models.allowance(problem->network(), SiteId(0)), 150'000'000'000);
}

TEST(a_wait_is_compared_exactly) {
    const Case c = cars();
    const auto problem = c.problem();
    const Models& models = *problem->models();
    constexpr std::int64_t kSecond = 1'000'000'000;
    CHECK(models.loads_in(0, 80'000'000, 400 * kSecond));
    CHECK(!models.loads_in(0, 80'000'000, 400 * kSecond - 1));
    CHECK(!models.loads_in(0, 79'999'999, 400 * kSecond));
    CHECK(models.loads_in(0, 1, kUnlimited));
    CHECK(!models.loads_in(0, 0, kUnlimited));
    CHECK(models.loads_in(0, kUnlimited, 0));
    CHECK(models.loads_in(2, 0, 0));
}

TEST(the_least_that_loads_in_time) {
    const Case c = cars();
    const auto problem = c.problem();
    const Models& models = *problem->models();
    constexpr std::int64_t kSecond = 1'000'000'000;
    for (const Quantity line : {17, 80'000'000, 999'999'937}) {
        const std::int64_t wait = models.least_wait_ns(0, line);
        CHECK(models.loads_in(0, line, wait) && !models.loads_in(0, line, wait - 1));
    }
    for (const std::int64_t wait : {std::int64_t{3}, 400 * kSecond, 777 * kSecond + 1}) {
        const Quantity line = models.least_line(0, wait);
        CHECK(line == kUnlimited || (models.loads_in(0, line, wait) && !models.loads_in(0, line - 1, wait)));
    }
    CHECK_EQ(models.least_wait_ns(0, 0), kUnlimited);
    CHECK_EQ(models.least_wait_ns(0, kUnlimited), 0);
    CHECK_EQ(models.least_wait_ns(2, 0), 0);
    CHECK_EQ(models.least_line(0, 0), kUnlimited);
    CHECK_EQ(models.least_line(0, kUnlimited), 1);
    CHECK_EQ(models.least_line(2, 0), 0);
    // 300 s of an access: half of ten minutes.
    CHECK_EQ(models.least_access(150'000'000'000), 500'000'000);
    CHECK_EQ(models.least_access(150'000'000'001), 500'000'001);
    CHECK_EQ(models.least_access(0), 0);
}

TEST(nodes_hold_models_by_entry_and_kinds_do_not_split) {
    Case c = Case::one_site();
    c.weights = {1, 1, 1};
    for (int i = 0; i < 30; ++i) c.nodes.push_back({.models = static_cast<std::uint8_t>(i % 3)});
    c.tasks = {{}};
    const auto problem = c.problem();
    const Models& models = *problem->models();
    CHECK_EQ(problem->fleet().pools().size(), 1u);
    CHECK(!models.all_hold_alike());
    CHECK_EQ(models.held_in(PoolId(0)), 0b011u);
    CHECK_EQ(models.held_by(KindId(0)), 0b011u);
    int changes = 0;
    for (std::int64_t e = 0; e < 30; ++e) {
        const auto row = static_cast<std::size_t>(problem->fleet().row_of_entry(e));
        CHECK_EQ(models.held(e), c.nodes[row].models);
        changes += e > 0 && models.held(e) != models.held(e - 1);
    }
    CHECK_EQ(changes, 2);  // those that hold the same are neighbours
    for (auto& node : c.nodes) node.models = 2;
    c.scalars = true;
    CHECK(c.problem()->models()->all_hold_alike());
    CHECK_EQ(c.problem()->models()->held_in(PoolId(0)), 0b010u);
}

TEST(kinds_can_be_split_by_what_nodes_hold) {
    std::mt19937 random(2);
    for (int i = 0; i < 50; ++i) {
        const Case c = problem_cases::random_model_case(random, 30, 3);
        const auto problem = c.problem();
        const Fleet& whole = problem->fleet();
        Buffer<std::uint32_t> entry_of;
        const Fleet split(whole, entry_of);
        CHECK_EQ(whole.pools_by_models(SIZE_MAX), split.pools().size());
        CHECK_EQ(split.members(), whole.members());
        const Models models(*problem->models(), split);
        std::int64_t slots = 0;
        for (std::size_t p = 0; p < split.pools().size(); ++p) {
            const Fleet::Pool& pool = split.pools()[p];
            slots += pool.slots;
            CHECK_EQ(models.held_in(PoolId(p)), models.held_by(pool.kind));
            for (std::int64_t e = pool.first_entry; e < pool.first_entry + pool.entries; ++e) {
                const std::int64_t was = entry_of[static_cast<std::size_t>(e)];
                const Fleet::Pool& of = *std::ranges::find_if(whole.pools(), [&](const Fleet::Pool& q) {
                    return q.first_entry <= was && was < q.first_entry + q.entries;
                });
                CHECK(of.site == pool.site);
                CHECK_EQ(split.row_of_entry(e), whole.row_of_entry(was));
                CHECK_EQ(split.available_ns(pool, e), whole.available_ns(of, was));
                CHECK(split.capacity(pool, e) == whole.capacity(of, was));
                CHECK_EQ(models.held(e), problem->models()->held(was));
                CHECK_EQ(models.held(e), models.held_in(PoolId(p)));
            }
            CHECK(split.first_slot_staying(pool, pool.available_max_ns) <
                  std::max<std::int64_t>(pool.slots, 1));
        }
        CHECK_EQ(slots, whole.members());
    }
}

TEST(a_kind_may_be_out_of_the_question) {
    Case c = Case::one_site();
    c.weights = {3};
    c.nodes = {{.compute = 4, .link_down_mbps = 80}};
    c.tasks = {{.compute = 1, .model = 0},
               {.compute = 1.5, .model = 0},
               {.compute = 1, .model = 0, .max_wait_s = 299},
               {.compute = 4}};
    const auto may = [](const Problem& problem, std::int64_t row) {
        const ClassId of = problem.workload().class_of_row(row);
        return problem.may_take(problem.shape(problem.workload().classes()[of.at()].shape), KindId(0));
    };
    CHECK(may(*c.problem(), 0));
    CHECK(!may(*c.problem(), 1));
    CHECK(!may(*c.problem(), 2));
    CHECK(may(*c.problem(), 3));
    CHECK(may(*c.problem(kRuleModel), 1));
    c.nodes[0].models = 1;
    CHECK(may(*c.problem(), 2));
}

TEST(wrong_tables_say_what_is_wrong) {
    Case c = cars();
    c.weights = {4};
    CHECK_THROWS(InputError, "nodes.models: got 'b', wanted a name of models", c.problem());
    c.nodes[1].models = 0;
    c.tasks[1].model = 1;
    CHECK_THROWS(InputError, "tasks.model[row 1]: got 1, wanted a model from 0 to 0, or -1", c.problem());
    c.tasks[1].model = -2;
    CHECK_THROWS(InputError, "model[row 1]: got -2, wanted a position", c.problem());
    c.tasks[1].model = 0;
    c.weights = {-1};
    CHECK_THROWS(InputError, "models.weights_gb[row 0]", c.problem());
}

TEST(what_was_in_use_is_held) {
    Case c = Case::one_site();
    c.weights = {1, 1, 1};
    c.nodes = {{.count = 4, .models = 1}, {.count = 6}};
    c.tasks = {{.model = 1}};
    const std::vector<std::int64_t> node{1, 1, 0, 5}, first{1, 3, 3, 0}, instances{4, 9, 5, 1},
        model{1, 2, 1, 0};
    ModelTable table = c.models();
    table.before = {node, first, instances, model};
    const auto problem = c.problem();
    const Models models(table, problem->fleet(), 600, 0.5, 1);
    std::vector<std::uint64_t> by_slot;
    models.for_in_use(PoolId(0), 0, 10, [&](std::int64_t from, std::int64_t to, ModelSet set) {
        by_slot.resize(static_cast<std::size_t>(to), set);
        CHECK(from < to);
        return true;
    });
    std::vector<std::uint64_t> wanted(10, 0);
    const NodeSlots nodes(problem->fleet(), 1);
    const auto expect = [&](std::uint32_t row, std::int64_t instance, std::uint64_t set) {
        std::int64_t at = 0, slots = 0;
        nodes.find(row, at, slots);
        wanted[static_cast<std::size_t>(at + instance)] = set;
    };
    expect(0, 3, 0b010);
    for (const std::int64_t i : {1, 2}) expect(1, i, 0b010);
    for (const std::int64_t i : {3, 4}) expect(1, i, 0b110);
    expect(1, 5, 0b100);
    CHECK(by_slot == wanted);
    CHECK_EQ(models.held_in(PoolId(0)), 0b111u);
    CHECK_EQ(models.held_by(KindId(0)), 0b111u);
}
