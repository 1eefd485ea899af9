#include "gigafleet/holdings.hpp"

#include <map>

#include "check.hpp"
#include "warm_cases.hpp"

using namespace gigafleet;
using namespace warm_cases;

TEST(every_filling_is_held_once_by_its_pool) {
    std::mt19937 random(1);
    for (int i = 0; i < 100; ++i) {
        const problem_cases::Case rows = problem_cases::random_case(random, 20, 40);
        const auto problem = rows.problem();
        NoControl control;
        const Solution solution = place_greedily(Groundwork(*problem, control), {}, control);
        const Holdings holdings(*problem, solution);
        std::vector<int> seen(solution.fillings.size(), 0);
        for (std::size_t p = 0; p < problem->fleet().pools().size(); ++p)
            for (const Holdings::Held& held : holdings.of(PoolId(p))) {
                ++seen[held.number];
                CHECK_EQ(solution.fillings[held.number].pool, PoolId(p));
                const Solution::Span span = solution.of_class[held.of.at()];
                CHECK(held.number >= span.first && held.number < span.last);
                const ShapeId shape = problem->workload().classes()[held.of.at()].shape;
                CHECK_EQ(holdings.wish(held).shape, &problem->shape(shape));
            }
        for (const int times : seen) CHECK_EQ(times, 1);
    }
}

TEST(stretches_cover_the_pool_with_what_is_taken) {
    std::mt19937 random(2);
    const auto below = [&](unsigned n) { return static_cast<std::int64_t>(random() % n); };
    for (int i = 0; i < 500; ++i) {
        const std::int64_t slots = 1 + below(8);
        std::vector<Problem::Shape> shapes(5);
        for (Problem::Shape& shape : shapes) {
            shape.demand = {below(3), below(3)};
            shape.device_demand = static_cast<std::uint32_t>(below(3));
            shape.model = static_cast<std::int32_t>(below(3)) - 1;
        }
        std::vector<PoolState::Wish> wishes;
        std::vector<Amounts> taken(static_cast<std::size_t>(slots), Amounts{});
        std::vector<ModelSet> in_use(taken.size(), 0);
        std::vector<std::map<std::uint32_t, std::int64_t>> devices(taken.size());
        for (const Problem::Shape& shape : shapes) {
            const std::int64_t first = below(static_cast<unsigned>(slots));
            const std::int64_t count = 1 + below(static_cast<unsigned>(slots - first)), each = 1 + below(3);
            wishes.push_back({first, count, each, &shape, wishes.size()});
            for (auto s = static_cast<std::size_t>(first); s < static_cast<std::size_t>(first + count); ++s) {
                for (std::size_t d = 0; d < 2; ++d) taken[s][d] += each * shape.demand[d];
                if (shape.model != kNoModel) in_use[s] |= only(shape.model);
                if (shape.device_demand != 0) devices[s][shape.device_demand] += each;
            }
        }
        sort_wishes(wishes);
        std::int64_t next = 0;
        for (const Stretch& stretch : stretches_of(slots, wishes)) {
            CHECK_EQ(stretch.first, next);
            CHECK(stretch.slots > 0);
            for (auto s = static_cast<std::size_t>(next); s < static_cast<std::size_t>(next + stretch.slots);
                 ++s) {
                CHECK(stretch.taken == taken[s]);
                CHECK_EQ(stretch.in_use, in_use[s]);
                CHECK(stretch.devices ==
                      std::vector<DeviceStates::Part>(devices[s].begin(), devices[s].end()));
            }
            next += stretch.slots;
        }
        CHECK_EQ(next, slots);
    }
    CHECK(stretches_of(0, {}).empty());
    CHECK_EQ(stretches_of(3, {}).size(), 1u);
}

TEST(what_has_no_limit_is_taken_in_any_amount) {
    std::vector<Problem::Shape> shapes(2);
    shapes[0].demand = {3'000'000'000'000'000'000, 1};
    shapes[1].demand = {0, 2};
    const std::vector<PoolState::Wish> wishes{{0, 2, 5, &shapes[0], 0}, {1, 2, 1, &shapes[1], 1}};
    std::vector<std::pair<Quantity, Quantity>> taken;
    for (const Stretch& stretch : stretches_of(3, wishes))
        taken.emplace_back(stretch.taken[0], stretch.taken[1]);
    CHECK(taken == (std::vector<std::pair<Quantity, Quantity>>{{kUnlimited, 5}, {kUnlimited, 7}, {0, 2}}));
}
