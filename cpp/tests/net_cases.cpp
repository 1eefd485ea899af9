#include "net_cases.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace net_cases {

void Links::add(std::int64_t u, std::int64_t v, double ms, double eur) {
    tail.push_back(static_cast<std::int32_t>(u));
    head.push_back(static_cast<std::int32_t>(v));
    latency_ms.push_back(ms);
    price.push_back(eur);
}

NetworkInput Links::input() const {
    NetworkInput in;
    in.sites = sites;
    in.directed = directed;
    in.tail = tail;
    in.head = head;
    in.latency_ms = latency_ms;
    in.price_per_mbps = price;
    return in;
}

std::shared_ptr<const Network> Links::network() const { return std::make_shared<const Network>(input()); }

Links random_links(std::mt19937& random, bool directed) {
    const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    Links links;
    links.directed = directed;
    const int knots = 1 + below(9), leaves = below(12);
    links.sites = knots + leaves;
    const auto join = [&](int u, int v) {
        const double ms = below(4), price = 0.25 * below(8) - 0.5;
        if (below(2)) std::swap(u, v);
        links.add(u, v, ms, price);
        if (directed && below(4)) links.add(v, u, below(3) ? ms : below(4), price);
        if (below(6) == 0) links.add(u, v, below(4), price);
    };
    if (knots > 1)
        for (int i = below(2 * knots + 2); i > 0; --i) {
            const int u = below(knots), v = below(knots);
            if (u != v) join(u, v);
        }
    for (int s = knots; s < knots + leaves; ++s)
        if (below(8)) join(s, below(s));
    return links;
}

Reference::Reference(const Network& net, SiteId start, const std::vector<std::uint8_t>& allowed) {
    const std::size_t sites = net.site_count();
    const auto ok = [&](SiteId s) { return allowed.empty() || allowed[s.at()] != 0; };
    ns.assign(sites, kUnreachable);
    links.assign(sites, 0);
    pred.resize(sites);
    if (!ok(start)) return;
    ns[start.at()] = 0;
    for (bool changed = true; changed;) {  // Bellman and Ford: nothing clever
        changed = false;
        for (std::size_t i = 0; i < net.arc_count(); ++i) {
            const ArcId a{i};
            const std::size_t u = net.tail(a).at(), v = net.head(a).at();
            if (!ok(net.tail(a)) || !ok(net.head(a)) || ns[u] == kUnreachable) continue;
            const auto offer = std::pair(ns[u] + net.latency_ns(a), links[u] + 1);
            if (offer < std::pair(ns[v], links[v])) {
                std::tie(ns[v], links[v]) = offer;
                changed = true;
            }
        }
    }
    for (std::size_t i = net.arc_count(); i-- > 0;) {
        const ArcId a{i};
        const std::size_t u = net.tail(a).at(), v = net.head(a).at();
        if (ok(net.tail(a)) && ok(net.head(a)) && ns[u] != kUnreachable && net.head(a) != start &&
            ns[u] + net.latency_ns(a) == ns[v] && links[u] + 1 == links[v])
            pred[v] = a;
    }
}

std::vector<ArcId> Reference::route(const Network& net, SiteId to) const {
    std::vector<ArcId> arcs;
    for (; pred[to.at()].valid(); to = net.tail(pred[to.at()])) arcs.push_back(pred[to.at()]);
    std::reverse(arcs.begin(), arcs.end());
    return arcs;
}

}  // namespace net_cases
