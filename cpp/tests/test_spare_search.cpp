#include "gigafleet/spare_search.hpp"

#include <algorithm>
#include <cmath>
#include <deque>

#include "check.hpp"
#include "definition.hpp"
#include "gigafleet/fillings.hpp"
#include "gigafleet/greedy.hpp"
#include "gigafleet/stream.hpp"
#include "loss_cases.hpp"

using namespace gigafleet;
using definition::Definition;
using definition::State;
using loss_cases::Lost;
using problem_cases::Case;

namespace {

NoControl quiet;

/// The least that a task costs on a node with room, risk aside; infinite where there is none.
double least_cost(const Case& c, Definition& definition, State& state, const definition::TaskRow& task) {
    double least = INFINITY;
    for (std::size_t n = 0; n < c.nodes.size(); ++n) {
        const definition::NodeRow& node = c.nodes[n];
        if (node.count == 0 || !definition.labels_pass(task, node) || !definition.stays(task, node) ||
            !definition.trip(task, node.site).exists ||
            definition.rtt_ns(task, node) > definition::down(task.max_rtt_ms, 1e-6) ||
            !state.way_open(task, node))
            continue;
        bool room = false;  // of a node that stays long enough, of the row's own capacity
        room = state.room_on(task, n);
        const double risk =
            task.duration_s == 0 && node.available_s < c.objective.horizon_s ? c.objective.risk_price : 0;
        if (room) least = std::min(least, definition.cost(task, node) - risk);
    }
    return least;
}

}  // namespace

TEST(the_cheapest_node_with_room_is_found_whatever_is_lost) {
    std::mt19937 random(1);
    int found_some = 0, found_none = 0, priced = 0;
    for (int i = 0; i < 500 / check::kShare; ++i) {
        Case c = problem_cases::random_case(random, 25, 25, 1 + i % 2);
        if (c.tasks.empty()) continue;
        // A way around may cost less by link prices below 0; what is kept of trees is no bound then.
        for (double& price : c.links.price) price = std::abs(price);
        const auto problem = c.problem();
        const Groundwork ground(*problem, quiet);
        const Solution solution = place_greedily(ground, {}, quiet);
        const Standing standing(*problem, solution);
        Trial trial(standing);
        const auto sites = static_cast<std::size_t>(c.links.sites);
        std::vector<SiteId> lost_sites;
        std::vector<std::size_t> lost_links;
        if (i % 3 != 0) lost_sites.emplace_back(random() % sites);
        if (i % 3 != 1 && !c.links.tail.empty()) lost_links.push_back(random() % c.links.tail.size());
        const Lost lost(c, lost_sites, lost_links);
        const Case rest = lost.rest(c);
        Definition definition(rest);
        State state(definition, rest);

        // All that ran is gone, and some of it comes back as if it had no way: its seats are free.
        std::vector<PoolId> freed;
        for (std::size_t p = 0; p < problem->fleet().pools().size(); ++p) {
            if (standing.holdings().of(PoolId(p)).empty()) continue;
            trial.refill(PoolId(p), {});
            freed.emplace_back(p);
        }
        Loads& loads = trial.loads();
        for (std::uint32_t k = 0; k < loads.arc_count() + 2 * loads.site_count(); ++k)
            loads.add(k, -loads.load(k));
        std::vector<std::unique_ptr<Routes>> routes;
        std::vector<std::unique_ptr<SpareSearch>> searches;
        const std::vector<std::uint8_t> shaken(sites, 1);
        std::deque<std::vector<SiteId>> shaken_of;
        for (std::size_t p = 0; p < problem->policies().size(); ++p) {
            std::vector<std::uint8_t> allowed(sites);
            std::vector<SiteId>& shaken_sites = shaken_of.emplace_back();
            for (std::size_t s = 0; s < sites; ++s) {
                allowed[s] = problem->policies()[p]->allowed(SiteId(s)) && !lost.sites[s];
                if (problem->policies()[p]->allowed(SiteId(s))) shaken_sites.emplace_back(s);
            }
            routes.push_back(std::make_unique<Routes>(problem->network_ptr(), allowed, 1, quiet,
                                                      RowStore::kAllUpTo, lost.links));
            searches.push_back(std::make_unique<SpareSearch>(ground.costs, ground.views[p], trial));
            searches.back()->start({*routes.back(), lost.sites, shaken, shaken_sites, freed});
        }
        for (int step = 0; step < 40; ++step) {
            const ClassId id(random() % problem->workload().classes().size());
            const Workload::Class& of = problem->workload().classes()[id.at()];
            const definition::TaskRow& task = c.tasks[static_cast<std::size_t>(of.first_row)];
            const double wanted =
                lost.has(task.origin) ? INFINITY : least_cost(rest, definition, state, task);
            SpareSearch& search = *searches[problem->shape(of.shape).policy];
            search.start(of.shape);
            std::vector<Filling> out;
            const std::int64_t left = search.place(of.origin, 1, out);
            CHECK_EQ(left, std::isinf(wanted) ? 1 : 0);
            CHECK_EQ(members(out), 1 - left);
            found_none += std::isinf(wanted);
            if (left == 1) continue;
            ++found_some;
            Assignments runs;
            runs.add(problem->fleet(), 0, out[0]);
            const auto row = static_cast<std::size_t>(runs.node[0]);
            CHECK(state.put(task, row, static_cast<std::size_t>(runs.first_instance[0]), 1));
            const definition::NodeRow& node = rest.nodes[row];
            const double risk = task.duration_s == 0 && node.available_s < rest.objective.horizon_s
                                    ? rest.objective.risk_price
                                    : 0;
            const double cost = definition.cost(task, node) - risk;
            CHECK(std::abs(cost - wanted) <= 1e-9 * (1 + std::abs(wanted)));
            priced += cost != 0;
        }
    }
    CHECK(found_some > 1000 / check::kShare);
    CHECK(found_none > 500 / check::kShare);
    CHECK(priced > 500 / check::kShare);
}

TEST(many_members_go_on_until_nothing_has_room) {
    Case c = Case::line(3);
    c.nodes = {{.site = 0, .compute = 2}, {.site = 1, .compute = 3}, {.site = 2, .compute = 4, .count = 2}};
    c.tasks = {{.origin = 0, .count = 100}};
    const auto problem = c.problem();
    const Groundwork ground(*problem, quiet);
    Case none = c;
    none.tasks[0].count = 0;
    const auto empty = none.problem();
    Solution nothing = place_greedily(Groundwork(*empty, quiet), {}, quiet);
    nothing.of_class.resize(problem->workload().classes().size());
    nothing.placed.assign(problem->workload().classes().size(), 0);
    const Standing standing(*problem, nothing);
    Trial trial(standing);
    SpareSearch search(ground.costs, ground.views[0], trial);
    const std::vector<std::uint8_t> flags(3, 0);
    search.start({*problem->policies()[0], flags, flags, {}, {}});
    search.start(ShapeId(0));
    std::vector<Filling> out;
    CHECK_EQ(search.place(SiteId(0), 100, out), 100 - 13);
    CHECK_EQ(members(out), 13);
    CHECK_EQ(search.place(SiteId(0), 1, out), 1);
}
