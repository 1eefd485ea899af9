// _core.Fleet and _core.Workload as other bindings see them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "columns.hpp"
#include "gigafleet/fleet.hpp"
#include "gigafleet/models.hpp"
#include "gigafleet/workload.hpp"

struct PyFleet {
    std::shared_ptr<const gigafleet::Fleet> fleet;
};

/// The workload reads its `count` column again and again: `owners` keeps the arrays.
struct PyWorkload {
    std::shared_ptr<const gigafleet::Workload> workload;
    std::vector<py::object> owners;
};

/// The fields of ModelTable, and of the objective what loads cost and what window and share they have.
using ModelColumns = std::tuple<std::vector<std::string>, std::vector<double>, std::string,
                                std::vector<std::int32_t>, std::tuple<double, double, double>>;

inline gigafleet::ModelTable table_of(const ModelColumns& columns) {
    const auto& [names, weights_gb, resource, of_code, load_prices] = columns;
    return {names, weights_gb, resource, of_code};
}
