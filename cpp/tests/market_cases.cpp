#include "market_cases.hpp"

#include <cmath>
#include <utility>

namespace market_cases {

Stand::Stand(Case a_case)
    : c(std::move(a_case)),
      problem(c.problem()),
      ground(*problem, quiet),
      level(placing_order(ground, Order::kLargeFirst)),
      placement(*problem) {}

std::optional<Market> Stand::market(int threads) const {
    return Market::make(ground, level, placement, threads);
}

std::vector<double> random_prices(const Market& market, std::mt19937& random) {
    std::vector<double> prices(market.pools().size() * market.dimensions());
    for (double& price : prices)
        price = random() % 3 == 0 ? 0 : market.scale() * static_cast<double>(random() % 1000) * 1e-3;
    return prices;
}

double cost_at(const Market& market, std::span<const double> prices, std::size_t s, std::size_t c,
               std::size_t pool) {
    double cost = static_cast<double>(market.own_cost(s)[pool]) +
                  static_cast<double>(
                      market.ways(market.group(s), market.classes()[c].origin)[market.pools()[pool].spot]);
    for (std::size_t d = 0; d < market.dimensions(); ++d)
        cost += prices[pool * market.dimensions() + d] * market.demand(s)[d];
    return cost;
}

Case easy_case(std::mt19937& random, std::size_t most_nodes, std::size_t most_tasks, int parts) {
    Case c = problem_cases::random_case(random, most_nodes, most_tasks, parts);
    for (double& price : c.links.price) price = std::abs(price);
    for (auto& n : c.nodes) n.price_compute = std::abs(n.price_compute);
    for (auto& t : c.tasks) {
        t.require = t.any_of = t.forbid = t.transit_require = t.transit_forbid = 0;
        t.max_rtt_ms = problem_cases::kInf;
    }
    return c;
}

}  // namespace market_cases
