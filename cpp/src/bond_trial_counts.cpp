// SpreadCounts.
#include <algorithm>

#include "gigafleet/bond_trial.hpp"

namespace gigafleet {

std::int64_t SpreadCounts::room(std::uint32_t spread, SiteId site) const {
    const std::uint32_t domain = domain_of(problem_.network(), level(spread), site);
    if (domain == kNoDomain) return 0;
    const auto it = in_domain_.find(key(spread, domain));
    return most(spread) - (it == in_domain_.end() ? 0 : it->second);
}

std::span<const PoolState::Held> SpreadCounts::held(std::uint32_t spread, PoolId pool) const {
    const auto it = slots_.find(key(spread, pool.value));
    return it == slots_.end() ? std::span<const PoolState::Held>{} : it->second;
}

void SpreadCounts::add(std::uint32_t spread, const Filling& filling, std::int64_t times) {
    const std::int64_t each = times * filling.per_slot;
    if ((total_[spread] += each * filling.slots) == 0) total_.erase(spread);
    if (level(spread) != kNodeLevel) {
        const SiteId site = problem_.fleet().pools()[filling.pool.at()].site;
        in_domain_[key(spread, domain_of(problem_.network(), level(spread), site))] += each * filling.slots;
        return;
    }
    std::vector<PoolState::Held>& held = slots_[key(spread, filling.pool.value)];
    for (std::int64_t slot = filling.first; slot < filling.first + filling.slots; ++slot) {
        auto at = std::ranges::lower_bound(held, slot, {}, &PoolState::Held::first);
        if (at == held.end() || at->first != slot) at = held.insert(at, {slot, 0});
        at->second += each;
        if (at->second == 0) held.erase(at);
    }
}

void SpreadCounts::forget(std::uint32_t spread) {
    const auto is_own = [&](const auto& count) { return count.first >> 32 == spread; };
    total_.erase(spread);
    std::erase_if(in_domain_, is_own);
    std::erase_if(slots_, is_own);
}

void SpreadCounts::add(const Solution& solution) {
    for (std::size_t c = 0; c < solution.placed.size(); ++c)
        if (const Bond bond = problem_.bond(ClassId(c)); bond.spread != Bond::kNone)
            for (const Filling& filling : solution.of(ClassId(c))) add(bond.spread, filling);
}

}  // namespace gigafleet
