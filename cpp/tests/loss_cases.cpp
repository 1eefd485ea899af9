#include "loss_cases.hpp"

namespace loss_cases {

Lost::Lost(const problem_cases::Case& c, std::vector<SiteId> some_sites, std::vector<std::size_t> some_links)
    : sites(static_cast<std::size_t>(c.links.sites), 0), links(c.links.tail.size(), 0) {
    for (const SiteId site : some_sites) sites[site.at()] = 1;
    for (const std::size_t link : some_links) links[link] = 1;
}

problem_cases::Case Lost::rest(problem_cases::Case c) const {
    const net_cases::Links all = c.links;
    const std::vector<double> capacity = c.capacity_mbps;
    c.links.tail.clear();
    c.links.head.clear();
    c.links.latency_ms.clear();
    c.links.price.clear();
    c.capacity_mbps.clear();
    for (std::size_t l = 0; l < links.size(); ++l) {
        if (links[l] || has(all.tail[l]) || has(all.head[l])) continue;
        c.links.add(all.tail[l], all.head[l], all.latency_ms[l], all.price[l]);
        if (!capacity.empty()) c.capacity_mbps.push_back(capacity[l]);
    }
    for (auto& node : c.nodes)
        if (has(node.site)) node.count = 0;
    for (auto& task : c.tasks)
        if (has(task.origin)) task.count = 0;
    return c;
}

}  // namespace loss_cases
