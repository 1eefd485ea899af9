#include "gigafleet/bonds_left.hpp"

namespace gigafleet {

BondsLeft::BondsLeft(const Problem& problem, const Solution& solution, const SpreadCounts& counts, ClassId id)
    : problem_(problem), counts_(counts), bond_(problem.bond(id)) {
    if (bond_.spread != Bond::kNone) count_finer(solution);
    if (bond_.gang == Bond::kNone) return;
    const auto& classes = problem.workload().classes();
    for (std::size_t c = 0; c < classes.size(); ++c) {
        if (problem.bond(ClassId(c)).gang != bond_.gang) continue;
        gang_members_ += classes[c].members;
        const auto fillings = solution.of(ClassId(c));
        if (gang_pool_.valid() || fillings.empty()) continue;
        gang_pool_ = fillings.front().pool;
        gang_slot_ = fillings.front().first;
    }
}

void BondsLeft::count_finer(const Solution& solution) {
    std::vector<Filling> group;
    for (std::size_t c = 0; c < solution.placed.size(); ++c)
        if (const ClassId id(c); problem_.bond(id).spread == bond_.spread)
            group.insert(group.end(), solution.of(id).begin(), solution.of(id).end());
    for (int finer = spread_level() - 1; finer >= kNodeLevel; --finer) {
        const auto own = static_cast<BondLevel>(finer);
        if (std::ranges::any_of(group, [&](const Filling& filling) {
                return domain_of(problem_.network(), own, site(filling.pool)) == kNoDomain;
            }))
            continue;
        SpreadCounts& counts = finer_.emplace_back(problem_, own);
        for (const Filling& filling : group) counts.add(bond_.spread, filling);
    }
}

/// Members of the group in the domain of a node; none where it is in none.
std::optional<std::int64_t> BondsLeft::there(const SpreadCounts& counts, PoolId pool,
                                             std::int64_t slot) const {
    const BondLevel level = counts.level(bond_.spread);
    if (level != kNodeLevel) {
        if (domain_of(problem_.network(), level, site(pool)) == kNoDomain) return std::nullopt;
        return most() - counts.room(bond_.spread, site(pool));
    }
    const auto held = counts.held(bond_.spread, pool);
    const auto at = std::ranges::lower_bound(held, slot, {}, &PoolState::Held::first);
    return at != held.end() && at->first == slot ? at->second : 0;
}

std::optional<BondLevel> BondsLeft::finer_level(PoolId pool, std::int64_t slot) const {
    for (const SpreadCounts& counts : finer_)
        if (const auto members = there(counts, pool, slot); members && *members < most())
            return counts.level(bond_.spread);
    return std::nullopt;
}

BondsLeft::Lack BondsLeft::lack(PoolId pool, std::int64_t slot) const {
    Lack lack;
    const Network& network = problem_.network();
    if (bond_.gang != Bond::kNone) {
        if (level() == kNodeLevel) {
            lack.outside = gang_pool_.valid() && (pool != gang_pool_ || slot != gang_slot_);
        } else {
            const std::uint32_t own = domain_of(network, level(), site(pool));
            lack.outside = own == kNoDomain ||
                           (gang_pool_.valid() && own != domain_of(network, level(), site(gang_pool_)));
        }
    }
    if (bond_.spread == Bond::kNone) return lack;
    const auto members = there(counts_, pool, slot);
    lack.has_domain = members.has_value();
    lack.there = members.value_or(0);
    lack.crowded = !lack.has_domain || lack.there >= most();
    return lack;
}

/// The first slot after this one that may be another case.
std::int64_t BondsLeft::next_cut(PoolId pool, std::int64_t slot) const {
    std::int64_t cut = problem_.fleet().pools()[pool.at()].slots;
    const auto alone = [&](std::int64_t other) {  // it is like no other
        if (slot <= other) cut = std::min(cut, slot < other ? other : other + 1);
    };
    if (bond_.gang != Bond::kNone && level() == kNodeLevel && pool == gang_pool_) alone(gang_slot_);
    if (bond_.spread == Bond::kNone) return cut;
    const auto held = on_nodes().held(bond_.spread, pool);
    const auto at = std::ranges::lower_bound(held, slot, {}, &PoolState::Held::first);
    if (at != held.end()) alone(at->first);
    return cut;
}

std::optional<BondLevel> BondsLeft::wider_level(PoolId pool) const {
    const Network& network = problem_.network();
    for (int wider = level() + 1; gang_pool_.valid() && wider <= kCountryLevel; ++wider) {
        const auto own = static_cast<BondLevel>(wider);
        const std::uint32_t domain = domain_of(network, own, site(pool));
        if (domain != kNoDomain && domain == domain_of(network, own, site(gang_pool_))) return own;
    }
    return std::nullopt;
}

}  // namespace gigafleet
