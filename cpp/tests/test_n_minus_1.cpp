#include "gigafleet/n_minus_1.hpp"

#include <algorithm>
#include <map>
#include <numeric>

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
using problem_cases::random_case;
using problem_cases::TaskRow;

namespace {

NoControl quiet;

struct Stand {
    explicit Stand(const Case& c)
        : rows(c),
          problem(c.problem()),
          ground(*problem, quiet),
          solution(place_greedily(ground, {}, quiet)) {}
    Case rows;
    std::shared_ptr<const Problem> problem;
    Groundwork ground;
    Solution solution;

    const TaskRow& task(ClassId id) const {
        return rows.tasks[static_cast<std::size_t>(problem->workload().classes()[id.at()].first_row)];
    }
};

Elements every_site(const Case& c) {
    Elements all{static_cast<std::uint32_t>(c.links.sites), {}, {}};
    for (std::uint32_t s = 0; s < all.count; ++s) all.of_site.push_back(s);
    return all;
}
Elements every_link(const Case& c) {
    Elements all{static_cast<std::uint32_t>(c.links.tail.size()), {}, {}};
    for (std::uint32_t l = 0; l < all.count; ++l) all.of_link.push_back(l);
    return all;
}
/// A third of the sites each.
Elements thirds(const Case& c) {
    Elements all{3, {}, {}};
    for (std::uint32_t s = 0; s < c.links.sites; ++s) all.of_site.push_back(s % 3);
    return all;
}

Lost lost_of(const Case& c, const Elements& elements, std::uint32_t element) {
    std::vector<SiteId> sites;
    std::vector<std::size_t> links;
    for (std::size_t s = 0; s < elements.of_site.size(); ++s)
        if (elements.of_site[s] == element) sites.emplace_back(s);
    for (std::size_t l = 0; l < elements.of_link.size(); ++l)
        if (elements.of_link[l] == element) links.push_back(l);
    return {c, sites, links};
}

/// Whether a trip needs what is lost, by the definition.
bool needs(Definition& whole, const Lost& lost, const TaskRow& task, std::int32_t site) {
    if (lost.has(task.origin) || lost.has(site)) return true;
    const Definition::Trip trip = whole.trip(task, site);
    const auto over = [&](ArcId arc) {
        const Network& network = whole.network();
        return lost.links[network.link(arc)] != 0 || lost.sites[network.tail(arc).at()] != 0 ||
               lost.sites[network.head(arc).at()] != 0;
    };
    return std::ranges::any_of(trip.out, over) || std::ranges::any_of(trip.back, over);
}

/// What is left of the fillings of each class, and what came.
std::vector<std::vector<Filling>> after_of(const Stand& stand, const Aftermath& after) {
    std::map<std::uint32_t, std::int64_t> left(after.left.begin(), after.left.end());
    std::vector<std::vector<Filling>> now(stand.solution.of_class.size());
    for (std::size_t c = 0; c < now.size(); ++c)
        for (std::size_t i = stand.solution.of_class[c].first; i < stand.solution.of_class[c].last; ++i) {
            std::vector<Filling> rest{stand.solution.fillings[i]}, more;
            take_last(rest, left[static_cast<std::uint32_t>(i)], more);
            now[c].insert(now[c].end(), rest.begin(), rest.end());
            now[c].insert(now[c].end(), more.begin(), more.end());
        }
    for (const auto& [id, filling] : after.placed) now[id.at()].push_back(filling);
    return now;
}

/// Everything that is promised of one loss; true where somebody was dropped.
bool check_loss(const Stand& stand, const Lost& lost, const Loss& loss, const Aftermath& after) {
    const Case rest = lost.rest(stand.rows);
    Definition whole(stand.rows), definition(rest);
    State state(definition, rest);
    const auto& classes = stand.problem->workload().classes();
    const auto site_of = [&](PoolId pool) {
        return static_cast<std::int32_t>(stand.problem->fleet().pools()[pool.at()].site.value);
    };
    // Nobody leaves who need not, and all numbers are those of the members.
    std::map<std::uint32_t, std::int64_t> left(after.left.begin(), after.left.end());
    CHECK_EQ(left.size(), after.left.size());
    std::int64_t carried = 0, cut_off = 0, displaced = 0, must = 0, stayed = 0;
    std::vector<std::int64_t> over(classes.size(), 0);
    for (std::size_t c = 0; c < classes.size(); ++c)
        for (std::size_t i = stand.solution.of_class[c].first; i < stand.solution.of_class[c].last; ++i) {
            const Filling& filling = stand.solution.fillings[i];
            const TaskRow& task = stand.task(ClassId(c));
            const std::int64_t all = members(filling), gone = left[static_cast<std::uint32_t>(i)];
            const std::int32_t site = site_of(filling.pool);
            if (!needs(whole, lost, task, site)) {
                CHECK_EQ(gone, 0);
                continue;
            }
            carried += all;
            if (lost.has(task.origin)) {
                cut_off += all;
                CHECK_EQ(gone, all);
                continue;
            }
            displaced += gone;
            stayed += all - gone;
            over[c] += gone;
            const auto kind = stand.problem->fleet().pools()[filling.pool.at()].kind;
            const bool no_way =
                lost.has(site) || !definition.trip(task, site).exists ||
                definition.trip(task, site).rtt_ns + stand.problem->fleet().kinds()[kind.at()].access_rtt_ns >
                    definition::down(task.max_rtt_ms, 1e-6);
            must += no_way ? all : 0;
            if (no_way) CHECK_EQ(gone, all);
        }
    CHECK_EQ(loss.carried, carried);
    CHECK_EQ(loss.cut_off, cut_off);
    CHECK_EQ(loss.displaced, displaced);
    CHECK_EQ(loss.rerouted, stayed);
    if (stand.rows.capacity_mbps.empty()) CHECK_EQ(displaced, must);
    for (const auto& [id, filling] : after.placed) over[id.at()] -= members(filling);
    CHECK_EQ(loss.dropped, std::accumulate(over.begin(), over.end(), std::int64_t{0}));
    std::vector<WideQuantity> weight = weight_by_level(*stand.problem, over);
    CHECK(loss.dropped_weight == weight);

    // What then runs keeps every rule on what is left, and nobody who was dropped would fit.
    const auto now = after_of(stand, after);
    for (std::size_t c = 0; c < now.size(); ++c) {
        Assignments runs;
        for (const Filling& filling : now[c])
            if (filling.slots > 0) runs.add(stand.problem->fleet(), 0, filling);
        for (std::size_t r = 0; r < runs.node.size(); ++r)
            for (std::int64_t i = 0; i < runs.instances[r]; ++i)
                CHECK(state.put(stand.task(ClassId(c)), static_cast<std::size_t>(runs.node[r]),
                                static_cast<std::size_t>(runs.first_instance[r] + i), runs.per_instance[r]));
    }
    for (std::size_t c = 0; c < over.size(); ++c) {
        CHECK(over[c] >= 0);
        if (over[c] > 0) CHECK(state.first_gate(stand.task(ClassId(c))) != Reason::kPlaced);
    }
    return loss.dropped > 0;
}

}  // namespace

TEST(every_loss_keeps_all_rules_and_drops_only_whom_nobody_can_take) {
    std::mt19937 random(1);
    int dropped = 0, rerouted = 0, moved = 0, cut_off = 0;
    for (int i = 0; i < 300 / check::kShare; ++i) {
        const Stand stand(random_case(random, 20, 40, 1 + i % 2));
        const Elements elements = i % 3 == 0   ? every_link(stand.rows)
                                  : i % 3 == 1 ? every_site(stand.rows)
                                               : thirds(stand.rows);
        const NMinus1 losses(stand.ground, stand.solution, elements);
        for (const std::uint32_t element : losses.needed()) {
            Aftermath after;
            const Loss loss = losses.lose(element, &after);
            CHECK_EQ(loss.element, element);
            CHECK(loss.carried > 0);
            dropped += check_loss(stand, lost_of(stand.rows, elements, element), loss, after);
            rerouted += loss.rerouted > 0;
            moved += loss.moved() > 0;
            cut_off += loss.cut_off > 0;
        }
    }
    for (const int some : {dropped, rerouted, moved, cut_off}) CHECK(some > 50 / check::kShare);
}

TEST(one_after_the_other_is_as_each_alone_on_any_number_of_threads) {
    std::mt19937 random(2);
    for (int i = 0; i < 60 / check::kShare; ++i) {
        const Stand stand(random_case(random, 20, 40, 1 + i % 2));
        const Elements elements = i % 2 == 0 ? every_link(stand.rows) : every_site(stand.rows);
        const NMinus1 losses(stand.ground, stand.solution, elements);
        const auto key = [](const Loss& l) {
            return std::tuple(l.element, l.carried, l.cut_off, l.rerouted, l.displaced, l.dropped,
                              l.cut_off_weight, l.dropped_weight);
        };
        const std::vector<Loss> one = losses.run(1, quiet), three = losses.run(3, quiet);
        CHECK_EQ(one.size(), losses.needed().size());
        for (std::size_t e = 0; e < one.size(); ++e) {
            CHECK(key(one[e]) == key(losses.lose(losses.needed()[e], nullptr)));
            CHECK(key(one[e]) == key(three[e]));
        }
    }
}

TEST(a_ring_goes_the_other_way_round) {
    // Tasks at 0 on a node at 1; the ring has another way, twice as long.
    Case c;
    c.links.sites = 3;
    c.links.add(0, 1, 1);
    c.links.add(1, 2, 1);
    c.links.add(2, 0, 1);
    c.nodes = {{.site = 1, .compute = 10}, {.site = 2, .compute = 1}};
    c.tasks = {{.origin = 0, .compute = 1, .downlink_mbps = 1, .count = 4}};
    const auto lose = [&](double max_rtt_ms, double around_mbps) {
        c.tasks[0].max_rtt_ms = max_rtt_ms;
        c.capacity_mbps = {9, around_mbps, 9};
        c.nodes[0].price_compute = -1;  // the plan is on it
        const Stand stand(c);
        const Elements elements = every_link(c);
        return NMinus1(stand.ground, stand.solution, elements).lose(0, nullptr);
    };
    const auto is = [](const Loss& loss, std::int64_t rerouted, std::int64_t moved, std::int64_t dropped) {
        return loss.carried == 4 && loss.rerouted == rerouted && loss.moved() == moved &&
               loss.dropped == dropped;
    };
    CHECK(is(lose(4, 9), 4, 0, 0));
    CHECK(is(lose(3, 9), 0, 1, 3));  // too far now; one has room at 2
    CHECK(is(lose(4, 2), 2, 1, 1));  // two fit on the way, one at 2
}

TEST(a_cell_that_is_cut_off_serves_its_own) {
    // 0 - 1 - 2: with site 1 lost, tasks at 2 that ran at 0 find a node at 2.
    Case c = Case::line(3);
    c.nodes = {{.site = 0, .compute = 9, .price_compute = -1}, {.site = 2, .compute = 2}};
    c.tasks = {{.origin = 2, .compute = 1, .weight = 2, .count = 3}, {.origin = 1, .compute = 1, .count = 2}};
    const Stand stand(c);
    const Elements elements = every_site(c);
    const Loss loss = NMinus1(stand.ground, stand.solution, elements).lose(1, nullptr);
    CHECK_EQ(loss.carried, 5);
    CHECK_EQ(loss.cut_off, 2);
    CHECK_EQ(loss.displaced, 3);
    CHECK_EQ(loss.moved(), 2);
    CHECK_EQ(loss.dropped, 1);
    CHECK(loss.dropped_weight == std::vector<WideQuantity>{2'000'000});
    CHECK(loss.cut_off_weight == std::vector<WideQuantity>{2'000'000});
}

TEST(higher_levels_are_placed_first) {
    Case c = Case::line(2);
    c.nodes = {{.site = 0, .compute = 2, .price_compute = -1}, {.site = 1, .compute = 1}};
    c.tasks = {{.origin = 1, .compute = 1, .priority = 0}, {.origin = 1, .compute = 1, .priority = 1}};
    const Stand stand(c);
    const Elements elements = every_site(c);
    const Loss loss = NMinus1(stand.ground, stand.solution, elements).lose(0, nullptr);
    CHECK_EQ(loss.displaced, 2);
    CHECK((loss.dropped_weight == std::vector<WideQuantity>{0, 1'000'000}));
}

TEST(nothing_to_lose) {
    Case c = Case::one_site();
    const Stand stand(c);
    const Elements elements = every_site(c);
    const NMinus1 losses(stand.ground, stand.solution, elements);
    CHECK(losses.needed().empty());
    CHECK(losses.run(2, quiet).empty());
}
