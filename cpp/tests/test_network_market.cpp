#include "gigafleet/network_market.hpp"

#include "network_cases.hpp"

using namespace gigafleet;
using namespace network_cases;
using problem_cases::Case;

TEST(nothing_to_choose_is_no_market) {
    Case none = Case::one_site();
    none.tasks = {{.count = 1}};
    CHECK(!market_of(Stand(std::move(none))));
    Case idle = Case::one_site();
    idle.nodes = {{.compute = 1}};
    CHECK(!market_of(Stand(std::move(idle))));
}

TEST(members_and_capacities_add_up) {
    std::mt19937 random(7);
    for (int i = 0; i < 60; ++i) {
        const Stand stand(market_cases::easy_case(random, 15, 30, 2));
        const auto market = market_of(stand);
        if (!market) continue;
        double in_kins = 0, in_blocks = 0, in_classes = 0;
        for (const NetworkMarket::Kin& kin : market->kins()) in_kins += kin.members;
        for (const NetworkMarket::Block& block : market->blocks())
            for (const double members : block.members) in_blocks += members;
        for (const Workload::Class& c : stand.problem->workload().classes())
            in_classes += static_cast<double>(c.members);
        CHECK_EQ(in_kins, in_classes);
        CHECK_EQ(in_blocks, in_classes);  // easy cases bar no site
        for (std::size_t d = 0; d < market->dimensions(); ++d) {
            double sum = 0, asked = 0, wanted = 0;
            for (std::size_t g = 0; g < market->groups(); ++g)
                sum += market->capacity()[g * market->dimensions() + d];
            for (const NetworkMarket::Kin& kin : market->kins()) asked += kin.members * kin.demand[d];
            CHECK(std::abs(asked / in_kins - 1) < 1e-9);  // the unit is the mean demand
            for (std::size_t p = 0; p < stand.problem->fleet().pools().size(); ++p) {
                if (stand.placement.untouched(PoolId(p)) == 0) continue;
                const Quantity mean = stand.placement.mean_capacity(PoolId(p))[market->dimension(d)];
                wanted += mean == kUnlimited ? INFINITY
                                             : static_cast<double>(mean) *
                                                   static_cast<double>(stand.placement.untouched(PoolId(p)));
            }
            CHECK(sum * market->unit(d) == wanted || std::abs(sum * market->unit(d) / wanted - 1) < 1e-9);
        }
    }
}

TEST(many_shapes_become_few_kins) {
    Case c = Case::line(3);
    c.nodes = {{.site = 1, .compute = 4000, .count = 10}};
    for (int t = 0; t < 900; ++t)
        c.tasks.push_back({.origin = t % 3, .compute = 1 + t * 1e-3, .uplink_mbps = 1 + t * 1e-4});
    const Stand stand(std::move(c));
    const auto market = market_of(stand);
    CHECK(market.has_value());
    CHECK(market->kins().size() <= NetworkMarket::kManyKins);
    double asked = 0, members = 0;
    for (const NetworkMarket::Kin& kin : market->kins()) {
        asked += kin.members * kin.demand[0] * market->unit(0);
        members += kin.members;
    }
    CHECK_EQ(members, 900.0);
    CHECK(std::abs(asked / 1000 - (900 + 0.001 * 899 * 450)) < 0.01);  // compute in thousandths
}

TEST(rare_kins_join_what_is_like_them) {
    // Too many even where quantities four times as large count as the same.
    Case c = Case::line(3);
    c.nodes = {{.site = 1, .compute = 4000, .energy_wh = 1e6, .count = 10}};
    std::int64_t members = 0;
    double compute = 0, weight = 0;
    for (int x = 0; x < 6; ++x)
        for (int y = 0; y < 6; ++y)
            for (int z = 0; z < 6; ++z)
                for (int level = 0; level < 2; ++level) {
                    c.tasks.push_back({.origin = x % 3,
                                       .compute = std::pow(5, x) * 0.1,
                                       .energy_wh = std::pow(5, z),
                                       .weight = 1.0 + x,
                                       .priority = level,
                                       .uplink_mbps = std::pow(5, y) * 0.01,
                                       .duration_s = 1,
                                       .count = 1 + z});
                    members += 1 + z;
                    compute += (1 + z) * std::pow(5, x) * 0.1;
                    weight += (1 + z) * (1 + x);
                }
    const Stand stand(std::move(c));
    const auto market = market_of(stand);
    CHECK(market.has_value());
    CHECK_EQ(market->kins().size(), NetworkMarket::kManyKins);
    double in_kins = 0, in_blocks = 0, asked = 0, weighs = 0;
    std::size_t shapes = 0;
    for (const NetworkMarket::Kin& kin : market->kins()) {
        in_kins += kin.members;
        asked += kin.members * kin.demand[0] * market->unit(0) / 1000;
        weighs += kin.members * kin.weight;
        shapes += kin.of.size();
        for (const ShapeId shape : kin.of) CHECK_EQ(stand.problem->shape(shape).priority, kin.shape.priority);
    }
    for (const NetworkMarket::Block& block : market->blocks())
        for (const double at_origin : block.members) in_blocks += at_origin;
    CHECK_EQ(in_kins, static_cast<double>(members));
    CHECK_EQ(in_blocks, static_cast<double>(members));
    CHECK_EQ(shapes, stand.problem->shapes().size());
    CHECK(std::abs(asked / compute - 1) < 1e-3 && std::abs(weighs / weight - 1) < 1e-6);
}

TEST(what_may_be_left_out_is_what_is_not_asked_for) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 2}};
    c.tasks = {{.compute = 1, .weight = 2, .count = 3}};
    const Stand stand(std::move(c));
    CHECK(!market_of(stand)->spare_weight()[0]);
    const std::vector<WideQuantity> four{4'000'000}, all{6'000'000};
    CHECK(std::abs(*market_of(stand, Aim::kCost, four)->spare_weight()[0] - 2) < 1e-9);
    CHECK(!market_of(stand, Aim::kCost, all)->spare_weight()[0]);
    CHECK(!market_of(stand, Aim::kWeight, four)->spare_weight()[0]);  // that is what is sought
}
