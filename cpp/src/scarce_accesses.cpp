#include "gigafleet/scarce_accesses.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

namespace gigafleet {

namespace {

/// Up and down, each in multiples of 1e-6 Mbps.
struct Both {
    double up = 0, down = 0;
};

Both capacity_of(const Problem& problem, SiteId site) {
    const Network& network = problem.network();
    const auto of = [&](Quantity capacity) {
        const bool limited = capacity != kUnlimited && (problem.disabled_rules() & kRuleAccess) == 0;
        return limited ? static_cast<double>(capacity) : std::numeric_limits<double>::infinity();
    };
    return {of(network.access_up(site)), of(network.access_down(site))};
}

/// What all tasks of each site ask for.
std::vector<Both> asked_by_site(const Problem& problem, std::span<const std::uint8_t> may_run) {
    std::vector<Both> asked(problem.network().site_count());
    for (const Workload::Class& c : problem.workload().classes()) {
        if (!may_run[c.shape.at()]) continue;
        const Problem::Shape& shape = problem.shape(c.shape);
        asked[c.origin.at()].up += static_cast<double>(shape.uplink) * static_cast<double>(c.members);
        asked[c.origin.at()].down += static_cast<double>(shape.downlink) * static_cast<double>(c.members);
    }
    return asked;
}

/// Marks those of `classes` of one site that find no room, where the lightest on the access come first.
void find_waiting(const Problem& problem, Both room, std::vector<std::uint32_t>& classes,
                  std::vector<std::uint8_t>& waits) {
    const auto shape_of = [&](std::uint32_t c) -> const Problem::Shape& {
        return problem.shape(problem.workload().classes()[c].shape);
    };
    const Both all = room;
    std::ranges::stable_sort(classes, {}, [&](std::uint32_t c) {
        const Problem::Shape& shape = shape_of(c);
        const double share =
            static_cast<double>(shape.uplink) / all.up + static_cast<double>(shape.downlink) / all.down;
        return std::pair(-shape.priority, share / static_cast<double>(shape.weight));
    });
    for (const std::uint32_t c : classes) {
        const auto members = static_cast<double>(problem.workload().classes()[c].members);
        room.up -= static_cast<double>(shape_of(c).uplink) * members;
        room.down -= static_cast<double>(shape_of(c).downlink) * members;
        waits[c] = (room.up < 0 && shape_of(c).uplink > 0) || (room.down < 0 && shape_of(c).downlink > 0);
    }
}

}  // namespace

ScarceAccesses find_scarce_accesses(const Problem& problem, std::span<const std::uint8_t> may_run,
                                    double price) {
    const std::size_t sites = problem.network().site_count(), arcs = problem.network().arc_count();
    const std::vector<Both> asked = asked_by_site(problem, may_run);
    ScarceAccesses scarce;
    const auto spare = [&](std::size_t site, std::size_t carrier) {
        scarce.spared.resize(sites);
        scarce.prices.carrier.resize(arcs + 2 * sites);
        scarce.spared[site] = 1;
        scarce.prices.carrier[carrier] = price;
    };
    std::vector<std::uint8_t> overflows(sites);
    for (std::size_t s = 0; s < sites; ++s) {
        const Both capacity = capacity_of(problem, SiteId(s));
        const double at_home = asked[s].up + asked[s].down;
        if (at_home > capacity.up) spare(s, arcs + s);
        if (at_home > capacity.down) spare(s, arcs + sites + s);
        overflows[s] = asked[s].up > capacity.up || asked[s].down > capacity.down;
    }
    if (std::ranges::none_of(overflows, [](auto some) { return some; })) return scarce;
    std::vector<std::vector<std::uint32_t>> by_site(sites);
    const auto& classes = problem.workload().classes();
    for (std::uint32_t c = 0; c < classes.size(); ++c)
        if (overflows[classes[c].origin.at()] && may_run[classes[c].shape.at()])
            by_site[classes[c].origin.at()].push_back(c);
    scarce.waits.resize(classes.size());
    for (std::size_t s = 0; s < sites; ++s)
        find_waiting(problem, capacity_of(problem, SiteId(s)), by_site[s], scarce.waits);
    return scarce;
}

}  // namespace gigafleet
