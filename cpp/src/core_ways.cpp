#include "gigafleet/core_ways.hpp"

namespace gigafleet {

CoreWays::CoreWays(const Problem& problem, const PoolView& view)
    : problem_(problem),
      view_(view),
      rtt_price_ns_(problem.objective().rtt_price * kTimeResolutionMs),
      keep_(!view.routes().is_priced() && view.routes().keeps_all()),
      kept_(keep_ ? view.routes().core_count() : 0) {}

void CoreWays::start(double up_mbps, double down_mbps) {
    up_mbps_ = up_mbps;
    down_mbps_ = down_mbps;
}

CoreWays::Way CoreWays::From::to(std::uint32_t core) const {
    const std::int64_t ns = ns_to(core);
    if (ns == kUnreachable) return {ns, std::numeric_limits<double>::infinity()};
    const double out_price = row_.price[core];
    const double back_price = directed_ ? ways_.view_.routes().row(core).price[from_] : out_price;
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
