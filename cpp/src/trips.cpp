#include "gigafleet/trips.hpp"

#include <algorithm>
#include <tuple>

#include "gigafleet/fillings.hpp"

namespace gigafleet {

Trips::Trips(const Problem& problem, const Solution& solution) {
    struct Stop {
        std::uint32_t policy;
        SiteId site;
        Part part;
    };
    const auto& classes = problem.workload().classes();
    std::vector<Stop> stops;  // of one origin
    parts_.reserve(solution.fillings.size());
    const auto close = [&](SiteId origin) {
        std::ranges::sort(stops, [](const Stop& a, const Stop& b) {
            return std::tie(a.policy, a.site, a.part.of, a.part.filling) <
                   std::tie(b.policy, b.site, b.part.of, b.part.filling);
        });
        for (std::size_t i = 0; i < stops.size(); ++i) {
            const auto at = static_cast<std::uint32_t>(parts_.size());
            if (i == 0 || stops[i].policy != stops[i - 1].policy || stops[i].site != stops[i - 1].site)
                trips_.push_back({origin, stops[i].site, stops[i].policy, at, at});
            parts_.push_back(stops[i].part);
            ++trips_.back().last;
        }
        stops.clear();
    };
    for (std::size_t c = 0; c < classes.size(); ++c) {  // they come site by site
        if (c > 0 && classes[c].origin != classes[c - 1].origin) close(classes[c - 1].origin);
        const Solution::Span own = solution.of_class[c];
        const std::uint32_t policy = problem.shape(classes[c].shape).policy;
        for (std::size_t i = own.first; i < own.last; ++i) {
            const Filling& filling = solution.fillings[i];
            const Fleet::Pool& pool = problem.fleet().pools()[filling.pool.at()];
            stops.push_back(
                {policy,
                 pool.site,
                 {ClassId(c), static_cast<std::uint32_t>(i), classes[c].shape, pool.kind, members(filling)}});
        }
    }
    if (!classes.empty()) close(classes.back().origin);
}

Crossings::Crossings(const Problem& problem, const Trips& trips, const Elements& elements)
    : first_(elements.count + std::size_t{1}, 0) {
    const Network& network = problem.network();
    std::vector<std::uint32_t> needed;      // elements, trip by trip
    std::vector<std::size_t> last_of_trip;  // of these
    std::vector<std::size_t> seen(elements.count, SIZE_MAX);
    last_of_trip.reserve(trips.size());
    for (std::size_t t = 0; t < trips.size(); ++t) {
        const auto need = [&](const std::vector<std::uint32_t>& of, std::size_t at) {
            const std::uint32_t element = of.empty() ? Elements::kNone : of[at];
            if (element == Elements::kNone || seen[element] == t) return;
            seen[element] = t;
            needed.push_back(element);
            ++first_[element + 1];
        };
        const auto over = [&](ArcId arc) {
            need(elements.of_link, network.link(arc));
            need(elements.of_site, network.tail(arc).at());
        };
        const Trips::Trip& trip = trips[t];
        need(elements.of_site, trip.origin.at());
        need(elements.of_site, trip.site.at());
        const Routes& routes = *problem.policies()[trip.policy];
        routes.for_each_arc(trip.origin, trip.site, over);
        if (network.directed()) routes.for_each_arc_back(trip.origin, trip.site, over);
        last_of_trip.push_back(needed.size());
    }
    for (std::size_t e = 0; e < elements.count; ++e) first_[e + 1] += first_[e];
    std::vector<std::size_t> next(first_.begin(), first_.end() - 1);
    trips_.resize(needed.size());
    for (std::size_t t = 0, i = 0; t < trips.size(); ++t)
        for (; i < last_of_trip[t]; ++i) trips_[next[needed[i]]++] = static_cast<std::uint32_t>(t);
}

}  // namespace gigafleet
