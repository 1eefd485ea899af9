#include "gigafleet/bound.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "gigafleet/access_prices.hpp"
#include "gigafleet/directed.hpp"
#include "gigafleet/knapsack.hpp"
#include "gigafleet/objective.hpp"
#include "gigafleet/whole_nodes.hpp"

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
    return std::max(cost_at({}, control), cost_at(prices, control));
}

Bound::Proof Bound::prove(std::optional<std::size_t> level, const Prices& prices, Control& control) const {
    Proof proof;
    Prices usable;
    if (!prices.empty()) {
        proof.prices = usable_prices(problem_, prices, 1, "prices");
        usable = usable_prices(problem_, prices, level ? kWeightScale : 1, "prices");
        proof.pays = least_.find(usable, !level, control);
    } else {
        proof.pays = free_;
        for (double& pays : proof.pays)
            if (level && pays != LeastPrices::kNever) pays = 0;
    }
    if (level)
        proof.weight = priced_weight(*level, proof.pays, usable);
    else
        proof.cost = priced_cost(proof.pays, usable);
    return proof;
}

Prices Bound::price_accesses(std::optional<std::size_t> level, const Proof& proof) const {
    return with_access_prices(least_, level ? Aim::kWeight : Aim::kCost,
                              level ? *level + 1 : level_weight_.size(), level_weight_, proof.pays,
                              proof.prices);
}

double Bound::priced_cost(std::span<const double> least, const Prices& usable,
                          std::span<const double> most_a_node) const {
    const int exponent = scale_of(largest(least));
    const auto price = worth(problem_, usable, exponent, most_a_node);
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

void Bound::look_into_nodes(std::optional<std::size_t> level, Proof& proof, int threads) const {
    const Prices usable = usable_prices(problem_, proof.prices, level ? kWeightScale : 1, "prices");
    const std::vector<double> most =
        most_paid_in_nodes(least_, usable, !level, rents(level, proof.pays), threads);
    if (std::ranges::none_of(most, [](double some) { return std::isfinite(some); })) return;
    if (!level)
        proof.cost = std::max(proof.cost, priced_cost(proof.pays, usable, most));
    else if (const auto weight = priced_weight(*level, proof.pays, usable, most))
        proof.weight = proof.weight ? std::min(*proof.weight, *weight) : *weight;
}

/// What tasks of each shape pay at most, nodes included; of the aim's own level, never more than they weigh.
std::vector<double> Bound::rents(std::optional<std::size_t> level, std::span<const double> pays) const {
    const Objective& objective = problem_.objective();
    bool may_be_paid = false;  // for the way, so that what is paid on nodes may be more than all in all
    for (std::size_t a = 0; !level && a < problem_.network().arc_count(); ++a)
        may_be_paid = may_be_paid || problem_.network().price(ArcId(a)) < 0;
    may_be_paid = may_be_paid || (!level && (objective.risk_price < 0 || objective.rtt_price < 0));
    std::vector<double> rents(problem_.shapes().size(), -INFINITY);
    const auto& classes = problem_.workload().classes();
    for (std::size_t c = 0; c < classes.size(); ++c) {
        if (classes[c].members == 0 || pays[c] == LeastPrices::kNever) continue;
        if (level && level_of(classes[c]) > *level) continue;
        const auto weight = static_cast<double>(problem_.shape(classes[c].shape).weight);
        double rent = level && level_of(classes[c]) == *level ? std::min(weight, pays[c]) : pays[c];
        if (may_be_paid) rent = INFINITY;
        rents[classes[c].shape.at()] = std::max(rents[classes[c].shape.at()], rent);
    }
    return rents;
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
                                                 const Prices& usable,
                                                 std::span<const double> most_a_node) const {
    double most = largest(least);
    for (const Problem::Shape& shape : problem_.shapes())
        most = std::max(most, static_cast<double>(shape.weight));
    const int exponent = std::clamp(scale_of(most), 0, 60);
    const auto price = worth(problem_, usable, exponent, most_a_node);
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

bool any_access_limited(const Problem& problem) {
    const std::size_t arcs = problem.network().arc_count();
    for (std::size_t a = arcs; a < arcs + 2 * problem.network().site_count(); ++a)
        if (relaxed_carrier(problem, a)) return true;
    return false;
}

/// What proves most: the prices, none, or either with accesses priced by the classes there; and whether that
/// is any prices at all.
std::pair<Bound::Proof, bool> best_proof(const Bound& bound, std::optional<std::size_t> level,
                                         const MaybePrices& prices, Control& control) {
    const bool accesses = any_access_limited(bound.least().problem());
    std::vector<Bound::Proof> proofs;
    if (prices) proofs.push_back(bound.prove(level, *prices, control));
    proofs.push_back(bound.prove(level, {}, control));
    const std::size_t none = proofs.size() - 1;
    for (std::size_t p = 0; accesses && p <= none; ++p)
        proofs.push_back(bound.prove(level, bound.price_accesses(level, proofs[p]), control));
    std::size_t best = 0;
    for (std::size_t p = 1; p < proofs.size(); ++p)
        if (proofs[p].is_tighter(proofs[best])) best = p;
    return {std::move(proofs[best]), best != none};
}

}  // namespace

Certificate certify(const Problem& problem, const Solution& solution,
                    std::span<const WideQuantity> level_weight, const MaybePrices& cost_prices,
                    std::vector<MaybePrices> placed_prices, int threads, Control& control,
                    std::optional<Look> look) {
    const Stopwatch watch;
    const Bound bound(problem, level_weight, threads, control, look);
    Certificate certificate;
    auto [of_cost, cost_found] = best_proof(bound, {}, cost_prices, control);
    certificate.of_cost = {of_cost.prices, of_cost.cost, cost_found};
    bound.look_into_nodes({}, of_cost, threads);
    certificate.cost = of_cost.cost;
    placed_prices.resize(level_weight.size(), Prices{});
    for (std::size_t p = 0; p < level_weight.size(); ++p) {
        auto [proof, found] = best_proof(bound, p, placed_prices[p], control);
        const double weight = static_cast<double>(proof.weight.value()) * kDefaultResolution;
        certificate.of_weight.push_back({proof.prices, weight, found});
        bound.look_into_nodes(p, proof, threads);
        certificate.placed.push_back(bound.tightest(p, proof.weight));
    }
    certificate.terms = cost_terms(problem, solution);
    certificate.seconds = watch.seconds();
    return certificate;
}

}  // namespace gigafleet
