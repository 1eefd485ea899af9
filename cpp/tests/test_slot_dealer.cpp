#include "gigafleet/slot_dealer.hpp"

#include "check.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

namespace {

/// One pool of slots with 8 units, models of 4; shares of three models, and of none.
struct Made {
    std::shared_ptr<const Problem> problem;
    Residents residents;
    std::vector<ModelShare> shares;

    static std::shared_ptr<const Problem> make() {
        Case c = Case::one_site();
        c.weights = {4, 4, 4};
        c.nodes = {{.compute = 8, .count = 10}};
        c.tasks = {{.model = 0}, {.model = 1}, {.model = 2}, {}};
        return c.problem();
    }
    Made() : problem(make()), residents(*problem) {}

    void add(std::int32_t model, std::int64_t tasks) {
        shares.push_back({0, ClassId(0), ClassId(shares.size()), model, kUnlimited, tasks});
    }
    AlikeSlots slots() const { return {0, 10, problem->fleet().kinds()[0].capacity, 0}; }
    SlotDealer dealer(std::int64_t seats) {
        SlotDealer dealer(*problem, residents);
        dealer.start(SiteId(0));
        dealer.add({ClassId(0), &problem->shapes()[0], false, 1, seats, shares});
        return dealer;
    }
};

}  // namespace

TEST(the_model_of_most_seats_comes_first) {
    Made made;
    made.add(0, 2);
    made.add(1, 9);
    made.add(2, 9);
    SlotDealer dealer = made.dealer(4);
    const SlotDealer::Slot slot = dealer.deal(made.slots(), 10, {});
    CHECK_EQ(slot.slots, 2);  // nine tasks, four a slot
    CHECK_EQ(dealer.picks().size(), 1u);
    CHECK_EQ(dealer.picks()[0].share->model, 1);
    CHECK_EQ(made.shares[1].tasks, 1);
    CHECK_EQ(made.shares[2].tasks, 9);
}

TEST(shares_of_a_model_count_together) {
    Made made;
    made.add(0, 3);
    made.add(1, 2);
    made.add(1, 2);
    SlotDealer dealer = made.dealer(4);
    CHECK(has(dealer.deal(made.slots(), 1, {}).in_use, 1));
    CHECK_EQ(made.shares[1].tasks + made.shares[2].tasks, 0);
}

TEST(seats_give_way_to_weights) {
    Made made;
    made.add(0, 80);
    SlotDealer dealer = made.dealer(8);
    const SlotDealer::Slot slot = dealer.deal(made.slots(), 10, {});
    CHECK_EQ(slot.slots, 10);
    CHECK_EQ(dealer.picks()[0].tasks, 4);
    CHECK_EQ(made.shares[0].tasks, 40);
}

TEST(seats_give_way_to_what_is_there) {
    Made made;
    made.add(0, 80);
    made.add(1, 80);
    SlotDealer dealer = made.dealer(8);
    SlotDealer::Base base;
    base.used[0] = 2'000;
    base.in_use = only(1);
    const SlotDealer::Slot slot = dealer.deal(made.slots(), 10, base);
    CHECK_EQ(slot.slots, 10);
    CHECK_EQ(dealer.picks().size(), 1u);  // beside the two that are there, their weights serve two more
    CHECK_EQ(dealer.picks()[0].share->model, 1);
    CHECK_EQ(dealer.picks()[0].tasks, 2);
    CHECK_EQ(slot.used[0], 4'000);
    base.used[0] = 5'000;  // with its weights more than there is
    base.in_use = 0;
    CHECK_EQ(dealer.deal(made.slots(), 1, base).used[0], 5'000);  // three seats, but no room for weights
}

TEST(seats_come_and_go) {
    Made made;
    made.add(kNoModel, 5);
    SlotDealer dealer = made.dealer(4);
    CHECK(!dealer.change(ClassId(1), 2));
    CHECK(dealer.change(ClassId(0), -2));
    CHECK_EQ(dealer.deal(made.slots(), 10, {}).slots, 2);
    CHECK(dealer.change(ClassId(0), -2));
    CHECK(dealer.is_empty());
}
