#include "gigafleet/exact_search.hpp"

#include <algorithm>

#include "gigafleet/directed.hpp"

namespace gigafleet {

namespace {
constexpr double kNever = NodePrices::kNever;
}

ExactSearch::ExactSearch(const PriceQuestion& question, const WayPrices& ways, const ReachLists& lists,
                         std::span<const std::uint32_t> origins, const CoreSums& sums)
    : question_(question),
      ways_(ways),
      lists_(lists),
      routes_(lists.view().routes()),
      origins_(origins),
      sums_(sums),
      core_ways_(question.problem, lists.view()),
      nodes_(question),
      spot_(lists.spots().size()),
      entry_(lists.entries()),
      way_(lists.view().cores().size()),
      way_ns_(lists.view().cores().size()) {
    for (const std::uint32_t core : lists.view().cores())
        core_lists_.push_back(lists.list(routes_.forest().core_site(core)));
    core_.resize(core_lists_.size());
}

void ExactSearch::find(ShapeId id, const ShapeClasses& by_shape, std::span<double> by_class) {
    const auto classes = by_shape.classes(id);
    const auto origins = by_shape.origins(id);
    if (classes.empty()) return;
    shape_ = &question_.problem.shape(id);
    demand_ = &question_.relaxed[id.at()];
    bandwidth_ = ways_.bandwidth(*shape_, *demand_);
    nodes_.start(id);
    price_lists();
    core_site_ = kNoCore;
    for (std::size_t i = 0; i < classes.size(); ++i) by_class[classes[i].at()] = least(origins[i]);
}

/// What is paid from the site of a list on, to each of its spots; then the least up to each.
void ExactSearch::price_lists() {
    const PoolView& view = lists_.view();
    std::ranges::fill(spot_, kNever);
    for (std::size_t i = 0; i < view.size(); ++i) {
        if (!nodes_.may_take(view[i].kind)) continue;
        double& least = spot_[lists_.spot_of(i)];
        least = std::min(least, nodes_.price(view[i].pool));
    }
    for (std::size_t i = 0; i < spot_.size(); ++i)
        if (spot_[i] != kNever) spot_[i] = below(spot_[i] + ways_.at_node(*demand_, lists_.spots()[i].site));
    const Forest& forest = routes_.forest();
    for (const SiteId site : forest.order()) {
        const auto [first, last] = lists_.list(site);
        double least = kNever;
        for (std::size_t e = first; e < last; ++e) {
            double price = spot_[lists_.spot(e)];
            if (price != kNever) {
                price = below(price + ways_.step({}, 0, 0, lists_.ns(e)));
                const SiteId at = lists_.spots()[lists_.spot(e)].site;
                for (SiteId s = at; ways_.is_priced() && s != site; s = forest.parent(s))
                    price = below(price + ways_.step(bandwidth_, ways_.arc(forest.down_arc(s)),
                                                     ways_.arc(forest.up_arc(s)), 0));
            }
            entry_[e] = least = std::min(least, price);
        }
    }
    for (std::size_t c = 0; c < core_.size(); ++c)
        core_[c] = core_lists_[c].first == core_lists_[c].last ? kNever : entry_[core_lists_[c].last - 1];
}

/// What the way from a core site to each of the others pays.
void ExactSearch::price_ways(std::uint32_t core) {
    core_site_ = core;
    const auto cores = lists_.view().cores();
    const CoreWays::From from = core_ways_.from(core);
    const auto place = std::ranges::lower_bound(origins_, core) - origins_.begin();
    const std::span<const CoreSums::Sum> sums =
        sums_.is_priced() ? sums_.row(static_cast<std::size_t>(place)) : std::span<const CoreSums::Sum>{};
    for (std::size_t c = 0; c < cores.size(); ++c) {
        const std::int64_t ns = cores[c] == core ? kUnreachable : from.ns_to(cores[c]);
        way_ns_[c] = ns;
        const CoreSums::Sum sum = sums.empty() ? CoreSums::Sum{} : sums[c];
        way_[c] = ns == kUnreachable ? kNever : ways_.step(bandwidth_, sum.out, sum.back, ns);
    }
}

double ExactSearch::least(SiteId origin) {
    const Forest& forest = routes_.forest();
    const Network& network = question_.problem.network();
    const std::uint32_t core = forest.core_index(origin);
    if (core == kNoCore) return kNever;
    double paid = 0, best = kNever;
    std::int64_t left = shape_->max_rtt_ns;
    for (SiteId at = origin;; at = forest.parent(at)) {
        const ReachLists::Range list = lists_.list(at);
        const std::size_t within = lists_.within(list, left);
        if (within > 0) best = std::min(best, below(entry_[list.first + within - 1] + paid));
        if (forest.depth(at) == 0) {
            if (core != core_site_) price_ways(core);
            best = least_elsewhere(paid, left, best);
            break;
        }
        const ArcId up = forest.up_arc(at), down = forest.down_arc(at);
        const std::int64_t ns = network.latency_ns(up) + network.latency_ns(down);
        paid = below(paid + ways_.step(bandwidth_, ways_.arc(up), ways_.arc(down), ns));
        if (ns > left) break;
        left -= ns;
    }
    if (best == kNever) return best;
    return below(below(best + ways_.at_origin(*demand_, origin)) + bandwidth_.correction);
}

/// Most core sites are out of the question at a glance: their cheapest, were it in reach, is not cheaper.
double ExactSearch::least_elsewhere(double paid, std::int64_t left, double best) const {
    for (std::size_t c = 0; c < core_.size(); ++c) {
        const double hope = below(below(core_[c] + way_[c]) + paid);
        if (!(hope < best) || way_ns_[c] > left) continue;
        const std::size_t within = lists_.within(core_lists_[c], left - way_ns_[c]);
        if (within == 0) continue;
        const double price = entry_[core_lists_[c].first + within - 1];
        best = std::min(best, below(below(price + way_[c]) + paid));
    }
    return best;
}

}  // namespace gigafleet
