#include "gigafleet/pool_rooms.hpp"

#include <algorithm>

#include "check.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;
using problem_cases::random_case;

TEST(rooms_begin_as_capacities_and_become_what_is_set) {
    std::mt19937 random(81);
    for (int i = 0; i < 100; ++i) {
        const Case c = random_case(random, 20, 5);
        const auto problem = c.problem();
        const auto& pools = problem->fleet().pools();
        PoolRooms rooms(*problem);
        std::vector<Amounts> wanted;
        for (const Fleet::Pool& pool : pools) wanted.push_back(pool.capacity_max);
        for (int step = 0; step < 8 && !pools.empty(); ++step) {
            for (std::size_t p = 0; p < pools.size(); ++p) {
                const auto room = rooms.room(PoolId(p));
                CHECK_EQ(room.size(), 4u);
                CHECK(std::equal(room.begin(), room.end(), wanted[p].begin()));
                for (const Problem::Shape& shape : problem->shapes()) {
                    bool holds = true;
                    for (std::size_t d = 0; d < 4; ++d) holds = holds && wanted[p][d] >= shape.demand[d];
                    CHECK_EQ(rooms.may_hold(PoolId(p), shape.demand), holds);
                }
            }
            const std::size_t p = random() % pools.size();
            wanted[p][random() % 4] /= 2;
            rooms.set(PoolId(p), wanted[p]);
        }
    }
}

TEST(changes_name_the_pools_that_changed) {
    Case c = Case::line(3);
    c.nodes = {{.site = 0, .compute = 2}, {.site = 1, .compute = 2}, {.site = 2, .compute = 2}};
    const auto problem = c.problem();
    PoolRooms rooms(*problem);
    Amounts room = problem->fleet().pools()[1].capacity_max;
    rooms.set(PoolId(1), room);
    CHECK(rooms.changes().empty());
    room[0] = 1000;
    rooms.set(PoolId(1), room);
    rooms.set(PoolId(0), room);
    rooms.set(PoolId(0), room);
    room[3] = 0;
    rooms.set(PoolId(1), room);
    CHECK(rooms.changes() == (std::vector<PoolId>{PoolId(1), PoolId(0), PoolId(1)}));
}
