#include "gigafleet/placement.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "gigafleet/objective.hpp"
#include "gigafleet/parallel.hpp"

namespace gigafleet {

namespace {

constexpr std::size_t kFewClasses = 1000;  // done before a thread has started

/// What fillings of a class cost in EUR/h for where they are, risk aside.
double cost_of(const Problem& problem, ClassId id, std::span<const Filling> fillings) {
    const Fleet& fleet = problem.fleet();
    const Workload::Class& c = problem.workload().classes()[id.at()];
    const Problem::Shape& shape = problem.shape(c.shape);
    const KindCost on_kind(problem, shape);
    PoolId priced;
    double per_task = 0, cost = 0;
    for (const Filling& filling : fillings) {
        if (priced != filling.pool) {
            priced = filling.pool;
            const Fleet::Pool& pool = fleet.pools()[filling.pool.at()];
            per_task = on_kind(fleet.kinds()[pool.kind.at()]) + way_cost(problem, shape, c.origin, pool.site);
        }
        cost += per_task * static_cast<double>(filling.slots * filling.per_slot);
    }
    return cost;
}

/// The risk of nodes that leave too early, slot by slot.
double risk_of(const Problem& problem, ClassId id, std::span<const Filling> fillings) {
    const Fleet& fleet = problem.fleet();
    const Problem::Shape& shape = problem.shape(problem.workload().classes()[id.at()].shape);
    if (problem.objective().risk_price == 0 || shape.duration_ns != 0) return 0;
    double cost = 0;
    for (const Filling& filling : fillings) {
        const Fleet::Pool& pool = fleet.pools()[filling.pool.at()];
        for (std::int64_t slot = filling.first; slot < filling.first + filling.slots; ++slot)
            cost += static_cast<double>(filling.per_slot) *
                    risk_cost(problem, shape, fleet.available_ns(pool, fleet.entry_of_slot(pool, slot)));
    }
    return cost;
}

/// Calls f(entry, fillings) for each entry of a ledger.
template <class F>
void for_entries(const Ledger& ledger, F&& f) {
    std::size_t first = 0;
    for (const Ledger::Entry& entry : ledger.entries) {
        f(entry, std::span(ledger.fillings).subspan(first, entry.last - first));
        first = entry.last;
    }
}

double cost_of(const Problem& problem, const Ledger& ledger) {
    double cost = 0;
    for_entries(ledger, [&](const Ledger::Entry& entry, std::span<const Filling> fillings) {
        cost += std::isnan(entry.cost) ? cost_of(problem, entry.of, fillings) : entry.cost;
        cost += risk_of(problem, entry.of, fillings);
    });
    return cost;
}

/// Calls f(l) for each of the ledgers.
void for_ledgers(const Problem& problem, std::size_t ledgers, int threads,
                 const std::function<void(std::size_t)>& f) {
    const int workers = problem.workload().classes().size() < kFewClasses ? 1 : threads;
    parallel_for(workers, static_cast<std::int64_t>(ledgers),
                 [&](std::int64_t l) { f(static_cast<std::size_t>(l)); });
}

/// Brings the fillings of all ledgers together, class by class.
void join(Solution& solution, const Problem& problem, std::span<const Ledger> ledgers, int threads) {
    solution.of_class.resize(problem.workload().classes().size());
    for (const Ledger& ledger : ledgers)
        for_entries(ledger, [&](const Ledger::Entry& entry, auto fillings) {
            solution.of_class[entry.of.at()].last += fillings.size();
        });
    std::size_t total = 0;
    for (Solution::Span& span : solution.of_class) {
        const std::size_t size = span.last;
        span = {total, total};
        total += size;
    }
    std::vector<std::vector<std::size_t>> to(ledgers.size());  // by ledger and entry
    for (std::size_t l = 0; l < ledgers.size(); ++l) {
        to[l].reserve(ledgers[l].entries.size());
        for_entries(ledgers[l], [&](const Ledger::Entry& entry, auto fillings) {
            std::size_t& last = solution.of_class[entry.of.at()].last;
            to[l].push_back(std::exchange(last, last + fillings.size()));
        });
    }
    solution.fillings.resize(total);
    for_ledgers(problem, ledgers.size(), threads, [&](std::size_t l) {
        const std::size_t* at = to[l].data();
        for_entries(ledgers[l], [&](const Ledger::Entry&, auto fillings) {
            std::ranges::copy(fillings, solution.fillings.data() + *at++);
        });
    });
}

}  // namespace

Placement::Placement(const Problem& problem) : problem_(problem), context_(problem), loads_(problem) {
    const std::size_t pools = problem.fleet().pools().size();
    pools_.reserve(pools);
    for (std::size_t p = 0; p < pools; ++p) pools_.emplace_back(context_, PoolId(p));
    left_.reserve(problem.workload().classes().size());
    for (const Workload::Class& c : problem.workload().classes()) left_.push_back(c.members);
}

std::int64_t Placement::fill(ShapeId id, PoolId pool_id, std::int64_t wanted, std::vector<Filling>& out) {
    const Problem::Shape& shape = problem_.shape(id);
    return pools_[pool_id.at()].fill(context_, id, shape.demand, first_slot_for(problem_, shape, pool_id),
                                     wanted, out);
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

Solution solution_of(const Problem& problem, std::span<const Ledger> ledgers,
                     std::span<const std::int64_t> left, Loads&& loads, int threads) {
    const auto& classes = problem.workload().classes();
    Solution solution{{}, {}, {}, {}, std::move(loads)};
    join(solution, problem, ledgers, threads);
    // Ledger by ledger, so that the sum is the same on any number of threads.
    std::vector<double> costs(ledgers.size());
    for_ledgers(problem, ledgers.size(), threads,
                [&](std::size_t l) { costs[l] = cost_of(problem, ledgers[l]); });
    for (const double cost : costs) solution.cost += cost;
    solution.placed.resize(classes.size());
    solution.reason.resize(classes.size());
    for (std::size_t c = 0; c < classes.size(); ++c) {
        solution.placed[c] = classes[c].members - left[c];
        solution.reason[c] = left[c] == 0 ? Reason::kPlaced : Reason::kNotTried;
    }
    return solution;
}

Solution Placement::finish(std::span<const Ledger> ledgers, int threads) {
    return solution_of(problem_, ledgers, left_, std::move(loads_), threads);
}

}  // namespace gigafleet
