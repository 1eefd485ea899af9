// Tenants as bindings see them.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "columns.hpp"
#include "gigafleet/schema.hpp"
#include "gigafleet/tenancy.hpp"
#include "plan.hpp"

/// The tenant of each task, and by tenant: weight, max_priority, and the quota of each resource named.
using TenantColumns = std::tuple<PyColumn, std::vector<double>, std::vector<std::int64_t>,
                                 std::vector<std::pair<std::string, std::vector<double>>>>;

/// Throws InputError on a resource that no node has.
gigafleet::TenantTable tenants_of(const TenantColumns& given, const gigafleet::Schema& schema,
                                  std::int64_t rows);

/// Adds what a plan gives each tenant.
void add_tenants(py::class_<PyPlan>& plan);
