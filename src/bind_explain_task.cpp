// _core.Explainer: why one task of a plan is not placed, in units.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "control.hpp"
#include "gigafleet/error.hpp"
#include "gigafleet/explain_task.hpp"
#include "module.hpp"
#include "plan.hpp"

using gigafleet::Change;
using gigafleet::ClassId;
using gigafleet::Problem;
using gigafleet::Quantity;
using gigafleet::Rounding;
using gigafleet::Shortfall;
using gigafleet::Solution;

namespace {

struct PyExplainer {
    PyExplainer(std::shared_ptr<const Problem> of, std::shared_ptr<const Solution> solution)
        : problem(of), explainer(std::move(of), std::move(solution)) {}

    std::shared_ptr<const Problem> problem;
    gigafleet::TaskExplainer explainer;
    std::mutex in_use;

    ClassId class_of(std::int64_t row) const {
        const auto& workload = problem->workload();
        if (row < 0 || row >= workload.rows())
            throw gigafleet::InputError("row", gigafleet::kNoRow, std::to_string(row),
                                        "a row of the tasks, of " + std::to_string(workload.rows()));
        return workload.class_of_row(row);
    }
};

std::unique_ptr<PyExplainer> of_plan(const PyPlan& self) {
    const py::gil_scoped_release release;
    const std::scoped_lock lock(self.explaining);  // the plan's reasons may be on their way
    return std::make_unique<PyExplainer>(
        self.plan.problem, std::shared_ptr<const Solution>(std::shared_ptr<void>(), &self.plan.solution));
}

/// What it is of, its number there, needed, has, which device or -1.
using ShortRow = std::tuple<std::string, std::uint32_t, double, double, std::int32_t>;
/// Gate, size, node row, instance, shortfalls.
using MissRow = std::tuple<int, double, std::int64_t, std::int64_t, std::vector<ShortRow>>;
/// Column, its number there, from, to, names dropped, size, node row, instance.
using ChangeRow = std::tuple<std::string, std::uint32_t, double, double, std::vector<std::string>, double,
                             std::int64_t, std::int64_t>;
/// Level, members, placed, members that fit, node row, instance.
using GangRow = std::tuple<int, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t>;
/// Nodes by gate, nodes that would take it, then the nearest, changes of the task, changes of the fleet,
/// gang.
using Explained = std::tuple<std::vector<std::int64_t>, std::int64_t, std::vector<MissRow>,
                             std::vector<ChangeRow>, std::vector<ChangeRow>, std::optional<GangRow>>;

const char* name_of(Shortfall::Of of) {
    switch (of) {
        case Shortfall::Of::kNode:
        case Shortfall::Of::kDevice: return "capacity";
        case Shortfall::Of::kStay: return "available_s";
        case Shortfall::Of::kSpread: return "spread_max";
        case Shortfall::Of::kWait: return "max_wait_s";
        case Shortfall::Of::kWindow: return "window_gb";
        case Shortfall::Of::kRoundTrip: return "max_rtt_ms";
        case Shortfall::Of::kArc: return "capacity_mbps";
        case Shortfall::Of::kAccessUp: return "access_up_mbps";
        default: return "access_down_mbps";
    }
}

const char* name_of(Change::Of of) {
    switch (of) {
        case Change::Of::kDemand: return "demand";
        case Change::Of::kUplink: return "uplink_mbps";
        case Change::Of::kDownlink: return "downlink_mbps";
        case Change::Of::kBandwidth: return "bandwidth_mbps";
        case Change::Of::kMaxRtt: return "max_rtt_ms";
        case Change::Of::kMaxWait: return "max_wait_s";
        case Change::Of::kCount: return "count";
        case Change::Of::kSpreadMax: return "spread_max";
        case Change::Of::kSpreadLevel: return "spread_level";
        case Change::Of::kGangLevel: return "gang_level";
        case Change::Of::kDuration: return "duration_s";
        case Change::Of::kRequire: return "require";
        case Change::Of::kAnyOf: return "any_of";
        case Change::Of::kForbid: return "forbid";
        case Change::Of::kTransitRequire: return "transit_require";
        case Change::Of::kTransitForbid: return "transit_forbid";
        case Change::Of::kCapacity: return "capacity";
        case Change::Of::kAvailable: return "available_s";
        case Change::Of::kHeld: return "models";
        case Change::Of::kLink: return "capacity_mbps";
        case Change::Of::kAccessUp: return "access_up_mbps";
        default: return "access_down_mbps";
    }
}

double of_dimension(const Problem& problem, std::uint32_t d) {
    const auto& resources = problem.fleet().schema().resources;
    return d < resources.size() ? resources[d].resolution : gigafleet::kMbpsResolution;
}

double resolution(const Problem& problem, const Shortfall& s) {
    if (s.of == Shortfall::Of::kNode || s.of == Shortfall::Of::kDevice) return of_dimension(problem, s.at);
    if (s.of == Shortfall::Of::kSpread) return 1;
    if (s.of == Shortfall::Of::kStay || s.of == Shortfall::Of::kWait) return gigafleet::kTimeResolutionS;
    if (s.of == Shortfall::Of::kWindow)
        return gigafleet::kMbpsResolution / gigafleet::Models::kMegabitsAGigabyte;
    return s.of == Shortfall::Of::kRoundTrip ? gigafleet::kTimeResolutionMs : gigafleet::kMbpsResolution;
}

double resolution(const Problem& problem, const Change& c) {
    switch (c.of) {
        case Change::Of::kDemand:
        case Change::Of::kCapacity: return of_dimension(problem, c.at);
        case Change::Of::kCount:
        case Change::Of::kSpreadMax:
        case Change::Of::kSpreadLevel:
        case Change::Of::kGangLevel: return 1;
        case Change::Of::kMaxRtt: return gigafleet::kTimeResolutionMs;
        case Change::Of::kMaxWait:
        case Change::Of::kDuration:
        case Change::Of::kAvailable: return gigafleet::kTimeResolutionS;
        default: return gigafleet::kMbpsResolution;
    }
}

/// For people; may be negative where the tables have changed since.
double amount(Quantity quantity, double unit) {
    if (quantity == gigafleet::kUnlimited) return INFINITY;
    return unit < 1 ? static_cast<double>(quantity) / std::round(1 / unit)
                    : static_cast<double>(quantity) * unit;
}

MissRow row_of(const Problem& problem, const gigafleet::NearMiss& miss) {
    std::vector<ShortRow> shortfalls;
    for (const Shortfall& s : miss.shortfalls) {
        const double unit = resolution(problem, s);
        shortfalls.emplace_back(name_of(s.of), s.at, amount(s.needed, unit), amount(s.has, unit), s.device);
    }
    return {static_cast<int>(miss.gate), miss.size, miss.node.row, miss.node.instance, shortfalls};
}

ChangeRow row_of(const Problem& problem, const Change& c) {
    const bool asks =
        c.of < Change::Of::kCapacity && c.of != Change::Of::kMaxRtt && c.of != Change::Of::kMaxWait;
    const auto value = [&](Quantity q) {
        return gigafleet::in_units(q, resolution(problem, c), asks ? Rounding::kUp : Rounding::kDown);
    };
    return {name_of(c.of), c.at, value(c.from), value(c.to), c.dropped, c.size, c.node.row, c.node.instance};
}

Explained explain(PyExplainer& self, std::int64_t row, bool one_bandwidth) {
    const ClassId id = self.class_of(row);
    PyControl control;
    const py::gil_scoped_release release;
    const std::scoped_lock lock(self.in_use);
    const gigafleet::TaskExplanation found =
        self.explainer.explain(id, self.problem->workload().count(row), one_bandwidth, control);
    Explained out{{found.counts.begin(), found.counts.end()}, found.open, {}, {}, {}, {}};
    for (const auto& miss : found.nearest) std::get<2>(out).push_back(row_of(*self.problem, miss));
    for (const Change& c : found.of_task) std::get<3>(out).push_back(row_of(*self.problem, c));
    for (const Change& c : found.of_fleet) std::get<4>(out).push_back(row_of(*self.problem, c));
    if (const auto& gang = found.gang)
        std::get<5>(out) = GangRow(gang->level, gang->members, gang->placed, gang->fits, gang->node.row,
                                   gang->node.instance);
    return out;
}

double cost(const PyExplainer& self, std::int64_t row, const Ids& nodes, const Ids& members) {
    if (nodes.size() != members.size())
        throw gigafleet::InputTypeError("members", gigafleet::kNoRow, std::to_string(members.size()),
                                        std::to_string(nodes.size()));
    const ClassId id = self.class_of(row);
    const auto rows = view_of(nodes), each = view_of(members);
    const py::gil_scoped_release release;
    return self.explainer.cost(id, rows, each);
}

}  // namespace

void add_explainer(py::module_& m, py::class_<PyPlan>& plan) {
    py::class_<PyExplainer>(m, "Explainer")
        .def("explain", &explain, py::arg("row"), py::arg("one_bandwidth"))
        .def("cost", &cost, py::arg("row"), py::arg("nodes").noconvert(), py::arg("members").noconvert())
        .def(
            "was_tried",
            [](const PyExplainer& self, std::int64_t row) {
                return self.explainer.was_tried(self.class_of(row));
            },
            py::arg("row"));
    plan.def("explainer", &of_plan, py::keep_alive<0, 1>());
}
