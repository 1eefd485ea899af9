// From classes back to rows: one pass over the tasks hands each its node.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "gigafleet/problem.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// Asks for the memory that the classes after `c` need to be streamed, in the order in which one address
/// leads to the next: each is a miss, and a class alone is too short to overlap them. Inlined, since a
/// compiler may drop a call that only prefetches.
[[gnu::always_inline]] inline void look_ahead(const Problem& problem, const Solution& solution,
                                              std::size_t c) {
    constexpr std::size_t kStep = 6;
    const auto& pools = problem.fleet().pools();
    const auto fillings = [&](std::size_t of) {
        return of < solution.of_class.size() ? solution.of(ClassId(of)) : std::span<const Filling>{};
    };
    __builtin_prefetch(fillings(c + 3 * kStep).data());
    for (const Filling& filling : fillings(c + 2 * kStep)) __builtin_prefetch(&pools[filling.pool.at()]);
    for (const Filling& filling : fillings(c + kStep))
        problem.fleet().prefetch_slot(pools[filling.pool.at()], filling.first);
}

/// Members placed and reason per task row. The members of a class are placed in row order. O(rows).
void stream_counts(const Problem& problem, const Solution& solution, std::span<std::int64_t> placed_count,
                   std::span<std::uint8_t> reason);

/// Node row and its instance per task row, -1 where not placed; either span may be empty. Only where every
/// row is one task. O(rows) on `threads` threads.
void stream_nodes(const Problem& problem, const Solution& solution, int threads, std::span<std::int64_t> node,
                  std::span<std::int64_t> instance);

/// Runs in task-row order: `per_instance` members of `task` on each of `instances` instances of `node`.
struct Assignments {
    std::vector<std::int64_t> task, node, first_instance, instances, per_instance;
    std::vector<std::uint64_t> devices;  ///< a bit each; empty: no task asks for any (see seat_on_devices)

    /// Adds seats of one pool: a run for each node row.
    void add(const Fleet& fleet, std::int64_t row, const Filling& seats);
};
Assignments stream_assignments(const Problem& problem, const Solution& solution);

/// 128-bit digest of assignments, 32 hex digits. `task_id`, `node_id`: ids by row; empty: the row numbers.
/// Hashed in fixed shards, so equal on any number of threads.
std::string digest(const Assignments& assignments, std::span<const std::int64_t> task_id,
                   std::span<const std::int64_t> node_id, int threads);

}  // namespace gigafleet
