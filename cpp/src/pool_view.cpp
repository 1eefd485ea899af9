#include "gigafleet/pool_view.hpp"

namespace gigafleet {

PoolView::PoolView(const Problem& problem, const Routes& routes) : routes_(routes) {
    const auto& pools = problem.fleet().pools();
    const auto order = routes.forest().order();
    first_.assign(order.size() + 1, 0);
    const auto hosts = [&](const Fleet::Pool& pool) { return pool.slots > 0 && routes.allowed(pool.site); };
    for (const Fleet::Pool& pool : pools)
        if (hosts(pool)) ++first_[routes.forest().first(pool.site) + 1];
    for (std::size_t i = 0; i < order.size(); ++i) first_[i + 1] += first_[i];
    items_.resize(first_.back());
    std::vector<std::size_t> next(first_.begin(), first_.end() - 1);
    for (std::size_t p = 0; p < pools.size(); ++p)
        if (hosts(pools[p]))
            items_[next[routes.forest().first(pools[p].site)]++] = {PoolId(p), pools[p].kind, pools[p].site};
}

}  // namespace gigafleet
