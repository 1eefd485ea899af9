// Of _core.Plan: what no plan can beat, and the prices that prove it.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "control.hpp"
#include "gigafleet/bound.hpp"
#include "gigafleet/error.hpp"
#include "gigafleet/place.hpp"
#include "plan.hpp"

using gigafleet::Certificate;
using gigafleet::MaybePrices;
using gigafleet::Plan;

namespace {

using Doubles = py::array_t<double, py::array::c_style>;
/// By pool and dimension, and by carrier; an empty array is all 0. See prices.hpp.
using PricePair = std::pair<Doubles, Doubles>;

gigafleet::Prices prices_of(const PricePair& pair) {
    const auto list = [](const Doubles& values) {
        return std::vector<double>(values.data(), values.data() + values.size());
    };
    return {list(pair.first), list(pair.second)};
}

std::vector<MaybePrices> prices_of(const std::vector<PricePair>& pairs) {
    std::vector<MaybePrices> out;
    for (const PricePair& pair : pairs) out.push_back(prices_of(pair));
    return out;
}

std::optional<gigafleet::Look> look_of(const std::optional<std::string>& name) {
    if (!name) return std::nullopt;
    if (*name == "exactly") return gigafleet::Look::kExactly;
    if (*name == "by reach") return gigafleet::Look::kByReach;
    if (*name == "by kind") return gigafleet::Look::kByKind;
    if (*name == "floor") return gigafleet::Look::kFloor;
    throw gigafleet::InputError("look", gigafleet::kNoRow, "'" + *name + "'",
                                "'exactly', 'by reach', 'by kind' or 'floor'");
}

double in_units(gigafleet::WideQuantity weight) {
    return static_cast<double>(weight) * gigafleet::kDefaultResolution;
}

std::vector<double> weights(const std::vector<gigafleet::WideQuantity>& levels) {
    std::vector<double> out;
    for (const auto weight : levels) out.push_back(in_units(weight));
    return out;
}

/// The engine's own, found once. The GIL may be released.
const Certificate& proof(const PyPlan& self, gigafleet::Control& control) {
    const std::scoped_lock lock(self.proving);
    if (!self.proven) self.proven = gigafleet::prove(self.plan, control);
    return *self.proven;
}

/// Weight placed and its bound by level, from the highest; bound of the cost, what gaps are measured against,
/// seconds.
using Bounds = std::tuple<std::vector<double>, std::vector<double>, double, double, double>;

Bounds bounds(const PyPlan& self, const std::optional<PricePair>& cost, const std::vector<PricePair>& placed,
              const std::optional<std::string>& look) {
    const gigafleet::Prices cost_prices = cost ? prices_of(*cost) : gigafleet::Prices{};
    std::vector<MaybePrices> placed_prices = prices_of(placed);
    const Plan& plan = self.plan;
    const auto told = [&](const Certificate& found) -> Bounds {
        return {weights(plan.level_weight), weights(found.placed), found.cost, found.terms, found.seconds};
    };
    PyControl control;
    const py::gil_scoped_release release;
    if (!cost && placed.empty() && !look) return told(proof(self, control));
    return told(gigafleet::certify(*plan.problem, plan.solution, plan.level_weight, cost_prices,
                                   std::move(placed_prices), plan.threads, control, look_of(look)));
}

/// What given prices prove by themselves: of the cost, and of the weight by level, from the highest; where as
/// much is placed as the plan does, or as `level_weight` says.
std::pair<double, std::vector<double>> bounds_at(const PyPlan& self, const PricePair& cost,
                                                 const std::vector<PricePair>& placed,
                                                 const std::optional<std::vector<double>>& level_weight,
                                                 const std::optional<std::string>& look) {
    const gigafleet::Prices cost_prices = prices_of(cost);
    const std::vector<MaybePrices> placed_prices = prices_of(placed);
    const Plan& plan = self.plan;
    std::vector<gigafleet::WideQuantity> asked = plan.level_weight;
    for (std::size_t p = 0; level_weight && p < std::min(asked.size(), level_weight->size()); ++p)
        asked[p] = std::llround((*level_weight)[p] / gigafleet::kDefaultResolution);
    PyControl control;
    const py::gil_scoped_release release;
    const gigafleet::Bound bound(*plan.problem, asked, plan.threads, control, look_of(look));
    std::vector<double> weight;
    for (std::size_t p = 0; p < std::min(placed_prices.size(), asked.size()); ++p)
        weight.push_back(in_units(bound.placed_at(p, *placed_prices[p], control).value()));
    return {bound.cost_at(cost_prices, control), weight};
}

/// Prices as above, what they prove by themselves, and whether any were found: of the cost, then of the
/// weight by level, from the highest.
using PriceRow = std::tuple<Doubles, Doubles, double, bool>;

std::vector<PriceRow> prices(const PyPlan& self) {
    const auto array = [](const std::vector<double>& values) {
        return Doubles(static_cast<py::ssize_t>(values.size()), values.data());
    };
    const auto row = [&](const gigafleet::Priced& priced) -> PriceRow {
        return {array(priced.prices.pool), array(priced.prices.carrier), priced.bound, priced.found};
    };
    PyControl control;
    const Certificate* found = nullptr;
    {
        const py::gil_scoped_release release;
        found = &proof(self, control);
    }
    std::vector<PriceRow> out{row(found->of_cost)};
    for (const gigafleet::Priced& priced : found->of_weight) out.push_back(row(priced));
    return out;
}

}  // namespace

void add_bounds(py::class_<PyPlan>& plan) {
    plan.def("bounds", &bounds, py::arg("cost_prices").noconvert() = py::none(),
             py::arg("placed_prices").noconvert() = std::vector<PricePair>{}, py::arg("look") = py::none())
        .def("bounds_at", &bounds_at, py::arg("cost_prices").noconvert(),
             py::arg("placed_prices").noconvert(), py::arg("level_weight") = py::none(),
             py::arg("look") = py::none())
        .def("prices", &prices);
}
