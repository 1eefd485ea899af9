#include "gigafleet/reach_lists.hpp"

#include <algorithm>
#include <utility>

namespace gigafleet {

ReachLists::ReachLists(const Problem& problem, const PoolView& view, std::span<const std::uint8_t> wanted)
    : view_(view),
      spot_of_(view.size()),
      first_(problem.network().site_count()),
      sizes_(problem.network().site_count()) {
    make_spots(problem);
    count(wanted);
    fill(problem);
}

void ReachLists::make_spots(const Problem& problem) {
    const auto access_ns = [&](std::size_t position) {
        return problem.fleet().kinds()[view_[position].kind.at()].access_rtt_ns;
    };
    std::vector<std::size_t> at_site;
    for (std::size_t first = 0; first < view_.size(); first += at_site.size()) {
        const SiteId site = view_[first].site;
        at_site.clear();
        for (std::size_t i = first; i < view_.size() && view_[i].site == site; ++i) at_site.push_back(i);
        std::ranges::sort(at_site, {}, access_ns);
        for (std::size_t i = 0; i < at_site.size(); ++i) {
            const std::int64_t ns = access_ns(at_site[i]);
            if (i == 0 || spots_.back().access_ns != ns) spots_.push_back({site, ns});
            spot_of_[at_site[i]] = static_cast<std::uint32_t>(spots_.size() - 1);
        }
    }
}

void ReachLists::count(std::span<const std::uint8_t> wanted) {
    const Forest& forest = view_.routes().forest();
    for (const Spot& spot : spots_)
        for (SiteId at = spot.site; at.valid(); at = forest.parent(at))
            if (wanted[at.at()] || forest.depth(at) == 0) ++sizes_[at.at()];
    std::size_t next = 0;
    for (std::size_t s = 0; s < sizes_.size(); ++s) first_[s] = std::exchange(next, next + sizes_[s]);
    ns_.resize(next);
    spot_.resize(next);
}

void ReachLists::fill(const Problem& problem) {
    const Forest& forest = view_.routes().forest();
    const Network& network = problem.network();
    std::vector<std::pair<std::int64_t, std::uint32_t>> unsorted(ns_.size());
    std::vector<std::size_t> next = first_;
    for (std::uint32_t i = 0; i < spots_.size(); ++i) {
        std::int64_t ns = spots_[i].access_ns;
        for (SiteId at = spots_[i].site; at.valid(); at = forest.parent(at)) {
            if (sizes_[at.at()] > 0) unsorted[next[at.at()]++] = {ns, i};
            if (forest.depth(at) > 0)
                ns += network.latency_ns(forest.up_arc(at)) + network.latency_ns(forest.down_arc(at));
        }
    }
    for (std::size_t s = 0; s < sizes_.size(); ++s) {
        const auto begin = unsorted.begin() + static_cast<std::ptrdiff_t>(first_[s]);
        std::sort(begin, begin + sizes_[s]);
    }
    for (std::size_t e = 0; e < unsorted.size(); ++e) std::tie(ns_[e], spot_[e]) = unsorted[e];
}

std::size_t ReachLists::within(Range list, std::int64_t ns) const {
    if (list.first == list.last) return 0;
    if (ns_[list.last - 1] <= ns) return list.last - list.first;
    const auto begin = ns_.begin() + static_cast<std::ptrdiff_t>(list.first);
    const auto end = ns_.begin() + static_cast<std::ptrdiff_t>(list.last);
    return static_cast<std::size_t>(std::upper_bound(begin, end, ns) - begin);
}

}  // namespace gigafleet
