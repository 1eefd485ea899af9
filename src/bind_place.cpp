// _core.place and _core.Plan: the batch call and its outputs as arrays.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "control.hpp"
#include "gigafleet/device_seats.hpp"
#include "gigafleet/device_weights.hpp"
#include "gigafleet/error.hpp"
#include "gigafleet/fingerprint.hpp"
#include "gigafleet/place.hpp"
#include "gigafleet/residency.hpp"
#include "gigafleet/stream.hpp"
#include "gigafleet/stream_seated.hpp"
#include "gigafleet/tenant_place.hpp"
#include "module.hpp"
#include "plan.hpp"
#include "tables.hpp"
#include "tenants.hpp"

using gigafleet::Plan;

namespace {

gigafleet::Effort effort_of(const std::string& name) {
    if (name == "fast") return gigafleet::Effort::kFast;
    if (name == "balanced") return gigafleet::Effort::kBalanced;
    if (name == "best") return gigafleet::Effort::kBest;
    throw gigafleet::InputError("effort", gigafleet::kNoRow, "'" + name + "'",
                                "'fast', 'balanced' or 'best'");
}

const char* name_of(gigafleet::Effort effort) {
    switch (effort) {
        case gigafleet::Effort::kFast: return "fast";
        case gigafleet::Effort::kBalanced: return "balanced";
        default: return "best";
    }
}

/// Fingerprint and effort of a complete plan.
using MadeFrom = std::pair<std::uint64_t, std::string>;
/// An earlier plan, and the ids of the new rows of tasks and of nodes.
using Earlier = std::tuple<EarlierColumns, std::optional<MadeFrom>, MaybeIds, MaybeIds>;

}  // namespace

gigafleet::ModelTable read_models(const ModelColumns& given, gigafleet::Objective& objective) {
    const auto& [names, weights_gb, resource, of_code, load_prices, in_use] = given;
    std::tie(objective.load_eur_per_gb, objective.load_window_s, objective.load_share) = load_prices;
    gigafleet::ModelTable table{names, weights_gb, resource, of_code};
    if (in_use) {
        const auto& [node, first, instances, model, node_id] = *in_use;
        table.before = {view_of(node), view_of(first), view_of(instances), view_of(model), view_of(node_id)};
    }
    return table;
}

namespace {

gigafleet::EarlierPlan earlier_plan(const Earlier& given) {
    const auto& [columns, made_from, task_id, node_id] = given;
    gigafleet::EarlierPlan plan{runs_of(columns)};
    plan.runs.task_id = view_of(task_id);
    plan.runs.node_id = view_of(node_id);
    if (made_from) {
        plan.fingerprint = made_from->first;
        plan.effort = effort_of(made_from->second);
    }
    return plan;
}

std::unique_ptr<PyPlan> place(std::shared_ptr<gigafleet::Network> network, const PyFleet& fleet,
                              const PyWorkload& workload, double rtt_price, double horizon_s,
                              double risk_price, double move_cost, double evict_cost,
                              const std::string& effort, int threads, double time_limit_s,
                              py::object progress, unsigned disabled_rules,
                              const std::optional<Earlier>& previous, std::int64_t most_shapes,
                              std::size_t cells, const std::optional<ModelColumns>& models,
                              const std::optional<TenantColumns>& tenants) {
    gigafleet::PlaceOptions options;
    options.objective = {rtt_price, horizon_s, risk_price, move_cost, evict_cost};
    std::optional<gigafleet::ModelTable> table;
    if (models) {
        table = read_models(*models, options.objective);
        options.models = &*table;
    }
    gigafleet::EarlierPlan earlier;
    if (previous) {
        earlier = earlier_plan(*previous);
        options.previous = &earlier;
    }
    options.threads = thread_count(threads);
    options.time_limit_s = time_limit_s;
    options.effort = effort_of(effort);
    options.disabled_rules = disabled_rules;
    options.most_shapes = most_shapes;
    options.cells = cells;
    std::optional<gigafleet::TenantTable> whose;
    std::vector<py::object> owners = workload.owners;
    if (tenants) {
        whose = tenants_of(*tenants, fleet.fleet->schema(), workload.workload->rows());
        options.tenants = &*whose;
        const auto& own = std::get<0>(*tenants).owners;
        owners.insert(owners.end(), own.begin(), own.end());
    }
    PyControl control(std::move(progress));
    std::optional<Plan> plan;
    {
        const py::gil_scoped_release release;
        plan = gigafleet::place(std::move(network), fleet.fleet, workload.workload, options, control);
    }
    const bool complete = plan->solution.status == gigafleet::Status::kComplete;
    return std::make_unique<PyPlan>(std::move(*plan), std::move(owners),
                                    complete ? "COMPLETE" : "TIME_LIMIT");
}

/// Counts by row; the reasons too where they are wanted, since finding them takes a while.
void make_counts(const PyPlan& self, bool with_reason) {
    auto placed = new_array<std::int64_t>(self.rows());
    auto reason = new_array<std::uint8_t>(self.rows());
    const auto a = span_of(placed);
    const auto b = span_of(reason);
    PyControl control;
    {
        const py::gil_scoped_release release;
        const std::scoped_lock lock(self.explaining);
        if (with_reason && !self.explained) gigafleet::explain(self.plan, control);
        self.explained = self.explained || with_reason;
        if (self.plan.previous)
            gigafleet::stream_counts(*self.plan.problem, self.plan.solution, *self.plan.previous,
                                     self.plan.threads, a, b);
        else
            gigafleet::stream_counts(*self.plan.problem, self.plan.solution, a, b);
    }
    self.placed_count = placed;
    if (with_reason) self.reason = reason;
}

/// Either span may be empty.
void stream_nodes(const PyPlan& self, std::span<std::int64_t> node, std::span<std::int64_t> instance) {
    const Plan& plan = self.plan;
    if (!plan.problem->workload().single())
        throw gigafleet::EngineError("some task rows have a count other than 1: use assignments()");
    const py::gil_scoped_release release;
    if (plan.previous)
        gigafleet::stream_nodes(*plan.problem, plan.solution, *plan.previous, plan.threads, node, instance);
    else
        gigafleet::stream_nodes(*plan.problem, plan.solution, plan.threads, node, instance);
}

py::array_t<std::int64_t> node(const PyPlan& self) {
    auto out = new_array<std::int64_t>(self.rows());
    stream_nodes(self, span_of(out), {});
    return out;
}

py::array_t<std::int64_t> instance(const PyPlan& self) {
    auto out = new_array<std::int64_t>(self.rows());
    stream_nodes(self, {}, span_of(out));
    return out;
}

/// Both in one pass.
py::tuple seats(const PyPlan& self) {
    auto node = new_array<std::int64_t>(self.rows());
    auto instance = new_array<std::int64_t>(self.rows());
    stream_nodes(self, span_of(node), span_of(instance));
    return py::make_tuple(node, instance);
}

/// The GIL may be released.
gigafleet::Assignments stream(const Plan& plan) {
    gigafleet::Assignments runs = plan.previous ? gigafleet::stream_assignments(*plan.problem, plan.solution,
                                                                                *plan.previous, plan.threads)
                                                : gigafleet::stream_assignments(*plan.problem, plan.solution);
    gigafleet::seat_on_devices(*plan.problem, runs);
    return runs;
}

gigafleet::Assignments stream_released(const PyPlan& self) {
    const py::gil_scoped_release release;
    return stream(self.plan);
}

py::tuple assignments(const PyPlan& self) {
    gigafleet::Assignments a = stream_released(self);
    self.devices = give(std::move(a.devices));
    return py::make_tuple(give(std::move(a.task)), give(std::move(a.node)), give(std::move(a.first_instance)),
                          give(std::move(a.instances)), give(std::move(a.per_instance)));
}

/// By run of assignments(); empty where no task asks for devices.
py::array_t<std::uint64_t> devices(const PyPlan& self) {
    if (self.plan.problem->device_demands().size() == 1) return py::array_t<std::uint64_t>(0);
    if (!self.devices) self.devices = give(stream_released(self).devices);
    return *self.devices;
}

std::string digest(const PyPlan& self, const MaybeIds& task_ids, const MaybeIds& node_ids) {
    const auto task = view_of(task_ids), node = view_of(node_ids);
    const py::gil_scoped_release release;
    return gigafleet::digest(stream(self.plan), task, node, self.plan.threads);
}

/// Loads of carriers [first, first + size).
py::array_t<std::int64_t> loads(const PyPlan& self, std::size_t first, std::size_t size) {
    auto out = new_array<std::int64_t>(static_cast<std::int64_t>(size));
    auto view = span_of(out);
    for (std::size_t i = 0; i < size; ++i)
        view[i] = self.plan.solution.loads.load(static_cast<std::uint32_t>(first + i));
    return out;
}

/// By load, or use, of a model: node row, first instance, instances, model, seconds to load it.
template <class List>
py::tuple list_models(const PyPlan& self, List&& list) {
    std::vector<std::int64_t> node, first, instances, model;
    std::vector<double> seconds;
    {
        const py::gil_scoped_release release;
        const gigafleet::Problem& problem = *self.plan.problem;
        if (problem.models() != nullptr)
            for (const gigafleet::ModelLoad& load : list(problem, self.plan.solution, self.plan.threads)) {
                gigafleet::Assignments runs;
                runs.add(problem.fleet(), 0, {load.pool, load.first, load.slots, 1});
                node.insert(node.end(), runs.node.begin(), runs.node.end());
                first.insert(first.end(), runs.first_instance.begin(), runs.first_instance.end());
                instances.insert(instances.end(), runs.instances.begin(), runs.instances.end());
                model.resize(node.size(), load.model);
                seconds.resize(node.size(), problem.models()->load_seconds(load.model, load.line));
            }
    }
    return py::make_tuple(give(std::move(node)), give(std::move(first)), give(std::move(instances)),
                          give(std::move(model)), give(std::move(seconds)));
}

py::tuple model_loads(const PyPlan& self) { return list_models(self, gigafleet::loads_of); }
py::tuple models_in_use(const PyPlan& self) { return list_models(self, gigafleet::models_in_use); }

py::dict used(const PyPlan& self) {
    const auto& schema = self.plan.problem->fleet().schema();
    py::dict out;
    for (std::size_t r = 0; r < schema.resources.size(); ++r)
        out[py::str(schema.resources[r].name)] =
            static_cast<double>(self.plan.used[r]) * schema.resources[r].resolution;
    return out;
}

/// 0 where no earlier plan was given.
std::int64_t ran_tasks(const PyPlan& self) { return self.plan.previous ? self.plan.previous->ran() : 0; }
std::int64_t stranded_tasks(const PyPlan& self) {
    return self.plan.previous ? self.plan.previous->stranded() : 0;
}

py::dict timings(const PyPlan& self) {
    const Plan::Timings& t = self.plan.timings;
    py::dict out;
    out["problem"] = t.problem;
    out["routes"] = t.routes;
    out["place"] = t.place;
    out["total"] = t.total;
    return out;
}

}  // namespace

gigafleet::EarlierRuns runs_of(const EarlierColumns& given) {
    const auto& [task, node, first, instances, per_instance] = given;
    const auto wrong = [&](const MaybeIds& column) { return column && column->size() != node.size(); };
    if (wrong(task) || wrong(instances) || wrong(per_instance) || first.size() != node.size())
        throw gigafleet::InputTypeError("previous", gigafleet::kNoRow, "columns of several lengths", "one");
    return {view_of(task), view_of(node), view_of(first), view_of(instances), view_of(per_instance)};
}

void register_place(py::module_& m) {
    py::class_<PyPlan> plan(m, "Plan");
    add_bounds(plan);
    add_tenants(plan);
    add_explainer(m, plan);
    plan.def_property_readonly("placed_count",
                               [](const PyPlan& self) {
                                   if (self.placed_count.is_none()) make_counts(self, false);
                                   return self.placed_count;
                               })
        .def_property_readonly("reason",
                               [](const PyPlan& self) {
                                   if (self.reason.is_none()) make_counts(self, true);
                                   return self.reason;
                               })
        .def("node", &node)
        .def("instance", &instance)
        .def("seats", &seats)
        .def("assignments", &assignments)
        .def("devices", &devices)
        .def("digest", &digest, py::arg("task_ids") = py::none(), py::arg("node_ids") = py::none())
        .def("arc_load",
             [](const PyPlan& self) { return loads(self, 0, self.plan.solution.loads.arc_count()); })
        .def("access_load",
             [](const PyPlan& self) {
                 const auto& l = self.plan.solution.loads;
                 return py::make_tuple(loads(self, l.arc_count(), l.site_count()),
                                       loads(self, l.arc_count() + l.site_count(), l.site_count()));
             })
        .def("used", &used)
        .def("model_loads", &model_loads)
        .def("models_in_use", &models_in_use)
        .def_property_readonly("single",
                               [](const PyPlan& self) { return self.plan.problem->workload().single(); })
        .def_property_readonly("placed_tasks", [](const PyPlan& self) { return self.plan.placed_tasks; })
        .def_property_readonly("placed_weight",
                               [](const PyPlan& self) {
                                   return static_cast<double>(self.plan.placed_weight) *
                                          gigafleet::kDefaultResolution;
                               })
        .def_property_readonly("cost", [](const PyPlan& self) { return self.plan.cost(); })
        .def_property_readonly("ran_tasks", &ran_tasks)
        .def_property_readonly("stranded_tasks", &stranded_tasks)
        .def_property_readonly("moved_tasks", [](const PyPlan& self) { return self.plan.moves.tasks; })
        .def_property_readonly("evicted_tasks", [](const PyPlan& self) { return self.plan.moves.evicted; })
        .def_property_readonly("moves_cost", [](const PyPlan& self) { return self.plan.moves.cost; })
        .def("made_from",
             [](const PyPlan& self) {
                 const py::gil_scoped_release release;
                 const std::uint64_t question =
                     self.plan.tenants ? gigafleet::fingerprint(*self.plan.tenants, self.plan.threads)
                                       : gigafleet::fingerprint(*self.plan.problem);
                 return MadeFrom(question, name_of(self.plan.effort));
             })
        .def_property_readonly("status", [](const PyPlan& self) { return self.status; })
        .def_property_readonly("timings", &timings)
        .def_property_readonly(
            "classes", [](const PyPlan& self) { return self.plan.problem->workload().classes().size(); })
        .def_property_readonly("pools",
                               [](const PyPlan& self) { return self.plan.problem->fleet().pools().size(); });

    m.def("place", &place, py::arg("network"), py::arg("fleet"), py::arg("workload"), py::kw_only(),
          py::arg("rtt_price"), py::arg("horizon_s"), py::arg("risk_price"), py::arg("move_cost") = 0.0,
          py::arg("evict_cost") = 0.0, py::arg("effort") = "balanced", py::arg("threads") = 0,
          py::arg("time_limit_s") = INFINITY, py::arg("progress") = py::none(),
          py::arg("disabled_rules") = 0u, py::arg("previous") = py::none(),
          py::arg("most_shapes") = gigafleet::PlaceOptions{}.most_shapes,
          py::arg("cells") = gigafleet::PlaceOptions{}.cells, py::arg("models") = py::none(),
          py::arg("tenants") = py::none());

    m.attr("DEVICE_WEIGHT") = gigafleet::kDeviceWeight;
    py::dict rules;
    rules["CAPACITY"] = static_cast<unsigned>(gigafleet::kRuleCapacity);
    rules["LATENCY"] = static_cast<unsigned>(gigafleet::kRuleLatency);
    rules["LINK"] = static_cast<unsigned>(gigafleet::kRuleLink);
    rules["ACCESS"] = static_cast<unsigned>(gigafleet::kRuleAccess);
    rules["LINE"] = static_cast<unsigned>(gigafleet::kRuleLine);
    rules["LABEL"] = static_cast<unsigned>(gigafleet::kRuleLabel);
    rules["TRANSIT"] = static_cast<unsigned>(gigafleet::kRuleTransit);
    rules["TIME"] = static_cast<unsigned>(gigafleet::kRuleTime);
    rules["DEVICES"] = static_cast<unsigned>(gigafleet::kRuleDevices);
    rules["GANG"] = static_cast<unsigned>(gigafleet::kRuleGang);
    rules["SPREAD"] = static_cast<unsigned>(gigafleet::kRuleSpread);
    rules["MODEL"] = static_cast<unsigned>(gigafleet::kRuleModel);
    rules["EVICT"] = static_cast<unsigned>(gigafleet::kRuleEvict);
    rules["QUOTA"] = static_cast<unsigned>(gigafleet::kRuleQuota);
    rules["FAIRNESS"] = static_cast<unsigned>(gigafleet::kRuleFairness);
    m.attr("RULES") = rules;
}
