// A problem with a part of its network lost: the rows that are left, and the routes and flags that say so.
#pragma once

#include <cstdint>
#include <vector>

#include "problem_cases.hpp"

namespace loss_cases {

using namespace gigafleet;

struct Lost {
    std::vector<std::uint8_t> sites, links;  ///< flags

    Lost(const problem_cases::Case& c, std::vector<SiteId> some_sites, std::vector<std::size_t> some_links);
    bool has(std::int32_t site) const { return sites[static_cast<std::size_t>(site)] != 0; }

    /// The same rows: no nodes at lost sites, no links there, no tasks from there.
    problem_cases::Case rest(problem_cases::Case c) const;
};

}  // namespace loss_cases
