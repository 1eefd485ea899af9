// _core.Fleet and _core.Workload as other bindings see them.
#pragma once

#include <cstdint>
#include <memory>
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
