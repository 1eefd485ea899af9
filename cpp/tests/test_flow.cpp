#include "gigafleet/flow.hpp"

#include <cmath>
#include <map>

#include "market_cases.hpp"

using namespace gigafleet;
using market_cases::easy_case;
using market_cases::random_prices;
using market_cases::Stand;
using problem_cases::Case;

namespace {

/// What each class would send to each pool if members could be split, left out included (pool SIZE_MAX).
using Shares = std::map<std::pair<std::size_t, std::size_t>, double>;
Shares split_flows(const Market& market, std::span<const double> prices, const Choices& choices, double tau) {
    Shares shares;
    market_cases::for_classes(market, [&](std::size_t s, std::size_t c) {
        std::map<std::size_t, double> cost{{SIZE_MAX, market.penalty(s)}};
        for (const auto& choice : choices.of(c))
            cost[choice.pool] = market_cases::cost_at(market, prices, s, c, choice.pool);
        double least = INFINITY, total = 0;
        for (const auto& [pool, eur] : cost) least = std::min(least, eur);
        for (auto& [pool, eur] : cost) {
            eur = std::exp(-(eur - least) / tau);
            total += eur;
        }
        for (const auto& [pool, weight] : cost)
            shares[{c, pool}] = market.classes()[c].members * weight / total;
    });
    return shares;
}

struct Off {
    double most = 0;     ///< largest difference of a shape in a pool, members
    double members = 0;  ///< in all
    double left_out = 0;
};

/// Every class sends what it has, or as much as is not left out, to pools of its list.
Off check_flows(const Market& market, std::span<const double> prices, const Choices& choices, double tau) {
    const std::vector<Flow> flows = whole_flows(market, prices, choices, tau, 1);
    for (const int threads : {2, 8})
        CHECK(std::ranges::equal(whole_flows(market, prices, choices, tau, threads), flows,
                                 [](const Flow& a, const Flow& b) {
                                     return a.of == b.of && a.pool == b.pool && a.members == b.members;
                                 }));
    CHECK(std::ranges::is_sorted(flows, {}, &Flow::of));
    std::map<std::pair<std::size_t, std::size_t>, std::int64_t> sent;
    std::vector<std::int64_t> by_class(market.classes().size());
    for (const Flow& flow : flows) {
        CHECK(flow.members > 0);
        CHECK_EQ((sent[{flow.of, flow.pool}] += flow.members), flow.members);  // once
        by_class.at(flow.of) += flow.members;
        CHECK(std::ranges::count(choices.of(flow.of), flow.pool, &Choices::Choice::pool) == 1);
    }
    const Shares shares = split_flows(market, prices, choices, tau);
    std::map<std::pair<std::size_t, std::size_t>, double> off;  // by shape and pool, or left out
    Off result;
    market_cases::for_classes(market, [&](std::size_t s, std::size_t c) {
        const double members = market.classes()[c].members, out = shares.at({c, SIZE_MAX});
        CHECK(static_cast<double>(by_class[c]) <= members);
        if (choices.of(c).empty()) CHECK_EQ(by_class[c], 0);
        if (out < 1e-9 * members) CHECK_EQ(static_cast<double>(by_class[c]), members);
        off[{s, SIZE_MAX}] += members - out - static_cast<double>(by_class[c]);
        for (const auto& choice : choices.of(c))
            off[{s, choice.pool}] +=
                shares.at({c, choice.pool}) - static_cast<double>(sent[{c, choice.pool}]);
        result.members += members;
        result.left_out += out;
    });
    for (const auto& [where, members] : off) result.most = std::max(result.most, std::abs(members));
    return result;
}

/// Many classes of one shape, on a star of sites with a pool at each.
Case star(std::mt19937& random, std::int32_t sites, std::int64_t most_members) {
    Case c;
    c.links.sites = sites;
    c.objective.rtt_price = 0.25;
    for (std::int32_t s = 0; s < sites; ++s) {
        if (s > 0) c.links.add(0, s, 0.1 * static_cast<double>(random() % 20));
        c.nodes.push_back({.site = s, .price_compute = 0.1 * static_cast<double>(random() % 10)});
        c.tasks.push_back(
            {.origin = s, .compute = 1, .count = 1 + static_cast<std::int64_t>(random()) % most_members});
    }
    return c;
}

}  // namespace

TEST(flows_are_whole_and_near_to_what_they_round) {
    std::mt19937 random(331);
    double most = 0, members = 0, left_out = 0;
    for (int i = 0; i < 300; ++i) {
        const Stand stand(easy_case(random, 30, 40, 1 + i % 3));
        const auto market = stand.market();
        if (!market || market->dimensions() == 0) continue;
        auto prices = random_prices(*market, random);
        if (i % 4 == 0)
            for (double& price : prices) price *= 12;  // some would rather be left out
        const double tau = market->scale() * (i % 2 ? 0.01 : 0.3);
        const Off off = check_flows(*market, prices, find_choices(*market, prices, 10 * tau, 1), tau);
        most = std::max(most, off.most);
        members += off.members;
        left_out += off.left_out;
    }
    CHECK(most < 1.25);
    CHECK(members > 3000 && left_out > 100);
}

TEST(many_classes_with_lists_of_their_own) {
    std::mt19937 random(332);
    double most = 0;
    for (int i = 0; i < 60; ++i) {
        const Stand stand(star(random, 100, i % 3 ? 1 : 20));
        const auto market = stand.market();
        const auto prices = random_prices(*market, random);
        const double tau = market->scale() * (i % 2 ? 0.02 : 0.2);
        most = std::max(
            most, check_flows(*market, prices, find_choices(*market, prices, (i % 4 + 1) * 2.5 * tau, 1), tau)
                      .most);
    }
    CHECK(most < 1.25);
}

TEST(many_classes_with_one_list) {
    std::mt19937 random(333);
    double most = 0;
    for (int i = 0; i < 60; ++i) {
        Case c = star(random, 100, i % 3 ? 1 : 20);
        c.objective.rtt_price = 0;
        const Stand stand(c);
        const auto market = stand.market();
        const auto prices = random_prices(*market, random);
        const double tau = market->scale() * (i % 2 ? 0.02 : 0.2);
        most = std::max(most,
                        check_flows(*market, prices, find_choices(*market, prices, 10 * tau, 1), tau).most);
    }
    CHECK(most < 1.25);
}

TEST(many_single_members_are_left_out_in_their_share) {
    // Each of 100 classes of one member is 40 % in: alone each would round to nothing.
    std::mt19937 random(334);
    Case c = star(random, 100, 1);
    for (auto& n : c.nodes) n.price_compute = 1;
    c.objective.rtt_price = 0;
    const Stand stand(c);
    const auto market = stand.market();
    std::vector<double> prices(100, 1e6);
    const double tau = market->scale();
    prices[0] = market->penalty(0) - static_cast<double>(market->own_cost(0)[0]) - tau * std::log(0.4 / 0.6);
    const Choices choices = find_choices(*market, prices, 10 * tau, 1);
    const Off off = check_flows(*market, prices, choices, tau);
    CHECK(std::abs(off.left_out - 60) < 0.01);
    CHECK(off.most < 1);
}

TEST(far_above_the_penalty_nobody_goes) {
    Case c = Case::one_site();
    c.nodes = {{.price_compute = 1}};
    c.tasks = {{.compute = 1, .count = 1000}};
    const Stand stand(c);
    const auto market = stand.market();
    for (const double price : {0.0, 1e3}) {
        const std::vector<double> prices{price};
        const auto flows = whole_flows(*market, prices, find_choices(*market, prices, 1, 1), 0.01, 1);
        CHECK_EQ(flows.size(), price == 0 ? 1u : 0u);
        if (!flows.empty()) CHECK_EQ(flows[0].members, 1000);
    }
}

TEST(empty_lists_send_nothing) {
    Case c = Case::line(2);
    c.nodes = {{.site = 1}};
    c.tasks = {{.origin = 0, .compute = 1, .max_rtt_ms = 1, .count = 3},
               {.origin = 1, .compute = 1, .max_rtt_ms = 1, .count = 4}};
    const Stand stand(c);
    const auto market = stand.market();
    const std::vector<double> prices{0};
    const auto flows = whole_flows(*market, prices, find_choices(*market, prices, 1, 1), 0.01, 1);
    CHECK_EQ(flows.size(), 1u);
    CHECK_EQ(flows[0].members, 4);
}

TEST(large_numbers_stay_exact) {
    Case c = Case::one_site();
    c.nodes = {{.price_compute = 1}, {.price_compute = 1, .labels = 1}, {.price_compute = 1, .labels = 2}};
    c.tasks = {{.compute = 0.001, .count = 1'000'000'000'000'001}};
    const Stand stand(c);
    const auto market = stand.market();
    const std::vector<double> prices(3);
    std::int64_t sum = 0;
    const Choices choices = find_choices(*market, prices, 1, 1);
    for (const Flow& flow : whole_flows(*market, prices, choices, 0.01 * market->scale(), 1))
        sum += flow.members;
    CHECK_EQ(sum, 1'000'000'000'000'001);
}
