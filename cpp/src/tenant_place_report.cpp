#include "gigafleet/tenant_place.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <span>

#include "gigafleet/tenant_parts.hpp"

namespace gigafleet {

namespace {

constexpr double kEqual = 1e-9;  // shares that differ by less, relative, are the same

/// Calls f(class, tenant, members left over) for each class that tenants are told apart in.
template <class F>
void for_left(const Plan& plan, F&& f) {
    const auto& classes = plan.problem->workload().classes();
    const auto& tenants = plan.tenants->tenant_of_class;
    for (std::size_t c = 0; c < classes.size(); ++c)
        if (tenants[c] != Split::kMixed && plan.solution.placed[c] < classes[c].members)
            f(c, tenants[c], classes[c].members - plan.solution.placed[c]);
}

using Wide = std::array<WideQuantity, kMaxDimensions>;

std::vector<Wide> used_by_tenant(const Plan& plan) {
    const Tenancy& tenancy = plan.tenants->tenancy;
    std::vector<Wide> used(tenancy.tenants());
    for (std::uint32_t t = 0; t < tenancy.tenants(); ++t)
        for (std::size_t r = 0; r < tenancy.resources(); ++r)
            for (std::size_t level = 0; level < tenancy.levels(); ++level)
                used[t][r] += tenancy.asked(level, t, r);
    for_left(plan, [&](std::size_t c, std::uint32_t t, std::int64_t left) {
        const Amounts& demand = plan.problem->shape(plan.problem->workload().classes()[c].shape).demand;
        for (std::size_t r = 0; r < tenancy.resources(); ++r) used[t][r] -= WideQuantity{demand[r]} * left;
    });
    return used;
}

/// At one level.
struct Standings {
    std::vector<double> share;                              ///< weighted, with what is held above
    std::uint32_t least = UINT32_MAX, second = UINT32_MAX;  ///< of those that run tasks there

    /// The least share of another tenant that runs tasks there.
    double of_others(std::uint32_t tenant) const {
        const std::uint32_t other = least == tenant ? second : least;
        return other == UINT32_MAX ? std::numeric_limits<double>::infinity() : share[other];
    }
};

}  // namespace

TenantReport report(const Plan& plan) {
    const Tenancy& tenancy = plan.tenants->tenancy;
    const auto used = used_by_tenant(plan);
    TenantReport found;
    for (std::size_t r = 0; r < tenancy.resources(); ++r) found.capacity_share.push_back(tenancy.inverse(r));
    for (std::uint32_t t = 0; t < tenancy.tenants(); ++t) {
        TenantReport::Row& row = found.rows.emplace_back();
        row.used = used[t];
        row.members = row.placed = tenancy.members(t);
        for (std::size_t r = 0; r < tenancy.resources(); ++r)
            row.dominant_share =
                std::max(row.dominant_share, static_cast<double>(used[t][r]) * tenancy.inverse(r));
    }
    for_left(plan, [&](std::size_t c, std::uint32_t t, std::int64_t left) {
        found.rows[t].placed -= left;
        if (plan.solution.reason[c] == Reason::kQuota) found.rows[t].left_for_quota += left;
        if (plan.solution.reason[c] == Reason::kFairness) found.rows[t].left_for_fairness += left;
    });
    return found;
}

namespace {

/// Whether quotas have no room for one member more of a class; of a gang, for all its members.
class QuotaCheck {
public:
    QuotaCheck(const Plan& plan, std::span<const Wide> used)
        : plan_(plan), tenancy_(plan.tenants->tenancy), used_(used) {
        if (!plan.problem->workload().has_bonds()) return;
        for_left(plan, [&](std::size_t c, std::uint32_t t, std::int64_t members) {
            const std::uint32_t gang = plan.problem->bond(ClassId(c)).gang;
            if (gang != Bond::kNone) add(gangs_[gang][t], c, members);
        });
    }

    bool is_over(std::size_t c, std::uint32_t tenant) const {
        const std::uint32_t gang = gangs_.empty() ? Bond::kNone : plan_.problem->bond(ClassId(c)).gang;
        if (gang != Bond::kNone)
            return std::ranges::any_of(gangs_.at(gang),
                                       [&](const auto& more) { return is_over(more.first, more.second); });
        Wide one{};
        add(one, c, 1);
        return is_over(tenant, one);
    }

private:
    void add(Wide& amounts, std::size_t c, std::int64_t members) const {
        const Amounts& demand = plan_.problem->shape(plan_.problem->workload().classes()[c].shape).demand;
        for (std::size_t r = 0; r < tenancy_.resources(); ++r)
            amounts[r] += WideQuantity{demand[r]} * members;
    }
    bool is_over(std::uint32_t tenant, const Wide& more) const {
        const Amounts& quota = tenancy_.quota(tenant);
        for (std::size_t r = 0; r < tenancy_.resources(); ++r)
            if (quota[r] != kUnlimited && used_[tenant][r] + more[r] > quota[r]) return true;
        return false;
    }

    const Plan& plan_;
    const Tenancy& tenancy_;
    std::span<const Wide> used_;
    std::map<std::uint32_t, std::map<std::uint32_t, Wide>> gangs_;  ///< left over: what they ask, by tenant
};

}  // namespace

void explain_tenants(Plan& plan) {
    const Tenancy& tenancy = plan.tenants->tenancy;
    const Problem& problem = *plan.problem;
    const unsigned off = problem.disabled_rules();
    const auto& classes = problem.workload().classes();
    const std::vector<std::size_t> level_of_shape = levels_of_shapes(problem);
    const auto used = used_by_tenant(plan);
    const std::size_t size = tenancy.tenants();

    // Who runs tasks at a level: whoever has members there, but for those left over.
    TenantShares shares(tenancy);
    std::vector<TenantShares> by_level;
    std::vector<std::vector<WideQuantity>> left(tenancy.levels(),
                                                std::vector<WideQuantity>(size * tenancy.resources()));
    for_left(plan, [&](std::size_t c, std::uint32_t t, std::int64_t members) {
        const ShapeId shape = classes[c].shape;
        for (std::size_t r = 0; r < tenancy.resources(); ++r)
            left[level_of_shape[shape.at()]][t * tenancy.resources() + r] +=
                WideQuantity{problem.shape(shape).demand[r]} * members;
    });
    std::vector<Standings> standings;
    for (std::size_t level = 0; level < tenancy.levels(); ++level) {
        Standings& own = standings.emplace_back();
        for (std::uint32_t t = 0; t < size; ++t) {
            bool any = false;
            for (std::size_t r = 0; r < tenancy.resources(); ++r) {
                const WideQuantity held =
                    tenancy.asked(level, t, r) - left[level][t * tenancy.resources() + r];
                any = any || held > 0;
                shares.add(t, r, static_cast<double>(held));
            }
            own.share.push_back(shares.of(t));
            if (!any) continue;
            if (own.least == UINT32_MAX || own.share[t] < own.share[own.least]) {
                own.second = own.least;
                own.least = t;
            } else if (own.second == UINT32_MAX || own.share[t] < own.share[own.second]) {
                own.second = t;
            }
        }
        by_level.push_back(shares);
    }
    const QuotaCheck quotas(plan, used);
    for_left(plan, [&](std::size_t c, std::uint32_t t, std::int64_t) {
        Reason& reason = plan.solution.reason[c];
        if (reason != Reason::kLink && reason != Reason::kCapacity) return;
        const Amounts& demand = problem.shape(classes[c].shape).demand;
        const std::size_t level = level_of_shape[classes[c].shape.at()];
        if (quotas.is_over(c, t)) {
            reason = Reason::kQuota;
            return;
        }
        const double then = by_level[level].with(t, demand, 1);
        if (reason == Reason::kCapacity && !(off & kRuleFairness) &&
            standings[level].of_others(t) <= then * (1 + kEqual))
            reason = Reason::kFairness;
    });
}

}  // namespace gigafleet
