#include "gigafleet/workload.hpp"

#include <algorithm>
#include <map>

#include "check.hpp"
#include "gigafleet/error.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;
using problem_cases::kInf;
using problem_cases::random_case;
using problem_cases::TaskRow;

namespace {

auto shape_key(const TaskRow& t) {
    return std::tuple(t.compute, t.energy_wh, t.weight, t.priority, t.uplink_mbps, t.downlink_mbps,
                      t.max_rtt_ms, t.duration_s, t.require, t.any_of, t.forbid, t.transit_require,
                      t.transit_forbid);
}
std::vector<std::string> names(std::uint8_t mask, const std::vector<std::string>& of) {
    std::vector<std::string> found;
    for (std::size_t i = 0; i < of.size(); ++i)
        if (mask >> i & 1) found.push_back(of[i]);
    return found;
}

/// Every row is in a class that says what the row says; rows share a class just where they are alike.
void check_rows(const Case& c) {
    const auto network = c.network();
    const auto workload = c.workload(*network);
    std::map<std::pair<decltype(shape_key(c.tasks[0])), std::int32_t>, ClassId> seen;
    std::map<decltype(shape_key(c.tasks[0])), ShapeId> shapes;
    std::vector<std::int64_t> members(workload->classes().size());
    std::int64_t total = 0;
    bool single = true;
    CHECK_EQ(workload->rows(), static_cast<std::int64_t>(c.tasks.size()));
    for (std::size_t row = 0; row < c.tasks.size(); ++row) {
        const TaskRow& t = c.tasks[row];
        const ClassId id = workload->class_of_row(static_cast<std::int64_t>(row));
        CHECK_EQ(workload->class_of_row()[row], id.value);
        const Workload::Class& k = workload->classes()[id.at()];
        const Workload::Shape& s = workload->shapes()[k.shape.at()];
        const auto [it, fresh] = seen.try_emplace({shape_key(t), t.origin}, id);
        CHECK(it->second == id);
        if (fresh) CHECK_EQ(k.first_row, static_cast<std::int64_t>(row));
        const auto [shape, new_shape] = shapes.try_emplace(shape_key(t), k.shape);
        CHECK(shape->second == k.shape);
        if (new_shape) CHECK_EQ(s.first_row, static_cast<std::int64_t>(row));
        CHECK_EQ(k.origin, SiteId(static_cast<std::size_t>(t.origin)));
        CHECK(std::ranges::equal(workload->demand(k.shape), std::array{t.compute, t.energy_wh}));
        CHECK_EQ(s.uplink, static_cast<Quantity>(t.uplink_mbps * 1e6));
        CHECK_EQ(s.downlink, static_cast<Quantity>(t.downlink_mbps * 1e6));
        CHECK_EQ(s.max_rtt_ns, t.max_rtt_ms == kInf ? kUnlimited : static_cast<Quantity>(t.max_rtt_ms * 1e6));
        CHECK_EQ(s.duration_ns, static_cast<Quantity>(t.duration_s * 1e9));
        CHECK_EQ(s.weight, static_cast<Quantity>(t.weight * 1e6));
        CHECK_EQ(s.priority, t.priority);
        const auto set = [&](LabelRole role) { return workload->label_sets()[s.label_set[role]]; };
        CHECK(set(kRequire) == names(t.require, problem_cases::kTaskLabels));
        CHECK(set(kAnyOf) == names(t.any_of, problem_cases::kTaskLabels));
        CHECK(set(kForbid) == names(t.forbid, problem_cases::kTaskLabels));
        CHECK(set(kTransitRequire) == names(t.transit_require, problem_cases::kTransitLabels));
        CHECK(set(kTransitForbid) == names(t.transit_forbid, problem_cases::kTransitLabels));
        members[id.at()] += t.count;
        total += t.count;
        single = single && t.count == 1;
        CHECK_EQ(workload->count(static_cast<std::int64_t>(row)), t.count);
    }
    CHECK(std::ranges::is_sorted(workload->classes(), {}, &Workload::Class::origin));
    CHECK_EQ(workload->classes().size(), seen.size());
    CHECK_EQ(workload->shapes().size(), shapes.size());
    for (std::size_t k = 0; k < members.size(); ++k) CHECK_EQ(workload->classes()[k].members, members[k]);
    CHECK_EQ(workload->members(), total);
    if (!c.tasks.empty()) CHECK_EQ(workload->single(), single);
}

TaskRow with(void (*change)(TaskRow&)) {
    TaskRow t;
    change(t);
    return t;
}

}  // namespace

TEST(rows_fold_into_classes_that_say_the_same) {
    std::mt19937 random(21);
    for (int i = 0; i < 150; ++i) {
        Case c = random_case(random, 0, i % 10 == 0 ? 1500 : 40);
        c.threads = 1 + i % 3;
        check_rows(c);
    }
}

TEST(every_column_makes_a_shape_and_the_origin_a_class) {
    Case c = Case::line(2);
    c.tasks = {TaskRow{},
               with([](TaskRow& t) { t.compute = 2; }),
               with([](TaskRow& t) { t.energy_wh = 2; }),
               with([](TaskRow& t) { t.weight = 2; }),
               with([](TaskRow& t) { t.priority = -2; }),
               with([](TaskRow& t) { t.uplink_mbps = 2; }),
               with([](TaskRow& t) { t.downlink_mbps = 2; }),
               with([](TaskRow& t) { t.max_rtt_ms = 2; }),
               with([](TaskRow& t) { t.duration_s = 2; }),
               with([](TaskRow& t) { t.require = 2; }),
               with([](TaskRow& t) { t.any_of = 2; }),
               with([](TaskRow& t) { t.forbid = 2; }),
               with([](TaskRow& t) { t.transit_require = 2; }),
               with([](TaskRow& t) { t.transit_forbid = 2; }),
               with([](TaskRow& t) { t.origin = 1; }),
               with([](TaskRow& t) { t.count = 2; })};
    const auto network = c.network();
    const auto workload = c.workload(*network);
    CHECK_EQ(workload->shapes().size(), 14u);
    CHECK_EQ(workload->classes().size(), 15u);
    CHECK_EQ(workload->classes()[0].members, 3);
    check_rows(c);
}

TEST(bandwidths_are_kept_rounded_up_and_down) {
    Case c = Case::one_site();
    c.tasks = {{.uplink_mbps = 1.0 / 3, .downlink_mbps = 0.1 + 0.2}};
    const auto network = c.network();
    const Workload::Shape shape = c.workload(*network)->shapes()[0];
    CHECK_EQ(shape.uplink, 333334);
    CHECK_EQ(shape.uplink_floor, 333333);
    CHECK_EQ(shape.downlink, 300000);
    CHECK_EQ(shape.downlink_floor, 300000);
}

TEST(single_means_that_every_row_is_one_task) {
    Case c = Case::one_site();
    const auto single = [&](std::vector<std::int64_t> counts) {
        c.tasks.assign(counts.size(), {});
        for (std::size_t i = 0; i < counts.size(); ++i) c.tasks[i].count = counts[i];
        const auto network = c.network();
        return c.workload(*network)->single();
    };
    for (const bool scalars : {false, true}) {
        c.scalars = scalars;
        CHECK(single({1, 1, 1}));
        CHECK(!single({2, 2}));
        CHECK(!single({0, 2, 1}));  // three members in three rows, yet not one each
        CHECK(!single({0}));
    }
}

TEST(bad_values_name_column_and_row) {
    const auto refuse = [](const char* text, void (*change)(TaskRow&)) {
        Case c = Case::line(3);
        c.tasks.resize(5);
        change(c.tasks[3]);
        const auto network = c.network();
        CHECK_THROWS(InputError, text, c.workload(*network));
    };
    refuse("demand['compute'][row 3]: got -1", [](TaskRow& t) { t.compute = -1; });
    refuse("demand['energy_wh'][row 3]: got inf", [](TaskRow& t) { t.energy_wh = kInf; });
    refuse("weight[row 3]: got 0, wanted a number > 0", [](TaskRow& t) { t.weight = 0; });
    refuse("weight[row 3]: got nan", [](TaskRow& t) { t.weight = NAN; });
    refuse("uplink_mbps[row 3]: got inf", [](TaskRow& t) { t.uplink_mbps = kInf; });
    refuse("downlink_mbps[row 3]: got -0.5", [](TaskRow& t) { t.downlink_mbps = -0.5; });
    refuse("max_rtt_ms[row 3]: got -1", [](TaskRow& t) { t.max_rtt_ms = -1; });
    refuse("duration_s[row 3]: got inf", [](TaskRow& t) { t.duration_s = kInf; });
    refuse("count[row 3]: got -1", [](TaskRow& t) { t.count = -1; });
    refuse("origin[row 3]: got 3, wanted a site position from 0 to 2", [](TaskRow& t) { t.origin = 3; });
    refuse("require[row 3]: got a mask with bit 5", [](TaskRow& t) { t.require = 32; });
}

TEST(sixteen_levels_and_no_more) {
    Case c = Case::one_site();
    c.tasks.resize(32);
    for (std::size_t i = 0; i < 32; ++i) c.tasks[i].priority = static_cast<std::int32_t>(i % 16) - 8;
    const auto network = c.network();
    CHECK_EQ(c.workload(*network)->shapes().size(), 16u);
    c.tasks[20].priority = 8;
    CHECK_THROWS(InputError, "priority[row 20]: got a 17th level", c.workload(*network));
}

TEST(too_many_members_are_refused) {
    Case c = Case::line(2);
    c.tasks = {{.origin = 0, .count = INT64_MAX}, {.origin = 1, .count = 1}};
    const auto network = c.network();
    CHECK_THROWS(InputError, "count: got more than 2^63 - 1 tasks", c.workload(*network));
}

TEST(no_rows) {
    Case c = Case::one_site();
    const auto network = c.network();
    const auto workload = c.workload(*network);
    CHECK_EQ(workload->rows(), 0);
    CHECK_EQ(workload->members(), 0);
    CHECK(workload->classes().empty());
}
