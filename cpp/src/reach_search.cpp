#include "gigafleet/reach_search.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "gigafleet/directed.hpp"

namespace gigafleet {

namespace {
constexpr double kNever = NodePrices::kNever;
}

ReachSearch::ReachSearch(const PriceQuestion& question, const WayPrices& ways, const PoolView& view)
    : question_(question),
      ways_(ways),
      view_(view),
      nodes_(question),
      price_(question.problem.network().site_count()) {}

void ReachSearch::find(ShapeId id, const ShapeClasses& by_shape, std::span<double> by_class) {
    const auto classes = by_shape.classes(id);
    const auto origins = by_shape.origins(id);
    if (classes.empty()) return;
    demand_ = &question_.relaxed[id.at()];
    bandwidth_ = ways_.bandwidth(question_.problem.shape(id), *demand_);
    nodes_.start(id);
    price_sites();
    double start = 0;  // prices along a way only grow: no sum is larger, without its sign, than both its ends
    for (const double price : price_)
        if (price != kNever) start = std::max(start, std::abs(price));
    search();
    const double negative = below(ways_.negative() * above(bandwidth_.up + bandwidth_.down));
    const double rounding = static_cast<double>(price_.size()) * 0x1p-52;
    for (std::size_t i = 0; i < classes.size(); ++i) {
        double price = price_[origins[i].at()];
        if (price != kNever) {
            price = below(price - above(std::max(start, std::abs(price)) * rounding));
            price = below(price + ways_.at_origin(*demand_, origins[i]));
            price = below(below(price + negative) + bandwidth_.correction);
        }
        by_class[classes[i].at()] = price;
    }
}

/// The cheapest pool of each site.
void ReachSearch::price_sites() {
    std::ranges::fill(price_, kNever);
    for (std::size_t i = 0; i < view_.size(); ++i) {
        if (!nodes_.may_take(view_[i].kind)) continue;
        double price = nodes_.price(view_[i].pool);
        if (price == kNever) continue;
        const std::int64_t ns = question_.problem.fleet().kinds()[view_[i].kind.at()].access_rtt_ns;
        price = below(below(price + ways_.at_node(*demand_, view_[i].site)) + ways_.step({}, 0, 0, ns));
        double& least = price_[view_[i].site.at()];
        least = std::min(least, price);
    }
}

double ReachSearch::arc_price(ArcId arc) const {
    const Network& network = question_.problem.network();
    const bool both = !network.directed();
    const double back = both ? ways_.arc(network.mirror(arc)) : 0;
    const std::int64_t ns = network.latency_ns(arc) * (both ? 2 : 1);
    return std::max(0.0, ways_.step(bandwidth_, std::max(0.0, ways_.arc(arc)), std::max(0.0, back), ns));
}

/// From nodes to origins: each arc is the last of a way out.
void ReachSearch::search() {
    const Network& network = question_.problem.network();
    const Routes& routes = view_.routes();
    heap_.clear();
    for (std::uint32_t s = 0; s < price_.size(); ++s)
        if (price_[s] != kNever) heap_.emplace_back(price_[s], s);
    std::ranges::make_heap(heap_, std::greater{});
    while (!heap_.empty()) {
        std::ranges::pop_heap(heap_, std::greater{});
        const auto [price, site] = heap_.back();
        heap_.pop_back();
        if (price > price_[site]) continue;
        for (const ArcId arc : network.in_arcs(SiteId(site))) {
            const SiteId from = network.tail(arc);
            const double next = price + arc_price(arc);
            if (!routes.allowed(from) || !(next < price_[from.at()])) continue;
            price_[from.at()] = next;
            heap_.emplace_back(next, from.value);
            std::ranges::push_heap(heap_, std::greater{});
        }
    }
}

}  // namespace gigafleet
