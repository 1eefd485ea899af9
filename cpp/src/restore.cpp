#include "gigafleet/restore.hpp"

#include "gigafleet/holdings.hpp"

namespace gigafleet {

Placement restore(const Problem& problem, const Solution& solution) {
    Placement placement(problem);
    placement.loads() = solution.loads;
    for (std::size_t c = 0; c < solution.placed.size(); ++c) placement.left(ClassId(c)) -= solution.placed[c];
    const Holdings holdings(problem, solution);
    std::vector<PoolState::Wish> wishes;
    std::vector<PoolState::Refusal> none;
    for (std::size_t p = 0; p < problem.fleet().pools().size(); ++p) {
        wishes.clear();
        for (const Holdings::Held& held : holdings.of(PoolId(p))) wishes.push_back(holdings.wish(held));
        if (wishes.empty()) continue;
        sort_wishes(wishes);
        placement.seat(PoolId(p), wishes, none);
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
