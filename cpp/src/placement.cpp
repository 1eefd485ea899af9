#include "gigafleet/placement.hpp"

#include <algorithm>
#include <utility>

#include "gigafleet/objective.hpp"
#include "gigafleet/parallel.hpp"

namespace gigafleet {

namespace {

constexpr std::size_t kFewClasses = 1000;  // done before a thread has started

/// What a class pays in EUR/h for where it is.
double cost_of(const Problem& problem, ClassId id, std::span<const Filling> fillings) {
    const Fleet& fleet = problem.fleet();
    const Workload::Class& c = problem.workload().classes()[id.at()];
    const Problem::Shape& shape = problem.shape(c.shape);
    const KindCost on_kind(problem, shape);
    const bool risky = problem.objective().risk_price != 0 && shape.duration_ns == 0;
    PoolId priced;
    double per_task = 0, cost = 0;
    for (const Filling& filling : fillings) {
        const Fleet::Pool& pool = fleet.pools()[filling.pool.at()];
        if (priced != filling.pool) {
            priced = filling.pool;
            per_task = on_kind(fleet.kinds()[pool.kind.at()]) + way_cost(problem, shape, c.origin, pool.site);
        }
        cost += per_task * static_cast<double>(filling.slots * filling.per_slot);
        for (std::int64_t slot = filling.first; risky && slot < filling.first + filling.slots; ++slot)
            cost += static_cast<double>(filling.per_slot) *
                    risk_cost(problem, shape, fleet.available_ns(pool, fleet.entry_of_slot(pool, slot)));
    }
    return cost;
}

/// Calls f(class, fillings) for each entry of a ledger.
template <class F>
void for_entries(const Ledger& ledger, F&& f) {
    std::size_t first = 0;
    for (const Ledger::Entry& entry : ledger.entries) {
        f(entry.of, std::span(ledger.fillings).subspan(first, entry.last - first));
        first = entry.last;
    }
}

}  // namespace

Placement::Placement(const Problem& problem)
    : problem_(problem),
      context_(problem),
      loads_(problem.network(), (problem.disabled_rules() & kRuleLink) == 0,
             (problem.disabled_rules() & kRuleAccess) == 0) {
    const std::size_t pools = problem.fleet().pools().size();
    pools_.reserve(pools);
    for (std::size_t p = 0; p < pools; ++p) pools_.emplace_back(context_, PoolId(p));
    left_.reserve(problem.workload().classes().size());
    for (const Workload::Class& c : problem.workload().classes()) left_.push_back(c.members);
}

std::int64_t Placement::fill(ShapeId id, PoolId pool_id, std::int64_t wanted, std::vector<Filling>& out) {
    const Problem::Shape& shape = problem_.shape(id);
    const Fleet& fleet = problem_.fleet();
    const Fleet::Pool& pool = fleet.pools()[pool_id.at()];
    const std::int64_t needed = problem_.needed_ns(shape);
    const std::int64_t from = needed > 0 ? fleet.first_slot_staying(pool, needed) : 0;
    return pools_[pool_id.at()].fill(context_, id, shape.demand, from, wanted, out);
}

Amounts Placement::mean_capacity(PoolId id) const {
    const Fleet& fleet = problem_.fleet();
    const Fleet::Pool& pool = fleet.pools()[id.at()];
    Amounts mean = fleet.kinds()[pool.kind.at()].capacity;
    for (std::size_t d = 0; d < context_.dimensions; ++d) {
        if (!fleet.is_varied(d)) continue;
        WideQuantity sum = 0;
        for (std::int64_t e = pool.first_entry, first = 0; e < pool.first_entry + pool.entries; ++e) {
            const bool more = e + 1 < pool.first_entry + pool.entries;
            const std::int64_t last = more ? fleet.slot_of_entry(pool, e + 1) : pool.slots;
            Quantity own = fleet.capacity(pool, e)[d];
            if (own == kUnlimited) own = kLargest;  // and so is capacity_max
            sum += WideQuantity{own} * (last - first);
            first = last;
        }
        mean[d] = pool.slots == 0 ? 0 : static_cast<Quantity>(sum / pool.slots);
    }
    return mean;
}

Solution Placement::finish(std::span<const Ledger> ledgers, int threads) {
    const auto& classes = problem_.workload().classes();
    // Ledger by ledger: what was placed one after the other mostly lies together in memory.
    std::vector<double> costs(ledgers.size());
    const int workers = classes.size() < kFewClasses ? 1 : threads;
    parallel_for(workers, static_cast<std::int64_t>(ledgers.size()), [&](std::int64_t l) {
        double& cost = costs[static_cast<std::size_t>(l)];
        for_entries(ledgers[static_cast<std::size_t>(l)], [&](ClassId id, std::span<const Filling> fillings) {
            cost += cost_of(problem_, id, fillings);
        });
    });
    std::vector<Solution::Span> of_class(classes.size());
    for (const Ledger& ledger : ledgers)
        for_entries(ledger, [&](ClassId id, auto fillings) { of_class[id.at()].last += fillings.size(); });
    std::size_t total = 0;
    for (Solution::Span& span : of_class) {
        const std::size_t size = span.last;
        span = {total, total};
        total += size;
    }
    Solution solution{std::vector<Filling>(total), std::move(of_class), {}, {}, std::move(loads_)};
    for (const Ledger& ledger : ledgers)
        for_entries(ledger, [&](ClassId id, auto fillings) {
            Solution::Span& span = solution.of_class[id.at()];
            std::ranges::copy(fillings, solution.fillings.begin() + static_cast<std::ptrdiff_t>(span.last));
            span.last += fillings.size();
        });
    for (const double cost : costs) solution.cost += cost;
    solution.placed.resize(classes.size());
    solution.reason.resize(classes.size());
    for (std::size_t c = 0; c < classes.size(); ++c) {
        solution.placed[c] = classes[c].members - left_[c];
        solution.reason[c] = left_[c] == 0 ? Reason::kPlaced : Reason::kNotTried;
    }
    return solution;
}

}  // namespace gigafleet
