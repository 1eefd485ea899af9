#include "gigafleet/pool_state.hpp"

#include <algorithm>

#include "check.hpp"
#include "definition.hpp"

using namespace gigafleet;
using problem_cases::Case;
using problem_cases::kInf;
using problem_cases::random_case;

namespace {

/// Slot by slot.
struct Naive {
    std::vector<Amounts> left;

    Naive(const Fleet& fleet, const Fleet::Pool& pool) {
        for (std::int64_t s = 0; s < pool.slots; ++s)
            left.push_back(fleet.capacity(pool, fleet.entry_of_slot(pool, s)));
    }
    static bool fits(const Amounts& amounts, const Amounts& demand) {
        for (std::size_t d = 0; d < kMaxDimensions; ++d)
            if (demand[d] > 0 && amounts[d] < demand[d]) return false;
        return true;
    }
    /// False where the slot has no room.
    bool put(std::int64_t slot, const Amounts& demand) {
        Amounts& amounts = left.at(static_cast<std::size_t>(slot));
        if (!fits(amounts, demand)) return false;
        for (std::size_t d = 0; d < kMaxDimensions; ++d)
            if (amounts[d] != kUnlimited) amounts[d] -= demand[d];
        return true;
    }
    bool room(const Amounts& demand, std::int64_t from) const {
        return std::any_of(left.begin() + from, left.end(),
                           [&](const Amounts& amounts) { return fits(amounts, demand); });
    }
};

/// Fills every pool with random amounts of random shapes: what is said to be placed fits, and what is left
/// out finds no slot.
void check_fills(const Case& c, std::mt19937& random) {
    const auto problem = c.problem();
    const Fleet& fleet = problem->fleet();
    const PoolState::Context context(*problem);
    CHECK_EQ(context.dimensions, 4u);
    if (problem->shapes().empty()) return;
    for (std::size_t p = 0; p < fleet.pools().size(); ++p) {
        const Fleet::Pool& pool = fleet.pools()[p];
        Naive naive(fleet, pool);
        PoolState state(context, PoolId(p));
        for (int step = 0; step < 12; ++step) {
            const ShapeId id(random() % problem->shapes().size());
            const Problem::Shape& shape = problem->shape(id);
            const std::int64_t from = fleet.first_slot_staying(pool, problem->needed_ns(shape));
            const std::int64_t wanted = static_cast<std::int64_t>(random() % 9);
            std::vector<Filling> out{{PoolId(), 0, 0, 0}};  // what is there stays
            const std::int64_t placed = state.fill(context, id, shape.demand, from, wanted, out);
            std::int64_t told = 0;
            for (const Filling& f : out) {
                if (&f == &out.front()) continue;
                CHECK(f.pool == PoolId(p));
                CHECK(f.slots > 0 && f.per_slot > 0 && f.first >= from);
                told += f.slots * f.per_slot;
                for (std::int64_t s = f.first; s < f.first + f.slots; ++s)
                    for (std::int64_t i = 0; i < f.per_slot; ++i) CHECK(naive.put(s, shape.demand));
            }
            CHECK_EQ(told, placed);
            CHECK(placed <= wanted);
            CHECK(placed == wanted || !naive.room(shape.demand, from));
            // Nothing that fits somewhere is denied by what is said of the pool as a whole.
            const Amounts room = state.room(context);
            for (const Problem::Shape& other : problem->shapes())
                CHECK(!naive.room(other.demand, 0) || Naive::fits(room, other.demand));
        }
    }
}

/// One pool of `nodes` at one site, tasks of one shape each.
struct Pool {
    std::shared_ptr<const Problem> problem;
    PoolState::Context context;
    PoolState state;
    std::vector<Filling> out;

    explicit Pool(const Case& c) : problem(c.problem()), context(*problem), state(context, PoolId(0)) {}
    std::int64_t fill(std::size_t shape, std::int64_t wanted, std::int64_t from = 0) {
        out.clear();
        return state.fill(context, ShapeId(shape), problem->shapes()[shape].demand, from, wanted, out);
    }
    Quantity compute_left() const { return state.room(context)[0]; }
    bool filled(std::vector<std::array<std::int64_t, 3>> wanted) const {
        std::vector<std::array<std::int64_t, 3>> got;
        for (const Filling& f : out) got.push_back({f.first, f.slots, f.per_slot});
        return got == wanted;
    }
};

}  // namespace

TEST(fills_are_those_of_a_naive_packer) {
    std::mt19937 random(91);
    for (int i = 0; i < 1000; ++i) check_fills(random_case(random, 12, 10), random);
}

TEST(large_pools_at_one_site) {
    std::mt19937 random(92);
    for (int i = 0; i < 150; ++i) {
        Case c = random_case(random, 60, 10);
        for (auto& n : c.nodes) {  // one site, few kinds: long pools
            const auto [compute, available_s, count] = std::tuple(n.compute, n.available_s, n.count);
            n = {.compute = compute,
                 .energy_wh = 40,
                 .link_up_mbps = 7,
                 .available_s = available_s,
                 .count = count};
        }
        check_fills(c, random);
    }
}

TEST(alike_slots_are_one_filling) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 4, .count = 1'000'000'000'000}};
    c.tasks = {{.compute = 1}, {.compute = 3}};
    Pool pool(c);
    CHECK_EQ(pool.fill(1, 10), 10);
    CHECK(pool.filled({{0, 10, 1}}));
    CHECK_EQ(pool.fill(0, 17), 17);  // the opened slots first, then four to a new one
    CHECK(pool.filled({{0, 10, 1}, {10, 1, 4}, {11, 1, 3}}));
    CHECK_EQ(pool.fill(0, 2), 2);  // the slot filled in part is used first
    CHECK(pool.filled({{11, 2, 1}}));
    CHECK_EQ(pool.fill(0, 4'000'000'000'000), 4'000'000'000'000 - 49);
    CHECK_EQ(pool.compute_left(), 0);
    CHECK_EQ(pool.fill(0, 1), 0);
}

TEST(the_others_leave_too_early) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 2, .available_s = 10, .count = 3}, {.compute = 2, .available_s = 20, .count = 2}};
    c.tasks = {{.compute = 1},
               {.compute = 2, .duration_s = 15},
               {.compute = 2},
               {.compute = 0.5, .duration_s = 15},
               {.compute = 0.5}};
    Pool pool(c);
    CHECK_EQ(pool.fill(0, 1), 1);  // those who leave sooner first
    CHECK(pool.filled({{0, 1, 1}}));
    CHECK_EQ(pool.fill(1, 9, 3), 2);
    CHECK(pool.filled({{3, 2, 1}}));
    CHECK_EQ(pool.fill(1, 9, 3), 0);
    CHECK_EQ(pool.fill(2, 9), 2);
    CHECK(pool.filled({{1, 2, 1}}));
    CHECK_EQ(pool.fill(3, 9, 3), 0);
    CHECK_EQ(pool.compute_left(), 1000);
    CHECK_EQ(pool.fill(4, 9), 2);
    CHECK_EQ(pool.compute_left(), 0);
}

TEST(an_opened_run_is_cut_at_from) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 4, .available_s = 10, .count = 4}, {.compute = 4, .available_s = 20, .count = 4}};
    c.tasks = {{.compute = 1, .duration_s = 15}, {.compute = 3}, {.compute = 1}};
    Pool pool(c);
    CHECK_EQ(pool.fill(1, 8), 8);  // one run of eight with 1 left
    CHECK_EQ(pool.fill(0, 9, 4), 4);
    CHECK(pool.filled({{4, 4, 1}}));
    CHECK_EQ(pool.fill(2, 9), 4);
    CHECK(pool.filled({{0, 4, 1}}));
    CHECK_EQ(pool.compute_left(), 0);
}

TEST(varied_slots_are_kept_apart) {
    Case c = Case::one_site();
    for (const double compute : {0.5, 3.0, 1.0, 2.5, 0.0}) c.nodes.push_back({.compute = compute});
    c.tasks = {{.compute = 1}, {.compute = 0.5}};
    Pool pool(c);
    CHECK(pool.problem->fleet().is_varied(0));
    CHECK_EQ(pool.fill(0, 100), 6);
    CHECK(pool.filled({{1, 1, 3}, {2, 1, 1}, {3, 1, 2}}));
    CHECK_EQ(pool.fill(1, 100), 2);
    CHECK_EQ(pool.compute_left(), 0);
}

TEST(varied_slots_that_take_the_same_are_one_filling) {
    Case c = Case::one_site();
    for (const double compute : {1.5, 1.25, 1.75, 1.0, 2.0}) c.nodes.push_back({.compute = compute});
    c.tasks = {{.compute = 1}, {.compute = 0.5}};
    Pool pool(c);
    CHECK(pool.problem->fleet().is_varied(0));
    CHECK_EQ(pool.fill(0, 3), 3);
    CHECK(pool.filled({{0, 3, 1}}));
    CHECK_EQ(pool.fill(1, 5), 5);  // not into slot 1, which is closed
    CHECK(pool.filled({{0, 1, 1}, {2, 1, 1}, {3, 1, 2}, {4, 1, 1}}));
    CHECK_EQ(pool.compute_left(), 1500);
    CHECK_EQ(pool.fill(1, 5), 3);
    CHECK(pool.filled({{4, 1, 3}}));
    CHECK(!pool.state.is_open());
}

TEST(no_limit_holds_any_number_in_one_slot) {
    Case c = Case::one_site();
    c.nodes = {{.compute = kInf, .count = 2}};
    c.tasks = {{.compute = 1e9}, {.compute = 0}};
    Pool pool(c);
    CHECK_EQ(pool.fill(0, INT64_MAX), INT64_MAX);
    CHECK(pool.filled({{0, 1, INT64_MAX}}));
    CHECK_EQ(pool.fill(1, INT64_MAX), INT64_MAX);
    CHECK_EQ(pool.compute_left(), kUnlimited);
}

TEST(open_as_long_as_some_shape_could_use_a_slot) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 4}, {.compute = 4, .price_compute = 1, .count = 0}};
    c.tasks = {{.compute = 3}, {.compute = 2}, {.compute = 1.5, .uplink_mbps = 1}};
    const auto problem = c.problem();
    const PoolState::Context context(*problem);
    std::vector<Filling> out;
    const auto fill = [&](PoolState& state, std::size_t shape) {
        return state.fill(context, ShapeId(shape), problem->shapes()[shape].demand, 0, 1, out);
    };
    PoolState one(context, PoolId(0)), two(context, PoolId(0)), none(context, PoolId(1));
    CHECK(one.is_open() && two.is_open());
    CHECK(!none.is_open());
    CHECK_EQ(fill(one, 0), 1);  // 1 left, nobody wants less than 1.5
    CHECK(!one.is_open());
    CHECK_EQ(fill(one, 2), 0);
    CHECK_EQ(fill(two, 1), 1);
    CHECK(two.is_open());
    CHECK_EQ(fill(two, 1), 1);
    CHECK(!two.is_open());
}

TEST(open_each_takes_untouched_slots_alone) {
    std::mt19937 random(93);
    int opened = 0, denied = 0;
    for (int i = 0; i < 400; ++i) {
        Case c = random_case(random, 12, 10);
        for (auto& n : c.nodes) {
            n = {.compute = n.compute > 2 ? 4.0 : 2.0, .available_s = n.available_s, .count = 4 * n.count};
            if (i % 2) n.energy_wh = 40;
        }
        const auto problem = c.problem();
        const Fleet& fleet = problem->fleet();
        if (fleet.any_varied() || problem->shapes().empty()) continue;
        const PoolState::Context context(*problem);
        for (std::size_t p = 0; p < fleet.pools().size(); ++p) {
            const Fleet::Pool& pool = fleet.pools()[p];
            Naive naive(fleet, pool);
            std::vector<std::uint8_t> touched(static_cast<std::size_t>(pool.slots));
            PoolState state(context, PoolId(p));
            for (int step = 0; step < 12; ++step) {
                const ShapeId id(random() % problem->shapes().size());
                const Amounts& demand = problem->shape(id).demand;
                const std::int64_t wanted = static_cast<std::int64_t>(random() % 4);
                const std::int64_t from =
                    static_cast<std::int64_t>(random() % static_cast<unsigned>(pool.slots + 1));
                const bool each = random() % 3 > 0;
                Amounts amounts = demand;  // two of them
                for (auto& q : amounts) q *= each ? 2 : 1;
                const std::int64_t room = std::count_if(touched.begin() + from, touched.end(),
                                                        [](std::uint8_t t) { return t == 0; });
                const bool fits = Naive::fits(fleet.capacity(pool, pool.first_entry), amounts);
                std::vector<Filling> out;
                if (each) {
                    const std::int64_t got = state.open_each(context, amounts, {}, from, wanted, out);
                    CHECK_EQ(got, fits ? std::min(wanted, room) : 0);
                    opened += static_cast<int>(got);
                    denied += got < wanted;
                } else {
                    const std::int64_t least =
                        fleet.first_slot_staying(pool, problem->needed_ns(problem->shape(id)));
                    state.fill(context, id, demand, least, wanted, out);
                }
                for (const Filling& f : out)
                    for (std::int64_t slot = f.first; slot < f.first + f.slots; ++slot) {
                        std::uint8_t& mark = touched.at(static_cast<std::size_t>(slot));
                        if (each) CHECK(f.per_slot == 1 && slot >= from && mark == 0);
                        for (std::int64_t k = 0; k < f.per_slot; ++k) CHECK(naive.put(slot, amounts));
                        mark = 1;
                    }
                CHECK_EQ(state.untouched(), std::count(touched.begin(), touched.end(), 0));
            }
        }
    }
    CHECK(opened > 1000 && denied > 500);
}

TEST(what_open_each_leaves_is_filled) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 4, .count = 10}};
    c.tasks = {{.compute = 1}};
    Pool pool(c);
    CHECK_EQ(pool.state.untouched(), 10);
    CHECK_EQ(pool.state.open_each(pool.context, {3000}, {}, 4, 3, pool.out), 3);
    CHECK(pool.filled({{4, 3, 1}}));
    CHECK_EQ(pool.state.untouched(), 7);
    CHECK_EQ(pool.fill(0, 8), 8);  // one each where they were opened, then the first of the untouched
    CHECK(pool.filled({{4, 3, 1}, {0, 1, 4}, {1, 1, 1}}));
    CHECK_EQ(pool.state.untouched(), 5);
    pool.out.clear();
    CHECK_EQ(pool.state.open_each(pool.context, {4001}, {}, 0, 3, pool.out), 0);
    CHECK_EQ(pool.state.open_each(pool.context, {4000}, {}, 9, 3, pool.out), 1);
    CHECK_EQ(pool.state.open_each(pool.context, {0}, {}, 0, 99, pool.out), 4);
    CHECK(pool.filled({{9, 1, 1}, {2, 2, 1}, {7, 2, 1}}));
    CHECK_EQ(pool.state.untouched(), 0);
    CHECK_EQ(pool.fill(0, 99), 3 + 16);
}

/// Fills at random and takes seats at random: each slot holds the wishes of lower numbers as far as it can.
TEST(seats_are_taken_where_they_are_wanted) {
    std::mt19937 random(95);
    int taken = 0, refused = 0;
    for (int i = 0; i < 400; ++i) {
        const Case c = random_case(random, 12, 10);
        const auto problem = c.problem();
        const Fleet& fleet = problem->fleet();
        if (problem->shapes().empty()) continue;
        const PoolState::Context context(*problem);
        for (std::size_t p = 0; p < fleet.pools().size(); ++p) {
            const Fleet::Pool& pool = fleet.pools()[p];
            if (pool.slots == 0) continue;
            const auto below = [&](std::int64_t n) {
                return static_cast<std::int64_t>(random() % static_cast<unsigned>(n));
            };
            Naive naive(fleet, pool);
            PoolState state(context, PoolId(p));
            for (int step = 0; step < 6; ++step) {
                const ShapeId id(random() % problem->shapes().size());
                const Amounts& demand = problem->shape(id).demand;
                std::vector<Filling> out;
                state.fill(context, id, demand, 0, below(4), out);
                for (const Filling& f : out)
                    for (std::int64_t k = 0; k < f.slots * f.per_slot; ++k)
                        CHECK(naive.put(f.first + k / f.per_slot, demand));

                std::vector<PoolState::Wish> wishes(static_cast<std::size_t>(below(4)));
                for (std::size_t w = 0; w < wishes.size(); ++w) {
                    const std::int64_t first = below(pool.slots);
                    const ShapeId shape(random() % problem->shapes().size());
                    wishes[w] = {first, 1 + below(pool.slots - first), 1 + below(3), &problem->shape(shape),
                                 w};
                }
                std::vector<std::vector<std::int64_t>> held(wishes.size());
                for (std::size_t w = 0; w < wishes.size(); ++w)
                    for (std::int64_t s = 0; s < wishes[w].slots; ++s) {
                        held[w].push_back(0);
                        while (held[w].back() < wishes[w].per_slot &&
                               naive.put(wishes[w].first + s, wishes[w].shape->demand))
                            ++held[w].back();
                    }
                std::vector<PoolState::Refusal> refusals;
                const std::vector<PoolState::Wish> numbered = wishes;
                std::ranges::sort(wishes, {}, [](const auto& w) { return std::pair(w.first, w.number); });
                state.seat(context, wishes, refusals);
                for (const PoolState::Refusal& r : refusals)
                    for (std::int64_t s = r.first; s < r.first + r.slots; ++s)
                        held[r.number].at(static_cast<std::size_t>(s - numbered[r.number].first)) +=
                            r.per_slot;
                for (std::size_t w = 0; w < held.size(); ++w)
                    for (const std::int64_t tasks : held[w]) CHECK_EQ(tasks, numbered[w].per_slot);
                taken += static_cast<int>(wishes.size());
                refused += static_cast<int>(refusals.size());

                std::vector<Filling> more;  // what finds no room now has none
                const std::int64_t got = state.fill(context, id, demand, 0, 2, more);
                for (const Filling& f : more)
                    for (std::int64_t k = 0; k < f.slots * f.per_slot; ++k)
                        CHECK(naive.put(f.first + k / f.per_slot, demand));
                if (got < 2) CHECK(!naive.room(demand, 0));
            }
        }
    }
    CHECK(taken > 1000 && refused > 500);
}
