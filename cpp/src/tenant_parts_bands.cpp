#include "gigafleet/tenant_parts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "gigafleet/fillings.hpp"
#include "gigafleet/placement.hpp"
#include "gigafleet/ways.hpp"

namespace gigafleet {

namespace {

constexpr int kHalvings = 60;
/// Edges of bands: quantiles of what tenants want, and about the water level, which is where they compete.
constexpr double kQuantiles[] = {0.9};
constexpr double kAboutWater[] = {0.9, 1, 1.1};
constexpr double kApart = 1.02;  // edges nearer to each other are one

double water_level(const Tenancy& tenancy, const Fairness& own) {
    double sum = 0, high = 0;
    for (std::uint32_t t = 0; t < tenancy.tenants(); ++t) {
        sum += own.held[t] * tenancy.weight(t);
        high = std::max(high, own.wanted[t]);
    }
    double low = 0;
    for (int k = 0; k < kHalvings; ++k) {
        const double middle = (low + high) / 2;
        double all = 0;
        for (std::uint32_t t = 0; t < tenancy.tenants(); ++t)
            all += std::min(own.wanted[t], middle) * tenancy.weight(t);
        (all <= sum ? low : high) = middle;
    }
    return low;
}

std::vector<double> edges_of(const Fairness& own) {
    std::vector<double> wanted;
    for (const double share : own.wanted)
        if (share > 0) wanted.push_back(share);
    std::ranges::sort(wanted);
    if (wanted.empty()) return {};
    std::vector<double> edges;
    for (const double quantile : kQuantiles)
        edges.push_back(wanted[static_cast<std::size_t>(quantile * static_cast<double>(wanted.size() - 1))]);
    for (const double part : kAboutWater) edges.push_back(part * own.water);
    std::ranges::sort(edges);
    std::vector<double> apart;
    for (const double edge : edges)
        if (edge > 0 && edge < wanted.back() && (apart.empty() || edge > kApart * apart.back()))
            apart.push_back(edge);
    return apart;
}

using Count = std::pair<std::uint32_t, std::int64_t>;  // of a band
constexpr std::uint32_t kKeptBand = 0;                 // goes before all others

/// Deals members into bands: see in_bands.
class Bands {
public:
    Bands(const Tenancy& tenancy, std::span<const TenantPart> parts, std::span<const std::int64_t> wanted,
          std::span<const std::int64_t> kept)
        : tenancy_(tenancy), parts_(parts), wanted_(wanted), kept_(kept), of_class_(classes().size()) {}

    /// Bands of each class and members in it, the first to go first.
    std::vector<std::vector<Count>> make(std::span<const Fairness> fairness) {
        std::vector<std::vector<std::size_t>> own(tenancy_.levels() * tenancy_.tenants());
        for (std::size_t i = 0; i < parts_.size(); ++i) {
            if (kept_[i] > 0) add(parts_[i].of, kKeptBand, kept_[i]);
            own[tenancy_.level(parts_[i].of) * tenancy_.tenants() + parts_[i].tenant].push_back(i);
        }
        TenantShares above(tenancy_);
        std::uint32_t first_band = kKeptBand + 1;
        for (std::size_t level = 0; level < tenancy_.levels(); ++level) {
            const std::vector<double> edges = edges_of(fairness[level]);
            TenantShares held = above;
            for (std::uint32_t t = 0; t < tenancy_.tenants(); ++t) {
                auto& mine = own[level * tenancy_.tenants() + t];
                for (const std::size_t i : mine) {
                    held.add(t, demand(i), kept_[i]);
                    above.add(t, demand(i), parts_[i].placed);
                }
                deal(t, std::move(mine), edges, first_band, held);
            }
            first_band += static_cast<std::uint32_t>(edges.size()) + 1;
        }
        for (auto& counts : of_class_) std::ranges::sort(counts);
        return std::move(of_class_);
    }

private:
    const std::vector<Workload::Class>& classes() const { return tenancy_.problem().workload().classes(); }
    ShapeId shape(std::size_t i) const { return classes()[parts_[i].of.at()].shape; }
    const Amounts& demand(std::size_t i) const { return tenancy_.problem().shape(shape(i)).demand; }
    void add(ClassId of, std::uint32_t band, std::int64_t members) {
        auto& counts = of_class_[of.at()];
        const auto known = std::ranges::find(counts, band, [](const Count& count) { return count.first; });
        if (known == counts.end())
            counts.emplace_back(band, members);
        else
            known->second += members;
    }
    /// Weight for what a task takes, were it all that its tenant holds.
    double density(std::size_t i) const {
        double most = 0;
        for (std::size_t r = 0; r < tenancy_.resources(); ++r)
            most = std::max(most, static_cast<double>(demand(i)[r]) * tenancy_.inverse(r));
        return static_cast<double>(tenancy_.problem().shape(shape(i)).weight) / most;
    }

    /// Of one tenant at one level: shapes with most weight for what they take first, those of one evenly over
    /// their classes. `held`: kept, and above.
    void deal(std::uint32_t tenant, std::vector<std::size_t> own, std::span<const double> edges,
              std::uint32_t first_band, TenantShares& held) {
        std::ranges::sort(own, {}, [&](std::size_t i) { return std::tuple(shape(i), i); });
        std::vector<std::tuple<double, std::size_t, std::size_t>> groups;  // density, own from and to
        for (std::size_t first = 0, last = 0; first < own.size(); first = last) {
            while (last < own.size() && shape(own[last]) == shape(own[first])) ++last;
            groups.emplace_back(-density(own[first]), first, last);
        }
        std::ranges::sort(groups);
        for (const auto& [rank, first, last] : groups)
            deal_shape(tenant, std::span(own).subspan(first, last - first), edges, first_band, held);
    }

    void deal_shape(std::uint32_t tenant, std::span<const std::size_t> own, std::span<const double> edges,
                    std::uint32_t first_band, TenantShares& held) {
        std::int64_t members = 0;
        for (const std::size_t i : own) members += wanted_[i] - kept_[i];
        if (members == 0) return;
        std::vector<std::int64_t> ends;
        for (const double edge : edges)
            ends.push_back(held.members_to(edge, tenant, demand(own[0]), members));
        ends.push_back(members);
        held.add(tenant, demand(own[0]), members);
        std::vector<std::int64_t> given(ends.size());
        WideQuantity come = 0;
        for (const std::size_t i : own) {
            std::int64_t left = wanted_[i] - kept_[i], below = 0;
            come += left;
            for (std::uint32_t b = 0; b < ends.size(); ++b) {
                const auto sum = static_cast<std::int64_t>(come * ends[b] / members);
                const std::int64_t here = std::clamp<std::int64_t>(sum - given[b] - below, 0, left);
                given[b] = sum;
                below += here;
                left -= here;
                if (here > 0) add(parts_[i].of, first_band + b, here);
            }
        }
    }

    const Tenancy& tenancy_;
    std::span<const TenantPart> parts_;
    std::span<const std::int64_t> wanted_, kept_;
    std::vector<std::vector<Count>> of_class_;
};

}  // namespace

double Fairness::shortness(const Fairness& now) const {
    double most = 0;
    for (std::size_t t = 0; t < wanted.size(); ++t)
        if (const double part = std::min(wanted[t], water); part > 0)
            most = std::max(most, 1 - now.held[t] / part);
    return most;
}

std::vector<Fairness> fairness_of(const Tenancy& tenancy, std::span<const TenantPart> parts,
                                  std::span<const std::int64_t> wanted) {
    const Problem& problem = tenancy.problem();
    std::vector<Fairness> found;
    TenantShares held(tenancy);
    for (std::size_t level = 0; level < tenancy.levels(); ++level) {
        add_held(tenancy, parts, level, level + 1, held);
        TenantShares all = held;
        for (std::size_t i = 0; i < parts.size(); ++i)
            if (tenancy.level(parts[i].of) == level)
                all.add(parts[i].tenant,
                        problem.shape(problem.workload().classes()[parts[i].of.at()].shape).demand,
                        wanted[i] - parts[i].placed);
        Fairness& own = found.emplace_back();
        for (std::uint32_t t = 0; t < tenancy.tenants(); ++t) {
            own.wanted.push_back(all.of(t));
            own.held.push_back(held.of(t));
        }
        own.water = water_level(tenancy, own);
    }
    return found;
}

Banded in_bands(const Tenancy& tenancy, std::span<const TenantPart> parts,
                std::span<const std::int64_t> wanted, std::span<const std::int64_t> kept,
                std::span<const Fairness> fairness) {
    const Problem& problem = tenancy.problem();
    const Workload& workload = problem.workload();
    const auto& classes = workload.classes();
    const auto members = Bands(tenancy, parts, wanted, kept).make(fairness);
    Banded banded;
    std::map<std::pair<ShapeId, std::uint32_t>, std::uint32_t> numbers;
    std::vector<Problem::Shape> shapes;
    std::vector<Workload::Shape> raws;
    std::vector<Workload::Class> made;
    Buffer<double> demand;
    for (std::size_t c = 0; c < classes.size(); ++c) {
        for (const auto& [band, count] : members[c]) {
            const ShapeId id = classes[c].shape;
            const auto [it, fresh] =
                numbers.try_emplace({id, band}, static_cast<std::uint32_t>(shapes.size()));
            if (fresh) {
                shapes.push_back(problem.shape(id));
                shapes.back().priority = -std::int64_t{band};
                raws.push_back(workload.shapes()[id.at()]);
                raws.back().priority = shapes.back().priority;
                const auto asks = workload.demand(id);
                demand.insert(demand.end(), asks.begin(), asks.end());
            }
            made.push_back({ShapeId(it->second), classes[c].origin, count, classes[c].first_row});
            banded.class_of.emplace_back(c);
            banded.kept.push_back(band == kKeptBand ? count : 0);
        }
    }
    auto own_workload = std::make_shared<const Workload>(workload, raws, std::move(demand), std::move(made));
    banded.problem = std::make_shared<const Problem>(problem, std::move(own_workload), shapes);
    return banded;
}

Solution kept_seats(const Banded& banded, const Solution& solution, int threads) {
    constexpr std::size_t kClassesALedger = 1024;  // ledgers are joined on all threads
    const Problem& problem = *banded.problem;
    const auto& classes = problem.workload().classes();
    std::vector<std::int64_t> left = members_of_classes(problem);
    Loads loads(problem);
    Ways ways(problem, loads);
    std::vector<Ledger> ledgers;
    std::vector<Filling> own;
    for (std::size_t k = 0; k < classes.size(); ++k) {
        if (k % kClassesALedger == 0) ledgers.emplace_back();
        if (banded.kept[k] == 0) continue;
        own.clear();
        Seats(solution.of(banded.class_of[k])).take(banded.kept[k], [&](const Filling& f) {
            append(own, f);
        });
        for (const Filling& filling : own) {
            ways.of(ClassId(k), filling.pool).reserve(loads, members(filling));
            left[k] -= members(filling);
        }
        ledgers.back().fillings.insert(ledgers.back().fillings.end(), own.begin(), own.end());
        ledgers.back().close(ClassId(k));
    }
    return solution_of(problem, ledgers, left, std::move(loads), threads);
}

Solution joined(const Banded& banded, const Problem& problem, Solution&& solution) {
    const auto& classes = problem.workload().classes();
    Solution made{{}, {}, {}, {}, std::move(solution.loads), solution.cost, solution.status};
    std::vector<Filling> own;
    std::size_t k = 0;
    for (std::size_t c = 0; c < classes.size(); ++c) {
        own.clear();
        std::int64_t placed = 0;
        for (; k < banded.class_of.size() && banded.class_of[k].at() == c; ++k) {
            const auto some = solution.of(ClassId(k));
            own.insert(own.end(), some.begin(), some.end());
            placed += solution.placed[k];
        }
        flatten(own);
        made.of_class.push_back({made.fillings.size(), made.fillings.size() + own.size()});
        made.fillings.insert(made.fillings.end(), own.begin(), own.end());
        made.placed.push_back(placed);
        made.reason.push_back(placed == classes[c].members ? Reason::kPlaced : Reason::kCapacity);
    }
    return made;
}

}  // namespace gigafleet
