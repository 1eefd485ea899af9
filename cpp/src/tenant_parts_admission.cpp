#include "gigafleet/tenant_parts.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>

#include "gigafleet/open_search.hpp"
#include "gigafleet/placement.hpp"
#include "gigafleet/restore.hpp"

namespace gigafleet {

namespace {

using Wide = std::array<WideQuantity, kMaxDimensions>;

/// What a tenant may still take, by resource.
class QuotaLeft {
public:
    explicit QuotaLeft(const Tenancy& tenancy) : tenancy_(tenancy), taken_(tenancy.tenants()) {}

    void take(std::uint32_t tenant, const Amounts& demand, std::int64_t members) {
        for (std::size_t r = 0; r < tenancy_.resources(); ++r)
            taken_[tenant][r] += WideQuantity{demand[r]} * members;
    }
    /// What is placed, where these are the parts of all classes that are not placed in full.
    void take_placed(std::span<const TenantPart> parts) {
        for (std::uint32_t t = 0; t < tenancy_.tenants(); ++t)
            for (std::size_t r = 0; r < tenancy_.resources(); ++r)
                for (std::size_t level = 0; level < tenancy_.levels(); ++level)
                    taken_[t][r] += tenancy_.asked(level, t, r);
        const Problem& problem = tenancy_.problem();
        for (const TenantPart& part : parts)
            take(part.tenant, problem.shape(problem.workload().classes()[part.of.at()].shape).demand,
                 part.placed - part.members);
    }
    /// How many members fit, at most `wanted`.
    std::int64_t holds(std::uint32_t tenant, const Amounts& demand, std::int64_t wanted) const {
        const Amounts& quota = tenancy_.quota(tenant);
        WideQuantity most = wanted;
        for (std::size_t r = 0; r < tenancy_.resources(); ++r)
            if (demand[r] > 0 && quota[r] != kUnlimited)
                most = std::min(most, std::max<WideQuantity>(quota[r] - taken_[tenant][r], 0) / demand[r]);
        return static_cast<std::int64_t>(most);
    }

private:
    const Tenancy& tenancy_;
    std::vector<Wide> taken_;
};

bool is_over_quota(const Tenancy& tenancy, std::uint32_t tenant) {
    for (std::size_t r = 0; r < tenancy.resources(); ++r) {
        WideQuantity asked = 0;
        for (std::size_t level = 0; level < tenancy.levels(); ++level)
            asked += tenancy.asked(level, tenant, r);
        if (tenancy.quota(tenant)[r] != kUnlimited && asked > tenancy.quota(tenant)[r]) return true;
    }
    return false;
}

/// By tenant.
std::vector<std::uint8_t> all_over_quota(const Tenancy& tenancy) {
    std::vector<std::uint8_t> over;
    for (std::uint32_t t = 0; t < tenancy.tenants(); ++t) over.push_back(is_over_quota(tenancy, t));
    return over;
}

/// The largest part of a tenant's quota that one member takes.
double part_of_quota(const Tenancy& tenancy, std::uint32_t tenant, const Amounts& demand) {
    double most = 0;
    for (std::size_t r = 0; r < tenancy.resources(); ++r)
        if (tenancy.quota(tenant)[r] != kUnlimited && demand[r] > 0)
            most = std::max(most, static_cast<double>(demand[r]) /
                                      static_cast<double>(std::max<Quantity>(tenancy.quota(tenant)[r], 1)));
    return most;
}

bool is_of_gang(const Tenancy& tenancy, const TenantPart& part) {
    const Problem& problem = tenancy.problem();
    return problem.is_bound(part.of) && problem.bond(part.of).gang != Bond::kNone;
}

/// Parts of one tenant and one shape, which is admitted before those of a smaller key.
struct Batch {
    std::size_t level;
    double density;
    ShapeId shape;
    std::uint32_t tenant;
    std::vector<std::size_t> parts;
    std::int64_t members = 0;
};

std::vector<Batch> batches(const Tenancy& tenancy, std::span<const TenantPart> parts,
                           std::span<const std::uint8_t> tenants) {
    const auto& classes = tenancy.problem().workload().classes();
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < parts.size(); ++i)
        if (tenants[parts[i].tenant] && !is_of_gang(tenancy, parts[i])) order.push_back(i);
    const auto key = [&](std::size_t i) {
        return std::tuple(parts[i].tenant, classes[parts[i].of.at()].shape, i);
    };
    std::ranges::sort(order, {}, key);
    std::vector<Batch> all;
    for (const std::size_t i : order) {
        const ShapeId id = classes[parts[i].of.at()].shape;
        if (all.empty() || all.back().tenant != parts[i].tenant || all.back().shape != id) {
            const Problem::Shape& shape = tenancy.problem().shape(id);
            const double takes = part_of_quota(tenancy, parts[i].tenant, shape.demand);
            all.push_back({tenancy.level(parts[i].of),
                           static_cast<double>(shape.weight) / takes,
                           id,
                           parts[i].tenant,
                           {}});
        }
        all.back().parts.push_back(i);
        all.back().members += parts[i].members;
    }
    std::ranges::sort(all, [](const Batch& a, const Batch& b) {
        return std::tie(a.level, b.density, a.tenant, a.shape) <
               std::tie(b.level, a.density, b.tenant, b.shape);
    });
    return all;
}

}  // namespace

bool any_over_quota(const Tenancy& tenancy) {
    for (std::uint32_t t = 0; t < tenancy.tenants(); ++t)
        if (is_over_quota(tenancy, t)) return true;
    return false;
}

namespace {

/// Gangs of which some tenant asks for more than its quota: all members of each are admitted, or none.
class GangAdmission {
public:
    GangAdmission(const Tenancy& tenancy, std::vector<TenantPart>& parts, std::span<const std::uint8_t> over,
                  std::span<const std::int64_t> ran, QuotaLeft& left)
        : tenancy_(tenancy), parts_(parts), left_(left) {
        if (!tenancy.problem().workload().has_bonds()) return;
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (!is_of_gang(tenancy, parts[i])) continue;
            Gang& gang = gangs_[tenancy.problem().bond(parts[i].of).gang];
            gang.level = tenancy.level(parts[i].of);
            gang.parts.push_back(i);
            gang.is_over = gang.is_over || over[parts[i].tenant] != 0;
            gang.ran = gang.ran || (!ran.empty() && ran[i] > 0);
        }
        std::erase_if(gangs_, [](const auto& gang) { return !gang.second.is_over; });
        for (auto& [id, gang] : gangs_) {
            double weight = 0, takes = 0;
            for (const std::size_t i : gang.parts) {
                const auto members = static_cast<double>(parts[i].members);
                weight += static_cast<double>(shape(i).weight) * members;
                takes = std::max(takes, part_of_quota(tenancy, parts[i].tenant, shape(i).demand) * members);
                parts[i].admitted = 0;
            }
            gang.density = weight / takes;
            order_.push_back(&gang);
        }
        std::ranges::stable_sort(order_,
                                 [](const Gang* a, const Gang* b) { return a->density > b->density; });
    }

    /// Gangs with such a part are not to be admitted.
    template <class F>
    void keep_out(F&& is_out) {
        std::erase_if(order_, [&](const Gang* gang) { return std::ranges::any_of(gang->parts, is_out); });
    }
    /// Those of a level that ran, or those that did not.
    void admit(std::size_t level, bool ran) {
        for (const Gang* gang : order_)
            if (gang->level == level && gang->ran == ran) admit(*gang);
    }

private:
    struct Gang {
        std::size_t level = 0;
        bool is_over = false, ran = false;
        double density = 0;  ///< weight by part of a quota
        std::vector<std::size_t> parts;
    };

    const Problem::Shape& shape(std::size_t part) const {
        const Problem& problem = tenancy_.problem();
        return problem.shape(problem.workload().classes()[parts_[part].of.at()].shape);
    }

    void admit(const Gang& gang) {
        std::size_t taken = 0;
        for (; taken < gang.parts.size(); ++taken) {
            const TenantPart& part = parts_[gang.parts[taken]];
            const Amounts& demand = shape(gang.parts[taken]).demand;
            if (left_.holds(part.tenant, demand, part.members) < part.members) break;
            left_.take(part.tenant, demand, part.members);
        }
        for (std::size_t k = 0; k < taken; ++k) {
            TenantPart& part = parts_[gang.parts[k]];
            if (taken < gang.parts.size())
                left_.take(part.tenant, shape(gang.parts[k]).demand, -part.members);
            else
                part.admitted = part.members;
        }
    }

    const Tenancy& tenancy_;
    std::vector<TenantPart>& parts_;
    QuotaLeft& left_;
    std::map<std::uint32_t, Gang> gangs_;
    std::vector<const Gang*> order_;
};

}  // namespace

void admit(const Tenancy& tenancy, std::vector<TenantPart>& parts, std::span<const std::int64_t> ran,
           RanFirst first) {
    const std::vector<std::uint8_t> over = all_over_quota(tenancy);
    for (TenantPart& part : parts)
        if (over[part.tenant]) part.admitted = 0;
    QuotaLeft left(tenancy);
    GangAdmission gangs(tenancy, parts, over, ran, left);
    const auto all = batches(tenancy, parts, over);
    // Of a batch, evenly over its parts, as many of `members(part)` as fit.
    const auto admit_some = [&](const Batch& batch, auto&& members_of) {
        std::vector<std::int64_t> members;
        for (const std::size_t i : batch.parts) members.push_back(members_of(i));
        const std::int64_t sum = std::accumulate(members.begin(), members.end(), std::int64_t{0});
        const Amounts& demand = tenancy.problem().shape(batch.shape).demand;
        const std::int64_t admitted = left.holds(batch.tenant, demand, sum);
        left.take(batch.tenant, demand, admitted);
        WideQuantity come = 0;
        std::int64_t given = 0;
        for (std::size_t k = 0; k < members.size() && sum > 0; ++k) {
            come += members[k];
            const auto until = static_cast<std::int64_t>(come * admitted / sum);
            parts[batch.parts[k]].admitted += until - std::exchange(given, until);
        }
    };
    const auto of_level = [&](std::size_t level) {
        return std::ranges::equal_range(all, level, {}, &Batch::level);
    };
    const auto admit_who_ran = [&](std::size_t level) {
        gangs.admit(level, true);
        if (ran.empty()) return;
        for (const Batch& batch : of_level(level))
            admit_some(batch, [&](std::size_t i) { return std::min(ran[i], parts[i].members); });
    };
    if (first == RanFirst::kOfAllLevels)
        for (std::size_t level = 0; level < tenancy.levels(); ++level) admit_who_ran(level);
    for (std::size_t level = 0; level < tenancy.levels(); ++level) {
        if (first == RanFirst::kOfTheirLevel) admit_who_ran(level);
        gangs.admit(level, false);
        for (const Batch& batch : of_level(level))
            admit_some(batch, [&](std::size_t i) { return parts[i].members - parts[i].admitted; });
    }
}

std::vector<std::int64_t> admit_more(const Tenancy& tenancy, std::span<const TenantPart> parts,
                                     std::span<const std::uint8_t> full) {
    std::vector<std::int64_t> more(parts.size());
    const std::vector<std::uint8_t> over = all_over_quota(tenancy);
    QuotaLeft left(tenancy);
    left.take_placed(parts);
    std::vector<TenantPart> asked(parts.begin(), parts.end());
    for (TenantPart& part : asked) part.admitted = 0;
    GangAdmission gangs(tenancy, asked, over, {}, left);
    gangs.keep_out([&](std::size_t i) { return full[parts[i].of.at()] || parts[i].placed > 0; });
    const auto all = batches(tenancy, parts, over);
    auto batch = all.begin();
    for (std::size_t level = 0; level < tenancy.levels(); ++level) {
        gangs.admit(level, false);
        for (; batch != all.end() && batch->level == level; ++batch)
            for (const std::size_t i : batch->parts) {
                if (full[parts[i].of.at()]) continue;
                const Amounts& demand = tenancy.problem().shape(batch->shape).demand;
                more[i] = left.holds(batch->tenant, demand, parts[i].members - parts[i].placed);
                left.take(batch->tenant, demand, more[i]);
            }
    }
    for (std::size_t i = 0; i < parts.size(); ++i)
        if (is_of_gang(tenancy, parts[i])) more[i] = asked[i].admitted;
    return more;
}

void keep_to_quotas(const Tenancy& tenancy, std::span<const TenantPart> parts,
                    std::span<std::int64_t> wanted) {
    QuotaLeft left(tenancy);
    const std::vector<std::uint8_t> capped = all_over_quota(tenancy);
    const auto demand = [&](const TenantPart& part) -> const Amounts& {
        const Problem& problem = tenancy.problem();
        return problem.shape(problem.workload().classes()[part.of.at()].shape).demand;
    };
    for (const TenantPart& part : parts) left.take(part.tenant, demand(part), part.placed);
    for (const Batch& batch : batches(tenancy, parts, capped))
        for (const std::size_t i : batch.parts) {
            const std::int64_t more = left.holds(batch.tenant, demand(parts[i]),
                                                 std::max<std::int64_t>(wanted[i] - parts[i].placed, 0));
            wanted[i] = std::min(wanted[i], parts[i].placed + more);
            left.take(batch.tenant, demand(parts[i]), more);
        }
}

namespace {

/// Places members class by class, as long as there is room.
class Filler {
public:
    Filler(const Groundwork& ground, const Solution& solution)
        : problem_(ground.problem),
          placement_(restore(problem_, solution)),
          ledgers_(ledgers_of(solution)),
          pools_(problem_, placement_),
          search_(ground.problem, placement_.loads(), pools_.rooms, pools_.open) {
        ledgers_.emplace_back();
    }

    /// Returns how many.
    std::int64_t place(ClassId of, std::int64_t wanted) {
        const Workload::Class& own = problem_.workload().classes()[of.at()];
        Candidates& candidates = search_.of(problem_.shape(own.shape));
        if (shape_ != own.shape) candidates.start(own.shape);
        shape_ = own.shape;
        const std::int64_t left = candidates.place(own.origin, wanted, [&](PoolId pool, std::int64_t room) {
            const std::int64_t placed = placement_.fill(own.shape, pool, room, ledgers_.back().fillings);
            pools_.rooms.set(pool, placement_.room(pool));
            return placed;
        });
        ledgers_.back().close(of);
        placement_.left(of) -= wanted - left;
        return wanted - left;
    }

    Solution finish(int threads) { return placement_.finish(ledgers_, threads); }

private:
    const Problem& problem_;
    Placement placement_;
    std::vector<Ledger> ledgers_;
    OpenPools pools_;
    OpenSearch search_;  ///< in pools_
    ShapeId shape_;
};

}  // namespace

bool top_up(const Tenancy& tenancy, const Groundwork& ground, std::vector<TenantPart>& parts,
            std::vector<std::uint8_t> full, int threads, double time_limit_s, Solution& solution,
            Control& control) {
    const Stopwatch watch;
    const Problem& problem = tenancy.problem();
    QuotaLeft left(tenancy);
    left.take_placed(parts);
    const std::vector<std::uint8_t> capped = all_over_quota(tenancy);
    std::optional<Filler> filler;
    const auto all = batches(tenancy, parts, capped);
    bool in_time = true;
    for (std::size_t b = 0; b < all.size() && in_time; ++b) {
        const Amounts& demand = problem.shape(all[b].shape).demand;
        for (const std::size_t i : all[b].parts) {
            TenantPart& part = parts[i];
            if (full[part.of.at()] || part.placed == part.members) continue;
            const std::int64_t wanted = left.holds(part.tenant, demand, part.members - part.placed);
            if (wanted == 0) break;  // for none of the shape
            if (!filler) filler.emplace(ground, solution);
            control.poll("tenants", static_cast<std::int64_t>(b), std::ssize(all));
            in_time = watch.seconds() < time_limit_s;
            if (!in_time) break;
            const std::int64_t placed = filler->place(part.of, wanted);
            full[part.of.at()] = placed < wanted;
            part.placed += placed;
            part.admitted = std::max(part.admitted, part.placed);
            left.take(part.tenant, demand, placed);
        }
    }
    if (filler) {
        const Status status = solution.status;
        solution = filler->finish(threads);
        solution.status = status;
        for (Reason& own : solution.reason)
            if (own == Reason::kNotTried) own = Reason::kCapacity;
    }
    return in_time;
}

}  // namespace gigafleet
