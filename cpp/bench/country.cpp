#include "country.hpp"

#include <array>
#include <random>
#include <utility>
#include <vector>

#include "gigafleet/greedy.hpp"

namespace bench {

using namespace gigafleet;
using problem_cases::Case;
using problem_cases::kInf;
using problem_cases::NodeRow;
using problem_cases::TaskRow;

namespace {

constexpr int kPops = 40, kMetros = 120, kFirstCell = kPops + kMetros;
constexpr int kTasksACell = 33;

struct Draw {
    std::mt19937 random{7};
    int below(int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); }
    template <class T, std::size_t N>
    T of(const std::array<T, N>& values) {
        return values[static_cast<std::size_t>(below(N))];
    }
};

void add_links(Case& c, int cells, Draw& draw) {
    const auto join = [&](int u, int v, double ms, double mbps) {
        c.links.add(u, v, ms, 1e-4);
        c.capacity_mbps.push_back(mbps);
    };
    c.links.sites = kFirstCell + cells;
    for (int p = 0; p < kPops; ++p) {
        join(p, (p + 1) % kPops, 0.5 + 0.125 * draw.below(20), 2000);
        join(p, (p + 7) % kPops, 1 + 0.125 * draw.below(40), 500);
    }
    for (int m = 0; m < kMetros; ++m) join(kPops + m, m % kPops, 0.25 + 0.125 * draw.below(6), 400);
    for (int s = 0; s < cells; ++s)
        join(kFirstCell + s, kPops + s % kMetros, 0.125 * (1 + draw.below(4)),
             draw.of(std::array{kInf, 80.0, 30.0}));
    c.access_up_mbps.assign(static_cast<std::size_t>(c.links.sites), kInf);
    c.access_down_mbps = c.access_up_mbps;
    for (int s = 0; s < cells; s += 9) c.access_up_mbps[static_cast<std::size_t>(kFirstCell + s)] = 25;
}

/// Six types of vehicles in each cell, hosts at four PoPs.
void add_nodes(Case& c, int cells, Draw& draw) {
    for (int s = 0; s < cells; ++s)
        for (int type = 0; type < 6; ++type) {
            NodeRow n{.site = kFirstCell + s};
            n.compute = std::array{1.0, 1.0, 4.0, 4.0, 4.0, 8.0}[static_cast<std::size_t>(type)];
            n.energy_wh = 20.0 * n.compute;
            n.price_compute = 0.01 * (5 + type);
            n.access_rtt_ms = type % 2 == 0 ? 14 : 7;
            n.link_up_mbps = 25;
            n.link_down_mbps = 50;
            n.available_s = draw.of(std::array{kInf, 7200.0, 1800.0});
            n.count = 2 + draw.below(4);
            n.labels = type == 5 ? 2 : 1;
            c.nodes.push_back(n);
        }
    for (int host = 0; host < 4; ++host)
        c.nodes.push_back(
            {.site = host * 10, .compute = 160, .price_compute = 0.04, .count = 8, .labels = 2});
}

void add_tasks(Case& c, int cells, Draw& draw) {
    constexpr std::array<TaskRow, 12> kShapes{{
        {.compute = 1, .energy_wh = 8, .uplink_mbps = 0.5, .downlink_mbps = 0.5, .duration_s = 600},
        {.compute = 1, .energy_wh = 8, .uplink_mbps = 0.5, .downlink_mbps = 1, .max_rtt_ms = 30},
        {.compute = 0.5, .energy_wh = 4, .uplink_mbps = 0.25, .downlink_mbps = 0.25, .max_rtt_ms = 20},
        {.compute = 0.5, .energy_wh = 4, .uplink_mbps = 0.25, .downlink_mbps = 0.5, .duration_s = 3600},
        {.compute = 0.25, .energy_wh = 1, .uplink_mbps = 0.125, .downlink_mbps = 0.5, .max_rtt_ms = 16},
        {.compute = 2, .energy_wh = 12, .weight = 2, .uplink_mbps = 1, .downlink_mbps = 1},
        {.compute = 2, .energy_wh = 12, .weight = 2, .uplink_mbps = 1, .downlink_mbps = 1, .max_rtt_ms = 40},
        {.compute = 4,
         .energy_wh = 30,
         .weight = 4,
         .uplink_mbps = 1,
         .downlink_mbps = 2,
         .duration_s = 1200},
        {.compute = 1, .energy_wh = 0, .uplink_mbps = 0.5, .downlink_mbps = 0.5, .require = 2},
        {.compute = 1, .energy_wh = 2, .uplink_mbps = 0, .downlink_mbps = 0, .max_rtt_ms = 10},
        {.compute = 3, .energy_wh = 10, .weight = 3, .uplink_mbps = 0.5, .downlink_mbps = 0.5, .forbid = 2},
        {.compute = 1, .energy_wh = 8, .uplink_mbps = 2, .downlink_mbps = 0.5, .any_of = 3},
    }};
    for (int t = 0; t < cells * kTasksACell; ++t) {
        TaskRow row = draw.of(kShapes);
        row.origin = kFirstCell + draw.below(cells);
        c.tasks.push_back(row);
    }
}

}  // namespace

Case country(int cells) {
    Draw draw;
    Case c;
    c.scalars = true;
    c.objective.rtt_price = 1e-4;
    c.objective.move_cost = 1e-3;
    add_links(c, cells, draw);
    add_nodes(c, cells, draw);
    add_tasks(c, cells, draw);
    return c;
}

Case no_two_nodes_alike(Case c) {
    std::vector<NodeRow> nodes;
    for (const NodeRow& alike : c.nodes)
        for (std::int64_t i = 0; i < alike.count; ++i) {
            NodeRow& n = nodes.emplace_back(alike);
            n.count = 1;
            n.energy_wh = 20 * n.compute - 1e-4 * static_cast<double>(nodes.size() * 7919 % 30'000);
        }
    c.nodes = std::move(nodes);
    return c;
}

Case no_two_tasks_alike(Case c) {
    c.compute_resolution = 1e-6;
    for (std::size_t t = 0; t < c.tasks.size(); ++t)
        c.tasks[t].compute *= 1 - 1e-6 * static_cast<double>(t * 7919 % 100'000);
    return c;
}

Case an_hour_later(Case c) {
    for (std::size_t n = 0; n < c.nodes.size(); n += 5) --c.nodes[n].count;
    for (std::size_t n = 0; n < c.nodes.size(); n += 7) c.nodes[n].price_compute += 0.02;
    c.tasks.resize(c.tasks.size() - c.tasks.size() / 20);
    return c;
}

Stand::Stand(Case of) : rows(std::move(of)), problem(rows.problem()), ground(*problem, quiet) {}

Solution Stand::solution() const {
    return place_greedily(ground, {.order = ground.suggested, .first = First::kNear}, quiet);
}

}  // namespace bench
