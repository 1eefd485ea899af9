// Random problems and what they become an hour later, for everything that starts from an earlier answer.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "check.hpp"
#include "gigafleet/greedy.hpp"
#include "gigafleet/path.hpp"
#include "gigafleet/stream.hpp"
#include "problem_cases.hpp"

namespace warm_cases {

using namespace gigafleet;

/// Members by (task row, node row, instance).
using Seats = std::map<std::array<std::int64_t, 3>, std::int64_t>;

Seats seats_of(const Assignments& runs);

EarlierRuns earlier_of(const Assignments& runs);

/// Capacities, counts, demands and limits drift; the last rows may be gone.
problem_cases::Case later(std::mt19937& random, problem_cases::Case c);

/// A problem with an answer to an earlier one, which lives on.
struct Stand {
    Stand(std::mt19937& random, std::size_t nodes, std::size_t tasks);
    problem_cases::Case before, now;
    Assignments runs;
    std::shared_ptr<const Problem> problem;
};

/// Places one task after the other; false where one finds no room. Whatever a solution says, it must fit.
void check_fits(const Problem& problem, const Solution& solution);

}  // namespace warm_cases
