#include "gigafleet/fleet.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "check.hpp"
#include "definition.hpp"
#include "gigafleet/error.hpp"

using namespace gigafleet;
using problem_cases::Case;
using problem_cases::kInf;
using problem_cases::NodeRow;
using problem_cases::random_case;

namespace {

std::set<std::string> label_names(const Fleet& fleet, std::uint64_t bits) {
    std::set<std::string> names;
    for (std::size_t b = 0; b < fleet.vocabulary().size(); ++b)
        if (bits >> b & 1) names.insert(fleet.vocabulary()[b]);
    CHECK(fleet.vocabulary().size() >= 64 || bits >> fleet.vocabulary().size() == 0);
    return names;
}
std::set<std::string> label_names(const NodeRow& n) {
    std::set<std::string> names;
    for (std::size_t b = 0; b < 2; ++b)
        if (n.labels >> b & 1) names.insert(problem_cases::kNodeLabels[b]);
    return names;
}

/// Every slot of every pool is one instance of one row, and says what the row says.
void check_slots(const Case& c) {
    const definition::Definition wanted(c);
    const auto fleet = c.fleet(wanted.network());
    std::vector<std::int64_t> slots_of_row(c.nodes.size());
    std::int64_t members = 0, next_entry = 0;
    std::array<WideQuantity, kMaxDimensions> total{};
    for (const Fleet::Pool& pool : fleet->pools()) {
        const Fleet::Kind& kind = fleet->kinds()[pool.kind.at()];
        CHECK_EQ(pool.first_entry, next_entry);
        next_entry += pool.entries;
        members += pool.slots;
        Amounts most{};
        std::int64_t stays = 0, slot = 0;
        for (std::int64_t e = pool.first_entry; e < pool.first_entry + pool.entries; ++e) {
            const std::int64_t row = fleet->row_of_entry(e);
            const NodeRow& n = c.nodes[static_cast<std::size_t>(row)];
            const Amounts capacity = wanted.capacity(n);
            CHECK(n.count > 0);
            CHECK_EQ(pool.site, SiteId(static_cast<std::size_t>(n.site)));
            CHECK(fleet->capacity(pool, e) == capacity);
            CHECK(label_names(*fleet, kind.labels) == label_names(n));
            CHECK_EQ(kind.price[0], n.price_compute);
            CHECK_EQ(kind.price[1], n.price_energy);
            CHECK_EQ(kind.access_rtt_ns, definition::up(n.access_rtt_ms, 1e-6));
            CHECK_EQ(fleet->available_ns(pool, e), definition::down(n.available_s, 1e-9));
            CHECK(fleet->available_ns(pool, e) >= stays);  // sorted
            stays = fleet->available_ns(pool, e);
            CHECK_EQ(fleet->slot_of_entry(pool, e), slot);
            for (std::int64_t i = 0; i < n.count; ++i) CHECK_EQ(fleet->entry_of_slot(pool, slot + i), e);
            slot += n.count;
            slots_of_row[static_cast<std::size_t>(row)] += n.count;
            for (std::size_t d = 0; d < 4; ++d) {
                most[d] = std::max(most[d], capacity[d]);
                if (capacity[d] != kUnlimited) total[d] += WideQuantity{capacity[d]} * n.count;
                CHECK(fleet->is_varied(d) ? kind.capacity[d] == 0 : kind.capacity[d] == capacity[d]);
            }
        }
        CHECK_EQ(pool.slots, slot);
        if (slot > 0) {
            CHECK(pool.capacity_max == most);
            CHECK_EQ(pool.available_max_ns, stays);
        }
        for (const double s : {0.0, 100.0, 100.5, 200.0, 5000.0, 6000.0}) {
            const auto needed = static_cast<std::int64_t>(s * 1e9);
            std::int64_t first = 0;
            while (first < pool.slots &&
                   fleet->available_ns(pool, fleet->entry_of_slot(pool, first)) < needed)
                ++first;
            CHECK_EQ(fleet->first_slot_staying(pool, needed), first);
        }
    }
    for (std::size_t row = 0; row < c.nodes.size(); ++row) CHECK_EQ(slots_of_row[row], c.nodes[row].count);
    CHECK_EQ(fleet->members(), members);
    CHECK_EQ(fleet->rows(), static_cast<std::int64_t>(c.nodes.size()));
    for (std::size_t d = 0; d < total.size(); ++d) CHECK(fleet->total_capacity()[d] == total[d]);
}

/// Slots [first, last) of a pool come entry by entry, each once and in order.
void check_entries(const Fleet& fleet, const Fleet::Pool& pool, std::int64_t first, std::int64_t last) {
    std::int64_t next = first;
    fleet.for_entries(pool, first, last, [&](std::int64_t entry, std::int64_t slot, std::int64_t slots) {
        CHECK_EQ(slot, next);
        CHECK(slots > 0);
        CHECK(slot == first || slot == fleet.slot_of_entry(pool, entry));
        for (next = slot; next < slot + slots; ++next) CHECK_EQ(fleet.entry_of_slot(pool, next), entry);
        CHECK(next == last || fleet.entry_of_slot(pool, next) == entry + 1);
    });
    CHECK_EQ(next, last);
}

/// Rows share a pool just where they agree in all that is not varied.
void check_groups(const Case& c) {
    const auto network = c.network();
    const auto fleet = c.fleet(*network);
    const auto key = [&](const NodeRow& n) {
        std::vector<double> values{n.price_compute, n.price_energy, n.access_rtt_ms,
                                   static_cast<double>(n.labels)};
        const double dimensions[] = {n.compute, n.energy_wh, n.link_down_mbps, n.link_up_mbps};
        for (std::size_t d = 0; d < 4; ++d)
            if (!fleet->is_varied(d)) values.push_back(dimensions[d]);
        return values;
    };
    std::set<std::vector<double>> kinds;
    std::map<std::pair<std::int32_t, std::vector<double>>, std::int64_t> entries;
    for (const NodeRow& n : c.nodes) {
        kinds.insert(key(n));
        entries[{n.site, key(n)}] += n.count > 0;
    }
    CHECK_EQ(fleet->kinds().size(), kinds.size());
    CHECK_EQ(fleet->pools().size(), entries.size());
    for (const Fleet::Pool& pool : fleet->pools()) {
        if (pool.entries == 0) continue;
        const NodeRow& n = c.nodes[static_cast<std::size_t>(fleet->row_of_entry(pool.first_entry))];
        CHECK_EQ(pool.entries, (entries[{n.site, key(n)}]));
    }
}

std::vector<bool> varied(const Case& c) {
    const auto network = c.network();
    const auto fleet = c.fleet(*network);
    CHECK_EQ(fleet->any_varied(),
             fleet->is_varied(0) || fleet->is_varied(1) || fleet->is_varied(2) || fleet->is_varied(3));
    return {fleet->is_varied(0), fleet->is_varied(1), fleet->is_varied(2), fleet->is_varied(3)};
}

}  // namespace

TEST(slots_say_what_their_rows_say) {
    std::mt19937 random(31);
    for (int i = 0; i < 200; ++i) {
        Case c = random_case(random, i % 20 == 0 ? 2000 : 60, 0);
        c.threads = 1 + i % 3;
        check_slots(c);
        check_groups(c);
    }
}

TEST(slots_come_entry_by_entry) {
    std::mt19937 random(9);
    for (int i = 0; i < 100; ++i) {
        const Case c = random_case(random, 12, 0);
        const auto network = c.network();
        const auto fleet = c.fleet(*network);
        for (const Fleet::Pool& pool : fleet->pools())
            for (std::int64_t first = 0; first < pool.slots; ++first)
                for (std::int64_t last = first; last <= pool.slots; ++last)
                    check_entries(*fleet, pool, first, last);
    }
}

TEST(a_dimension_in_which_every_node_differs_does_not_split_kinds) {
    Case c = Case::one_site();
    c.nodes.resize(1000);
    for (std::size_t i = 0; i < 1000; ++i) {
        c.nodes[i].compute = static_cast<double>(i % 8);
        c.nodes[i].energy_wh = 1e-3 * static_cast<double>(i * i);
        c.nodes[i].link_up_mbps = static_cast<double>(i % 500);
        c.nodes[i].available_s = static_cast<double>((i * 37) % 1000);
    }
    CHECK(varied(c) == (std::vector<bool>{false, true, false, true}));
    const auto network = c.network();
    CHECK_EQ(c.fleet(*network)->kinds().size(), 8u);
    CHECK_EQ(c.fleet(*network)->pools().size(), 8u);
    check_slots(c);
}

TEST(kinds_tell_which_capacities_were_rounded) {
    Case c = Case::one_site();
    c.nodes = {{.compute = 1.0 / 3, .energy_wh = 5}, {.compute = 0.25, .energy_wh = 1.0 / 3}};
    c.nodes[1].link_up_mbps = 1.0 / 3;
    const auto network = c.network();
    const auto varied = c.fleet(*network);  // kept node by node: one of them has a fraction
    for (const Fleet::Kind& kind : varied->kinds()) CHECK_EQ(kind.rounded, 1u + 2u + 8u);
    c.nodes[0].count = c.nodes[1].count = 9;  // few values
    const auto fleet = c.fleet(*network);
    CHECK(!fleet->any_varied());
    for (const Fleet::Kind& kind : fleet->kinds())
        CHECK_EQ(kind.rounded, kind.capacity[0] == 250 ? 2u + 8u : 1u);
}

TEST(times_of_leaving_are_sorted_however_they_lie) {
    std::mt19937 random(34);
    for (int i = 0; i < 60; ++i) {
        Case c = Case::one_site();
        c.nodes.resize(200);
        for (auto& n : c.nodes) {
            const double power = static_cast<double>(random() % 32);
            const double wide = std::exp2(power), close = 2e9 + 1e-6 * power;
            n.available_s = i % 3 == 0     ? wide
                            : i % 3 == 1   ? close
                            : random() % 4 ? wide + 1e-3 * power
                                           : kInf;
            n.energy_wh = static_cast<double>(random() % 1000);
        }
        check_slots(c);
    }
}

TEST(few_values_split_kinds) {
    Case c = Case::one_site();
    c.nodes.resize(1000);
    for (std::size_t i = 0; i < 1000; ++i) c.nodes[i].compute = static_cast<double>(i % 3);
    CHECK(varied(c) == (std::vector<bool>{false, false, false, false}));
    const auto network = c.network();
    CHECK_EQ(c.fleet(*network)->kinds().size(), 3u);
    c.nodes.resize(1);
    CHECK(varied(c) == (std::vector<bool>{false, false, false, false}));
}

TEST(times_a_breath_apart_are_one) {
    Case c = Case::one_site();
    c.nodes.resize(40);
    for (std::size_t i = 0; i < 40; ++i)
        c.nodes[i].available_s = i % 4 == 0 ? 50 : i % 4 == 1 ? 100 : i % 4 == 2 ? 100.00000000001 : kInf;
    const auto network = c.network();
    const auto fleet = c.fleet(*network);
    CHECK_EQ(fleet->pools().size(), 1u);
    std::vector<std::int64_t> rows, wanted;
    for (std::int64_t e = 0; e < 40; ++e) rows.push_back(fleet->row_of_entry(e));
    for (std::int64_t i = 0; i < 40; i += 4) wanted.push_back(i);
    for (std::int64_t i = 0; i < 40; ++i)
        if (i % 4 == 1 || i % 4 == 2) wanted.push_back(i);
    for (std::int64_t i = 3; i < 40; i += 4) wanted.push_back(i);
    CHECK(rows == wanted);
    check_slots(c);
}

TEST(nodes_that_leave_sooner_come_first_whatever_the_counts) {
    Case c = Case::one_site();
    c.nodes = {{.available_s = 300, .count = 2},
               {.available_s = 100, .count = 3},
               {.available_s = 200, .count = 0},
               {.available_s = kInf, .count = 1},
               {.available_s = 100, .count = 1}};
    const auto network = c.network();
    const auto fleet = c.fleet(*network);
    CHECK_EQ(fleet->pools().size(), 1u);
    const Fleet::Pool& pool = fleet->pools()[0];
    CHECK_EQ(pool.slots, 7);
    CHECK_EQ(pool.entries, 4);
    std::vector<std::int64_t> rows;
    for (std::int64_t s = 0; s < 7; ++s) rows.push_back(fleet->row_of_entry(fleet->entry_of_slot(pool, s)));
    CHECK(rows == (std::vector<std::int64_t>{1, 1, 1, 4, 0, 0, 3}));
    CHECK_EQ(fleet->first_slot_staying(pool, 100'000'000'001), 4);
    CHECK_EQ(fleet->first_slot_staying(pool, 300'000'000'001), 6);
    CHECK_EQ(fleet->first_slot_staying(pool, kUnlimited), 6);
    CHECK_EQ(pool.available_max_ns, kUnlimited);
    check_slots(c);
}

TEST(none_at_all) {
    Case c = Case::line(2);
    const auto network = c.network();
    CHECK_EQ(c.fleet(*network)->members(), 0);
    CHECK(c.fleet(*network)->pools().empty());
    c.nodes.assign(5, {.available_s = 7, .count = 0});
    for (const bool scalars : {false, true}) {
        c.scalars = scalars;
        const auto fleet = c.fleet(*network);
        CHECK_EQ(fleet->members(), 0);
        CHECK_EQ(fleet->rows(), 5);
        for (const Fleet::Pool& pool : fleet->pools()) {
            CHECK_EQ(pool.slots, 0);
            CHECK_EQ(fleet->first_slot_staying(pool, 1), 0);
        }
    }
}

TEST(bad_values_name_column_and_row) {
    // Once as a column of few values, once as one in which every node differs.
    const auto refuse = [](const char* text, double NodeRow::* field, double bad) {
        for (const bool differ : {false, true}) {
            Case c = Case::line(3);
            c.nodes.resize(50);
            for (std::size_t i = 0; differ && i < 50; ++i) c.nodes[i].*field = 0.25 * static_cast<double>(i);
            c.nodes[33].*field = bad;
            const auto network = c.network();
            CHECK_THROWS(InputError, text, c.fleet(*network));
            c.nodes[33].count = 0;  // what nobody has is checked too
            CHECK_THROWS(InputError, text, c.fleet(*network));
        }
    };
    refuse("capacity['compute'][row 33]: got -1", &NodeRow::compute, -1);
    refuse("capacity['energy_wh'][row 33]: got nan", &NodeRow::energy_wh, NAN);
    refuse("price['compute'][row 33]: got inf", &NodeRow::price_compute, kInf);
    refuse("price['energy_wh'][row 33]: got nan", &NodeRow::price_energy, NAN);
    refuse("access_rtt_ms[row 33]: got inf", &NodeRow::access_rtt_ms, kInf);
    refuse("link_up_mbps[row 33]: got -2", &NodeRow::link_up_mbps, -2);
    refuse("link_down_mbps[row 33]: got nan", &NodeRow::link_down_mbps, NAN);
    refuse("available_s[row 33]: got -1", &NodeRow::available_s, -1);

    Case c = Case::line(3);
    c.nodes.resize(4);
    const auto network = c.network();
    c.nodes[2].site = -1;
    CHECK_THROWS(InputError, "site[row 2]: got -1", c.fleet(*network));
    c.nodes[2] = {.count = -3};
    CHECK_THROWS(InputError, "count[row 2]: got -3", c.fleet(*network));
    c.nodes[2] = {.labels = 4};
    CHECK_THROWS(InputError, "labels[row 2]: got a mask with bit 2", c.fleet(*network));
    c.nodes[1] = {.site = 1, .count = INT64_MAX};
    c.nodes[2] = {.site = 2, .count = INT64_MAX};
    CHECK_THROWS(InputError, "count: got more than 2^63 - 1 nodes", c.fleet(*network));
}
