// Random prices, and what a member pays by them on a pool, from the rows: for the tests of bounds.
#pragma once

#include <algorithm>
#include <limits>
#include <optional>
#include <random>
#include <vector>

#include "definition.hpp"
#include "gigafleet/objective.hpp"
#include "gigafleet/place.hpp"
#include "gigafleet/prices.hpp"
#include "gigafleet/relaxed.hpp"

namespace price_cases {

using namespace gigafleet;
using definition::Definition;
using definition::Of;
using problem_cases::Case;

/// The plan of the default effort.
Plan solve(const Case& c);

/// A quarter of them 0; those of what has no limit too.
Prices random_prices(std::mt19937& random, const Problem& problem, double size);

/// What a member of a class pays on a pool; none where it cannot run there by what the pool knows. Bandwidths
/// of random cases are multiples, so what is rounded does not matter.
std::optional<double> pays(const Problem& problem, Definition& definition, const Workload::Class& c,
                           const Fleet::Pool& pool, const RelaxedShape& relaxed, const Prices& prices,
                           bool with_cost);

}  // namespace price_cases
