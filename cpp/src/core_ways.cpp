#include "gigafleet/core_ways.hpp"

namespace gigafleet {

CoreWays::CoreWays(const Problem& problem, const PoolView& view, const Prices* shadow)
    : problem_(problem),
      view_(view),
      rtt_price_ns_(problem.objective().rtt_price * kTimeResolutionMs),
      keep_(!view.routes().is_priced() && view.routes().keeps_all()),
      kept_(keep_ ? view.routes().core_count() : 0) {
    if (shadow != nullptr && !shadow->carrier.empty() && view.routes().core_count() <= kMostShadowed)
        add_up_shadows(*shadow);
}

void CoreWays::add_up_shadows(const Prices& shadow) {
    const Routes& routes = view_.routes();
    bool any = false;
    for (std::size_t a = 0; a < problem_.network().arc_count(); ++a)
        any = any || (shadow.carrier[a] > 0 && routes.core_tail(ArcId(a)) != kNoCore);
    if (!any) return;
    for (std::uint32_t core = 0; core < routes.core_count(); ++core)
        shadows_.push_back(shadows_from(core, shadow));
    keep_ = false;
}

std::vector<CoreWays::Shadow> CoreWays::shadows_from(std::uint32_t core, const Prices& shadow) const {
    const Routes& routes = view_.routes();
    const Routes::Row row = routes.row(core);
    std::vector<Shadow> sums(routes.core_count());
    std::vector<std::uint8_t> known(sums.size());
    std::vector<std::uint32_t> stack;
    known[core] = 1;
    for (std::uint32_t end = 0; end < sums.size(); ++end) {
        if (row.ns[end] == kUnreachable) continue;
        for (std::uint32_t at = end; !known[at]; at = routes.core_tail(ArcId(row.pred_arc[at])))
            stack.push_back(at);
        for (; !stack.empty(); stack.pop_back()) {
            const ArcId arc{row.pred_arc[stack.back()]};
            Shadow& sum = sums[stack.back()] = sums[routes.core_tail(arc)];
            sum.out += shadow.carrier[arc.at()] / kMbpsResolution;
            if (!problem_.network().directed())
                sum.back += shadow.carrier[problem_.network().mirror(arc).at()] / kMbpsResolution;
            known[stack.back()] = 1;
        }
    }
    return sums;
}

void CoreWays::start(double up_mbps, double down_mbps) {
    up_mbps_ = up_mbps;
    down_mbps_ = down_mbps;
}

CoreWays::Way CoreWays::From::to(std::uint32_t core) const {
    const std::int64_t ns = ns_to(core);
    if (ns == kUnreachable) return {ns, std::numeric_limits<double>::infinity()};
    double out_price = row_.price[core];
    double back_price = directed_ ? ways_.view_.routes().row(core).price[from_] : out_price;
    if (!ways_.shadows_.empty()) {
        const Shadow& shadow = ways_.shadows_[from_][core];
        out_price += shadow.out;
        back_price += directed_ ? ways_.shadows_[core][from_].out : shadow.back;
    }
    return {ns, ways_.rtt_price_ns_ * static_cast<double>(ns) + out_price * ways_.up_mbps_ +
                    back_price * ways_.down_mbps_};
}

std::span<const double> CoreWays::costs_from(std::uint32_t core) {
    std::vector<double>& row = keep_ ? kept_[core] : row_;
    if (keep_ && !row.empty()) return row;
    const From ways = from(core);
    row.clear();
    row.reserve(view_.cores().size());
    for (const std::uint32_t to : view_.cores()) row.push_back(keep_ ? ways.free_cost(to) : ways.to(to).cost);
    return row;
}

}  // namespace gigafleet
