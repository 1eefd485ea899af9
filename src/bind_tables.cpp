// _core.Fleet and _core.Workload: tables folded into pools and classes.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "control.hpp"
#include "gigafleet/error.hpp"
#include "gigafleet/relaxed.hpp"
#include "module.hpp"
#include "tables.hpp"

using gigafleet::Column;
using gigafleet::Fleet;
using gigafleet::InputTypeError;
using gigafleet::kNoRow;
using gigafleet::LabelColumn;
using gigafleet::Network;
using gigafleet::NodeColumns;
using gigafleet::Schema;
using gigafleet::TaskColumns;
using gigafleet::Workload;

namespace {

using Columns = std::map<std::string, PyColumn>;

/// A column of `rows` rows, or a scalar.
const Column& checked(const Column& column, std::int64_t rows) {
    if (!column.is_scalar() && column.rows() != rows)
        throw InputTypeError(column.name(), kNoRow, std::to_string(column.rows()) + " rows",
                             std::to_string(rows));
    return column;
}

const Column& named(const Columns& columns, const char* name, std::int64_t rows) {
    const auto it = columns.find(name);
    if (it == columns.end()) throw InputTypeError(name, kNoRow, "nothing", "a column");
    return checked(it->second.column, rows);
}

const Column& whole(const Column& column) {
    if (gigafleet::is_float(column.type()))
        throw InputTypeError(column.name(), kNoRow, "floats", "whole numbers");
    return column;
}

std::vector<Column> list(const char* name, const std::vector<PyColumn>& columns, std::size_t size,
                         std::int64_t rows) {
    if (columns.size() != size)
        throw InputTypeError(name, kNoRow, std::to_string(columns.size()) + " columns", std::to_string(size));
    std::vector<Column> out;
    for (const PyColumn& column : columns) out.push_back(checked(column.column, rows));
    return out;
}

using ResourceRow = std::tuple<std::string, double, bool>;

PyFleet make_fleet(std::shared_ptr<Network> network, std::int64_t rows,
                   const std::vector<ResourceRow>& resources, const std::vector<PyColumn>& capacity,
                   const std::vector<PyColumn>& price, const Columns& columns, const PyLabelColumn& labels,
                   int threads, std::optional<std::size_t> devices,
                   const std::optional<PyLabelColumn>& models) {
    if (resources.size() > gigafleet::kMaxResources)
        throw gigafleet::InputError("capacity", kNoRow, std::to_string(resources.size()) + " resources",
                                    "at most 8");
    Schema schema;
    for (const auto& [name, resolution, consumable] : resources) {
        if (!(resolution > 0))
            throw gigafleet::InputError("resolution['" + name + "']", kNoRow, std::to_string(resolution),
                                        "a number > 0");
        schema.resources.push_back({name, resolution, consumable});
    }
    if (devices && *devices >= resources.size())
        throw gigafleet::InputError("devices", kNoRow, "resource " + std::to_string(*devices),
                                    "the place of a resource");
    if (devices) schema.devices = *devices;
    checked(labels.labels.codes, rows);
    NodeColumns node_columns{list("capacity", capacity, resources.size(), rows),
                             list("price", price, resources.size(), rows),
                             whole(named(columns, "site", rows)),
                             named(columns, "access_rtt_ms", rows),
                             named(columns, "link_up_mbps", rows),
                             named(columns, "link_down_mbps", rows),
                             named(columns, "available_s", rows),
                             whole(named(columns, "count", rows)),
                             labels.labels};
    if (models) {
        checked(models->labels.codes, rows);
        node_columns.models = models->labels;
    }
    const py::gil_scoped_release release;
    PyControl control;
    return {std::make_shared<const Fleet>(*network, std::move(schema), rows, node_columns,
                                          thread_count(threads), control)};
}

PyWorkload make_workload(std::shared_ptr<Network> network, std::int64_t rows,
                         std::vector<std::string> resources, const std::vector<PyColumn>& demand,
                         const Columns& columns, const std::map<std::string, PyLabelColumn>& labels,
                         int threads) {
    std::vector<LabelColumn> roles;
    for (const char* role : {"require", "any_of", "forbid", "transit_require", "transit_forbid"}) {
        const auto it = labels.find(role);
        if (it == labels.end()) throw InputTypeError(role, kNoRow, "nothing", "a label column");
        checked(it->second.labels.codes, rows);
        roles.push_back(it->second.labels);
    }
    const std::size_t resource_count = resources.size();
    std::optional<gigafleet::BondColumns> bonds;
    if (columns.contains("gang"))
        bonds.emplace(gigafleet::BondColumns{
            whole(named(columns, "gang", rows)), whole(named(columns, "gang_level", rows)),
            whole(named(columns, "spread", rows)), whole(named(columns, "spread_level", rows)),
            whole(named(columns, "spread_max", rows))});
    TaskColumns task_columns{std::move(resources),
                             list("demand", demand, resource_count, rows),
                             whole(named(columns, "origin", rows)),
                             named(columns, "weight", rows),
                             whole(named(columns, "priority", rows)),
                             named(columns, "uplink_mbps", rows),
                             named(columns, "downlink_mbps", rows),
                             named(columns, "max_rtt_ms", rows),
                             named(columns, "duration_s", rows),
                             whole(named(columns, "count", rows)),
                             std::move(roles),
                             std::move(bonds)};
    if (columns.contains("model")) task_columns.model = whole(named(columns, "model", rows));
    if (columns.contains("max_wait_s")) task_columns.max_wait_s = named(columns, "max_wait_s", rows);
    std::vector<py::object> owners = columns.at("count").owners;
    const py::gil_scoped_release release;
    PyControl control;
    auto workload =
        std::make_shared<const Workload>(*network, rows, task_columns, thread_count(threads), control);
    return {std::move(workload), std::move(owners)};
}

/// A value of each pool, by node row; NaN where a row has no nodes.
py::array_t<double> by_row(const PyFleet& self, const py::array_t<double, py::array::c_style>& of_pools) {
    const Fleet& fleet = *self.fleet;
    if (static_cast<std::size_t>(of_pools.size()) != fleet.pools().size())
        throw InputTypeError("of_pools", kNoRow, std::to_string(of_pools.size()) + " values",
                             std::to_string(fleet.pools().size()));
    py::array_t<double> out(static_cast<py::ssize_t>(fleet.rows()));
    const double* value = of_pools.data();
    double* row = out.mutable_data();
    const py::gil_scoped_release release;
    std::fill_n(row, fleet.rows(), std::numeric_limits<double>::quiet_NaN());
    for (const Fleet::Pool& pool : fleet.pools()) {
        for (std::int64_t e = pool.first_entry; e < pool.first_entry + pool.entries; ++e)
            row[fleet.row_of_entry(e)] = *value;
        ++value;
    }
    return out;
}

/// By pool: site, one of its rows (-1 where it has no nodes), nodes; by pool and dimension: what they have
/// together, in multiples.
py::tuple pool_columns(const PyFleet& self) {
    const Fleet& fleet = *self.fleet;
    const auto pools = static_cast<py::ssize_t>(fleet.pools().size());
    const std::size_t dimensions = fleet.schema().resources.size() + 2;  // weights of shares are no capacity
    py::array_t<std::int64_t> site(pools), row(pools), nodes(pools);
    py::array_t<double> capacity({pools, static_cast<py::ssize_t>(dimensions)});
    double* each = capacity.mutable_data();
    for (py::ssize_t p = 0; p < pools; ++p) {
        const Fleet::Pool& pool = fleet.pools()[static_cast<std::size_t>(p)];
        site.mutable_at(p) = static_cast<std::int64_t>(pool.site.at());
        row.mutable_at(p) = pool.entries > 0 ? fleet.row_of_entry(pool.first_entry) : -1;
        nodes.mutable_at(p) = pool.slots;
        for (std::size_t d = 0; d < dimensions; ++d) {
            const auto sum = gigafleet::relaxed_sum(fleet, pool, d);
            *each++ = sum ? static_cast<double>(*sum) : INFINITY;
        }
    }
    return py::make_tuple(site, row, nodes, capacity);
}

}  // namespace

void register_tables(py::module_& m) {
    py::class_<PyFleet>(m, "Fleet")
        .def(py::init(&make_fleet), py::arg("network"), py::arg("rows"), py::arg("resources"),
             py::arg("capacity"), py::arg("price"), py::arg("columns"), py::arg("labels"),
             py::arg("threads") = 0, py::arg("devices") = py::none(), py::arg("models") = py::none())
        .def_property_readonly("rows", [](const PyFleet& self) { return self.fleet->rows(); })
        .def_property_readonly("members", [](const PyFleet& self) { return self.fleet->members(); })
        .def_property_readonly("kinds", [](const PyFleet& self) { return self.fleet->kinds().size(); })
        .def_property_readonly("pools", [](const PyFleet& self) { return self.fleet->pools().size(); })
        .def("by_row", &by_row, py::arg("of_pools").noconvert())
        .def("pool_columns", &pool_columns)
        .def_property_readonly("label_vocabulary",
                               [](const PyFleet& self) { return self.fleet->vocabulary(); });
    py::class_<PyWorkload>(m, "Workload")
        .def(py::init(&make_workload), py::arg("network"), py::arg("rows"), py::arg("resources"),
             py::arg("demand"), py::arg("columns"), py::arg("labels"), py::arg("threads") = 0)
        .def_property_readonly("rows", [](const PyWorkload& self) { return self.workload->rows(); })
        .def_property_readonly("members", [](const PyWorkload& self) { return self.workload->members(); })
        .def_property_readonly("shapes",
                               [](const PyWorkload& self) { return self.workload->shapes().size(); })
        .def_property_readonly("classes",
                               [](const PyWorkload& self) { return self.workload->classes().size(); });
}
