#include "gigafleet/local_search.hpp"

#include "definition.hpp"
#include "gigafleet/greedy.hpp"
#include "market_cases.hpp"

using namespace gigafleet;
using definition::Definition;
using definition::State;
using market_cases::quiet;
using market_cases::Stand;
using problem_cases::Case;
using problem_cases::random_case;

TEST(pools_that_are_open_come_cheapest_first) {
    std::mt19937 random(1);
    int pools = 0;
    for (int i = 0; i < 100; ++i) {
        const Stand stand(random_case(random, 8, 12));
        const auto market = stand.market();
        if (!market) continue;
        const SlotTable table(stand.ground, *market, place_greedily(stand.ground, {}, quiet));
        OpenPools open(table);
        for (std::uint32_t c = 0; c < market->classes().size(); ++c) {
            const auto& found = open.of(c);
            std::size_t out = 0;
            for (std::size_t p = 0; p < market->pools().size(); ++p) out += table.cost(c, p) == Market::kOut;
            CHECK_EQ(found.size() + out, market->pools().size());
            for (const auto& [cost, pool] : found) CHECK_EQ(cost, table.cost(c, pool));
            CHECK(std::ranges::is_sorted(found, {}, &OpenPools::Open::cost));
            pools += static_cast<int>(found.size());
        }
    }
    CHECK(pools > 100);
}

TEST(what_fits_is_placed_and_afterwards_nothing_fits) {
    std::mt19937 random(2);
    int placed = 0;
    for (int i = 0; i < 200; ++i) {
        const Stand stand(random_case(random, 8, 20));
        const auto market = stand.market();
        if (!market) continue;
        SlotTable table(stand.ground, *market, place_greedily(stand.ground, {}, quiet));
        const std::size_t slots = table.first_slot(market->pools().size());
        for (std::size_t slot = 0; slot < slots; ++slot)
            if (random() % 2 == 0 && !table.at(slot).empty()) table.remove(table.at(slot).front().of, slot);
        const auto left = [&] {
            std::int64_t sum = 0;
            for (std::uint32_t c = 0; c < market->classes().size(); ++c) sum += table.left(c);
            return sum;
        };
        const std::int64_t before = left();
        place_what_fits(table);
        placed += left() < before;
        for (std::uint32_t c = 0; c < market->classes().size(); ++c)
            for (std::size_t slot = 0; table.left(c) > 0 && slot < slots; ++slot)
                CHECK(table.cost(c, table.pool_of(slot)) == Market::kOut ||
                      !table.fits(table.shape(c), slot) || !table.links_hold(c, table.pool_of(slot)));
    }
    CHECK(placed > 50);
}

TEST(a_budget_ends_with_its_steps_or_its_time) {
    const SearchOptions options{.steps = 10};
    SearchBudget budget(options, quiet);
    CHECK(budget.is_left() && !budget.is_late());
    budget.spend(10);
    CHECK(!budget.is_left() && !budget.is_late());
    const SearchOptions none{.steps = 10, .time_limit_s = 0};
    CHECK(SearchBudget(none, quiet).is_late());
}
