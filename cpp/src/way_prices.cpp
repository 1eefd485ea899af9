#include "gigafleet/way_prices.hpp"

#include <algorithm>
#include <cmath>

#include "gigafleet/directed.hpp"
#include "gigafleet/parallel.hpp"

namespace gigafleet {

WayPrices::WayPrices(const PriceQuestion& question)
    : problem_(question.problem),
      usable_(question.usable),
      rtt_ns_(question.with_cost ? below(problem_.objective().rtt_price * kTimeResolutionMs) : 0),
      arc_(problem_.network().arc_count()) {
    const Network& network = problem_.network();
    for (std::size_t a = 0; a < arc_.size(); ++a) {
        const double price = question.with_cost ? below(network.price(ArcId(a)) * kMbpsResolution) : 0;
        const double carrier = usable_.carrier.empty() ? 0 : usable_.carrier[a];
        arc_[a] = below(price + carrier);
        carriers_ = above(carriers_ + carrier);
        negative_ = below(negative_ + std::min(0.0, arc_[a]));
        negative_prices_ = negative_prices_ || price < 0;
        priced_ = priced_ || arc_[a] != 0;
    }
}

WayPrices::Bandwidth WayPrices::bandwidth(const Problem::Shape& shape, const RelaxedShape& relaxed) const {
    if (!negative_prices_)
        return {static_cast<double>(relaxed.uplink), static_cast<double>(relaxed.downlink), 0};
    const bool rounded = shape.uplink != relaxed.uplink || shape.downlink != relaxed.downlink;
    return {static_cast<double>(shape.uplink), static_cast<double>(shape.downlink),
            rounded ? -2 * carriers_ : 0};
}

double WayPrices::step(const Bandwidth& bandwidth, double out, double back, std::int64_t ns) const {
    const double time = below(rtt_ns_ * static_cast<double>(ns));
    if (!priced_) return time;
    return below(below(below(bandwidth.up * out) + below(bandwidth.down * back)) + time);
}

double WayPrices::access(SiteId site, Quantity up, Quantity down) const {
    if (usable_.carrier.empty()) return 0;
    const std::size_t arcs = problem_.network().arc_count(), sites = problem_.network().site_count();
    const double sum = usable_.carrier[arcs + site.at()] * static_cast<double>(up) +
                       usable_.carrier[arcs + sites + site.at()] * static_cast<double>(down);
    return below(sum);
}

double WayPrices::at_origin(const RelaxedShape& relaxed, SiteId site) const {
    return access(site, relaxed.uplink, relaxed.downlink);
}

double WayPrices::at_node(const RelaxedShape& relaxed, SiteId site) const {
    return access(site, relaxed.downlink, relaxed.uplink);
}

namespace {

/// Sums along the routes from a core site, worked out as far as asked.
class Walk {
public:
    Walk(const Routes& routes, const WayPrices& prices, std::uint32_t start)
        : routes_(routes),
          prices_(prices),
          row_(routes.row(start)),
          sums_(routes.core_count()),
          known_(routes.core_count(), 0) {
        known_[start] = 1;
    }
    /// Out and back in a Graph; out alone in a DiGraph.
    CoreSums::Sum to(std::uint32_t end) {
        if (row_.ns[end] == kUnreachable) return {};
        stack_.clear();
        for (std::uint32_t at = end; !known_[at]; at = routes_.core_tail(ArcId(row_.pred_arc[at])))
            stack_.push_back(at);
        for (; !stack_.empty(); stack_.pop_back()) extend(stack_.back());
        return sums_[end];
    }

private:
    void extend(std::uint32_t to) {
        const ArcId arc{row_.pred_arc[to]};
        const CoreSums::Sum before = sums_[routes_.core_tail(arc)];
        sums_[to].out = below(before.out + prices_.arc(arc));
        if (!routes_.network().directed())
            sums_[to].back = below(before.back + prices_.arc(routes_.network().mirror(arc)));
        known_[to] = 1;
    }

    const Routes& routes_;
    const WayPrices& prices_;
    Routes::Row row_;
    std::vector<CoreSums::Sum> sums_;
    std::vector<std::uint8_t> known_;
    std::vector<std::uint32_t> stack_;
};

}  // namespace

CoreSums::CoreSums(const Problem& problem, const Routes& routes, const WayPrices& prices,
                   std::span<const std::uint32_t> from, std::span<const std::uint32_t> to, int threads)
    : to_(to.size()), sums_(prices.is_priced() ? from.size() * to.size() : 0) {
    if (sums_.empty()) return;
    parallel_for(threads, static_cast<std::int64_t>(from.size()), [&](std::int64_t i) {
        Walk walk(routes, prices, from[static_cast<std::size_t>(i)]);
        Sum* row = sums_.data() + static_cast<std::size_t>(i) * to_;
        for (std::size_t j = 0; j < to_; ++j) row[j] = walk.to(to[j]);
    });
    if (!problem.network().directed()) return;
    parallel_for(threads, static_cast<std::int64_t>(to_), [&](std::int64_t j) {
        const auto column = static_cast<std::size_t>(j);
        Walk walk(routes, prices, to[column]);
        for (std::size_t i = 0; i < from.size(); ++i) sums_[i * to_ + column].back = walk.to(from[i]).out;
    });
}

}  // namespace gigafleet
