// Tenants for problems of problem_cases.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "gigafleet/tenancy.hpp"
#include "problem_cases.hpp"

namespace tenant_cases {

using namespace gigafleet;

/// Of weight 1, without quotas; the tenant of each row is borrowed.
inline TenantTable table_of(const std::vector<std::int8_t>& tenant, std::size_t tenants) {
    Amounts unlimited;
    unlimited.fill(kUnlimited);
    const Column::Chunk chunk{reinterpret_cast<const std::byte*>(tenant.data()), 1,
                              static_cast<std::int64_t>(tenant.size())};
    return {Column("tenant", DType::kI8, {chunk}, false), std::vector<double>(tenants, 1),
            std::vector<std::int64_t>(tenants, 100), std::vector<Amounts>(tenants, unlimited)};
}

/// For so many rows, from -1 on.
inline std::vector<std::int8_t> random_tenants(std::mt19937& random, std::size_t rows, int tenants) {
    std::vector<std::int8_t> tenant;
    for (std::size_t row = 0; row < rows; ++row)
        tenant.push_back(
            static_cast<std::int8_t>(static_cast<int>(random() % static_cast<unsigned>(tenants + 1)) - 1));
    return tenant;
}

}  // namespace tenant_cases
