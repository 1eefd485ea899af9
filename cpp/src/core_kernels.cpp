#include "gigafleet/core_kernels.hpp"

#include <algorithm>
#include <cmath>

#include "gigafleet/parallel.hpp"

namespace gigafleet {

namespace {

constexpr double kFarthest = 170;  // the largest exponent of which a float holds the root

/// Core sites that a row reaches, by the number of links, its start left out: so that every one comes after
/// the one before it on its route.
std::vector<std::uint32_t> reached(const Routes& routes, std::uint32_t start) {
    const Routes::Row row = routes.row(start);
    std::vector<std::uint32_t> links(row.ns.size()), stack, order;
    for (std::uint32_t c = 0; c < row.ns.size(); ++c) {
        if (c == start || row.ns[c] == kUnreachable) continue;
        order.push_back(c);
        for (std::uint32_t at = c; at != start && links[at] == 0;
             at = routes.core_tail(ArcId(row.pred_arc[at])))
            stack.push_back(at);
        for (; !stack.empty(); stack.pop_back())
            links[stack.back()] = links[routes.core_tail(ArcId(row.pred_arc[stack.back()]))] + 1;
    }
    std::ranges::stable_sort(order, {}, [&](std::uint32_t c) { return links[c]; });
    return order;
}

}  // namespace

CoreKernels::CoreKernels(const NetworkMarket& market, int threads)
    : market_(market),
      threads_(threads),
      tables_(market.kernels().size()),
      nearest_(market.kernels().size()) {
    const Network& network = market.problem().network();
    const bool lifted = market.problem().disabled_rules() & kRuleLink;
    for (const NetworkMarket::Policy& policy : market.policies()) {
        const Routes& routes = policy.view->routes();
        Ways& ways = ways_.emplace_back();
        ways.rtt_ns.resize(policy.from.size() * policy.to.size());
        ways.order.resize(policy.from.size());
        parallel_for(threads_, static_cast<std::int64_t>(policy.from.size()), [&](std::int64_t n) {
            const auto i = static_cast<std::size_t>(n);
            const Routes::Row row = routes.row(policy.from[i]);
            for (std::size_t j = 0; j < policy.to.size(); ++j) {
                const std::int64_t out = row.ns[policy.to[j]];
                const std::int64_t back =
                    network.directed() ? routes.row(policy.to[j]).ns[policy.from[i]] : out;
                const bool way =
                    policy.from[i] != policy.to[j] && out != kUnreachable && back != kUnreachable;
                ways.rtt_ns[i * policy.to.size() + j] = way ? out + back : kUnreachable;
            }
            ways.order[i] = reached(routes, policy.from[i]);
        });
        if (network.directed()) {
            for (const std::uint32_t end : policy.to) ways.order_back.push_back(reached(routes, end));
        }
        for (std::size_t a = 0; a < network.arc_count() && !limited_; ++a)
            limited_ =
                !lifted && routes.core_tail(ArcId(a)) != kNoCore && network.capacity(ArcId(a)) != kUnlimited;
    }
}

/// Sums along the routes from `start`, by core site: of `out_arc`, and in a Graph of `back_arc` over their
/// mirrors.
void CoreKernels::sum_along(const Routes& routes, std::uint32_t start, std::span<const std::uint32_t> order,
                            std::span<const double> out_arc, std::span<const double> back_arc,
                            std::vector<double>& out, std::vector<double>& back) const {
    const Routes::Row row = routes.row(start);
    out.assign(routes.core_count(), 0);
    back.assign(routes.core_count(), 0);
    for (const std::uint32_t at : order) {
        const ArcId arc{row.pred_arc[at]};
        const std::uint32_t before = routes.core_tail(arc);
        out[at] = out[before] + out_arc[arc.at()];
        if (!routes.network().directed())
            back[at] = back[before] + back_arc[routes.network().mirror(arc).at()];
    }
}

void CoreKernels::make(double tau, std::span<const double> carrier) {
    const Network& network = market_.problem().network();
    const bool with_cost = market_.aim() == Aim::kCost;
    std::vector<double> arc(network.arc_count());
    bool priced = false;
    for (std::size_t a = 0; a < arc.size(); ++a) {
        arc[a] = carrier[a] + (with_cost ? network.price(ArcId(a)) * kMbpsResolution : 0);
        priced = priced || arc[a] != 0;
    }
    for (std::size_t k = 0; k < tables_.size(); ++k) {
        const NetworkMarket::Kernel& kernel = market_.kernels()[k];
        const NetworkMarket::Policy& policy = market_.policies()[kernel.policy];
        const Routes& routes = policy.view->routes();
        const Ways& ways = ways_[kernel.policy];
        const std::size_t from = policy.from.size(), to = policy.to.size();
        const auto up = static_cast<double>(kernel.up), down = static_cast<double>(kernel.down);
        std::vector<float>& table = tables_[k];
        table.assign(from * to, 0);
        nearest_[k].assign(from, 0);
        std::vector<double> back_of_directed;
        if (priced && network.directed()) {
            back_of_directed.resize(from * to);
            parallel_for(threads_, static_cast<std::int64_t>(to), [&](std::int64_t n) {
                const auto j = static_cast<std::size_t>(n);
                std::vector<double> sums, none;
                sum_along(routes, policy.to[j], ways.order_back[j], arc, arc, sums, none);
                for (std::size_t i = 0; i < from; ++i) back_of_directed[i * to + j] = sums[policy.from[i]];
            });
        }
        parallel_for(threads_, static_cast<std::int64_t>(from), [&](std::int64_t n) {
            const auto i = static_cast<std::size_t>(n);
            std::vector<double> out, back, cost(to, INFINITY);
            if (priced) sum_along(routes, policy.from[i], ways.order[i], arc, arc, out, back);
            double least = INFINITY;
            for (std::size_t j = 0; j < to; ++j) {
                const std::int64_t ns = ways.rtt_ns[i * to + j];
                if (ns == kUnreachable || ns > kernel.limit_ns) continue;
                cost[j] = market_.rtt_price_ns() * static_cast<double>(ns);
                if (priced)
                    cost[j] +=
                        up * out[policy.to[j]] +
                        down * (network.directed() ? back_of_directed[i * to + j] : back[policy.to[j]]);
                least = std::min(least, cost[j]);
            }
            if (least == INFINITY) return;
            nearest_[k][i] = std::exp(std::clamp(-least / tau, -700.0, 600.0));
            for (std::size_t j = 0; j < to; ++j) {
                if (cost[j] < INFINITY)
                    table[i * to + j] =
                        std::exp(static_cast<float>(-std::min((cost[j] - least) / tau, kFarthest) / 2));
            }
        });
    }
}

void CoreKernels::add_loads(std::uint32_t number, std::span<double> out, std::span<double> back,
                            std::span<double> load) const {
    const NetworkMarket::Policy& policy = market_.policies()[number];
    const Routes& routes = policy.view->routes();
    const Network& network = market_.problem().network();
    const Ways& ways = ways_[number];
    const std::size_t to = policy.to.size();
    std::vector<double> go(routes.core_count()), come(routes.core_count());
    const auto walk = [&](std::uint32_t start, std::span<const std::uint32_t> order) {
        const Routes::Row row = routes.row(start);
        for (std::size_t n = order.size(); n-- > 0;) {
            const std::uint32_t at = order[n];
            if (go[at] == 0 && come[at] == 0) continue;
            const ArcId arc{row.pred_arc[at]};
            load[arc.at()] += go[at];
            if (!network.directed()) load[network.mirror(arc).at()] += come[at];
            const std::uint32_t before = routes.core_tail(arc);
            go[before] += go[at];
            come[before] += come[at];
        }
    };
    for (std::size_t i = 0; i < policy.from.size(); ++i) {
        std::ranges::fill(go, 0.0);
        std::ranges::fill(come, 0.0);
        for (std::size_t j = 0; j < to; ++j) {
            go[policy.to[j]] = out[i * to + j];
            come[policy.to[j]] = network.directed() ? 0 : back[i * to + j];
        }
        walk(policy.from[i], ways.order[i]);
    }
    if (!network.directed()) return;
    std::ranges::fill(come, 0.0);
    for (std::size_t j = 0; j < to; ++j) {
        std::ranges::fill(go, 0.0);
        for (std::size_t i = 0; i < policy.from.size(); ++i) go[policy.from[i]] = back[i * to + j];
        walk(policy.to[j], ways.order_back[j]);
    }
}

}  // namespace gigafleet
