// _core.adopt, _core.headroom, _core.n_minus_1: what starts from a plan that is there.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control.hpp"
#include "gigafleet/error.hpp"
#include "gigafleet/groundwork.hpp"
#include "gigafleet/headroom.hpp"
#include "gigafleet/n_minus_1.hpp"
#include "gigafleet/place.hpp"
#include "gigafleet/stream.hpp"
#include "module.hpp"
#include "plan.hpp"
#include "tables.hpp"

using gigafleet::Headroom;
using gigafleet::Plan;

namespace {

std::unique_ptr<PyPlan> adopt(std::shared_ptr<gigafleet::Network> network, const PyFleet& fleet,
                              const PyWorkload& workload, const EarlierColumns& runs, double rtt_price,
                              double horizon_s, double risk_price, double move_cost, double evict_cost,
                              const std::optional<ModelColumns>& models, int threads) {
    gigafleet::Objective objective{rtt_price, horizon_s, risk_price, move_cost, evict_cost};
    const gigafleet::EarlierRuns known = runs_of(runs);
    std::optional<gigafleet::ModelTable> table;
    if (models) table = read_models(*models, objective);
    PyControl control;
    std::optional<Plan> plan;
    {
        const py::gil_scoped_release release;
        plan = gigafleet::adopt(std::move(network), fleet.fleet, workload.workload, objective, known,
                                thread_count(threads), control, table ? &*table : nullptr);
    }
    return std::make_unique<PyPlan>(std::move(*plan), workload.owners, "COMPLETE");
}

/// Columns of one length each: of the rows of profiles, of their runs, of what is full.
py::dict headroom(const PyPlan& self, const PyWorkload& profiles, bool together,
                  const std::optional<ModelColumns>& models, int threads, py::object progress) {
    const gigafleet::Problem& problem = *self.plan.problem;
    std::optional<gigafleet::ModelTable> table;
    gigafleet::Objective same;  // as that of the plan
    if (models) table = read_models(*models, same);
    PyControl control(std::move(progress));
    std::vector<std::int64_t> fits, gangs, bound, gates, full_row, full_number, full_nodes;
    std::vector<std::uint8_t> full_what;
    std::vector<double> cost;
    gigafleet::Assignments runs;
    {
        const py::gil_scoped_release release;
        const int count = thread_count(threads);
        const gigafleet::Problem asked(problem.network_ptr(), problem.fleet_ptr(), profiles.workload,
                                       problem.objective(), problem.disabled_rules(), count, control,
                                       table ? &*table : nullptr, &problem);
        const auto found =
            gigafleet::find_headroom(problem, self.plan.solution, asked, together, count, control);
        std::int64_t row = 0;
        for (const Headroom& own : found) {
            fits.push_back(own.fits);
            gangs.push_back(own.gangs);
            bound.push_back(own.bound);
            cost.push_back(own.cost);
            gates.insert(gates.end(), own.nodes.begin(), own.nodes.end());
            for (const gigafleet::Filling& filling : own.fillings) runs.add(problem.fleet(), row, filling);
            for (const Headroom::Full& full : own.full) {
                full_row.push_back(row);
                full_what.push_back(static_cast<std::uint8_t>(full.what));
                full_number.push_back(static_cast<std::int64_t>(full.number));
                full_nodes.push_back(full.nodes);
            }
            ++row;
        }
    }
    py::dict out;
    out["fits"] = give(std::move(fits));
    out["gangs"] = give(std::move(gangs));
    out["bound"] = give(std::move(bound));
    out["cost"] = give(std::move(cost));
    out["gates"] = give(std::move(gates));
    out["task"] = give(std::move(runs.task));
    out["node"] = give(std::move(runs.node));
    out["first_instance"] = give(std::move(runs.first_instance));
    out["instances"] = give(std::move(runs.instances));
    out["per_instance"] = give(std::move(runs.per_instance));
    out["full_row"] = give(std::move(full_row));
    out["full_what"] = give(std::move(full_what));
    out["full_number"] = give(std::move(full_number));
    out["full_nodes"] = give(std::move(full_nodes));
    return out;
}

using Elements = std::optional<py::array_t<std::int32_t, py::array::c_style>>;

/// Element of each site or link, -1 for none; none at all where not given.
std::vector<std::uint32_t> elements_of(const char* name, const Elements& given, std::size_t size,
                                       std::uint32_t count) {
    if (!given) return {};
    if (static_cast<std::size_t>(given->size()) != size)
        throw gigafleet::InputTypeError(name, gigafleet::kNoRow, std::to_string(given->size()) + " values",
                                        std::to_string(size));
    std::vector<std::uint32_t> out(given->data(), given->data() + size);  // -1 is kNone
    for (const std::uint32_t element : out)
        if (element != gigafleet::Elements::kNone && element >= count)
            throw gigafleet::InputError(name, gigafleet::kNoRow, std::to_string(element),
                                        "an element from 0 to " + std::to_string(count - 1));
    return out;
}

/// Columns by element that somebody needs; weights by element and level of priority from the highest.
py::dict n_minus_1(const PyPlan& self, std::uint32_t count, const Elements& of_site, const Elements& of_link,
                   int threads, py::object progress) {
    const gigafleet::Problem& problem = *self.plan.problem;
    gigafleet::Elements elements;
    elements.count = count;
    elements.of_site = elements_of("of_site", of_site, problem.network().site_count(), count);
    elements.of_link = elements_of("of_link", of_link, problem.network().link_count(), count);
    PyControl control(std::move(progress));
    std::vector<std::int64_t> element, carried, cut_off, rerouted, moved, dropped;
    std::vector<double> cut_off_weight, dropped_weight, seconds;
    {
        const py::gil_scoped_release release;
        const int workers = thread_count(threads);
        const gigafleet::Groundwork ground(problem, control, workers);
        const gigafleet::NMinus1 losses(ground, self.plan.solution, elements);
        const auto weights = [](const std::vector<gigafleet::WideQuantity>& levels,
                                std::vector<double>& out) {
            for (const auto weight : levels)
                out.push_back(static_cast<double>(weight) * gigafleet::kDefaultResolution);
        };
        for (const gigafleet::Loss& loss : losses.run(workers, control)) {
            element.push_back(loss.element);
            carried.push_back(loss.carried);
            cut_off.push_back(loss.cut_off);
            rerouted.push_back(loss.rerouted);
            moved.push_back(loss.moved());
            dropped.push_back(loss.dropped);
            seconds.push_back(loss.seconds);
            weights(loss.cut_off_weight, cut_off_weight);
            weights(loss.dropped_weight, dropped_weight);
        }
    }
    py::dict out;
    out["element"] = give(std::move(element));
    out["carried"] = give(std::move(carried));
    out["cut_off"] = give(std::move(cut_off));
    out["rerouted"] = give(std::move(rerouted));
    out["moved"] = give(std::move(moved));
    out["dropped"] = give(std::move(dropped));
    out["seconds"] = give(std::move(seconds));
    out["cut_off_weight"] = give(std::move(cut_off_weight));
    out["dropped_weight"] = give(std::move(dropped_weight));
    return out;
}

}  // namespace

void register_whatif(py::module_& m) {
    m.def("adopt", &adopt, py::arg("network"), py::arg("fleet"), py::arg("workload"), py::arg("runs"),
          py::kw_only(), py::arg("rtt_price"), py::arg("horizon_s"), py::arg("risk_price"),
          py::arg("move_cost"), py::arg("evict_cost"), py::arg("models") = py::none(),
          py::arg("threads") = 0);
    m.def("headroom", &headroom, py::arg("plan"), py::arg("profiles"), py::kw_only(), py::arg("together"),
          py::arg("models") = py::none(), py::arg("threads") = 0, py::arg("progress") = py::none());
    m.def("n_minus_1", &n_minus_1, py::arg("plan"), py::kw_only(), py::arg("count"),
          py::arg("of_site").noconvert() = py::none(), py::arg("of_link").noconvert() = py::none(),
          py::arg("threads") = 0, py::arg("progress") = py::none());
}
