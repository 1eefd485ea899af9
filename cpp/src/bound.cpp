#include "gigafleet/bound.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "gigafleet/directed.hpp"
#include "gigafleet/knapsack.hpp"
#include "gigafleet/objective.hpp"

namespace gigafleet {

namespace {

constexpr double kWeightScale = 1e6;  // multiples of weight a unit

/// The largest of the finite values, without signs.
double largest(std::span<const double> values) {
    double most = 0;
    for (const double value : values)
        if (std::isfinite(value)) most = std::max(most, std::abs(value));
    return most;
}

}  // namespace

Bound::Bound(const Problem& problem, std::span<const WideQuantity> level_weight, int threads,
             Control& control, std::optional<Look> look)
    : problem_(problem),
      level_weight_(level_weight.begin(), level_weight.end()),
      least_(problem, threads, control, look),
      level_of_shape_(levels_of_shapes(problem)),
      free_(least_.find({}, true, control)) {}

double Bound::cost(const Prices& prices, Control& control) const {
    const double without = cost_at({}, control);
    return prices.empty() ? without : std::max(without, cost_at(prices, control));
}

double Bound::cost_at(const Prices& prices, Control& control) const {
    if (prices.empty()) return priced_cost(free_, {});
    const Prices usable = usable_prices(problem_, prices, 1, "prices");
    return priced_cost(least_.find(usable, true, control), usable);
}

std::optional<WideQuantity> Bound::placed_at(std::size_t level, const Prices& prices,
                                             Control& control) const {
    if (!prices.empty()) {
        const Prices usable = usable_prices(problem_, prices, kWeightScale, "prices");
        return priced_weight(level, least_.find(usable, false, control), usable);
    }
    std::vector<double> nothing(free_.size(), 0);
    for (std::size_t c = 0; c < nothing.size(); ++c)
        if (!may_run(c)) nothing[c] = LeastPrices::kNever;
    return priced_weight(level, nothing, {});
}

double Bound::priced_cost(std::span<const double> least, const Prices& usable) const {
    const int exponent = scale_of(largest(least));
    const auto price = worth(problem_, usable, exponent);
    if (!price) return -INFINITY;
    std::vector<std::vector<Good>> goods(level_weight_.size());
    const auto& classes = problem_.workload().classes();
    for (std::size_t c = 0; c < classes.size(); ++c)
        if (least[c] != LeastPrices::kNever)
            goods[level_of(classes[c])].push_back({scaled_floor(least[c], exponent),
                                                   problem_.shape(classes[c].shape).weight,
                                                   classes[c].members});
    WideQuantity total = -*price;
    for (std::size_t p = 0; p < goods.size(); ++p)
        total += least_value(std::move(goods[p]), level_weight_[p]);
    return unscaled_below(total, exponent);
}

WideQuantity Bound::tightest(std::size_t level, std::optional<WideQuantity> at_prices) const {
    WideQuantity all = 0;
    std::int64_t unit = 0;  // every placed weight of the level is a multiple of it
    const auto& classes = problem_.workload().classes();
    for (std::size_t c = 0; c < classes.size(); ++c) {
        if (level_of(classes[c]) != level || !may_run(c)) continue;
        const Quantity weight = problem_.shape(classes[c].shape).weight;
        all += WideQuantity{weight} * classes[c].members;
        unit = std::gcd(unit, problem_.workload().shapes()[classes[c].shape.at()].weight_unit);
    }
    WideQuantity least = all;
    for (std::size_t d = 0; d < problem_.fleet().schema().dimensions(); ++d)
        if (const auto room = relaxed_total(problem_, d))
            least = std::min(least, knapsack_weight(level, d, *room));
    if (at_prices) least = std::min(least, *at_prices);
    return unit == 0 ? 0 : std::max(WideQuantity{0}, least) / unit * unit;
}

std::optional<WideQuantity> Bound::priced_weight(std::size_t level, std::span<const double> least,
                                                 const Prices& usable) const {
    double most = largest(least);
    for (const Problem::Shape& shape : problem_.shapes())
        most = std::max(most, static_cast<double>(shape.weight));
    const int exponent = std::clamp(scale_of(most), 0, 60);
    const auto price = worth(problem_, usable, exponent);
    if (!price) return std::nullopt;
    WideQuantity total = *price;
    std::vector<std::vector<Good>> above_it(level);
    const auto& classes = problem_.workload().classes();
    for (std::size_t c = 0; c < classes.size(); ++c) {
        if (least[c] == LeastPrices::kNever || level_of(classes[c]) > level) continue;
        const Quantity weight = problem_.shape(classes[c].shape).weight;
        const std::int64_t pays = scaled_floor(least[c], exponent);
        if (level_of(classes[c]) < level) {
            above_it[level_of(classes[c])].push_back({pays, weight, classes[c].members});
            continue;
        }
        total += std::max(WideQuantity{0}, (WideQuantity{weight} << exponent) - pays) * classes[c].members;
    }
    for (std::size_t q = 0; q < level; ++q) total -= least_value(std::move(above_it[q]), level_weight_[q]);
    return total >> exponent;
}

/// What fits the whole fleet as one node, in one dimension, beside the least that the levels above take.
WideQuantity Bound::knapsack_weight(std::size_t level, std::size_t d, WideQuantity room) const {
    std::vector<Good> goods;
    std::vector<std::vector<Good>> above_it(level);
    const auto& classes = problem_.workload().classes();
    for (std::size_t c = 0; c < classes.size(); ++c) {
        if (!may_run(c) || level_of(classes[c]) > level) continue;
        const Quantity weight = problem_.shape(classes[c].shape).weight;
        const Quantity demand = least_.relaxed()[classes[c].shape.at()].demand[d];
        if (level_of(classes[c]) == level)
            goods.push_back({weight, demand, classes[c].members});
        else
            above_it[level_of(classes[c])].push_back({demand, weight, classes[c].members});
    }
    for (std::size_t q = 0; q < level; ++q) room -= least_value(std::move(above_it[q]), level_weight_[q]);
    return most_value(std::move(goods), std::max(WideQuantity{0}, room));
}

double cost_terms(const Problem& problem, const Solution& solution) {
    const Fleet& fleet = problem.fleet();
    double terms = 0;
    for (std::size_t c = 0; c < solution.of_class.size(); ++c) {
        const Workload::Class& of = problem.workload().classes()[c];
        const Problem::Shape& shape = problem.shape(of.shape);
        for (std::size_t f = solution.of_class[c].first; f < solution.of_class[c].last; ++f) {
            const Filling& filling = solution.fillings[f];
            const Fleet::Pool& pool = fleet.pools()[filling.pool.at()];
            terms += std::abs(pair_cost(problem, shape, of.origin, pool)) *
                     static_cast<double>(filling.slots * filling.per_slot);
        }
    }
    return terms;
}

namespace {

/// The prices, or none where these prove more.
Priced priced_cost(const Bound& bound, const MaybePrices& prices, Control& control) {
    const double without = bound.cost_at({}, control);
    if (!prices) return {{}, without, false};
    const double with = bound.cost_at(*prices, control);
    if (with < without) return {{}, without, false};
    return {usable_prices(bound.least().problem(), *prices, 1, "prices"), with};
}

/// `at`: what they prove.
Priced priced_weight(const Bound& bound, std::size_t level, const MaybePrices& prices,
                     std::optional<WideQuantity> at, Control& control) {
    const auto in_units = [](WideQuantity weight) {
        return static_cast<double>(weight) * kDefaultResolution;
    };
    const WideQuantity without = bound.placed_at(level, {}, control).value();  // no sum of prices to overflow
    if (!at || *at > without) return {{}, in_units(without), false};
    return {usable_prices(bound.least().problem(), *prices, 1, "prices"), in_units(*at)};
}

}  // namespace

Certificate certify(const Problem& problem, const Solution& solution,
                    std::span<const WideQuantity> level_weight, const MaybePrices& cost_prices,
                    std::vector<MaybePrices> placed_prices, int threads, Control& control,
                    std::optional<Look> look) {
    const Stopwatch watch;
    const Bound bound(problem, level_weight, threads, control, look);
    Certificate certificate;
    certificate.of_cost = priced_cost(bound, cost_prices, control);
    certificate.cost = certificate.of_cost.bound;
    placed_prices.resize(level_weight.size(), Prices{});
    for (std::size_t p = 0; p < level_weight.size(); ++p) {
        std::optional<WideQuantity> at;
        if (placed_prices[p]) at = bound.placed_at(p, *placed_prices[p], control);
        certificate.placed.push_back(bound.tightest(p, at));
        certificate.of_weight.push_back(priced_weight(bound, p, placed_prices[p], at, control));
    }
    certificate.terms = cost_terms(problem, solution);
    certificate.seconds = watch.seconds();
    return certificate;
}

}  // namespace gigafleet
