#include "gigafleet/tenant_parts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "gigafleet/fillings.hpp"

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

/// Parts by tenant and level.
struct Wants {
    std::vector<std::size_t> parts;
    std::int64_t wanted = 0;
    std::vector<double> asked, above;  ///< by resource: what the parts want; what is held above
};

/// Share of what it wants at the level that brings the tenant to `edge`.
double part_until(const Tenancy& tenancy, std::uint32_t tenant, const Wants& own, double edge) {
    double part = 1;
    for (std::size_t r = 0; r < own.asked.size(); ++r) {
        const double room = edge * tenancy.weight(tenant) - own.above[r] * tenancy.inverse(r);
        if (const double all = own.asked[r] * tenancy.inverse(r); all > 0)
            part = std::min(part, std::max(room, 0.0) / all);
    }
    return part;
}

}  // namespace

bool Fairness::is_short(double share) const {
    for (std::size_t t = 0; t < wanted.size(); ++t)
        if (held[t] < (1 - share) * std::min(wanted[t], water)) return true;
    return false;
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
        for (std::uint32_t t = 0; t < tenancy.tenants(); ++t)
            own.served += std::min(own.held[t], own.water) * tenancy.weight(t);
    }
    return found;
}

Banded in_bands(const Tenancy& tenancy, std::span<const TenantPart> parts,
                std::span<const std::int64_t> wanted, std::span<const Fairness> fairness) {
    const Problem& problem = tenancy.problem();
    const Workload& workload = problem.workload();
    const auto& classes = workload.classes();
    const std::size_t size = tenancy.tenants(), resources = tenancy.resources();
    std::vector<Wants> own(tenancy.levels() * size);
    std::vector<std::vector<double>> held(size, std::vector<double>(resources));
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (wanted[i] == 0) continue;
        Wants& mine = own[tenancy.level(parts[i].of) * size + parts[i].tenant];
        mine.parts.push_back(i);
        mine.wanted += wanted[i];
    }
    // Members of each class in each band; bands are numbered through all levels, from the first to go.
    std::vector<std::vector<std::pair<std::uint32_t, std::int64_t>>> members(classes.size());
    std::uint32_t first_band = 0;
    for (std::size_t level = 0; level < tenancy.levels(); ++level) {
        const std::vector<double> edges = edges_of(fairness[level]);
        for (std::uint32_t t = 0; t < size; ++t) {
            Wants& mine = own[level * size + t];
            mine.above = held[t];
            mine.asked.resize(resources);
            for (const std::size_t i : mine.parts) {
                const Amounts& demand = problem.shape(classes[parts[i].of.at()].shape).demand;
                for (std::size_t r = 0; r < resources; ++r) {
                    mine.asked[r] += static_cast<double>(demand[r]) * static_cast<double>(wanted[i]);
                    held[t][r] += static_cast<double>(demand[r]) * static_cast<double>(parts[i].placed);
                }
            }
            std::vector<std::int64_t> until;  // of all its members, in order of parts, evenly
            for (const double edge : edges)
                until.push_back(static_cast<std::int64_t>(part_until(tenancy, t, mine, edge) *
                                                          static_cast<double>(mine.wanted)));
            until.push_back(mine.wanted);
            std::vector<std::int64_t> given(until.size());
            WideQuantity come = 0;
            for (const std::size_t i : mine.parts) {
                come += wanted[i];
                std::int64_t below = 0;
                auto& of_class = members[parts[i].of.at()];
                std::int64_t left = wanted[i];
                for (std::uint32_t b = 0; b < until.size(); ++b) {
                    const auto sum = static_cast<std::int64_t>(come * until[b] / mine.wanted);
                    const std::int64_t here = std::clamp<std::int64_t>(sum - given[b] - below, 0, left);
                    given[b] = sum;
                    below += here;
                    left -= here;
                    if (here == 0) continue;
                    const std::uint32_t band = first_band + b;
                    const auto known =
                        std::ranges::find(of_class, band, [](const auto& e) { return e.first; });
                    if (known == of_class.end())
                        of_class.emplace_back(band, here);
                    else
                        known->second += here;
                }
            }
        }
        first_band += static_cast<std::uint32_t>(edges.size()) + 1;
    }
    Banded banded;
    std::map<std::pair<ShapeId, std::uint32_t>, std::uint32_t> numbers;
    std::vector<Problem::Shape> shapes;
    std::vector<Workload::Shape> raws;
    std::vector<Workload::Class> made;
    Buffer<double> demand;
    for (std::size_t c = 0; c < classes.size(); ++c) {
        std::ranges::sort(members[c]);
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
        }
    }
    auto own_workload = std::make_shared<const Workload>(workload, raws, std::move(demand), std::move(made));
    banded.problem = std::make_shared<const Problem>(problem, std::move(own_workload), shapes);
    return banded;
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
