// Of _core.Plan: what each tenant gets.
#include "tenants.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "gigafleet/error.hpp"
#include "gigafleet/tenant_place.hpp"

gigafleet::TenantTable tenants_of(const TenantColumns& given, const gigafleet::Schema& schema,
                                  std::int64_t rows) {
    const auto& [column, weight, max_priority, quotas] = given;
    const gigafleet::Column& tenant = column.column;
    if (gigafleet::is_float(tenant.type()))
        throw gigafleet::InputTypeError("tasks.tenant", gigafleet::kNoRow, "floats", "whole numbers");
    if (!tenant.is_scalar() && tenant.rows() != rows)
        throw gigafleet::InputTypeError("tasks.tenant", gigafleet::kNoRow,
                                        std::to_string(tenant.rows()) + " rows", std::to_string(rows));
    gigafleet::TenantTable table{tenant, weight, max_priority, {}};
    gigafleet::Amounts unlimited;
    unlimited.fill(gigafleet::kUnlimited);
    table.quota.resize(weight.size(), unlimited);
    for (const auto& [name, values] : quotas) {
        const auto it = std::ranges::find(schema.resources, name, &gigafleet::Resource::name);
        if (it == schema.resources.end())
            throw gigafleet::InputError("tenants.quota['" + name + "']", gigafleet::kNoRow,
                                        "a resource that no node has", "a resource of the nodes");
        const auto r = static_cast<std::size_t>(it - schema.resources.begin());
        for (std::size_t t = 0; t < values.size(); ++t)
            table.quota[t][r] =
                gigafleet::quantise(values[t], it->resolution, gigafleet::Rounding::kDown, true,
                                    "tenants.quota['" + name + "']", static_cast<std::int64_t>(t));
    }
    return table;
}

namespace {

/// (tenants + 1,) arrays: members, placed, left for QUOTA, left for FAIRNESS, dominant share; then by
/// resource (name, used, share of the fleet). The last row is that of tasks of no tenant. Once the reasons
/// are found.
py::object shares(const PyPlan& self) {
    if (!self.plan.tenants) return py::none();
    const gigafleet::TenantReport found = gigafleet::report(self.plan);
    const auto size = static_cast<std::int64_t>(found.rows.size());
    py::array_t<std::int64_t> counts({py::ssize_t{4}, static_cast<py::ssize_t>(size)});
    auto dominant = new_array<double>(size);
    for (std::int64_t t = 0; t < size; ++t) {
        const auto& row = found.rows[static_cast<std::size_t>(t)];
        counts.mutable_at(0, t) = row.members;
        counts.mutable_at(1, t) = row.placed;
        counts.mutable_at(2, t) = row.left_for_quota;
        counts.mutable_at(3, t) = row.left_for_fairness;
        dominant.mutable_at(t) = row.dominant_share;
    }
    const gigafleet::Schema& schema = self.plan.problem->fleet().schema();
    py::list by_resource;
    for (std::size_t r = 0; r < schema.resources.size(); ++r) {
        auto used = new_array<double>(size), share = new_array<double>(size);
        for (std::int64_t t = 0; t < size; ++t) {
            const auto amount = static_cast<double>(found.rows[static_cast<std::size_t>(t)].used[r]);
            used.mutable_at(t) = amount * schema.resources[r].resolution;
            share.mutable_at(t) = amount * found.capacity_share[r];
        }
        by_resource.append(py::make_tuple(schema.resources[r].name, used, share));
    }
    return py::make_tuple(counts, dominant, by_resource);
}

}  // namespace

void add_tenants(py::class_<PyPlan>& plan) { plan.def("shares", &shares); }
