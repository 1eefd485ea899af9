// Threads for one call. Work is cut into shards by index, never by thread, so results depend on the
// input alone; threads are joined before the call returns, so a fork in between is safe.
#pragma once

#include <cstdint>
#include <functional>

namespace gigafleet {

/// Number of CPUs this process may run on (its affinity), at least 1.
int available_threads();

/// Calls `body(shard)` for every shard in [0, shards), on at most `threads` threads, the caller's among them.
/// The exception of the lowest-numbered failing shard is rethrown; shards not yet started are then skipped.
void parallel_for(int threads, std::int64_t shards, const std::function<void(std::int64_t)>& body);

/// Rows [first, last) of shard `s` when `rows` are cut into `shards` equal parts.
struct ShardRange {
    std::int64_t first, last;
};
constexpr ShardRange shard_range(std::int64_t rows, std::int64_t shards, std::int64_t s) {
    const auto wide = static_cast<__int128>(rows);
    return {static_cast<std::int64_t>(wide * s / shards), static_cast<std::int64_t>(wide * (s + 1) / shards)};
}

}  // namespace gigafleet
