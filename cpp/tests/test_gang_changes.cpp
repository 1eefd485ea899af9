#include "gigafleet/gang_changes.hpp"

#include "check.hpp"
#include "gigafleet/greedy.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

namespace {

NoControl quiet;
using Of = Change::Of;

/// What is offered for a row of a problem on which the others are placed.
struct Offered {
    explicit Offered(const Case& c, std::int64_t row = 0, bool one_bandwidth = false,
                     const GangChanges::Detours& detours = {}) {
        const auto problem = c.problem();
        const Solution solution = place_greedily(Groundwork(*problem, quiet), {}, quiet);
        const ClassId of = problem->workload().class_of_row(row);
        CHECK_EQ(solution.placed[of.at()], 0);
        const Holdings holdings(*problem, solution);
        const ModelsLeft models(*problem, solution);
        SpreadCounts spreads(*problem);
        spreads.add(solution);
        Findings findings(problem->fleet());
        GangChanges(*problem, {solution.loads, holdings, models, spreads}, of, c.tasks[row].count, detours,
                    quiet)
            .offer(one_bandwidth, findings, quiet);
        changes = findings.finish().of_task;
    }
    /// What a column would become; -1: it is not offered.
    Quantity to(Of of) const {
        for (const Change& change : changes)
            if (change.of == of) return change.to;
        return -1;
    }
    /// How many names a column would lose; 0: it is not offered.
    std::size_t gone(Of of) const {
        for (const Change& change : changes)
            if (change.of == of) return change.dropped.size();
        return 0;
    }
    std::vector<Change> changes;
};

/// Two sites with a node of 4 and one of 3; the way to the second is long.
Case two_sites() {
    Case c = Case::line(2);
    c.links.latency_ms = {10};
    c.nodes = {{.site = 0, .compute = 4, .available_s = 50}, {.site = 1, .compute = 3}};
    c.tasks = {{.origin = 0, .compute = 1, .count = 5, .gang = 0, .gang_level = kSiteLevel}};
    return c;
}

}  // namespace

TEST(less_of_a_demand_exact_to_the_multiple) {
    Case c = two_sites();
    CHECK_EQ(Offered(c).to(Of::kDemand), 800);  // five of 0.8 in 4
    c.tasks.push_back({.origin = 0, .compute = 2, .priority = 1});
    CHECK_EQ(Offered(c).to(Of::kDemand), 600);  // beside 2, but the other node has 3
    c.tasks[0].max_rtt_ms = 1;
    CHECK_EQ(Offered(c).to(Of::kDemand), 400);
    c.tasks[1].compute = 3.5;  // what is left is of no use to anybody who is there
    CHECK_EQ(Offered(c).to(Of::kDemand), 100);
}

TEST(the_row_alone_changes) {
    Case c = two_sites();
    c.tasks[0].count = 2;
    c.tasks.push_back(c.tasks[0]);
    c.tasks[1].compute = 1.5;
    CHECK_EQ(Offered(c).to(Of::kDemand), 500);  // 4 less 2 of 1.5
    CHECK_EQ(Offered(c, 1).to(Of::kDemand), 1000);
    c.tasks[1].compute = 1;  // two rows of one class
    c.tasks[1].count = 3;
    CHECK_EQ(Offered(c).to(Of::kDemand), 500);
    CHECK_EQ(Offered(c, 1).to(Of::kDemand), 666);
}

TEST(less_bandwidth_a_longer_way_or_a_shorter_stay) {
    Case c = two_sites();
    c.tasks[0].count = 3;
    c.tasks[0].max_rtt_ms = 15;
    c.tasks[0].duration_s = 60;  // the first node leaves after 50 s, the other is 20 ms away
    CHECK_EQ(Offered(c).to(Of::kMaxRtt), 20'000'000);
    CHECK_EQ(Offered(c).to(Of::kDuration), 50'000'000'000);
    CHECK_EQ(Offered(c).to(Of::kDemand), -1);
    c.tasks[0].max_rtt_ms = 30;
    c.tasks[0].uplink_mbps = 2;
    c.capacity_mbps = {3};
    CHECK_EQ(Offered(c).to(Of::kUplink), 1'000'000);
    CHECK_EQ(Offered(c).to(Of::kDownlink), -1);
    c.tasks[0].downlink_mbps = 2;
    CHECK_EQ(Offered(c).to(Of::kUplink), -1);
    CHECK_EQ(Offered(c, 0, true).to(Of::kBandwidth), 1'000'000);
}

TEST(a_longer_wait_for_weights) {
    Case c = two_sites();
    c.weights = {1};
    for (auto& node : c.nodes) node.link_down_mbps = 80;  // 100 s for 8,000 Mb
    c.tasks[0].count = 2;
    c.tasks[0].model = 0;
    c.tasks[0].max_wait_s = 99;
    CHECK_EQ(Offered(c).to(Of::kMaxWait), 100'000'000'000);
}

TEST(members_stay_apart) {
    Case c = two_sites();
    c.nodes[0].count = 2;
    c.tasks[0].count = 2;
    c.tasks[0].compute = 5;
    CHECK_EQ(Offered(c).to(Of::kDemand), 4'000);
    c.tasks[0].spread = 0;
    c.tasks[0].spread_level = kSiteLevel;
    CHECK_EQ(Offered(c).to(Of::kDemand), -1);
}

TEST(as_few_names_less_as_will_do) {
    Case c = two_sites();
    c.country = {0, 1};
    c.tasks[0].count = 2;
    c.nodes[0].labels = 1;         // ev, in X
    c.tasks[0].require = 0b00011;  // ev, gpu
    CHECK_EQ(Offered(c).gone(Of::kRequire), 1u);
    CHECK((Offered(c).changes[0].dropped == std::vector<std::string>{"gpu"}));
    c.tasks[0].require = 0b11010;  // gpu, country=Y, nobody
    CHECK_EQ(Offered(c).gone(Of::kRequire), 2u);
    c.tasks[0].count = 4;  // the node in Y is too small
    CHECK_EQ(Offered(c).gone(Of::kRequire), 3u);
    CHECK_EQ(Offered(c).to(Of::kDemand), -1);
    c.tasks[0].forbid = 0b00001;  // and so is another column in the way
    CHECK_EQ(Offered(c).gone(Of::kRequire), 0u);
    c.tasks[0].require = 0;
    CHECK_EQ(Offered(c).gone(Of::kForbid), 1u);
    c.tasks[0].forbid = 0;
    c.tasks[0].any_of = 0b11010;
    CHECK_EQ(Offered(c).gone(Of::kAnyOf), 3u);
}

TEST(members_that_differ_keep_their_labels) {
    Case c = two_sites();
    c.nodes[0].labels = 1;
    c.tasks[0].count = 1;
    c.tasks[0].require = 0b00010;
    c.tasks.push_back(c.tasks[0]);
    c.tasks[1].require = 0b00001;
    CHECK_EQ(Offered(c, 0).gone(Of::kRequire), 1u);
    CHECK_EQ(Offered(c, 1).changes.size(), 0u);
}

TEST(routes_that_are_looked_for_anew) {
    Case c = Case::line(2);
    c.site_labels = {1, 0};
    c.nodes = {{.site = 1, .compute = 4}};
    c.tasks = {
        {.origin = 0, .compute = 1, .count = 2, .transit_require = 1, .gang = 0, .gang_level = kSiteLevel}};
    const auto free = std::make_shared<const Routes>(c.network(), std::vector<std::uint8_t>{}, 1, quiet);
    CHECK_EQ(Offered(c, 0, false, {free, nullptr}).gone(Of::kTransitRequire), 1u);
    CHECK_EQ(Offered(c).gone(Of::kTransitRequire), 0u);
    c.tasks[0].max_rtt_ms = 1;  // and two are needed
    CHECK_EQ(Offered(c, 0, false, {free, nullptr}).gone(Of::kTransitRequire), 0u);
}

TEST(fewer_devices_or_less_of_each) {
    Case c = two_sites();
    c.nodes[0].devices = 4;
    c.nodes[0].device_memory = 80;
    c.tasks[0] = {.compute = 0, .count = 3, .devices = 2, .gang = 0, .gang_level = kSiteLevel};
    CHECK_EQ(Offered(c).to(Of::kDemand), 1000);  // three of one in four
    c.tasks[0].count = 5;
    CHECK_EQ(Offered(c).to(Of::kDemand), 500);  // two on one device
    c.tasks[0].count = 9;
    CHECK_EQ(Offered(c).to(Of::kDemand), 333);
    c.tasks[0].devices = 0.25;
    c.tasks[0].device_memory = 50;
    const Offered less(c);
    CHECK_EQ(less.changes.size(), 2u);
    for (const Change& change : less.changes)  // of 80, by three; or no device at all
        CHECK_EQ(change.to, change.from == 250 ? 0 : 26'666'666);
}
