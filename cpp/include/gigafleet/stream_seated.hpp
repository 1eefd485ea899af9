// Streams of a solution that was started from an earlier one: who can keep its place does (seating.hpp).
#pragma once

#include <cstdint>
#include <span>

#include "gigafleet/previous.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/solution.hpp"
#include "gigafleet/stream.hpp"

namespace gigafleet {

/// The functions of stream.hpp. Of a class, first members take the places where they ran; then those that ran
/// elsewhere take what is left, then the others, each in row order. So of tasks that are alike, those that
/// ran go on.
void stream_counts(const Problem& problem, const Solution& solution, const Previous& previous, int threads,
                   std::span<std::int64_t> placed_count, std::span<std::uint8_t> reason);
void stream_nodes(const Problem& problem, const Solution& solution, const Previous& previous, int threads,
                  std::span<std::int64_t> node, std::span<std::int64_t> instance);
/// The runs of a row that were before come in their order then, the others after them.
Assignments stream_assignments(const Problem& problem, const Solution& solution, const Previous& previous,
                               int threads);

}  // namespace gigafleet
