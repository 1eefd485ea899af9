#include "gigafleet/explain_task.hpp"

#include <unordered_map>
#include <utility>

#include "gigafleet/inquiry.hpp"
#include "gigafleet/label_rule.hpp"
#include "gigafleet/objective.hpp"

namespace gigafleet {

namespace {

constexpr std::uint32_t kNoSet = UINT32_MAX;
constexpr std::int64_t kPoolsAPoll = 256;

}  // namespace

TaskExplainer::TaskExplainer(std::shared_ptr<const Problem> problem, std::shared_ptr<const Solution> solution)
    : problem_(std::move(problem)),
      solution_(std::move(solution)),
      leftovers_(*problem_, Holdings(*problem_, *solution_)),
      models_(*problem_, *solution_),
      devices_(*problem_) {
    if (solution_->status == Status::kTimeLimit) reasons_ = solution_->reason;
}

TaskExplanation TaskExplainer::explain(ClassId id, bool one_bandwidth, Control& control) {
    Inquiry inquiry(*problem_, {solution_->loads, leftovers_, models_, devices_}, id, one_bandwidth);
    const auto pools = static_cast<std::int64_t>(problem_->fleet().pools().size());
    for (std::int64_t p = 0; p < pools; ++p) {
        if (p % kPoolsAPoll == 0) control.poll("explain", p, pools);
        inquiry.look_at(PoolId(static_cast<std::size_t>(p)));
    }
    if (inquiry.any_open()) return inquiry.finish();
    const Workload& workload = problem_->workload();
    const ShapeId shape = workload.classes()[id.at()].shape;
    for (const auto& [role, of] : {std::pair{kTransitRequire, Change::Of::kTransitRequire},
                                   {kTransitForbid, Change::Of::kTransitForbid}}) {
        const auto& names = workload.label_sets()[workload.shapes()[shape.at()].label_set[role]];
        if (!names.empty()) inquiry.try_routes(routes_without(shape, role, control), of, names);
    }
    return inquiry.finish();
}

/// Routes of the shape's transit policy with one of its two columns empty.
const Routes& TaskExplainer::routes_without(ShapeId shape, LabelRole role, Control& control) {
    const Network& network = problem_->network();
    const Workload& workload = problem_->workload();
    const auto& set = workload.shapes()[shape.at()].label_set;
    const bool keeps_require = role == kTransitForbid;
    const std::pair key{keeps_require ? set[kTransitRequire] : kNoSet,
                        keeps_require ? kNoSet : set[kTransitForbid]};
    std::unique_ptr<const Routes>& routes = without_[key];
    if (routes) return *routes;
    const auto bit_of = [&](std::string_view name) { return network.site_label_bit(name); };
    const std::vector<std::string> none;
    const auto terms = [&](std::uint32_t number, const char* argument) {
        return LabelTerms(number == kNoSet ? none : workload.label_sets()[number], network, bit_of, argument);
    };
    const TransitRule rule{terms(key.first, "transit_require"), terms(key.second, "transit_forbid")};
    routes = std::make_unique<const Routes>(
        problem_->policies().front()->network_ptr(),
        rule.is_free() ? std::vector<std::uint8_t>{} : rule.allowed(network), 1, control);
    return *routes;
}

double TaskExplainer::cost(ClassId id, std::span<const std::int64_t> node_rows,
                           std::span<const std::int64_t> members) const {
    const Fleet& fleet = problem_->fleet();
    const Workload::Class& of = problem_->workload().classes()[id.at()];
    const Problem::Shape& shape = problem_->shape(of.shape);
    std::unordered_map<std::int64_t, double> each;  // by node row
    for (const std::int64_t row : node_rows) each[row] = 0;
    for (const Filling& filling : solution_->of(id)) {
        const Fleet::Pool& pool = fleet.pools()[filling.pool.at()];
        const std::int64_t last = fleet.entry_of_slot(pool, filling.first + filling.slots - 1);
        for (std::int64_t e = fleet.entry_of_slot(pool, filling.first); e <= last; ++e)
            if (const auto it = each.find(fleet.row_of_entry(e)); it != each.end())
                it->second = pair_cost(*problem_, shape, of.origin, pool) +
                             risk_cost(*problem_, shape, fleet.available_ns(pool, e));
    }
    double cost = 0;
    for (std::size_t i = 0; i < node_rows.size(); ++i)
        cost += each[node_rows[i]] * static_cast<double>(members[i]);
    return cost;
}

}  // namespace gigafleet
