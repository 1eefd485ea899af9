#include "gigafleet/node_prices.hpp"

#include <algorithm>
#include <cmath>

#include "gigafleet/directed.hpp"
#include "gigafleet/objective.hpp"

namespace gigafleet {

NodePrices::NodePrices(const PriceQuestion& question)
    : problem_(question.problem),
      question_(question),
      dimensions_(problem_.fleet().schema().dimensions()),
      kind_cost_(problem_.fleet().kinds().size()) {
    if (!question.usable.pool.empty()) find_least_prices();
    find_best();
}

void NodePrices::find_best() {
    const auto& pools = problem_.fleet().pools();
    for (std::size_t p = 0; p < pools.size(); ++p) {
        if (pools[p].slots == 0) continue;
        const Fleet::Kind& kind = problem_.fleet().kinds()[pools[p].kind.at()];
        const double* shadow =
            question_.usable.pool.empty() ? nullptr : &question_.usable.pool[p * dimensions_];
        const bool first = !best_;
        if (first) best_.emplace(Best{{}, kind.price, {}, kind.access_rtt_ns});
        best_->access_rtt_ns = std::min(best_->access_rtt_ns, kind.access_rtt_ns);
        for (std::size_t r = 0; r < kMaxResources; ++r)
            best_->price[r] = std::min(best_->price[r], kind.price[r]);
        for (std::size_t d = 0; d < dimensions_; ++d) {
            best_->capacity[d] = std::max(best_->capacity[d], relaxed_most(problem_, pools[p], d));
            if (shadow) best_->shadow[d] = first ? shadow[d] : std::min(best_->shadow[d], shadow[d]);
        }
    }
}

double NodePrices::floor(ShapeId id) const {
    const Problem::Shape& shape = problem_.shape(id);
    const Amounts& demand = question_.relaxed[id.at()].demand;
    if (!best_ || !holds(best_->capacity, demand)) return kNever;
    double sum = 0, terms = 0;
    const auto add = [&](double term) {
        sum += term;
        terms += std::abs(term);
    };
    if (question_.with_cost) {
        for (std::size_t r = 0; r < problem_.fleet().schema().resources.size(); ++r)
            add(best_->price[r] * paid_units(problem_, shape, r));
        add(problem_.objective().rtt_price * kTimeResolutionMs * static_cast<double>(best_->access_rtt_ns));
        add(std::min(0.0, problem_.objective().risk_price));
    }
    for (std::size_t d = 0; d < dimensions_; ++d) add(best_->shadow[d] * static_cast<double>(demand[d]));
    return sum - terms * 0x1p-46;
}

void NodePrices::find_least_prices() {
    least_.assign(kind_cost_.size() * dimensions_, kNever);
    const auto& pools = problem_.fleet().pools();
    for (std::size_t p = 0; p < pools.size(); ++p)
        for (std::size_t d = 0; d < dimensions_ && pools[p].slots > 0; ++d) {
            double& least = least_[pools[p].kind.at() * dimensions_ + d];
            least = std::min(least, question_.usable.pool[p * dimensions_ + d]);
        }
}

void NodePrices::start(ShapeId id) {
    shape_ = &problem_.shape(id);
    demand_ = &question_.relaxed[id.at()];
    for (std::size_t d = 0; d < dimensions_; ++d) amount_[d] = static_cast<double>(demand_->demand[d]);
    for (std::size_t r = 0; r < problem_.fleet().schema().resources.size(); ++r)
        units_[r] = question_.with_cost ? paid_units(problem_, *shape_, r) : 0;
    const NodeRule& rule = problem_.rules()[shape_->rule];
    check_labels_ = rule.depends_on_site();
    const auto& kinds = problem_.fleet().kinds();
    for (std::size_t k = 0; k < kinds.size(); ++k) {
        bool passes = check_labels_ || rule.passes(kinds[k].labels, problem_.network(), SiteId());
        for (std::size_t d = 0; d < dimensions_; ++d)
            passes = passes &&
                     (problem_.fleet().is_varied(d) || kinds[k].capacity[d] == kUnlimited ||
                      kinds[k].capacity[d] + problem_.fleet().rounded_off(kinds[k], d) >= demand_->demand[d]);
        kind_cost_[k] = passes ? cost_on(kinds[k]) : kNever;
    }
}

/// Prices · units. Each unit is a product of five factors that are off by an ulp or two; so are the sums.
double NodePrices::cost_on(const Fleet::Kind& kind) const {
    double sum = 0, terms = 0;
    for (std::size_t r = 0; question_.with_cost && r < problem_.fleet().schema().resources.size(); ++r) {
        sum += kind.price[r] * units_[r];
        terms += std::abs(kind.price[r] * units_[r]);
    }
    return sum - terms * 0x1p-46;
}

/// Prices · demand; all terms are >= 0.
double NodePrices::paid(const double* prices) const {
    double sum = 0;
    for (std::size_t d = 0; d < dimensions_; ++d) sum += prices[d] * amount_[d];
    return sum - sum * 0x1p-48;
}

/// On the nodes that stay longest, or, were risk paid for, on those that leave.
double NodePrices::least_risk(const Fleet::Pool& pool) const {
    const double price = problem_.objective().risk_price;
    return price >= 0 ? risk_cost(problem_, *shape_, pool.available_max_ns) : price;
}

double NodePrices::price(PoolId id) const {
    const Fleet& fleet = problem_.fleet();
    const Fleet::Pool& pool = fleet.pools()[id.at()];
    double price = kind_cost_[pool.kind.at()];
    if (price == kNever || pool.slots == 0 || pool.available_max_ns < problem_.needed_ns(*shape_))
        return kNever;
    for (std::size_t d = 0; fleet.any_varied() && d < dimensions_; ++d)
        if (relaxed_most(problem_, pool, d) < demand_->demand[d]) return kNever;
    if (check_labels_ && !problem_.labels_pass(*shape_, pool)) return kNever;
    if (question_.with_cost) price = below(price + least_risk(pool));
    if (!question_.usable.pool.empty())
        price = below(price + paid(&question_.usable.pool[id.at() * dimensions_]));
    return price;
}

double NodePrices::price(KindId id) const {
    double price = kind_cost_[id.at()];
    if (price == kNever) return price;
    if (!least_.empty()) {
        const double* least = &least_[id.at() * dimensions_];
        if (*least == kNever) return kNever;  // a kind without nodes
        price = below(price + paid(least));
    }
    return price;
}

}  // namespace gigafleet
