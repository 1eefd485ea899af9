// One frozen problem for all kernels: a country of PoPs, metros and cells. Drawn with integers alone, so that
// it is the same on every machine.
#pragma once

#include <memory>

#include "../tests/problem_cases.hpp"
#include "gigafleet/groundwork.hpp"
#include "gigafleet/solution.hpp"

namespace bench {

inline gigafleet::NoControl quiet;

/// 880 sites, 4,324 pools, 24,000 tasks of 12 shapes that take 95 % of all compute; links, accesses, labels
/// and departures bind here and there.
problem_cases::Case country(int cells = 720);

/// Each node a row of its own, with a battery of its own.
problem_cases::Case no_two_nodes_alike(problem_cases::Case country);

/// Each task asks for up to a tenth less, by steps of 1e-6.
problem_cases::Case no_two_tasks_alike(problem_cases::Case country);

/// The country an hour later: some pools have lost nodes, some tasks are gone.
problem_cases::Case an_hour_later(problem_cases::Case country);

/// A case with all that stands on it.
struct Stand {
    explicit Stand(problem_cases::Case of = country());
    Stand(const Stand&) = delete;

    problem_cases::Case rows;
    std::shared_ptr<const gigafleet::Problem> problem;
    gigafleet::Groundwork ground;

    /// As gf.place(effort="fast") does it.
    gigafleet::Solution solution() const;
};

}  // namespace bench
