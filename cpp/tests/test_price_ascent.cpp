#include "gigafleet/price_ascent.hpp"

#include <cmath>
#include <functional>

#include "gigafleet/error.hpp"
#include "market_cases.hpp"

using namespace gigafleet;
using market_cases::easy_case;
using market_cases::quiet;
using market_cases::Stand;
using problem_cases::Case;
using problem_cases::kInf;
using problem_cases::random_case;

namespace {

constexpr PriceAscent::Schedule kSchedule;
/// A round moves a price by τ at most, and penalties are far.
constexpr PriceAscent::Schedule kLong{.broad_rounds = 240};

std::vector<double> all_of(const Market& market) { return std::vector<double>(market.pools().size(), 1.0); }

struct Answer {
    std::vector<double> prices;
    double left_out = 0;
};
Answer climb(const Market& market, std::vector<double> shares, int threads = 1,
             const PriceAscent::Schedule& schedule = kSchedule) {
    PriceAscent ascent(market, std::move(shares), threads);
    CHECK(ascent.run(schedule, INFINITY, "prices", quiet));
    return {{ascent.prices().begin(), ascent.prices().end()}, ascent.left_out()};
}
Answer climb(const Market& market, int threads = 1) { return climb(market, all_of(market), threads); }

/// The Lagrangian with a hard minimum: no more than any plan costs, whatever the prices.
double lagrangian(const Market& market, std::span<const double> prices, std::span<const double> shares) {
    double value = 0;
    market_cases::for_classes(market, [&](std::size_t s, std::size_t c) {
        double least = market.penalty(s);
        for (std::size_t p = 0; p < market.pools().size(); ++p)
            least = std::min(least, market_cases::cost_at(market, prices, s, c, p));
        value += market.classes()[c].members * least;
    });
    for (std::size_t p = 0; p < market.pools().size(); ++p)
        for (std::size_t d = 0; d < market.dimensions(); ++d)
            if (const double price = prices[p * market.dimensions() + d]; price != 0)
                value -= price * shares[p] * market.capacity(p)[d];
    return value;
}

/// What pools get where every class spreads by its costs at temperature tau, by pool and dimension.
std::vector<double> soft_load(const Market& market, std::span<const double> prices, double tau) {
    std::vector<double> load(prices.size());
    market_cases::for_classes(market, [&](std::size_t s, std::size_t c) {
        std::vector<double> weight;
        double least = market.penalty(s), total = 0;
        for (std::size_t p = 0; p < market.pools().size(); ++p)
            weight.push_back(market_cases::cost_at(market, prices, s, c, p));
        for (const double cost : weight) least = std::min(least, cost);
        for (double& w : weight) total += w = std::exp(-(w - least) / tau);
        total += std::exp(-(market.penalty(s) - least) / tau);
        for (std::size_t p = 0; p < weight.size(); ++p)
            for (std::size_t d = 0; d < market.dimensions(); ++d)
                load[p * market.dimensions() + d] +=
                    market.classes()[c].members * weight[p] / total * market.demand(s)[d];
    });
    return load;
}

/// The least cost of all ways to put one member of each class somewhere, or leave it out, within what the
/// pools have in all.
double best_by_trying(const Market& market) {
    std::vector<std::size_t> shape_of(market.classes().size());
    market_cases::for_classes(market, [&](std::size_t s, std::size_t c) { shape_of[c] = s; });
    const std::vector<double> free(market.pools().size() * market.dimensions());
    std::vector<double> load(free.size());
    double best = INFINITY;
    const std::function<void(std::size_t, double)> go = [&](std::size_t c, double cost) {
        if (c == shape_of.size()) {
            best = std::min(best, cost);
            return;
        }
        const std::size_t s = shape_of[c];
        go(c + 1, cost + market.penalty(s) * market.classes()[c].members);
        for (std::size_t p = 0; p < market.pools().size(); ++p) {
            const double here = market_cases::cost_at(market, free, s, c, p);
            if (here == INFINITY) continue;
            bool fits = true;
            for (std::size_t d = 0; d < market.dimensions(); ++d) {
                double& sum = load[p * market.dimensions() + d];
                sum += market.demand(s)[d] * market.classes()[c].members;
                fits = fits && sum <= market.capacity(p)[d] * (1 + 1e-9);
            }
            if (fits) go(c + 1, cost + here * market.classes()[c].members);
            for (std::size_t d = 0; d < market.dimensions(); ++d)
                load[p * market.dimensions() + d] -= market.demand(s)[d] * market.classes()[c].members;
        }
    };
    go(0, 0);
    return best;
}

/// Transport at least cost: successive shortest paths. `free` of each place; the cost comes back.
double transport(const std::vector<std::vector<double>>& cost, const std::vector<double>& members,
                 std::vector<double> free) {
    const std::size_t classes = members.size(), places = free.size();
    std::vector<std::vector<double>> flow(classes, std::vector<double>(places));
    for (std::size_t start = 0; start < classes; ++start)
        for (double left = members[start]; left > 1e-9;) {
            std::vector<double> to_class(classes, INFINITY), to_place(places, INFINITY);
            std::vector<std::size_t> from(places), via(classes);
            to_class[start] = 0;
            for (bool changed = true; changed;) {
                changed = false;
                for (std::size_t c = 0; c < classes; ++c)
                    for (std::size_t p = 0; p < places; ++p) {
                        if (to_class[c] + cost[c][p] < to_place[p] - 1e-12) {
                            to_place[p] = to_class[c] + cost[c][p];
                            from[p] = c;
                            changed = true;
                        }
                        if (flow[c][p] > 0 && to_place[p] - cost[c][p] < to_class[c] - 1e-12) {
                            to_class[c] = to_place[p] - cost[c][p];
                            via[c] = p;
                            changed = true;
                        }
                    }
            }
            std::size_t end = places;
            for (std::size_t p = 0; p < places; ++p)
                if (free[p] > 0 && (end == places || to_place[p] < to_place[end])) end = p;
            double amount = std::min(left, free[end]);
            for (std::size_t p = end; from[p] != start; p = via[from[p]])
                amount = std::min(amount, flow[from[p]][via[from[p]]]);
            for (std::size_t p = end;; p = via[from[p]]) {
                flow[from[p]][p] += amount;
                if (from[p] == start) break;
                flow[from[p]][via[from[p]]] -= amount;
            }
            free[end] -= amount;
            left -= amount;
        }
    double sum = 0;
    for (std::size_t c = 0; c < classes; ++c)
        for (std::size_t p = 0; p < places; ++p)
            if (flow[c][p] > 0) sum += flow[c][p] * cost[c][p];
    return sum;
}

/// A star of sites with a pool and a class at each, all tasks of one size, most pools full.
Case star(std::mt19937& random, std::int32_t sites, double scarcity) {
    Case c;
    c.links.sites = sites;
    c.objective.rtt_price = 0.05;
    for (std::int32_t s = 0; s < sites; ++s) {
        if (s > 0) c.links.add(0, s, 0.5 + 0.5 * static_cast<double>(random() % 8));
        const auto members = 20 + static_cast<std::int64_t>(random() % 200);
        c.tasks.push_back({.origin = s, .compute = 1, .count = members});
        const auto slots = static_cast<std::int64_t>(scarcity * static_cast<double>(5 + random() % 50));
        c.nodes.push_back({.site = s,
                           .compute = 4,
                           .price_compute = 0.5 + 0.1 * static_cast<double>(random() % 10),
                           .count = std::max<std::int64_t>(slots, 1)});
    }
    return c;
}

/// A cheap pool with room for `cheap` tasks, a dear one for `dear`; `members` want in.
Case two_pools(std::int64_t cheap, std::int64_t dear, std::int64_t members) {
    Case c = Case::one_site();
    c.objective.rtt_price = 0;
    c.nodes = {{.compute = 1, .price_compute = 1, .count = cheap},
               {.compute = 1, .price_compute = 2, .count = dear}};
    c.tasks = {{.compute = 1, .count = members}};
    return c;
}

}  // namespace

TEST(a_cheap_and_scarce_pool_costs_the_difference) {
    const Stand stand(two_pools(100, 1000, 400));
    const auto market = stand.market();
    const std::size_t cheap = market->own_cost(0)[0] == 1 ? 0 : 1;
    const Answer answer = climb(*market);
    CHECK(std::abs(answer.prices[cheap] - 1) < 0.03);
    CHECK_EQ(answer.prices[1 - cheap], 0);
    CHECK(answer.left_out < 1e-6);
    const auto load = soft_load(*market, answer.prices, kSchedule.sharp_to * market->scale());
    CHECK(std::abs(load[cheap] - 100) < 3);
    CHECK(std::abs(load[1 - cheap] - 300) < 3);
}

TEST(no_price_where_there_is_room) {
    const Stand stand(two_pools(500, 1000, 400));
    const auto market = stand.market();
    CHECK(climb(*market).prices == (std::vector<double>{0, 0}));
    // Half of it is to be used.
    const std::size_t cheap = market->own_cost(0)[0] == 1 ? 0 : 1;
    std::vector<double> shares(2, 1);
    shares[cheap] = 0.5;
    PriceAscent ascent(*market, shares, 1);
    CHECK(ascent.shares() == shares);
    CHECK(ascent.run(kSchedule, INFINITY, "prices", quiet));
    CHECK(std::abs(ascent.prices()[cheap] - 1) < 0.03);
    CHECK(std::abs(soft_load(*market, ascent.prices(), kSchedule.sharp_to * market->scale())[cheap] - 250) <
          8);
    // Again, from where it stands.
    shares[cheap] = 1;
    ascent.set_shares(shares);
    CHECK(ascent.run(kSchedule, INFINITY, "prices", quiet));
    CHECK(ascent.prices()[cheap] < 0.03);
}

TEST(overload_leaves_out_and_costs_the_penalty) {
    const Stand stand(two_pools(100, 200, 400));
    const auto market = stand.market();
    const std::size_t cheap = market->own_cost(0)[0] == 1 ? 0 : 1;
    const Answer answer = climb(*market, all_of(*market), 1, kLong);
    CHECK(std::abs(answer.left_out - 100) < 5);
    CHECK(std::abs(answer.prices[cheap] - (market->penalty(0) - 1)) < 0.5);
    CHECK(std::abs(answer.prices[1 - cheap] - (market->penalty(0) - 2)) < 0.5);
}

TEST(no_capacity_and_no_limit) {
    const Stand stand(two_pools(500, 500, 400));
    const auto market = stand.market();
    const std::size_t cheap = market->own_cost(0)[0] == 1 ? 0 : 1;
    std::vector<double> shares(2, 1);
    shares[cheap] = 0;
    Answer answer = climb(*market, shares);
    CHECK(answer.prices[cheap] > 1.02);
    CHECK_EQ(answer.prices[1 - cheap], 0);
    CHECK(soft_load(*market, answer.prices, kSchedule.sharp_to * market->scale())[cheap] < 4);

    Case c = two_pools(5, 5, 400);
    c.nodes[0].compute = kInf;
    c.nodes[1].count = 9;
    const Stand free(c);
    const auto endless = free.market();
    CHECK_EQ(endless->pools().size(), 2u);
    answer = climb(*endless);
    CHECK(answer.prices == (std::vector<double>{0, 0}));
    CHECK_EQ(answer.left_out, 0);
}

TEST(loads_come_near_to_capacities_where_prices_are_positive) {
    std::mt19937 random(341);
    int priced = 0, idle = 0;
    for (int i = 0; i < 12; ++i) {
        const Stand stand(star(random, 40, i % 2 ? 1.5 : 1.1));
        const auto market = stand.market();
        const Answer answer = climb(*market, 1);
        const auto load = soft_load(*market, answer.prices, kSchedule.sharp_to * market->scale());
        for (std::size_t p = 0; p < load.size(); ++p) {
            CHECK(load[p] < 1.06 * market->capacity(p)[0]);
            const bool costs = answer.prices[p] > 0.02 * market->scale();
            if (costs) CHECK(load[p] > 0.94 * market->capacity(p)[0]);
            ++(costs ? priced : idle);
        }
    }
    CHECK(priced > 100 && idle > 20);
}

TEST(prices_bound_the_best_plan_from_below) {
    std::mt19937 random(342);
    int tried = 0, bound = 0;
    for (int i = 0; i < 400; ++i) {
        Case c = random_case(random, 4, 6);
        for (auto& n : c.nodes) n.labels = 0;
        for (auto& t : c.tasks) t.require = t.any_of = t.forbid = 0;
        const Stand stand(std::move(c));
        const auto market = stand.market();
        if (!market || market->dimensions() == 0) continue;
        const Answer answer = climb(*market);
        for (const double price : answer.prices) CHECK(price >= 0 && price < INFINITY);
        const double best = best_by_trying(*market),
                     below = lagrangian(*market, answer.prices, all_of(*market));
        CHECK(below <= best + 1e-4 * (1 + std::abs(best)));
        ++tried;
        bound += *std::ranges::max_element(answer.prices) > 0.05 * market->scale();
    }
    CHECK(tried > 100 && bound > 30);
}

TEST(the_bound_is_near_to_the_best_transport) {
    std::mt19937 random(343);
    for (int i = 0; i < 12; ++i) {
        const Stand stand(star(random, 30, i % 3 == 0 ? 0.6 : i % 3 == 1 ? 1.35 : 2));
        const auto market = stand.market();
        CHECK_EQ(market->shapes(), 1u);
        CHECK_EQ(market->dimensions(), 1u);
        std::vector<double> members, free, none(market->pools().size());
        std::vector<std::vector<double>> cost;
        double wanted = 0;
        for (std::size_t c = 0; c < market->classes().size(); ++c) {
            members.push_back(market->classes()[c].members);
            wanted += members.back();
            cost.emplace_back();
            for (std::size_t p = 0; p < none.size(); ++p)
                cost.back().push_back(market_cases::cost_at(*market, none, 0, c, p));
            cost.back().push_back(market->penalty(0));
        }
        double room = 0;
        for (std::size_t p = 0; p < none.size(); ++p) room += free.emplace_back(market->capacity(p)[0]);
        free.push_back(wanted);
        const double best = transport(cost, members, free);
        const bool overloaded = wanted > 0.98 * room;
        const auto prices = climb(*market, all_of(*market), 1, overloaded ? kLong : kSchedule).prices;
        const double below = lagrangian(*market, prices, all_of(*market));
        CHECK(below <= best * (1 + 1e-5));
        CHECK(below >= (overloaded ? 0.98 : 0.99) * best);
        CHECK(lagrangian(*market, none, all_of(*market)) < 0.9 * best);  // prices matter
    }
}

TEST(equal_on_any_threads) {
    std::mt19937 random(344);
    for (int i = 0; i < 40; ++i) {
        const Stand stand(i % 2 ? random_case(random, 40, 60, 3) : easy_case(random, 40, 60, 3));
        const auto market = stand.market();
        if (!market || market->dimensions() == 0) continue;
        const Answer one = climb(*market);
        for (const int threads : {2, 8}) {
            const Answer more = climb(*market, threads);
            CHECK(more.prices == one.prices);
            CHECK_EQ(more.left_out, one.left_out);
        }
    }
}

TEST(far_and_rewarding_ways_are_seen) {
    // One task pays, or is paid, 1000 times what the others cost, for its way alone.
    for (const double eur : {-5.0, 5.0}) {
        Case c = Case::line(2);
        c.links.price = {eur};
        c.objective.rtt_price = 0;
        c.nodes = {{.site = 1, .compute = 1, .price_compute = 0.001, .count = 1000},
                   {.site = 1, .compute = 1, .price_compute = 0.002, .count = 4000}};
        c.tasks = {{.origin = 1, .compute = 1, .count = 3000}, {.origin = 0, .compute = 1, .uplink_mbps = 1}};
        const Stand stand(c);
        const auto market = stand.market();
        PriceAscent::Schedule broad = kSchedule;
        broad.sharp_rounds = 0;
        PriceAscent ascent(*market, all_of(*market), 1);
        CHECK(ascent.run(broad, INFINITY, "prices", quiet));
        CHECK(ascent.left_out() < 0.01);
        const std::size_t cheap = market->own_cost(0)[0] < market->own_cost(0)[1] ? 0 : 1;
        CHECK(std::abs(ascent.prices()[cheap * market->dimensions()] - 0.001) < 0.0002);
    }
}

TEST(no_time_leaves_prices_as_they_are) {
    const Stand stand(two_pools(100, 1000, 400));
    const auto market = stand.market();
    PriceAscent ascent(*market, all_of(*market), 1);
    CHECK(!ascent.run(kSchedule, -1, "prices", quiet));
    CHECK(std::ranges::equal(ascent.prices(), std::vector<double>(2)));
}

TEST(every_round_is_reported) {
    struct Rounds final : Control {
        void poll(std::string_view stage, std::int64_t done, std::int64_t of) override {
            CHECK_EQ(stage, "my stage");
            CHECK_EQ(done, polls);
            CHECK_EQ(of, kSchedule.broad_rounds + kSchedule.sharp_rounds);
            if (polls++ == stop_at) throw Cancelled();
        }
        std::int64_t polls = 0, stop_at = -1;
    };
    const Stand stand(two_pools(100, 1000, 400));
    const auto market = stand.market();
    const Answer wanted = climb(*market);
    for (const int stop_at : {0, 1, 59, 60, 89}) {
        PriceAscent ascent(*market, all_of(*market), 2);
        Rounds control;
        control.stop_at = stop_at;
        CHECK_THROWS(Cancelled, "", ascent.run(kSchedule, INFINITY, "my stage", control));
    }
    PriceAscent ascent(*market, all_of(*market), 2);
    Rounds control;
    CHECK(ascent.run(kSchedule, INFINITY, "my stage", control));
    CHECK_EQ(control.polls, kSchedule.broad_rounds + kSchedule.sharp_rounds);
    CHECK(std::ranges::equal(ascent.prices(), wanted.prices));
}
