#include "gigafleet/greedy.hpp"

#include <algorithm>

#include "check.hpp"
#include "definition.hpp"
#include "gigafleet/error.hpp"
#include "gigafleet/shadow_prices.hpp"

using namespace gigafleet;
using definition::Definition;
using definition::State;
using problem_cases::Case;
using problem_cases::random_case;

namespace {

NoControl quiet;

Solution place_all(const Problem& problem, GreedyOptions options = {}, Control& control = quiet) {
    const Groundwork ground(problem, control);
    Guide guide;
    if (options.first == First::kPriced) {
        guide = find_guide(ground, INFINITY, options.threads, quiet);
        if (guide.worth.empty()) guide.prices = Prices::zero(problem);
        guide.worth.resize(problem.shapes().size(), INFINITY);
        options.guide = &guide;
    }
    return place_greedily(ground, options, control);
}
constexpr Order kOrders[] = {Order::kLargeFirst, Order::kDenseFirst, Order::kTightFirst};
constexpr First kFirsts[] = {First::kNothing, First::kNear, First::kAtPrices, First::kPriced};

/// Stops at the n-th poll of a stage, if it comes to that.
struct StopAt final : Control {
    explicit StopAt(int n, std::string_view a_stage = {}) : left(n), stage(a_stage) {}
    void poll(std::string_view now, std::int64_t done, std::int64_t total) override {
        CHECK(!now.empty());
        CHECK(done >= 0 && done <= total);
        if ((stage.empty() || now == stage) && left-- == 0) throw Cancelled();
    }
    int left;
    std::string_view stage;
};

/// Pools of a class's fillings, in order.
std::vector<std::uint32_t> pools_of(const Solution& solution, std::size_t c) {
    std::vector<std::uint32_t> pools;
    for (std::size_t f = solution.of_class[c].first; f < solution.of_class[c].last; ++f)
        pools.push_back(solution.fillings[f].pool.value);
    return pools;
}

/// Keeps every rule, leaves over only what no node could hold, and is the same on any number of threads.
void check_greedy(const Case& c, GreedyOptions options) {
    const auto problem = c.problem();
    const Solution solution = place_all(*problem, options);
    Definition definition(c);
    State state(definition, c);
    CHECK(definition::play(c, *problem, solution, definition, state).kept);
    const auto& classes = problem->workload().classes();
    for (std::size_t k = 0; k < classes.size(); ++k) {
        if (solution.placed[k] == classes[k].members) continue;
        CHECK_EQ(solution.reason[k], Reason::kCapacity);
        CHECK(state.first_gate(c.tasks[static_cast<std::size_t>(classes[k].first_row)]) != Reason::kPlaced);
    }
    const Loads& loads = solution.loads;
    for (std::size_t a = 0; a < loads.arc_count(); ++a)
        CHECK_EQ(loads.load(loads.of_arc(ArcId(a))), state.load(definition::Of::kArc, a));
    for (std::size_t s = 0; s < loads.site_count(); ++s) {
        CHECK_EQ(loads.load(loads.of_access_up(SiteId(s))), state.load(definition::Of::kUp, s));
        CHECK_EQ(loads.load(loads.of_access_down(SiteId(s))), state.load(definition::Of::kDown, s));
    }
    for (const int threads : {1, 2, 8}) {
        options.threads = threads;
        CHECK(definition::same(place_all(*problem, options), solution));
    }
}

}  // namespace

TEST(a_solution_hangs_together) {
    std::mt19937 random(142);
    for (int i = 0; i < 300; ++i) {
        const Case c = random_case(random, 12, 30);
        const auto problem = c.problem();
        const Solution solution = place_all(*problem, {.order = kOrders[i % 3], .first = kFirsts[i / 3 % 3]});
        const auto& classes = problem->workload().classes();
        CHECK_EQ(solution.status, Status::kComplete);
        CHECK_EQ(solution.of_class.size(), classes.size());
        std::vector<int> used(solution.fillings.size());
        for (std::size_t k = 0; k < classes.size(); ++k) {
            std::int64_t placed = 0;
            for (std::size_t f = solution.of_class[k].first; f < solution.of_class[k].last; ++f) {
                const Filling& filling = solution.fillings[f];
                const Fleet::Pool& pool = problem->fleet().pools().at(filling.pool.at());
                CHECK(filling.first >= 0 && filling.first + filling.slots <= pool.slots);
                placed += filling.slots * filling.per_slot;
                ++used[f];
            }
            CHECK_EQ(solution.placed[k], placed);
            CHECK(placed <= classes[k].members);
            if (classes[k].members > 0)
                CHECK_EQ(solution.reason[k] == Reason::kPlaced, placed == classes[k].members);
        }
        for (const int n : used) CHECK_EQ(n, 1);
    }
}

TEST(every_greedy_is_valid_maximal_and_the_same_on_any_threads) {
    std::mt19937 random(143);
    for (int i = 0; i < 600; ++i)
        check_greedy(random_case(random, 12, 30), {.order = kOrders[i % 3], .first = kFirsts[i / 3 % 3]});
    for (int i = 0; i < 20; ++i)
        check_greedy(random_case(random, 80, 150, 8), {.order = kOrders[i % 3], .first = kFirsts[i / 3 % 3]});
}

TEST(many_levels_of_priority) {
    std::mt19937 random(144);
    for (int i = 0; i < 200; ++i) {
        Case c = random_case(random, 12, 30);
        for (auto& t : c.tasks) t.priority = static_cast<std::int32_t>(random() % 5) - 2;
        check_greedy(c, {.order = kOrders[i % 3], .first = kFirsts[i / 3 % 3]});
    }
}

TEST(home_comes_first_and_then_the_cheapest) {
    Case c = Case::line(3);
    c.objective.rtt_price = 0;
    c.nodes = {{.site = 0, .compute = 2, .price_compute = 1},
               {.site = 2, .compute = 4, .price_compute = 0.5}};
    c.tasks = {{.origin = 0, .compute = 1, .count = 4}};  // 4.4 wanted: both kinds are cheap
    const auto problem = c.problem();
    CHECK(pools_of(place_all(*problem), 0) == (std::vector<std::uint32_t>{1}));
    const Solution home = place_all(*problem, {.first = First::kNear});
    CHECK(pools_of(home, 0) == (std::vector<std::uint32_t>{0, 1}));  // home's are the first members
    CHECK_EQ(home.placed[0], 4);
}

TEST(no_home_before_a_higher_priority) {
    // The node of site 0 is wanted from afar by what is more urgent than the task that lives there.
    Case c = Case::line(2);
    c.nodes = {{.site = 0, .compute = 1}};
    c.tasks = {{.origin = 0, .compute = 1}, {.origin = 1, .compute = 1, .priority = 1}};
    const auto problem = c.problem();
    const auto& classes = problem->workload().classes();
    const Solution solution = place_all(*problem, {.first = First::kNear});
    for (std::size_t k = 0; k < 2; ++k) CHECK_EQ(solution.placed[k], classes[k].origin == SiteId(1) ? 1 : 0);
}

TEST(no_time_places_nothing) {
    Case c = Case::one_site();
    c.nodes = {{}};
    c.tasks = {{.compute = 1}, {.compute = 2}};
    const auto problem = c.problem();
    for (const First first : {First::kNothing, First::kNear, First::kAtPrices}) {
        const Solution solution = place_all(*problem, {.first = first, .time_limit_s = 0});
        CHECK_EQ(solution.status, Status::kTimeLimit);
        for (std::size_t k = 0; k < 2; ++k) {
            CHECK_EQ(solution.placed[k], 0);
            CHECK_EQ(solution.reason[k], Reason::kNotTried);
        }
    }
}

TEST(the_stage_is_reported_by_its_name) {
    Case c = Case::line(2);
    c.nodes = {{.site = 1}};
    c.tasks = {{.origin = 0}};
    const auto problem = c.problem();
    const Groundwork ground(*problem, quiet);
    for (const First first : {First::kNothing, First::kNear, First::kAtPrices}) {
        StopAt stop(0, "my stage"), other(0, "place");
        const GreedyOptions options{.first = first, .stage = "my stage"};
        CHECK_THROWS(Cancelled, "", place_greedily(ground, options, stop));
        CHECK_EQ(place_greedily(ground, options, other).placed.at(0), 1);
    }
}

TEST(whoever_stops_may_begin_again) {
    std::mt19937 random(145);
    for (int i = 0; i < 10; ++i) {
        const Case c = random_case(random, 12, 60);
        const auto problem = c.problem();
        const GreedyOptions options{.first = kFirsts[i / 3 % 3], .threads = 2};
        const Solution wanted = place_all(*problem, options);
        for (int n = 0;; ++n) {
            StopAt control(n);
            try {
                CHECK(definition::same(place_all(*problem, options, control), wanted));
                break;
            } catch (const Cancelled&) {
                CHECK(definition::same(place_all(*problem, options), wanted));
            }
        }
    }
}

TEST(a_scarce_link_is_left_to_those_that_take_little_of_it) {
    Case c = Case::line(3);
    c.capacity_mbps = {2, problem_cases::kInf};
    c.nodes = {{.site = 2, .compute = 40, .price_compute = 1}};
    c.tasks = {{.origin = 0, .compute = 2, .uplink_mbps = 1, .count = 3},
               {.origin = 0, .compute = 1, .uplink_mbps = 0.5, .count = 4}};
    const auto problem = c.problem();
    const auto placed = [&](First first) {
        const Solution solution = place_all(*problem, {.order = Order::kLargeFirst, .first = first});
        std::int64_t all = 0;
        for (const std::int64_t members : solution.placed) all += members;
        return all;
    };
    CHECK_EQ(placed(First::kNothing), 2);
    CHECK_EQ(placed(First::kPriced), 4);
}
