#include "gigafleet/slot_table.hpp"

#include "definition.hpp"
#include "gigafleet/greedy.hpp"
#include "market_cases.hpp"

using namespace gigafleet;
using market_cases::quiet;
using market_cases::Stand;
using problem_cases::Case;
using problem_cases::random_case;

namespace {

/// Random moves that the table allows: adds where a task fits, removes, and takes some back.
void shuffle(SlotTable& table, std::mt19937& random, int moves) {
    const auto classes = static_cast<std::uint32_t>(table.market().classes().size());
    const std::size_t slots = table.first_slot(table.market().pools().size());
    for (int i = 0; i < moves; ++i) {
        const auto c = static_cast<std::uint32_t>(random() % classes);
        const std::size_t slot = random() % slots;
        if (random() % 3 == 0 && !table.at(slot).empty()) {
            table.remove(table.at(slot)[random() % table.at(slot).size()].of, slot);
        } else if (table.left(c) > 0 && table.cost(c, table.pool_of(slot)) != Market::kOut &&
                   table.fits(table.shape(c), slot) && table.links_hold(c, table.pool_of(slot))) {
            table.add(c, slot);
        }
        if (random() % 10 == 0) table.undo_to(table.changes() - random() % (table.changes() + 1));
        if (random() % 20 == 0) table.settle();
    }
}

}  // namespace

TEST(a_solution_laid_open_and_put_together_is_the_same) {
    std::mt19937 random(1);
    for (int i = 0; i < 300; ++i) {
        const Stand stand(random_case(random, 12, 30));
        const auto market = stand.market();
        if (!market) continue;
        const Solution solution = place_greedily(stand.ground, {}, quiet);
        CHECK(SlotTable::is_possible(*market, solution));
        const Solution again = SlotTable(stand.ground, *market, solution).solution(1);
        CHECK(again.placed == solution.placed);
        CHECK(std::abs(again.cost - solution.cost) <= 1e-9 * (1 + std::abs(solution.cost)));
        for (std::uint32_t k = 0; k < solution.loads.arc_count() + 2 * solution.loads.site_count(); ++k)
            CHECK_EQ(again.loads.load(k), solution.loads.load(k));
    }
}

TEST(whatever_is_moved_keeps_every_rule) {
    std::mt19937 random(2);
    int placed = 0;
    for (int i = 0; i < 400; ++i) {
        const Stand stand(random_case(random, 10, 25));
        const auto market = stand.market();
        if (!market) continue;
        SlotTable table(stand.ground, *market, place_greedily(stand.ground, {}, quiet));
        shuffle(table, random, 300);
        const Solution solution = table.solution(1);
        CHECK(definition::keeps_rules(stand.c, *stand.problem, solution));
        for (std::uint32_t c = 0; c < market->classes().size(); ++c)
            CHECK_EQ(solution.placed[market->classes()[c].id.at()] + table.left(c),
                     stand.problem->workload().classes()[market->classes()[c].id.at()].members);
        for (const std::int64_t n : solution.placed) placed += n > 0;
    }
    CHECK(placed > 100);
}

TEST(what_is_undone_was_never_there) {
    std::mt19937 random(3);
    for (int i = 0; i < 100; ++i) {
        const Stand stand(random_case(random, 10, 25));
        const auto market = stand.market();
        if (!market) continue;
        SlotTable table(stand.ground, *market, place_greedily(stand.ground, {}, quiet));
        const Solution before = table.solution(1);
        shuffle(table, random, 20);
        table.settle();
        const Solution settled = table.solution(1);
        const std::size_t slots = table.first_slot(market->pools().size());
        for (std::size_t slot = 0; slot < slots; ++slot)
            while (!table.at(slot).empty()) table.remove(table.at(slot).front().of, slot);
        for (std::uint32_t c = 0; c < market->classes().size(); ++c)
            CHECK_EQ(table.left(c), static_cast<std::int64_t>(market->classes()[c].members));
        table.undo_to(0);
        CHECK(table.solution(1).placed == settled.placed);
        CHECK_EQ(table.changes(), std::size_t{0});
    }
}

TEST(pools_know_what_their_slots_hold) {
    std::mt19937 random(5);
    for (int i = 0; i < 100; ++i) {
        const Stand stand(random_case(random, 8, 20));
        const auto market = stand.market();
        if (!market) continue;
        SlotTable table(stand.ground, *market, place_greedily(stand.ground, {}, quiet));
        for (int round = 0; round < 5; ++round, shuffle(table, random, 10))
            for (std::size_t p = 0; p < market->pools().size(); ++p) {
                std::size_t seats = 0, entries = 0;
                std::vector<Quantity> most(market->dimensions());
                for (std::size_t slot = table.first_slot(p); slot < table.first_slot(p + 1); ++slot) {
                    entries += table.at(slot).size();
                    for (std::size_t d = 0; d < most.size(); ++d)
                        most[d] = std::max(most[d], table.residual(slot)[d]);
                }
                for (const auto& [shape, of_shape] : table.in_pool(p))
                    for (const SlotTable::Seat& seat : of_shape) {
                        const auto at = table.at(seat.slot);
                        const auto entry = std::ranges::find(at, seat.of, &SlotTable::Entry::of);
                        CHECK(entry != at.end() && entry->tasks == seat.tasks);
                        CHECK_EQ(table.shape(seat.of), shape);
                        ++seats;
                    }
                CHECK_EQ(seats, entries);
                CHECK(std::ranges::equal(table.most_residual(p), most));
            }
    }
}

TEST(find_gives_the_first_slot_with_room) {
    std::mt19937 random(4);
    for (int i = 0; i < 200; ++i) {
        const Stand stand(random_case(random, 8, 20));
        const auto market = stand.market();
        if (!market) continue;
        SlotTable table(stand.ground, *market, place_greedily(stand.ground, {}, quiet));
        for (int round = 0; round < 5; ++round) {
            for (std::uint32_t s = 0; s < market->shapes(); ++s)
                for (std::size_t p = 0; p < market->pools().size(); ++p) {
                    std::optional<std::size_t> first;
                    for (std::size_t slot = table.first_slot(p); slot < table.first_slot(p + 1) && !first;
                         ++slot)
                        if (table.fits(s, slot)) first = slot;
                    CHECK(table.find(s, p) == first);
                }
            shuffle(table, random, 10);
        }
    }
}

TEST(a_slot_that_leaves_early_takes_no_long_task) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 4, .available_s = 100}, {.compute = 4, .available_s = 1000}};
    c.tasks = {{.compute = 1, .duration_s = 500, .count = 2}, {.compute = 1, .duration_s = 50}};
    const Stand stand(std::move(c));
    const auto market = stand.market();
    SlotTable table(stand.ground, *market, place_greedily(stand.ground, {}, quiet));
    int fits = 0;
    for (std::uint32_t s = 0; s < 2; ++s)
        for (std::size_t slot = 0; slot < 2; ++slot) fits += table.fits(s, slot);
    CHECK_EQ(fits, 3);
}
