#include "gigafleet/path.hpp"

#include <map>

#include "check.hpp"
#include "definition.hpp"

using namespace gigafleet;
using definition::Definition;
using definition::Of;
using definition::Way;
using problem_cases::Case;
using problem_cases::random_case;

namespace {

SiteId site(std::int32_t s) { return SiteId(static_cast<std::size_t>(s)); }

std::uint32_t carrier(const Loads& loads, const definition::Carrier& c) {
    if (c.first == Of::kArc) return loads.of_arc(ArcId(c.second));
    return c.first == Of::kUp ? loads.of_access_up(SiteId(c.second)) : loads.of_access_down(SiteId(c.second));
}

/// The same sum from the engine's own routes.
Way way_by_routes(const Routes& routes, const Problem::Shape& shape, SiteId origin, SiteId to) {
    Way way;
    routes.for_each_arc(origin, to, [&](ArcId a) { way[{Of::kArc, a.at()}] += shape.uplink; });
    routes.for_each_arc_back(origin, to, [&](ArcId a) { way[{Of::kArc, a.at()}] += shape.downlink; });
    way[{Of::kUp, origin.at()}] += shape.uplink;
    way[{Of::kDown, origin.at()}] += shape.downlink;
    way[{Of::kDown, to.at()}] += shape.uplink;
    way[{Of::kUp, to.at()}] += shape.downlink;
    return way;
}

struct Made {
    std::shared_ptr<const Problem> problem;
    Loads loads;
    Path path;
    explicit Made(const Case& c)
        : problem(c.problem()),
          loads(problem->network(), true, true),
          path(*problem, *problem->policies().at(0), loads) {}
    const Problem::Shape& shape() const { return problem->shape(ShapeId(0)); }
    std::int64_t room(std::size_t from, std::size_t to, std::int64_t wanted) {
        path.build(shape(), SiteId(from), SiteId(to));
        return path.room(wanted);
    }
};

/// Random ways, one after the other on the same loads: room and what is reserved, against the definition.
void check_ways(const Case& c, std::mt19937& random) {
    const auto problem = c.problem();
    Definition wanted(c);
    Loads loads(problem->network(), true, true);
    std::map<definition::Carrier, Quantity> reserved;
    std::vector<Path> paths;
    for (const auto& routes : problem->policies()) paths.emplace_back(*problem, *routes, loads);
    for (int i = 0; i < 40 && !c.tasks.empty(); ++i) {
        const std::size_t row = random() % c.tasks.size();
        const auto& t = c.tasks[row];
        const Workload::Class& k = problem->workload().classes()[problem->workload().class_of_row()[row]];
        const Problem::Shape& shape = problem->shape(k.shape);
        const auto to = static_cast<std::int32_t>(random() % static_cast<unsigned>(c.links.sites));
        if (!wanted.trip(t, to).exists) continue;
        const Way way = wanted.way(t, to);
        CHECK(way == way_by_routes(*problem->policies()[shape.policy], shape, k.origin, site(to)));
        std::int64_t room = 1 + random() % 5;
        const std::int64_t asked = room;
        for (const auto& [where, amount] : way)
            if (const Quantity limit = wanted.limit(where); amount > 0 && limit != kUnlimited)
                room = std::min(room, (limit - reserved[where]) / amount);
        Path& path = paths[shape.policy];
        path.build(shape, k.origin, site(to));
        CHECK_EQ(path.room(asked), room);
        CHECK_EQ(path.block() == Path::Block::kNone, room > 0);
        if (t.uplink_mbps > 0 || t.downlink_mbps > 0) CHECK_EQ(path.room(0), 0);
        const std::int64_t tasks = random() % 2 ? room : room / 2;
        path.reserve(loads, tasks);
        for (const auto& [where, amount] : way) reserved[where] += amount * tasks;
        for (const auto& [where, load] : reserved) CHECK_EQ(loads.load(carrier(loads, where)), load);
    }
    Quantity all = 0, theirs = 0;
    for (const auto& [where, load] : reserved) all += load;
    for (std::uint32_t i = 0; i < loads.arc_count() + 2 * loads.site_count(); ++i) theirs += loads.load(i);
    CHECK_EQ(theirs, all);  // and nowhere else
}

}  // namespace

TEST(room_and_reservation_are_those_of_the_definition) {
    std::mt19937 random(61);
    for (int i = 0; i < 500; ++i) check_ways(random_case(random, 3, 12), random);
}

TEST(within_a_site_access_is_charged_twice) {
    Case c = Case::one_site();
    c.access_up_mbps = {10};
    c.access_down_mbps = {20};
    c.tasks = {{.uplink_mbps = 1, .downlink_mbps = 2}};
    Made made(c);
    CHECK_EQ(made.room(0, 0, 100), 3);
    made.path.reserve(made.loads, 3);
    CHECK_EQ(made.loads.load(made.loads.of_access_up(SiteId(0))), 9'000'000);
    CHECK_EQ(made.loads.load(made.loads.of_access_down(SiteId(0))), 9'000'000);
    CHECK_EQ(made.path.room(1), 0);
    CHECK(made.path.block() == Path::Block::kAccess);
}

TEST(an_arc_on_both_ways_carries_both) {
    // 0 to 1 by way of 2, and back by way of 2 as well: 3 to 2 serves both.
    Case c;
    c.links.sites = 4;
    c.links.directed = true;
    for (const auto& [u, v] : {std::pair{0, 3}, {3, 2}, {2, 1}, {1, 3}, {2, 0}}) c.links.add(u, v, 1);
    c.capacity_mbps = {100, 10, 100, 100, 100};
    c.tasks = {{.origin = 0, .uplink_mbps = 1, .downlink_mbps = 2}};
    Made made(c);
    CHECK_EQ(made.room(0, 1, 100), 3);
    made.path.reserve(made.loads, 3);
    CHECK_EQ(made.loads.load(made.loads.of_arc(ArcId(1))), 9'000'000);
    CHECK_EQ(made.loads.load(made.loads.of_arc(ArcId(0))), 3'000'000);
    CHECK_EQ(made.loads.load(made.loads.of_arc(ArcId(3))), 6'000'000);
    CHECK_EQ(made.path.room(1), 0);
    CHECK(made.path.block() == Path::Block::kCore);
}

TEST(what_reserves_nothing_has_room_anywhere) {
    Case c = Case::line(2);
    c.capacity_mbps = {0};
    c.access_up_mbps = c.access_down_mbps = {0, 0};
    c.tasks = {{.origin = 0}};
    Made made(c);
    CHECK_EQ(made.room(0, 1, INT64_MAX), INT64_MAX);
    made.path.reserve(made.loads, INT64_MAX);
    CHECK_EQ(made.loads.load(0), 0);
}

TEST(the_block_is_the_section_that_shuts_off_most) {
    // A ring of three, and a tail 2 - 3 - 4 on it; another, 0 - 5.
    Case c;
    c.links.sites = 6;
    for (const auto& [u, v] : {std::pair{0, 1}, {1, 2}, {2, 0}, {2, 3}, {3, 4}, {0, 5}}) c.links.add(u, v, 1);
    c.tasks = {{.origin = 5, .uplink_mbps = 1, .downlink_mbps = 1}};
    const auto blocked = [&](std::vector<double> capacity, std::vector<double> access = {}) {
        c.capacity_mbps = std::move(capacity);
        c.access_down_mbps = std::move(access);
        Made made(c);
        CHECK_EQ(made.room(5, 4, 7), 0);
        return std::pair(made.path.block(), made.path.blocked_site());
    };
    using Block = Path::Block;
    CHECK(blocked({9, 9, 9, 9, 9, 0}).first == Block::kOrigin);
    CHECK(blocked({9, 9, 9, 9, 9, 9}, {9, 9, 9, 9, 9, 0}).first == Block::kOrigin);
    CHECK(blocked({9, 9, 0, 9, 9, 9}).first == Block::kCore);
    CHECK(blocked({9, 9, 9, 9, 0, 9}) == std::pair(Block::kTail, SiteId(4)));
    CHECK(blocked({9, 9, 9, 0, 0, 9}) == std::pair(Block::kTail, SiteId(3)));
    CHECK(blocked({9, 9, 9, 9, 9, 9}, {9, 9, 9, 9, 0, 9}).first == Block::kAccess);
    CHECK(blocked({9, 9, 0, 0, 0, 0}).first == Block::kOrigin);
    CHECK(blocked({9, 9, 0, 0, 0, 9}).first == Block::kCore);
    CHECK(blocked({9, 9, 9, 0, 9, 9}, {9, 9, 9, 9, 0, 9}).first == Block::kTail);
    c.capacity_mbps = {9, 9, 3, 9, 9, 9};
    c.access_down_mbps.clear();
    CHECK_EQ(Made(c).room(5, 4, 7), 3);
}

TEST(excess_is_what_has_to_leave) {
    Case c = Case::line(3);
    c.capacity_mbps = {10, 4};
    c.tasks = {{.uplink_mbps = 2, .downlink_mbps = 1}};
    Made made(c);
    made.path.build(made.shape(), SiteId(0), SiteId(2));
    CHECK_EQ(made.path.excess(), 0);
    made.path.reserve(made.loads, 2);
    CHECK_EQ(made.path.excess(), 0);
    made.path.reserve(made.loads, 5);  // 14 Mbps on 10 and on 4
    CHECK_EQ(made.path.excess(), 5);
    made.path.reserve(made.loads, -5);
    CHECK_EQ(made.path.excess(), 0);
}
