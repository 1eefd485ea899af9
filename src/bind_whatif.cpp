// _core.adopt and _core.headroom: what starts from a plan that is there.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "control.hpp"
#include "gigafleet/headroom.hpp"
#include "gigafleet/parallel.hpp"
#include "gigafleet/place.hpp"
#include "gigafleet/stream.hpp"
#include "module.hpp"
#include "plan.hpp"
#include "tables.hpp"

using gigafleet::Headroom;
using gigafleet::Plan;

namespace {

int thread_count(int threads) { return threads > 0 ? threads : gigafleet::available_threads(); }

std::unique_ptr<PyPlan> adopt(std::shared_ptr<gigafleet::Network> network, const PyFleet& fleet,
                              const PyWorkload& workload, const EarlierColumns& runs, double rtt_price,
                              double horizon_s, double risk_price, double move_cost, int threads) {
    const gigafleet::Objective objective{rtt_price, horizon_s, risk_price, move_cost};
    const gigafleet::EarlierRuns known = runs_of(runs);
    PyControl control;
    std::optional<Plan> plan;
    {
        const py::gil_scoped_release release;
        plan = gigafleet::adopt(std::move(network), fleet.fleet, workload.workload, objective, known,
                                thread_count(threads), control);
    }
    return std::make_unique<PyPlan>(std::move(*plan), workload.owners, "COMPLETE");
}

/// Columns of one length each: of the rows of profiles, of their runs, of what is full.
py::dict headroom(const PyPlan& self, const PyWorkload& profiles, bool together, int threads,
                  py::object progress) {
    const gigafleet::Problem& problem = *self.plan.problem;
    PyControl control(std::move(progress));
    std::vector<std::int64_t> fits, bound, gates, full_row, full_number, full_nodes;
    std::vector<std::uint8_t> full_what;
    std::vector<double> cost;
    gigafleet::Assignments runs;
    {
        const py::gil_scoped_release release;
        const int count = thread_count(threads);
        const gigafleet::Problem asked(problem.network_ptr(), problem.fleet_ptr(), profiles.workload,
                                       problem.objective(), problem.disabled_rules(), count, control);
        const auto found =
            gigafleet::find_headroom(problem, self.plan.solution, asked, together, count, control);
        std::int64_t row = 0;
        for (const Headroom& own : found) {
            fits.push_back(own.fits);
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

}  // namespace

void register_whatif(py::module_& m) {
    m.def("adopt", &adopt, py::arg("network"), py::arg("fleet"), py::arg("workload"), py::arg("runs"),
          py::kw_only(), py::arg("rtt_price"), py::arg("horizon_s"), py::arg("risk_price"),
          py::arg("move_cost"), py::arg("threads") = 0);
    m.def("headroom", &headroom, py::arg("plan"), py::arg("profiles"), py::kw_only(), py::arg("together"),
          py::arg("threads") = 0, py::arg("progress") = py::none());
}
