// BoundTasks: more gangs like one.
#include <algorithm>

#include "gigafleet/bound_tasks.hpp"

namespace gigafleet {

std::int64_t BoundTasks::repeat(const Unit& unit, std::int64_t most, Ledger& ledger) {
    const auto& pools = problem_.fleet().pools();
    std::vector<Choice> near;
    trial_.begin();
    for (std::size_t p = 0; p < pools.size(); ++p)
        if (const double cost = trial_.cost(parts(unit).front().of, PoolId(p)); cost != KindCosts::kNever)
            near.push_back({cost, PoolId(p)});
    std::ranges::stable_sort(near, {}, &Choice::cost);
    std::vector<std::uint8_t> seen(unit.level == kNodeLevel ? pools.size()
                                                            : domain_count(problem_.network(), unit.level));
    std::int64_t done = 0;
    for (const auto& [cost, pool] : near) {
        const std::uint32_t domain = unit.level == kNodeLevel
                                         ? pool.value
                                         : domain_of(problem_.network(), unit.level, pools[pool.at()].site);
        if (domain == kNoDomain || seen[domain]) continue;
        seen[domain] = 1;
        done += repeat_in(unit, pool, most - done, ledger);
    }
    return done;
}

/// Into one domain: twice as many at a time while they fit, then half as many.
std::int64_t BoundTasks::repeat_in(const Unit& unit, PoolId pool, std::int64_t most, Ledger& ledger) {
    std::vector<BondTrial::Part> more(parts(unit).begin(), parts(unit).end());
    std::int64_t done = 0;
    bool grows = true;
    for (std::int64_t times = 1; times > 0 && done < most;) {
        times = std::min(times, most - done);
        for (std::size_t i = 0; i < more.size(); ++i) more[i].members = times * parts(unit)[i].members;
        counts_.stand_for(times);
        if (try_in(more, unit.level, pool)) {
            trial_.keep(ledger);
            done += times;
            if (grows) times *= 2;
        } else {
            trial_.undo();
            grows = false;
            times /= 2;
        }
        for (const BondTrial::Part& part : more)
            if (const std::uint32_t spread = problem_.bond(part.of).spread; spread != Bond::kNone)
                counts_.forget(spread);
    }
    counts_.stand_for(1);
    return done;
}

}  // namespace gigafleet
