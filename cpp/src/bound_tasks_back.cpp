// BoundTasks: back to where they ran.
#include <algorithm>

#include "gigafleet/bound_tasks.hpp"
#include "gigafleet/fillings.hpp"

namespace gigafleet {

namespace {

constexpr std::size_t kPollUnits = 64;

}  // namespace

void BoundTasks::go_back(const Previous& previous, std::optional<std::int64_t> priority,
                         std::vector<Ledger>& ledgers, Control& control) {
    if (units_.empty()) return;
    ledgers.emplace_back();
    for (std::size_t u = 0; u < units_.size(); ++u) {
        if (u % kPollUnits == 0)
            control.poll("reopen", static_cast<std::int64_t>(u), static_cast<std::int64_t>(units_.size()));
        if (!priority || units_[u].priority == *priority) go_back(units_[u], previous, ledgers.back());
    }
}

void BoundTasks::go_back(const Unit& unit, const Previous& previous, Ledger& ledger) {
    if (left_[parts(unit).front().of.at()] == 0) return;
    const bool is_gang = unit.gang != Bond::kNone;
    const BondLevel level = std::max(unit.level, kSiteLevel);
    const auto domain = [&](PoolId pool) {
        return domain_of(problem_.network(), level, problem_.fleet().pools()[pool.at()].site);
    };
    PoolId at;
    std::int64_t slot = -1;  // of gangs within a node
    std::vector<std::int64_t> rest;
    trial_.begin();
    for (const BondTrial::Part& part : parts(unit)) {
        std::int64_t left = left_[part.of.at()];
        for (const Previous::Run& run : previous.runs(part.of)) {
            if (!run.pool.valid() || trial_.cost(part.of, run.pool) == KindCosts::kNever) continue;
            if (is_gang && domain(run.pool) == kNoDomain) continue;
            if (!at.valid()) at = run.pool, slot = run.first;
            if (is_gang && domain(run.pool) != domain(at)) continue;
            if (is_gang && unit.level == kNodeLevel && (run.pool != at || run.first != slot || run.slots > 1))
                continue;
            const Filling filling{run.pool, run.first, run.slots, run.per_slot};
            Seats({&filling, 1}).take(std::min(left, members(filling)), [&](const Filling& some) {
                left -= trial_.put_back(part.of, some);
            });
        }
        rest.push_back(left);
    }
    bool whole = at.valid();
    for (std::size_t i = 0; is_gang && whole && i < rest.size(); ++i)
        whole = rest[i] == 0 || (unit.level != kNodeLevel &&
                                 fill({parts(unit)[i].of, rest[i]}, unit.level, at, Order::kByCost));
    if (!whole) {
        trial_.undo();
        return;
    }
    keep(unit, ledger);
    if (!is_gang) left_[parts(unit).front().of.at()] = rest.front();
}

}  // namespace gigafleet
