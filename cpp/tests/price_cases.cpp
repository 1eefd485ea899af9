#include "price_cases.hpp"

#include <algorithm>

#include "gigafleet/objective.hpp"

namespace price_cases {

Prices random_prices(std::mt19937& random, const Problem& problem, double size) {
    Prices prices = Prices::zero(problem);
    std::uniform_real_distribution<double> uniform(-0.25, 0.75);
    const auto fill = [&](std::vector<double>& values, double each) {
        for (double& value : values) value = std::max(0.0, uniform(random)) * each;
    };
    if (random() % 4 > 0) fill(prices.pool, size * 1e-3);
    if (random() % 4 > 0) fill(prices.carrier, size * 1e-6);
    return usable_prices(problem, prices, 1, "prices");
}

std::optional<double> pays(const Problem& problem, Definition& definition, const Workload::Class& c,
                           const Fleet::Pool& pool, const RelaxedShape& relaxed, const Prices& prices,
                           bool with_cost) {
    const Problem::Shape& shape = problem.shape(c.shape);
    const auto& task = definition.task(static_cast<std::size_t>(c.first_row));
    const Fleet::Kind& kind = problem.fleet().kinds()[pool.kind.at()];
    const auto site = static_cast<std::int32_t>(pool.site.value);
    const auto trip = definition.trip(task, site);
    if (!may_take_relaxed(problem, shape, relaxed, pool) || !trip.exists ||
        trip.rtt_ns + kind.access_rtt_ns > shape.max_rtt_ns)
        return {};
    double sum = with_cost ? pair_cost(problem, shape, c.origin, pool) +
                                 risk_cost(problem, shape, pool.available_max_ns)
                           : 0;
    const std::size_t dimensions = problem.fleet().schema().dimensions();
    const auto number = static_cast<std::size_t>(&pool - problem.fleet().pools().data());
    for (std::size_t d = 0; d < dimensions && !prices.pool.empty(); ++d)
        sum += prices.pool[number * dimensions + d] * static_cast<double>(relaxed.demand[d]);
    const std::size_t arcs = problem.network().arc_count(), sites = problem.network().site_count();
    for (const auto& [carrier, amount] : definition.way(task, site)) {
        const std::size_t at = carrier.second + (carrier.first == Of::kArc  ? 0
                                                 : carrier.first == Of::kUp ? arcs
                                                                            : arcs + sites);
        if (!prices.carrier.empty()) sum += prices.carrier[at] * static_cast<double>(amount);
    }
    return sum;
}

Plan solve(const Case& c) {
    NoControl quiet;
    const auto network = c.network();
    return place(network, c.fleet(*network), c.workload(*network), {c.objective}, quiet);
}

}  // namespace price_cases
