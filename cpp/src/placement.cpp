#include "gigafleet/placement.hpp"

#include <utility>

namespace gigafleet {

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

Solution Placement::finish(std::span<const Ledger> ledgers) {
    const auto& classes = problem_.workload().classes();
    std::vector<Solution::Span> of_class(classes.size());
    const auto for_entries = [&](auto&& f) {
        for (const Ledger& ledger : ledgers) {
            std::size_t first = 0;
            for (const Ledger::Entry& entry : ledger.entries)
                f(of_class[entry.of.at()], ledger.fillings.begin() + static_cast<std::ptrdiff_t>(first),
                  entry.last - first),
                    first = entry.last;
        }
    };
    for_entries([](Solution::Span& span, auto, std::size_t size) { span.last += size; });
    std::size_t total = 0;
    for (Solution::Span& span : of_class) {
        const std::size_t size = span.last;
        span = {total, total};
        total += size;
    }
    std::vector<Filling> fillings(total);
    for_entries([&](Solution::Span& span, auto first, std::size_t size) {
        std::copy_n(first, size, fillings.begin() + static_cast<std::ptrdiff_t>(span.last));
        span.last += size;
    });
    std::vector<std::int64_t> placed(classes.size());
    std::vector<Reason> reason(classes.size());
    for (std::size_t c = 0; c < classes.size(); ++c) {
        placed[c] = classes[c].members - left_[c];
        reason[c] = left_[c] == 0 ? Reason::kPlaced : Reason::kNotTried;
    }
    return {std::move(fillings), std::move(of_class), std::move(placed), std::move(reason),
            std::move(loads_)};
}

}  // namespace gigafleet
