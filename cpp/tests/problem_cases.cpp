#include "problem_cases.hpp"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <type_traits>

namespace problem_cases {

namespace {

/// Column over one field of all rows; a scalar where `scalars` and all rows agree.
template <class Row, class T>
Column over(const char* name, const std::vector<Row>& rows, T Row::* field, bool scalars) {
    constexpr DType type = std::is_same_v<T, double>         ? DType::kF64
                           : std::is_same_v<T, std::int32_t> ? DType::kI32
                           : std::is_same_v<T, std::int64_t> ? DType::kI64
                                                             : DType::kU8;
    static const Row fresh{};
    bool alike = scalars;
    for (const Row& row : rows) alike = alike && row.*field == rows.front().*field;
    const Row& first = rows.empty() ? fresh : rows.front();
    const auto* data = reinterpret_cast<const std::byte*>(&(first.*field));
    if (alike) return {name, type, {{data, 0, 1}}, true};
    return {name, type, {{data, sizeof(Row), static_cast<std::int64_t>(rows.size())}}, false};
}

}  // namespace

Case Case::one_site() {
    Case c;
    c.links.sites = 1;
    return c;
}

Case Case::line(std::int64_t sites, bool directed) {
    Case c;
    c.links.sites = sites;
    c.links.directed = directed;
    for (std::int64_t s = 0; s + 1 < sites; ++s) {
        c.links.add(s, s + 1, 1);
        if (directed) c.links.add(s + 1, s, 1);
    }
    return c;
}

std::shared_ptr<const Network> Case::network() const {
    NetworkInput in = links.input();
    in.capacity_mbps = capacity_mbps;
    in.access_up_mbps = access_up_mbps;
    in.access_down_mbps = access_down_mbps;
    in.site_labels = site_labels;
    in.label_vocabulary = kSiteLabels;
    if (!country.empty()) in.domains.push_back({"country", country, {"X", "Y"}});
    return std::make_shared<const Network>(in);
}

bool Case::has_devices() const {
    return std::ranges::any_of(nodes, [](const NodeRow& node) { return node.devices > 0; });
}

Schema Case::schema() const {
    Schema schema{{{"compute", compute_resolution}, {"energy_wh", 1e-6, true}}};
    if (!has_devices()) return schema;
    schema.devices = schema.resources.size();
    schema.resources.push_back({"devices", 1e-3});
    schema.resources.push_back({"device.memory", 1e-6});
    return schema;
}

NodeColumns Case::node_columns() const {
    const auto col = [&](const char* name, auto field) { return over(name, nodes, field, scalars); };
    NodeColumns columns{
        {col("capacity['compute']", &NodeRow::compute), col("capacity['energy_wh']", &NodeRow::energy_wh)},
        {col("price['compute']", &NodeRow::price_compute), col("price['energy_wh']", &NodeRow::price_energy)},
        over("site", nodes, &NodeRow::site, false),
        col("access_rtt_ms", &NodeRow::access_rtt_ms),
        col("link_up_mbps", &NodeRow::link_up_mbps),
        col("link_down_mbps", &NodeRow::link_down_mbps),
        col("available_s", &NodeRow::available_s),
        col("count", &NodeRow::count),
        LabelColumn::of_masks("labels", col("labels", &NodeRow::labels), kNodeLabels)};
    if (!weights.empty())
        columns.models = LabelColumn::of_masks("models", col("models", &NodeRow::models), kModels);
    if (!has_devices()) return columns;
    columns.capacity.push_back(col("devices", &NodeRow::devices));
    columns.capacity.push_back(col("device_capacity['memory']", &NodeRow::device_memory));
    for (const char* name : {"price['devices']", "price['device.memory']"})
        columns.price.push_back(col(name, &NodeRow::price_energy));
    return columns;
}

bool Case::has_bonds() const {
    return std::ranges::any_of(tasks, [](const TaskRow& row) { return row.gang != -1 || row.spread != -1; });
}

TaskColumns Case::task_columns() const {
    const auto col = [&](const char* name, auto field) { return over(name, tasks, field, scalars); };
    const auto labels = [&](const char* name, auto field, const std::vector<std::string>& names) {
        return LabelColumn::of_masks(name, col(name, field), names);
    };
    TaskColumns columns{
        {"compute", "energy_wh"},
        {col("demand['compute']", &TaskRow::compute), col("demand['energy_wh']", &TaskRow::energy_wh)},
        over("origin", tasks, &TaskRow::origin, false),
        col("weight", &TaskRow::weight),
        col("priority", &TaskRow::priority),
        col("uplink_mbps", &TaskRow::uplink_mbps),
        col("downlink_mbps", &TaskRow::downlink_mbps),
        col("max_rtt_ms", &TaskRow::max_rtt_ms),
        col("duration_s", &TaskRow::duration_s),
        col("count", &TaskRow::count),
        {labels("require", &TaskRow::require, kTaskLabels), labels("any_of", &TaskRow::any_of, kTaskLabels),
         labels("forbid", &TaskRow::forbid, kTaskLabels),
         labels("transit_require", &TaskRow::transit_require, kTransitLabels),
         labels("transit_forbid", &TaskRow::transit_forbid, kTransitLabels)}};
    if (has_bonds())
        columns.bonds.emplace(
            BondColumns{col("gang", &TaskRow::gang), col("gang_level", &TaskRow::gang_level),
                        col("spread", &TaskRow::spread), col("spread_level", &TaskRow::spread_level),
                        col("spread_max", &TaskRow::spread_max)});
    if (!weights.empty()) {
        columns.model = col("model", &TaskRow::model);
        columns.max_wait_s = col("max_wait_s", &TaskRow::max_wait_s);
    }
    if (!has_devices()) return columns;
    columns.resources.insert(columns.resources.end(), {"devices", "device.memory"});
    columns.demand.push_back(col("devices", &TaskRow::devices));
    columns.demand.push_back(col("device_demand['memory']", &TaskRow::device_memory));
    return columns;
}

std::shared_ptr<const Fleet> Case::fleet(const Network& network) const {
    NoControl control;
    return std::make_shared<const Fleet>(network, schema(), static_cast<std::int64_t>(nodes.size()),
                                         node_columns(), threads, control);
}

std::shared_ptr<const Workload> Case::workload(const Network& network) const {
    NoControl control;
    return std::make_shared<const Workload>(network, static_cast<std::int64_t>(tasks.size()), task_columns(),
                                            threads, control);
}

std::shared_ptr<const Problem> Case::problem(unsigned disabled_rules) const {
    NoControl control;
    const auto net = network();
    const ModelTable table = models();
    return std::make_shared<const Problem>(net, fleet(*net), workload(*net), objective, disabled_rules,
                                           threads, control, weights.empty() ? nullptr : &table);
}

ModelTable Case::models() const {
    const auto size = static_cast<std::ptrdiff_t>(weights.size());
    return {{kModels.begin(), kModels.begin() + size}, weights, "compute"};
}

net_cases::Links random_links(std::mt19937& random, bool directed, int parts) {
    net_cases::Links all = net_cases::random_links(random, directed);
    for (int part = 1; part < parts; ++part) {
        const net_cases::Links more = net_cases::random_links(random, directed);
        const std::int64_t first = all.sites;
        all.sites += more.sites;
        for (std::size_t l = 0; l < more.tail.size(); ++l)
            all.add(first + more.tail[l], first + more.head[l], more.latency_ms[l], more.price[l]);
        for (int joint = 0; joint < 2; ++joint) {
            const auto old = static_cast<std::int64_t>(random() % static_cast<unsigned>(first));
            const auto fresh =
                first + static_cast<std::int64_t>(random() % static_cast<unsigned>(more.sites));
            all.add(old, fresh, 1, 0.25);
            if (directed) all.add(fresh, old, 1, 0.25);
        }
    }
    return all;
}

Case random_case(std::mt19937& random, std::size_t most_nodes, std::size_t most_tasks, int parts) {
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
    const auto pick = [&](std::initializer_list<double> from) { return from.begin()[below(from.size())]; };
    const auto rare = [&](std::size_t in, unsigned bits) {
        return static_cast<std::uint8_t>(below(in) == 0 ? below(std::size_t{1} << bits) : 0);
    };
    Case c;
    c.links = random_links(random, below(2) == 0, parts);
    const auto sites = static_cast<std::size_t>(c.links.sites);
    const bool tight = below(3) > 0, varied = below(2) == 0, rows_only = below(3) == 0;
    if (tight)
        for (std::size_t l = 0; l < c.links.tail.size(); ++l)
            c.capacity_mbps.push_back(pick({kInf, 9, 4, 2.5, 0}));
    for (std::size_t s = 0; s < sites && tight && below(12) > 0; ++s)
        c.access_up_mbps.push_back(pick({kInf, 12, 5}));
    c.access_up_mbps.resize(tight ? sites : 0, kInf);
    for (std::size_t s = 0; s < sites && tight; ++s) c.access_down_mbps.push_back(pick({kInf, 12, 6, 1}));
    if (below(2))
        for (std::size_t s = 0; s < sites; ++s) c.site_labels.push_back(below(4));
    if (below(2))
        for (std::size_t s = 0; s < sites; ++s) c.country.push_back(static_cast<std::int32_t>(below(3)) - 1);
    c.scalars = below(2) == 0;
    c.objective.rtt_price = pick({1e-5, 0, 0.25});
    c.objective.risk_price = pick({0, 0.5});
    c.objective.horizon_s = pick({3600, 150, 1800});
    c.nodes.resize(below(most_nodes + 1));
    for (NodeRow& n : c.nodes) {
        n.site = static_cast<std::int32_t>(below(sites));
        n.compute = varied ? static_cast<double>(below(4000)) * 1e-3 : pick({0, 1, 2, 4});
        n.energy_wh = pick({kInf, 25, 15, 40});
        n.price_compute = pick({0.25, 0.5, -0.125});
        n.price_energy = pick({0, 0.125});
        n.access_rtt_ms = pick({0, 1, 2.5});
        n.link_up_mbps = pick({kInf, 5, 2});
        n.link_down_mbps = pick({kInf, 5, 1});
        n.available_s = pick({kInf, 100, 200, 5000});
        n.count = rows_only ? 1 : static_cast<std::int64_t>(below(4));
        n.labels = rare(2, 2);
    }
    c.tasks.resize(below(most_tasks + 1));
    for (TaskRow& t : c.tasks) {
        t.origin = static_cast<std::int32_t>(below(sites));
        t.compute = pick({0.5, 1, 4.0 / 3, 0, 2});
        t.energy_wh = pick({0, 10});
        t.weight = pick({1, 2, 0.5});
        t.priority = static_cast<std::int32_t>(pick({0, 0, 1}));
        t.uplink_mbps = pick({0, 1, 2.5});
        t.downlink_mbps = pick({0, 1, 3});
        t.max_rtt_ms = pick({kInf, 2, 4, 5.5, 7});
        t.duration_s = pick({0, 150, 200});
        t.count = rows_only ? 1 : static_cast<std::int64_t>(below(5));
        t.require = rare(4, 3);
        t.any_of = rare(4, 5);
        t.forbid = rare(4, 5);
        t.transit_require = rare(6, 2);
        t.transit_forbid = rare(6, 3);
    }
    return c;
}

Case random_model_case(std::mt19937& random, std::size_t most_nodes, std::size_t most_tasks) {
    Case c = random_case(random, most_nodes, most_tasks);
    const auto pick = [&](auto... values) {
        const double all[] = {static_cast<double>(values)...};
        return all[random() % sizeof...(values)];
    };
    for (std::size_t m = 0; m < kModels.size(); ++m) c.weights.push_back(pick(0, 0.5, 1, 2));
    for (NodeRow& node : c.nodes) node.models = static_cast<std::uint8_t>(random() & random() & 7);
    for (TaskRow& task : c.tasks) {
        task.model = static_cast<std::int32_t>(random() % 4) - 1;
        task.max_wait_s = pick(kInf, kInf, 0, 5000);
    }
    c.objective.load_window_s = pick(600, 20000, 1e6);
    return c;
}

Case random_device_case(std::mt19937& random, std::size_t most_nodes, std::size_t most_tasks) {
    const auto pick = [&](std::initializer_list<double> from) {
        return from.begin()[random() % from.size()];
    };
    Case c = random_case(random, most_nodes, most_tasks);
    for (NodeRow& n : c.nodes) {
        n.devices = pick({0, 1, 2, 3});
        n.device_memory = pick({kInf, 8, 12.0000005});
        n.compute = pick({n.compute, kInf});
    }
    for (TaskRow& t : c.tasks) {
        t.devices = c.has_devices() ? pick({0, 0.25, 0.3335, 0.5, 0.6, 1, 2}) : 0;
        t.device_memory = pick({0, 4, 5, 9});
        t.compute = pick({0, 0, t.compute});
        t.require = t.any_of = 0;
    }
    return c;
}

}  // namespace problem_cases
