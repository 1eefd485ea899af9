#include "gigafleet/pool_view.hpp"

namespace gigafleet {

PoolView::PoolView(const Problem& problem, const Routes& routes, std::span<const std::uint8_t> open)
    : routes_(routes) {
    const auto& pools = problem.fleet().pools();
    const auto order = routes.forest().order();
    first_.assign(order.size() + 1, 0);
    const auto hosts = [&](std::size_t p) {
        return (open.empty() || open[p]) && pools[p].slots > 0 && routes.allowed(pools[p].site);
    };
    for (std::size_t p = 0; p < pools.size(); ++p)
        if (hosts(p)) ++first_[routes.forest().first(pools[p].site) + 1];
    for (std::size_t i = 0; i < order.size(); ++i) first_[i + 1] += first_[i];
    items_.resize(first_.back());
    std::vector<std::size_t> next(first_.begin(), first_.end() - 1);
    for (std::size_t p = 0; p < pools.size(); ++p)
        if (hosts(p))
            items_[next[routes.forest().first(pools[p].site)]++] = {PoolId(p), pools[p].kind, pools[p].site};
    for (std::uint32_t core = 0; core < routes.core_count(); ++core)
        if (of_core(core).size() > 0) cores_.push_back(core);
}

}  // namespace gigafleet
