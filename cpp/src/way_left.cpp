#include "gigafleet/way_left.hpp"

#include <algorithm>

namespace gigafleet {

void WayLeft::go_to(SiteId site) {
    if (site == site_) return;
    site_ = site;
    rtt_ns_ = routes_.rtt_ns(origin_, site);
    steps_.clear();
    full_.clear();
    if (!exists() || (shape_.uplink == 0 && shape_.downlink == 0)) return;
    const auto up = [&](std::uint32_t carrier) { steps_.push_back({carrier, 1, 0, 0, 0}); };
    const auto down = [&](std::uint32_t carrier) { steps_.push_back({carrier, 0, 1, 0, 0}); };
    up(loads_.of_access_up(origin_));
    down(loads_.of_access_down(origin_));
    up(loads_.of_access_down(site));
    down(loads_.of_access_up(site));
    routes_.for_each_arc(origin_, site, [&](ArcId arc) { up(loads_.of_arc(arc)); });
    routes_.for_each_arc_back(origin_, site, [&](ArcId arc) { down(loads_.of_arc(arc)); });
    if (site == origin_ || routes_.network().directed()) join();
    for (Step& step : steps_) {
        step.needed = step.ups * shape_.uplink + step.downs * shape_.downlink;
        step.room = loads_.room(step.carrier);
        if (step.needed > 0 && step.room < step.needed) full_.push_back(step);
    }
}

Quantity WayLeft::most(bool up, bool down) const {
    Quantity most = kUnlimited;
    for (const Step& step : full_) {
        const Quantity times = (up ? step.ups : 0) + (down ? step.downs : 0);
        const Quantity fixed =
            (up ? 0 : step.ups * shape_.uplink) + (down ? 0 : step.downs * shape_.downlink);
        if (times == 0 || step.room < fixed) return -1;
        most = std::min(most, (step.room - fixed) / times);
    }
    return most;
}

/// A carrier that comes twice is one step.
void WayLeft::join() {
    std::ranges::sort(steps_, {}, &Step::carrier);
    std::size_t kept = 0;
    for (const Step& step : steps_) {
        if (kept > 0 && steps_[kept - 1].carrier == step.carrier) {
            steps_[kept - 1].ups += step.ups;
            steps_[kept - 1].downs += step.downs;
        } else {
            steps_[kept++] = step;
        }
    }
    steps_.resize(kept);
}

}  // namespace gigafleet
