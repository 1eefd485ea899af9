#include "gigafleet/relaxed.hpp"

#include "check.hpp"
#include "gigafleet/error.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;
using problem_cases::kInf;

TEST(demand_rounds_down_and_capacity_up) {
    Case c = Case::one_site();
    c.compute_resolution = 1e-6;
    c.nodes = {{.compute = 1.0 / 3, .energy_wh = 7, .count = 5}};
    c.tasks = {{.compute = 1.0 / 3, .energy_wh = 2, .uplink_mbps = 1.0 / 3, .downlink_mbps = 0.1 + 0.2}};
    const auto problem = c.problem();
    const RelaxedShape shape = relaxed_shapes(*problem).at(0);
    const Fleet::Pool& pool = problem->fleet().pools().at(0);
    CHECK_EQ(problem->shapes()[0].demand[0], 333334);
    CHECK(shape.demand == (Amounts{333333, 0, 333333, 300000}));  // open-ended: no energy
    CHECK_EQ(shape.uplink, 333333);
    CHECK_EQ(relaxed_most(*problem, pool, 0), 333334);
    CHECK_EQ(relaxed_most(*problem, pool, 1), 7'000'000);
    CHECK_EQ(relaxed_most(*problem, pool, 2), kUnlimited);
    CHECK(relaxed_sum(problem->fleet(), pool, 0) == WideQuantity{5 * 333334});
    CHECK(relaxed_total(*problem, 0) == WideQuantity{5 * 333334});
    CHECK(!relaxed_sum(problem->fleet(), pool, 2) && !relaxed_total(*problem, 2));
    CHECK(!problem->may_take(problem->shapes()[0], pool.kind));  // rounded, it is too big
    CHECK(may_take_relaxed(*problem, problem->shapes()[0], shape, pool));
}

TEST(nodes_that_differ_are_summed_up) {
    Case c = Case::one_site();
    for (int i = 0; i < 40; ++i) c.nodes.push_back({.compute = 1 + i * 0.001, .count = 1 + i % 2});
    const auto problem = c.problem();
    CHECK(problem->fleet().is_varied(0));
    CHECK_EQ(problem->fleet().pools().size(), 1u);
    WideQuantity sum = 0;
    for (int i = 0; i < 40; ++i) sum += (1000 + i) * (1 + i % 2);
    CHECK(relaxed_sum(problem->fleet(), problem->fleet().pools()[0], 0) == sum);
    CHECK(relaxed_total(*problem, 0) == sum);
    c.nodes[7].compute = 1.0 / 3;
    sum += 333 - 1007 * 2 + 333 + 60;  // then a multiple for each node
    CHECK(relaxed_total(*c.problem(), 0) == sum);
}

TEST(carriers_in_the_numbering_of_loads) {
    Case c = Case::line(2);
    c.capacity_mbps = {1.0 / 3};
    c.access_up_mbps = {4, kInf};
    c.access_down_mbps = {5, 6};
    const auto problem = c.problem();
    const std::vector<std::int64_t> wanted{333334, 333334, 4'000'000, -1, 5'000'000, 6'000'000};
    for (std::size_t i = 0; i < wanted.size(); ++i)
        CHECK(relaxed_carrier(*problem, i).value_or(-1) == wanted[i]);
    const auto free = c.problem(kRuleLink | kRuleAccess);
    for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(!relaxed_carrier(*free, i));
}

TEST(what_is_switched_off_takes_nothing) {
    Case c = Case::one_site();
    c.nodes.resize(1);
    c.tasks = {{.compute = 1.0 / 3, .uplink_mbps = 1.0 / 3}};
    CHECK(relaxed_shapes(*c.problem(kRuleCapacity | kRuleLine)).at(0).demand == Amounts{});
}

TEST(prices_are_checked_and_nothing_unlimited_has_one) {
    Case c = Case::line(2);
    c.capacity_mbps = {2};
    c.nodes = {{.compute = 4, .count = 3}};
    const auto problem = c.problem();
    Prices prices = Prices::zero(*problem);
    for (double& price : prices.pool) price = 2;
    for (double& price : prices.carrier) price = 0.5;
    const Prices usable = usable_prices(*problem, prices, 10, "prices");
    CHECK(usable.pool == (std::vector<double>{20, 0, 0, 0}));
    CHECK(usable.carrier == (std::vector<double>{5, 5, 0, 0, 0, 0}));
    CHECK(worth(*problem, usable, 1) == WideQuantity{2 * (20 * 3 * 4000 + 2 * 5 * 2'000'000)});
    CHECK(worth(*problem, {}, 0) == WideQuantity{0});
    CHECK(!worth(*problem, usable, 110));
    prices.carrier[3] = -1;
    CHECK_THROWS(InputError, "y.carrier[row 3]: got -1", usable_prices(*problem, prices, 1, "y"));
    prices.carrier.pop_back();
    CHECK_THROWS(InputTypeError, "y.carrier: got 5 prices, wanted 6",
                 usable_prices(*problem, prices, 1, "y"));
    prices.pool[1] = NAN;
    CHECK_THROWS(InputError, "y.pool[row 1]: got nan", usable_prices(*problem, prices, 1, "y"));
}
