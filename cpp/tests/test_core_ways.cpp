#include "gigafleet/core_ways.hpp"

#include "check.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;
using problem_cases::kInf;

namespace {

int reached = 0, lost = 0;

bool near(double a, double b) { return a == b || std::abs(a - b) <= 1e-12 * (1 + std::abs(b)); }

/// All pairs of core sites, from cores in random order, for bandwidths that change in between.
void check_ways(const Problem& problem, const Routes& routes, std::mt19937& random) {
    const PoolView view(problem, routes);
    const Forest& forest = routes.forest();
    CoreWays ways(problem, view);
    for (int turn = 0; turn < 30 && routes.core_count() > 0; ++turn) {
        const double up = 0.5 * static_cast<double>(random() % 3),
                     down = 0.25 * static_cast<double>(random() % 3);
        ways.start(up, down);
        for (int step = 0; step < 2; ++step) {
            const auto a = static_cast<std::uint32_t>(random() % routes.core_count());
            const SiteId from = forest.core_site(a);
            const CoreWays::From from_a = ways.from(a);
            std::vector<double> wanted(routes.core_count());
            for (std::uint32_t b = 0; b < routes.core_count(); ++b) {
                const SiteId to = forest.core_site(b);
                const std::int64_t rtt = routes.rtt_ns(from, to);
                wanted[b] = rtt == kUnreachable
                                ? kInf
                                : problem.objective().rtt_price * static_cast<double>(rtt) * 1e-6 +
                                      routes.path_price(from, to) * up + routes.back_price(from, to) * down;
                const CoreWays::Way way = from_a.to(b);
                CHECK_EQ(way.ns, rtt);
                CHECK(near(way.cost, wanted[b]));
                ++(rtt == kUnreachable ? lost : reached);
            }
            const std::span<const double> costs = ways.costs_from(a);
            CHECK_EQ(costs.size(), view.cores().size());
            for (std::size_t i = 0; i < costs.size(); ++i) CHECK(near(costs[i], wanted[view.cores()[i]]));
        }
    }
}

}  // namespace

TEST(ways_are_the_routes_out_and_back) {
    std::mt19937 random(221);
    for (int i = 0; i < 240; ++i) {
        Case c = problem_cases::random_case(random, 30, 6);
        c.links = problem_cases::random_links(random, i % 2 == 0, 3);
        const auto sites = static_cast<std::size_t>(c.links.sites);
        c.capacity_mbps.clear();
        c.access_up_mbps.clear();
        c.access_down_mbps.clear();
        if (!c.site_labels.empty()) c.site_labels.resize(sites);
        if (!c.country.empty()) c.country.resize(sites, -1);
        if (i % 4 < 2) c.links.price.assign(c.links.price.size(), 0);
        const auto problem = c.problem();
        for (const auto& routes : problem->policies()) check_ways(*problem, *routes, random);
        // With no room for all rows, nothing may be kept that a later row depends on.
        if (problem->policies().empty()) continue;
        NoControl quiet;
        check_ways(*problem, Routes(problem->policies()[0]->network_ptr(), {}, 1, quiet, 2), random);
    }
    CHECK(reached > 10'000);
    CHECK(lost > 1'000);
}

TEST(each_direction_has_its_own_time_and_price) {
    Case c;
    c.links.sites = 4;  // a one-way ring of three, and a way out with no way back
    c.links.directed = true;
    c.links.add(0, 1, 1, 0.5);
    c.links.add(1, 2, 2, 0.25);
    c.links.add(2, 0, 4, 8);
    c.links.add(2, 3, 1);
    c.nodes = {{.site = 1}, {.site = 3}};
    c.tasks = {{.origin = 0}};
    c.objective.rtt_price = 0.125;
    const auto problem = c.problem();
    const PoolView view(*problem, *problem->policies()[0]);
    CoreWays ways(*problem, view);
    ways.start(2, 1);
    const CoreWays::Way way = ways.from(0).to(1);
    CHECK_EQ(way.ns, 7'000'000);
    CHECK(near(way.cost, 0.125 * 7 + 2 * 0.5 + 8.25));
    CHECK_EQ(ways.from(0).to(3).ns, kUnreachable);
    CHECK_EQ(ways.from(0).to(3).cost, kInf);
    CHECK_EQ(ways.from(3).to(0).ns, kUnreachable);
    CHECK_EQ(ways.from(2).to(2).ns, 0);
    const std::span<const double> costs = ways.costs_from(0);  // to 1 and to 3, where the pools are
    CHECK_EQ(costs.size(), 2u);
    CHECK(near(costs[0], way.cost));
    CHECK_EQ(costs[1], kInf);
}
