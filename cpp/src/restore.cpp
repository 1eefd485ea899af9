#include "gigafleet/restore.hpp"

#include <algorithm>
#include <tuple>

namespace gigafleet {

Placement restore(const Problem& problem, const Solution& solution) {
    Placement placement(problem);
    placement.loads() = solution.loads;
    const auto& classes = problem.workload().classes();
    std::vector<std::uint32_t> next(problem.fleet().pools().size() + 1, 0);
    for (const Filling& filling : solution.fillings) ++next[filling.pool.at() + 1];
    for (std::size_t p = 0; p + 1 < next.size(); ++p) next[p + 1] += next[p];
    const std::vector<std::uint32_t> first(next);
    std::vector<PoolState::Wish> wishes(solution.fillings.size());
    for (std::size_t c = 0; c < classes.size(); ++c) {
        placement.left(ClassId(c)) -= solution.placed[c];
        for (const Filling& filling : solution.of(ClassId(c)))
            wishes[next[filling.pool.at()]++] = {filling.first, filling.slots, filling.per_slot,
                                                 &problem.shape(classes[c].shape), c};
    }
    std::vector<PoolState::Refusal> none;
    for (std::size_t p = 0; p + 1 < first.size(); ++p) {
        const std::span<PoolState::Wish> of_pool(wishes.data() + first[p], wishes.data() + first[p + 1]);
        if (of_pool.empty()) continue;
        std::ranges::sort(of_pool, [](const PoolState::Wish& a, const PoolState::Wish& b) {
            return std::tie(a.first, a.number) < std::tie(b.first, b.number);
        });
        placement.seat(PoolId(p), of_pool, none);
    }
    return placement;
}

std::vector<Ledger> ledgers_of(const Solution& solution) {
    constexpr std::size_t kClassesALedger = 1024;  // ledgers are joined on all threads
    std::vector<Ledger> ledgers;
    for (std::size_t c = 0; c < solution.of_class.size(); ++c) {
        if (c % kClassesALedger == 0) ledgers.emplace_back();
        const std::span<const Filling> own = solution.of(ClassId(c));
        ledgers.back().fillings.insert(ledgers.back().fillings.end(), own.begin(), own.end());
        ledgers.back().close(ClassId(c));
    }
    return ledgers;
}

}  // namespace gigafleet
