#include "gigafleet/way_left.hpp"

#include <map>

#include "check.hpp"
#include "definition.hpp"
#include "gigafleet/greedy.hpp"

using namespace gigafleet;
using definition::Definition;
using definition::Of;
using problem_cases::Case;

namespace {

NoControl quiet;

std::uint32_t number_of(const Loads& loads, const definition::Carrier& carrier) {
    const auto& [of, at] = carrier;
    if (of == Of::kArc) return loads.of_arc(ArcId(at));
    return of == Of::kUp ? loads.of_access_up(SiteId(at)) : loads.of_access_down(SiteId(at));
}

}  // namespace

TEST(what_is_full_is_what_the_definition_has_no_room_on) {
    std::mt19937 random(12);
    int full = 0, both = 0, nowhere = 0;
    for (int i = 0; i < 300; ++i) {
        const Case c = problem_cases::random_case(random, 10, 25);
        const auto problem = c.problem();
        Definition definition(c);
        const Solution solution = place_greedily(Groundwork(*problem, quiet), {}, quiet);
        const Loads& loads = solution.loads;
        for (const Workload::Class& of : problem->workload().classes()) {
            const Problem::Shape& shape = problem->shape(of.shape);
            const auto& t = c.tasks[static_cast<std::size_t>(of.first_row)];
            WayLeft way(*problem->policies()[shape.policy], loads, shape, of.origin);
            for (std::size_t s = 0; s < problem->network().site_count(); ++s) {
                way.go_to(SiteId(s));
                const auto site = static_cast<std::int32_t>(s);
                const auto trip = definition.trip(t, site);
                CHECK_EQ(way.exists(), trip.exists);
                nowhere += !trip.exists;
                if (!trip.exists) {
                    CHECK(way.full().empty());
                    continue;
                }
                CHECK_EQ(way.rtt_ns(), trip.rtt_ns);
                std::map<std::uint32_t, Quantity> wanted;
                for (const auto& [carrier, amount] : definition.way(t, site)) {
                    const std::uint32_t number = number_of(loads, carrier);
                    if (amount > 0 && loads.room(number) < amount) wanted[number] = amount;
                }
                CHECK_EQ(way.full().size(), wanted.size());
                for (const WayLeft::Step& step : way.full()) {
                    CHECK_EQ(wanted.at(step.carrier), step.needed);
                    CHECK_EQ(step.room, loads.room(step.carrier));
                    CHECK_EQ(step.needed, step.ups * shape.uplink + step.downs * shape.downlink);
                    both += step.ups > 0 && step.downs > 0;
                    ++full;
                }
            }
        }
    }
    CHECK(full > 1000 && both > 20 && nowhere > 100);
}

TEST(the_most_that_a_way_has_room_for) {
    Case c = Case::line(2);
    c.capacity_mbps = {9};
    c.access_up_mbps = {problem_cases::kInf, 4};
    c.nodes = {{.site = 1}};
    c.tasks = {{.compute = 9, .uplink_mbps = 10, .downlink_mbps = 6},
               {.compute = 9, .uplink_mbps = 1, .downlink_mbps = 1}};
    const auto problem = c.problem();
    const Loads loads(*problem);
    const auto way_of = [&](std::int64_t row) {
        const Workload::Class& of = problem->workload().classes()[problem->workload().class_of_row(row).at()];
        const Problem::Shape& shape = problem->shape(of.shape);
        WayLeft way(*problem->policies()[shape.policy], loads, shape, of.origin);
        way.go_to(SiteId(1));
        return way;
    };
    const WayLeft way = way_of(0);
    CHECK_EQ(way.most(true, true), 4'000'000);
    CHECK_EQ(way.most(true, false), -1);               // the access has no room for the reply
    CHECK_EQ(way.most(false, true), -1);               // nor the link for the request
    CHECK_EQ(way_of(1).most(true, true), kUnlimited);  // nothing is full
}
