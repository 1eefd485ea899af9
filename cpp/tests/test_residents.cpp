#include "gigafleet/residents.hpp"

#include "check.hpp"
#include "gigafleet/fillings.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

namespace {

/// One site of cars with 4 units, models of 1 and 2; tasks of 1.
Case cars(std::int64_t count) {
    Case c = Case::one_site();
    c.weights = {1, 2};
    c.nodes = {{.compute = 4, .link_down_mbps = 80, .count = count}};
    c.tasks = {{.model = 0}, {.model = 1}, {}, {.model = 0, .max_wait_s = 1}};
    return c;
}

const Problem::Shape& shape_of(const Problem& problem, std::int64_t row) {
    return problem.shape(problem.workload().classes()[problem.workload().class_of_row(row).at()].shape);
}

std::int64_t fill(Residents& residents, const Problem& problem, std::int64_t row, std::int64_t wanted) {
    std::vector<Filling> out;
    const std::int64_t placed = residents.fill(shape_of(problem, row), PoolId(0), wanted, out);
    CHECK_EQ(members(out), placed);
    return placed;
}

}  // namespace

TEST(weights_are_shared_on_a_slot) {
    const auto problem = cars(1).problem();
    Residents residents(*problem);
    CHECK_EQ(fill(residents, *problem, 0, 1), 1);
    CHECK_EQ(fill(residents, *problem, 1, 5), 0);  // 2 left, and its weights take them
    CHECK_EQ(fill(residents, *problem, 0, 5), 2);
    CHECK(!residents.is_open(PoolId(0)));
}

TEST(slots_alike_are_filled_in_runs_and_joined_first) {
    const auto problem = cars(1'000'000).problem();
    Residents residents(*problem);
    std::vector<Filling> out;
    CHECK_EQ(residents.fill(shape_of(*problem, 0), PoolId(0), 1'000'001, out), 1'000'001);
    CHECK_EQ(out.size(), 2u);
    CHECK_EQ(fill(residents, *problem, 2, 1), 1);  // beside a part of them
    CHECK_EQ(fill(residents, *problem, 1, 2'000'000'000), 2 * 666'666);
}

TEST(what_is_held_comes_before_what_has_to_be_loaded) {
    Case c = cars(2);
    c.nodes.push_back({.compute = 4, .link_down_mbps = 80, .count = 1, .models = 1});
    c.access_down_mbps = {2 * 8000.0 / 300};
    const auto problem = c.problem();
    Residents residents(*problem);
    CHECK_EQ(fill(residents, *problem, 3, 9), 3);  // cannot wait
    const Quantity allowance = residents.allowance(SiteId(0));
    CHECK_EQ(fill(residents, *problem, 0, 1), 1);
    CHECK_EQ(residents.allowance(SiteId(0)), allowance - 8'000'000'000);
    CHECK_EQ(fill(residents, *problem, 1, 9), 0);  // the window is too narrow for 2
    CHECK_EQ(fill(residents, *problem, 0, 9),
             2);  // joins; the next one would have to be loaded: not any more
}

TEST(room_is_told_beside_weights) {
    const auto problem = cars(1).problem();
    Residents residents(*problem);
    CHECK(residents.has_room(shape_of(*problem, 0), PoolId(0)));
    CHECK_EQ(residents.room(PoolId(0))[0], 4000);
    fill(residents, *problem, 0, 2);
    CHECK_EQ(residents.room(PoolId(0))[0], 1000);
    CHECK(residents.has_room(shape_of(*problem, 1), PoolId(0)));  // weights of its own aside
    CHECK(residents.is_exhausted(problem->fleet().kinds()[0].capacity, {2500}, 0b01));
    CHECK(!residents.is_exhausted(problem->fleet().kinds()[0].capacity, {2000}, 0b01));
}

TEST(runs_that_were_set_are_what_is_left) {
    const auto problem = cars(10).problem();
    Residents residents(*problem);
    residents.set(PoolId(0), std::vector<Residents::Run>{{2, 3, {1000}, 0b01}});
    CHECK_EQ(fill(residents, *problem, 0, 99), 6);
    residents.set(PoolId(0), {});
    CHECK(!residents.is_open(PoolId(0)));
}

TEST(devices_bind_beside_weights) {
    Case c = cars(2);
    c.nodes[0].compute = 9;
    c.nodes[0].devices = 2;
    c.tasks = {{.devices = 0.6, .model = 0}, {.devices = 1, .model = 1}, {.model = 0}, {.devices = 2}};
    const auto problem = c.problem();
    Residents residents(*problem);
    CHECK(residents.devices(PoolId(0)) != nullptr);
    CHECK_EQ(fill(residents, *problem, 0, 3), 3);  // two on one slot, one on the other
    CHECK_EQ(fill(residents, *problem, 3, 1), 0);
    CHECK(!residents.has_room(shape_of(*problem, 3), PoolId(0)));
    CHECK(residents.can_take(shape_of(*problem, 1), PoolId(0)));
    CHECK_EQ(fill(residents, *problem, 1, 9), 1);
    CHECK(!residents.can_take(shape_of(*problem, 1), PoolId(0)));  // 0.8 are left of two devices
    CHECK_EQ(fill(residents, *problem, 2, 99), 6 + 4);
}

TEST(states_of_devices_go_with_runs_that_are_set) {
    Case c = cars(10);
    c.nodes[0].devices = 4;
    c.tasks = {{.compute = 0, .devices = 1, .model = 0}, {.compute = 0, .devices = 0.5}};
    const auto problem = c.problem();
    Residents residents(*problem);
    DeviceStates* states = residents.devices(PoolId(0));
    const std::uint32_t one = shape_of(*problem, 0).device_demand;
    const DeviceStates::State held[] = {states->with(DeviceStates::kEmpty, one, 3), DeviceStates::kEmpty};
    const Residents::Run runs[] = {{0, 5, {}, 0b01}, {5, 1, {}, 0}};
    residents.set(PoolId(0), runs, held);
    CHECK_EQ(fill(residents, *problem, 0, 99), 5 + 4);
    CHECK_EQ(fill(residents, *problem, 1, 99), 0);
    CHECK(Residents(*cars(1).problem()).devices(PoolId(0)) == nullptr);
}

namespace {

using Offers = std::vector<PoolState::Offer>;

/// What the pool offers for one task of a row.
Offers offers(const Residents& residents, const Problem& problem, std::int64_t row, std::int64_t most = 99,
              std::span<const PoolState::Held> held = {}, std::int64_t wanted = 999) {
    const Problem::Shape& shape = shape_of(problem, row);
    const Problem::Shape* const own = &shape;
    const DeviceStates::Part device{shape.device_demand, 1};
    std::span<const DeviceStates::Part> devices;
    if (shape.device_demand != 0) devices = {&device, 1};
    Offers out;
    residents.find_offers(PoolId(0), {shape.demand, devices, {&own, 1}}, 0, most, held, wanted, out);
    return out;
}

std::int64_t room(const Offers& all) {
    std::int64_t sum = 0;
    for (const PoolState::Offer& offer : all) sum += offer.slots * offer.fit;
    return sum;
}

}  // namespace

TEST(offers_are_of_slots_with_the_weights_first_and_all_may_be_taken) {
    Case c = cars(4);
    c.nodes.push_back({.compute = 4, .link_down_mbps = 80, .count = 1, .models = 1});
    c.access_down_mbps = {2.5 * 8000.0 / 300};  // two loads of 1
    const auto problem = c.problem();
    Residents residents(*problem);
    CHECK_EQ(fill(residents, *problem, 0, 1), 1);  // where it is held
    CHECK_EQ(room(offers(residents, *problem, 0)), 2 + 2 * 3);
    CHECK_EQ(offers(residents, *problem, 0)[0].fit, 2);
    CHECK_EQ(room(offers(residents, *problem, 0, 1)), 3);
    CHECK_EQ(room(offers(residents, *problem, 0, 99, {}, 4)), 2 + 3);
    CHECK_EQ(room(offers(residents, *problem, 1)), 2);  // 2 are loaded once
    CHECK_EQ(room(offers(residents, *problem, 3)), 2);  // cannot wait
    const PoolState::Held held[] = {{offers(residents, *problem, 0)[0].first, 1}};
    CHECK_EQ(room(offers(residents, *problem, 0, 1, held)), 2);
    // Any one of the four may load them.
    const Problem::Shape* const own = &shape_of(*problem, 0);
    Offers any;
    residents.find_offers(PoolId(0), {own->demand, {}, {&own, 1}, true}, 0, 99, {}, 999, any);
    CHECK_EQ(room(any), 2 + 4 * 3);
}

TEST(these_very_slots_are_seated) {
    const auto problem = cars(5).problem();
    Residents residents(*problem);
    std::vector<Filling> out;
    residents.seat(shape_of(*problem, 0), {PoolId(0), 1, 2, 2}, out);
    CHECK_EQ(members(out), 4);
    CHECK_EQ(out.front().first, 1);
    residents.seat(shape_of(*problem, 0), {PoolId(0), 2, 2, 2}, out);  // one has room for one more
    CHECK_EQ(members(out), 4 + 3);
    residents.seat(shape_of(*problem, 1), {PoolId(0), 2, 3, 9}, out);
    CHECK_EQ(members(out), 7 + 2);
    CHECK_EQ(room(offers(residents, *problem, 2)), 4 + 1 + 0 + 1 + 0);
}

TEST(what_is_rewound_is_as_it_was) {
    Case c = cars(6);
    c.nodes[0].devices = 3;
    c.access_down_mbps = {100};
    for (auto& task : c.tasks) task.devices = 1;
    const auto problem = c.problem();
    Residents residents(*problem);
    CHECK_EQ(fill(residents, *problem, 0, 2), 2);
    const auto state = [&] {
        return std::tuple(room(offers(residents, *problem, 0)), room(offers(residents, *problem, 1)),
                          room(offers(residents, *problem, 2)), residents.allowance(SiteId(0)),
                          residents.room(PoolId(0)));
    };
    const auto before = state();
    Residents::Mark mark = residents.mark(PoolId(0));
    CHECK(fill(residents, *problem, 1, 3) > 0);
    CHECK(fill(residents, *problem, 2, 99) > 0);
    CHECK(state() != before);
    residents.rewind(PoolId(0), std::move(mark));
    CHECK(state() == before);
}
