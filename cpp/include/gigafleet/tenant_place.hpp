// Placing for tenants: quotas before the engine, fair shares after it; and what each of them then has.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "gigafleet/place.hpp"
#include "gigafleet/tenancy.hpp"

namespace gigafleet {

/// Whose is what, in a plan for tenants.
struct TenantPlan {
    TenantPlan(std::shared_ptr<const Problem> problem, const TenantTable& given, int threads,
               Control& control)
        : original(std::move(problem)), table(given), tenancy(*original, table, threads, control) {}
    TenantPlan(const TenantPlan&) = delete;

    std::shared_ptr<const Problem> original;  ///< in which classes are not taken apart
    TenantTable table;
    Tenancy tenancy;
    /// By class of the plan's problem; Split::kMixed where all of it is placed.
    std::vector<std::uint32_t> tenant_of_class;
};

/// As of a problem (fingerprint.hpp), and of whose tasks are whose and what tenants may hold. O(rows).
std::uint64_t fingerprint(const TenantPlan& plan, int threads);

/// The engine places what quotas admit, all classes in one; what it places of a class is dealt to tenants
/// (tenant_parts.hpp), what quotas then leave is topped up, and where shares are still uneven tasks are
/// exchanged, in problems small enough. With an earlier plan classes are taken apart first, since who ran
/// where is known by tenant; of what quotas admit, those that ran come first.
Plan place_for_tenants(const std::shared_ptr<const Problem>& problem, const PlaceOptions& options,
                       const PlaceAlone& place_alone, Control& control);

/// By tenant, the last those of none.
struct TenantReport {
    struct Row {
        std::array<WideQuantity, kMaxDimensions> used{};  ///< multiples, by resource
        double dominant_share = 0;                        ///< the largest share of what the fleet has
        std::int64_t members = 0, placed = 0;
        std::int64_t left_for_quota = 0, left_for_fairness = 0;
    };
    std::vector<Row> rows;
    std::vector<double> capacity_share;  ///< of a multiple, by resource; 0 where it has no limit
};

/// Of a plan made for tenants. O(classes).
TenantReport report(const Plan& plan);

/// Of tasks that some node could run, were it empty: QUOTA where the tenant's quota has no room for one more.
/// FAIRNESS where nodes are full, and another tenant that runs tasks of that level has no larger a weighted
/// share than this one would have with one more, levels above included. Sets the reasons of the plan, which
/// explain_unplaced has found. O(classes + tenants · levels).
void explain_tenants(Plan& plan);

}  // namespace gigafleet
