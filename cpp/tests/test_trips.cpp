#include "gigafleet/trips.hpp"

#include <map>
#include <set>

#include "check.hpp"
#include "gigafleet/fillings.hpp"
#include "gigafleet/greedy.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

TEST(every_filling_is_part_of_its_trip_and_needs_what_it_leads_over) {
    std::mt19937 random(1);
    NoControl quiet;
    for (int i = 0; i < 200 / check::kShare; ++i) {
        const Case rows = problem_cases::random_case(random, 20, 40);
        const auto problem = rows.problem();
        const Network& network = problem->network();
        const Solution solution = place_greedily(Groundwork(*problem, quiet), {}, quiet);
        const Trips trips(*problem, solution);
        std::vector<int> seen(solution.fillings.size(), 0);
        std::set<std::tuple<std::uint32_t, SiteId, SiteId>> known;
        Elements elements;
        elements.count = static_cast<std::uint32_t>(network.site_count() + network.link_count());
        const bool halves = i % 2 == 0;  // each other site by itself, the others are of no element
        for (std::uint32_t s = 0; s < network.site_count(); ++s)
            elements.of_site.push_back(halves && s % 2 ? Elements::kNone : s);
        for (std::uint32_t l = 0; l < network.link_count(); ++l)
            elements.of_link.push_back(static_cast<std::uint32_t>(network.site_count()) + l);
        std::map<std::uint32_t, std::vector<std::uint32_t>> needed;
        for (std::uint32_t t = 0; t < trips.size(); ++t) {
            const Trips::Trip& trip = trips[t];
            CHECK(known.insert({trip.policy, trip.origin, trip.site}).second);
            CHECK(!trips.parts(trip).empty());
            for (const Trips::Part& part : trips.parts(trip)) {
                ++seen[part.filling];
                const Workload::Class& c = problem->workload().classes()[part.of.at()];
                CHECK_EQ(c.origin, trip.origin);
                CHECK_EQ(problem->shape(c.shape).policy, trip.policy);
                const PoolId pool = solution.fillings[part.filling].pool;
                CHECK_EQ(problem->fleet().pools()[pool.at()].site, trip.site);
            }
            std::set<std::uint32_t> over;
            const auto add = [&](std::uint32_t element) {
                if (element != Elements::kNone) over.insert(element);
            };
            add(elements.of_site[trip.origin.at()]);
            add(elements.of_site[trip.site.at()]);
            const auto arc = [&](ArcId a) {
                add(elements.of_link[network.link(a)]);
                add(elements.of_site[network.tail(a).at()]);
                add(elements.of_site[network.head(a).at()]);
            };
            problem->policies()[trip.policy]->for_each_arc(trip.origin, trip.site, arc);
            problem->policies()[trip.policy]->for_each_arc_back(trip.origin, trip.site, arc);
            for (const std::uint32_t element : over) needed[element].push_back(t);
        }
        for (const int times : seen) CHECK_EQ(times, 1);
        const Crossings crossings(*problem, trips, elements);
        for (std::uint32_t e = 0; e < elements.count; ++e) {
            const auto of = crossings.of(e);
            CHECK(std::vector(of.begin(), of.end()) == needed[e]);
        }
    }
}
