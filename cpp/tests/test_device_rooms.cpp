#include "gigafleet/device_rooms.hpp"

#include <random>

#include "check.hpp"
#include "definition.hpp"

using namespace gigafleet;
using problem_cases::Case;
using problem_cases::TaskRow;

namespace {

constexpr std::size_t kCount = 2, kMemory = 3;  // dimensions

Schema schema_of_devices() {
    Case c = Case::one_site();
    c.nodes = {{.devices = 1}};
    return c.schema();
}

DeviceDemand asks(Quantity share, Quantity memory) {
    DeviceDemand demand{share, {}};
    demand.each[kMemory] = memory;
    return demand;
}

Amounts memory(Quantity of_each) { return asks(0, of_each).each; }

}  // namespace

TEST(whole_devices_must_be_empty) {
    const Schema schema = schema_of_devices();
    CHECK_EQ(schema.devices, kCount);
    DeviceRooms rooms(schema, 3, memory(8));
    rooms.take(asks(1, 1), 0b010);
    CHECK(rooms.hold(asks(2000, 8)) && rooms.hold(asks(999, 7)));
    const auto lacks = rooms.lacks(asks(3000, 9));
    CHECK_EQ(lacks.size(), std::size_t{2});
    CHECK(lacks[0].dimension == kCount && lacks[0].needed == 3000 && lacks[0].has == 2000);
    CHECK(lacks[1].dimension == kMemory && lacks[1].needed == 9 && lacks[1].has == 8);
    CHECK(lacks[0].device == -1 && lacks[1].device == -1);
    CHECK_EQ(rooms.most_share(asks(3000, 8)), 2000);
    CHECK_EQ(rooms.most_share(asks(3000, 9)), 0);
    CHECK_EQ(rooms.devices_for(asks(3000, 8)), 4000);
    CHECK_EQ(rooms.devices_for(asks(63000, 8)), 64000);
    CHECK_EQ(rooms.devices_for(asks(64000, 8)), -1);
    CHECK_EQ(rooms.devices_for(asks(3000, 9)), -1);
    CHECK_EQ(rooms.most_each(asks(2000, 9), kMemory), 8);
    CHECK_EQ(rooms.each_for(asks(2000, 9), kMemory), 9);
    CHECK_EQ(rooms.most_each(asks(3000, 9), kMemory), -1);
    rooms.take(asks(2000, 0), 0b101);
    CHECK_EQ(rooms.most_share(asks(1000, 7)), 999);  // no whole one is left, but a large share
    CHECK_EQ(rooms.most_share(asks(1000, 8)), 0);
}

TEST(a_share_comes_nearest_on_the_device_that_lacks_least) {
    const Schema schema = schema_of_devices();
    DeviceRooms rooms(schema, 2, memory(10));
    rooms.take(asks(600, 2), 0b01);
    rooms.take(asks(300, 7), 0b10);
    CHECK(rooms.hold(asks(400, 8)) && rooms.hold(asks(700, 3)) && !rooms.hold(asks(500, 4)));
    const auto lacks = rooms.lacks(asks(500, 4));
    CHECK_EQ(lacks.size(), std::size_t{1});  // a fifth of the share, or a quarter of the memory
    CHECK(lacks[0].device == 0 && lacks[0].dimension == kCount && lacks[0].has == 400);
    CHECK_EQ(rooms.most_share(asks(500, 4)), 400);
    CHECK_EQ(rooms.most_each(asks(500, 4), kMemory), 3);
    CHECK_EQ(rooms.each_for(asks(500, 4), kMemory), 11);
    CHECK_EQ(rooms.devices_for(asks(500, 4)), 3000);
    CHECK_EQ(rooms.lacks(asks(800, 9)).at(0).device, 0);  // of equals in what counts the first
}

TEST(a_node_without_devices_holds_no_share) {
    const Schema schema = schema_of_devices();
    const DeviceRooms rooms(schema, 0, {});
    const auto lacks = rooms.lacks(asks(250, 5));
    CHECK(lacks.size() == 1 && lacks[0].dimension == kCount && lacks[0].needed == 250 && lacks[0].has == 0);
    CHECK_EQ(rooms.most_share(asks(250, 5)), 0);
    CHECK_EQ(rooms.most_each(asks(250, 5), kMemory), -1);
    CHECK_EQ(rooms.each_for(asks(2000, 5), kMemory), -1);
    CHECK_EQ(rooms.devices_for(asks(250, 5)), -1);
}

TEST(devices_without_limit_have_room_for_any_amount) {
    const Schema schema = schema_of_devices();
    DeviceRooms rooms(schema, 1, memory(kUnlimited));
    rooms.take(asks(500, 1'000'000), 1);
    CHECK(rooms.hold(asks(500, kLargest)) && !rooms.hold(asks(501, 0)));
}

TEST(each_answer_holds_and_a_little_more_does_not) {
    const Schema schema = schema_of_devices();
    std::mt19937 random(8);
    const auto draw = [&](int most) {
        return static_cast<Quantity>(random() % static_cast<unsigned>(most + 1));
    };
    int shares = 0, memories = 0, counts = 0;
    for (int i = 0; i < 3000; ++i) {
        const std::int64_t devices = draw(3);
        DeviceRooms rooms(schema, devices, memory(devices > 0 ? 10 : 0)),
            more(schema, devices + 1, memory(10));
        for (std::int64_t d = 0; d < devices; ++d) {
            if (draw(2) == 0) continue;
            const DeviceDemand there = asks(1 + draw(999), draw(10));
            rooms.take(there, std::uint64_t{1} << d);
            more.take(there, std::uint64_t{1} << d);
        }
        DeviceDemand wanted = asks(draw(1) == 0 ? 1 + draw(998) : 1000 * (1 + draw(2)), draw(12));
        if (rooms.hold(wanted)) continue;
        DeviceDemand less = wanted;
        less.share = rooms.most_share(wanted);
        CHECK(less.share < wanted.share && (less.share == 0 || rooms.hold(less)));
        shares += less.share > 0;
        less.share = less.share < kWholeDevice ? less.share + 1 : less.share + kWholeDevice;
        CHECK(!rooms.hold(less));
        less = wanted;
        less.each[kMemory] = rooms.most_each(wanted, kMemory);
        if (less.each[kMemory] >= 0) {
            CHECK(rooms.hold(less));
            ++less.each[kMemory];
            CHECK(!rooms.hold(less));
            ++memories;
        } else {
            less.each[kMemory] = 0;
            CHECK(!rooms.hold(less));
        }
        if (devices == 0) continue;
        const Quantity enough = rooms.devices_for(wanted);
        counts += enough > 0;
        CHECK_EQ(more.hold(wanted), enough == (devices + 1) * kWholeDevice);
    }
    CHECK(shares > 100 && memories > 100 && counts > 100);
}

TEST(rooms_are_those_of_the_seats) {
    Case c = Case::one_site();
    c.nodes = {{.devices = 2, .device_memory = 8}};
    c.tasks = {{.devices = 0.6, .device_memory = 3}, {.devices = 0.3, .device_memory = 2}};
    const auto problem = c.problem();
    const auto demand = [&](std::int64_t row) {
        const Workload& workload = problem->workload();
        return problem->shape(workload.classes()[workload.class_of_row(row).at()].shape).device_demand;
    };
    DevicesLeft left(*problem);
    std::vector<DeviceStates::Part> parts{{demand(0), 1}, {demand(1), 1}};
    std::ranges::sort(parts);
    const DeviceRooms& rooms = left.rooms(KindId(0), 1, parts);  // both on one device
    CHECK(rooms.hold({1000, {}}) && rooms.hold({100, {}}) && !rooms.hold({2000, {}}));
    CHECK(&left.rooms(KindId(0), 1, parts) == &rooms);
    const DeviceRooms& full = left.rooms(KindId(0), 2, {{demand(0), 4}});  // of a plan for other tables
    CHECK(!full.hold({1, {}}) && full.most_share(asks(500, 0)) == 0);
    CHECK(left.rooms(KindId(0), 0, {}).hold({2000, {}}) && left.empty(KindId(0)).hold({2000, {}}));
}
