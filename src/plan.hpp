// _core.Plan as its bindings see it.
#pragma once

#include <pybind11/numpy.h>

#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gigafleet/bound.hpp"
#include "gigafleet/place.hpp"
#include "module.hpp"

template <class T>
py::array_t<T> new_array(std::int64_t size) {
    return py::array_t<T>(static_cast<py::ssize_t>(size));
}
template <class T>
std::span<T> span_of(py::array_t<T>& array) {
    return {array.mutable_data(), static_cast<std::size_t>(array.size())};
}

/// Hands a vector over to NumPy without a copy.
template <class T>
py::array_t<T> give(std::vector<T>&& values) {
    auto* owned = new std::vector<T>(std::move(values));
    const py::capsule owner(owned, [](void* p) { delete static_cast<std::vector<T>*>(p); });
    return py::array_t<T>(static_cast<py::ssize_t>(owned->size()), owned->data(), owner);
}

using Ids = py::array_t<std::int64_t, py::array::c_style>;
using MaybeIds = std::optional<Ids>;

inline std::span<const std::int64_t> view_of(const Ids& ids) {
    return {ids.data(), static_cast<std::size_t>(ids.size())};
}
inline std::span<const std::int64_t> view_of(const MaybeIds& ids) {
    return ids ? view_of(*ids) : std::span<const std::int64_t>{};
}

/// The columns of EarlierRuns.
using EarlierColumns = std::tuple<MaybeIds, Ids, Ids, MaybeIds, MaybeIds>;
gigafleet::EarlierRuns runs_of(const EarlierColumns& given);

/// Nodes by id, first instances, instances, models; and the ids of the rows of nodes.
using InUseColumns = std::tuple<Ids, Ids, Ids, Ids, MaybeIds>;
/// The fields of ModelTable, and of the objective what loads cost and what window and share they have.
using ModelColumns =
    std::tuple<std::vector<std::string>, std::vector<double>, std::string, std::vector<std::int32_t>,
               std::tuple<double, double, double>, std::optional<InUseColumns>>;
/// Sets these of the objective.
gigafleet::ModelTable read_models(const ModelColumns& given, gigafleet::Objective& objective);

/// A plan and the Python owners of what its problem still reads.
struct PyPlan {
    PyPlan(gigafleet::Plan&& made, std::vector<py::object> kept, std::string ended)
        : plan(std::move(made)), owners(std::move(kept)), status(std::move(ended)) {}

    mutable gigafleet::Plan plan;  ///< all but its reasons, found when first asked for, stays as it is
    std::vector<py::object> owners;
    std::string status;
    mutable py::object placed_count = py::none(), reason = py::none();  ///< made when first asked for
    /// Made with the runs, or when first asked for.
    mutable std::optional<py::array_t<std::uint64_t>> devices;
    mutable std::mutex explaining;
    mutable bool explained = false;
    mutable std::mutex proving;
    mutable std::optional<gigafleet::Certificate> proven;  ///< found when first asked for

    std::int64_t rows() const { return plan.problem->workload().rows(); }
};

/// Adds what is proven of a plan.
void add_bounds(py::class_<PyPlan>& plan);
/// Adds _core.Explainer, and the way from a plan to it.
void add_explainer(py::module_& m, py::class_<PyPlan>& plan);
