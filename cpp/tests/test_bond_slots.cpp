#include "gigafleet/bond_slots.hpp"

#include <random>

#include "check.hpp"
#include "gigafleet/fillings.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

namespace {

/// Room for more tasks of a shape in a pool.
std::int64_t room(BondSlots& slots, const Problem& problem, ShapeId id, PoolId pool) {
    const Problem::Shape* const shape = &problem.shape(id);
    const DeviceStates::Part device{shape->device_demand, 1};
    std::span<const DeviceStates::Part> devices;
    if (shape->device_demand != 0) devices = {&device, 1};
    std::vector<PoolState::Offer> offers;
    slots.find_offers(pool, {shape->demand, devices, {&shape, 1}}, first_slot_for(problem, *shape, pool), 9,
                      {}, 999, offers);
    std::int64_t sum = 0;
    for (const PoolState::Offer& offer : offers) sum += offer.slots * offer.fit;
    return std::min<std::int64_t>(sum, 999);
}

std::vector<std::int64_t> rooms(BondSlots& slots, const Problem& problem) {
    std::vector<std::int64_t> all;
    for (std::uint32_t s = 0; s < problem.shapes().size(); ++s)
        for (std::uint32_t p = 0; p < problem.fleet().pools().size(); ++p)
            all.push_back(room(slots, problem, ShapeId(s), PoolId(p)));
    return all;
}

}  // namespace

TEST(residents_of_models_that_weigh_nothing_are_a_placement) {
    std::mt19937 random(11);
    int seated = 0;
    for (int i = 0; i < 150; ++i) {
        Case c = problem_cases::random_device_case(random, 8, 10);
        c.weights = {0, 0};
        for (auto& task : c.tasks) task.model = static_cast<std::int32_t>(random() % 3) - 1;
        const auto problem = c.problem();
        if (problem->shapes().empty() || problem->fleet().pools().empty()) continue;
        Placement placement(*problem);
        Residents residents(*problem);
        Loads loads(*problem);
        std::vector<std::int64_t> left = members_of_classes(*problem);
        PlacementSlots plain(placement);
        ResidentSlots own(*problem, residents, loads, left);
        CHECK(rooms(plain, *problem) == rooms(own, *problem));
        for (int k = 0; k < 6; ++k) {  // the same tasks in the same slots
            const ShapeId shape(random() % problem->shapes().size());
            const PoolId pool(random() % problem->fleet().pools().size());
            if (!problem->may_take(problem->shape(shape), problem->fleet().pools()[pool.at()].kind)) continue;
            std::vector<Filling> one, other;
            plain.fill(shape, pool, 1 + static_cast<std::int64_t>(random() % 3), one);
            for (const Filling& filling : one) own.seat(problem->shape(shape), filling, other);
            CHECK_EQ(members(one), members(other));
            seated += !one.empty();
            CHECK(rooms(plain, *problem) == rooms(own, *problem));
        }
    }
    CHECK(seated > 100);
}

TEST(both_go_back_to_what_was_saved) {
    std::mt19937 random(12);
    int changed = 0;
    for (int i = 0; i < 150; ++i) {
        const Case c = problem_cases::random_model_case(random, 8, 10);
        const auto problem = c.problem();
        if (problem->shapes().empty() || problem->fleet().pools().empty()) continue;
        Placement placement(*problem);
        Residents residents(*problem);
        Loads loads(*problem);
        std::vector<std::int64_t> left = members_of_classes(*problem);
        PlacementSlots plain(placement);
        ResidentSlots own(*problem, residents, loads, left);
        for (BondSlots* slots : {static_cast<BondSlots*>(&plain), static_cast<BondSlots*>(&own)}) {
            std::vector<Filling> out;
            const auto put = [&] {
                const PoolId pool(random() % problem->fleet().pools().size());
                slots->fill(ShapeId(random() % problem->shapes().size()), pool, 2, out);
            };
            put();
            const auto before = rooms(*slots, *problem);
            for (std::uint32_t p = 0; p < problem->fleet().pools().size(); ++p) slots->save(PoolId(p));
            for (int k = 0; k < 5; ++k) put();
            changed += rooms(*slots, *problem) != before;
            slots->rewind();
            CHECK(rooms(*slots, *problem) == before);
        }
    }
    CHECK(changed > 50);
}
