#include "gigafleet/node_slots.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kFewRows = 1 << 15;  // done before a thread has started
constexpr std::int64_t kShards = 64;

}  // namespace

NodeSlots::NodeSlots(const Fleet& fleet, int threads)
    : fleet_(fleet), of_row_(static_cast<std::size_t>(fleet.rows())) {
    std::ranges::fill(of_row_, Place{});
    const auto pools = static_cast<std::int64_t>(fleet.pools().size());
    parallel_for(fleet.rows() < kFewRows ? 1 : threads, kShards, [&](std::int64_t s) {
        const auto [first, last] = shard_range(pools, kShards, s);
        for (auto p = static_cast<std::size_t>(first); p < static_cast<std::size_t>(last); ++p) {
            const Fleet::Pool& pool = fleet.pools()[p];
            for (std::int64_t e = pool.first_entry; e < pool.first_entry + pool.entries; ++e)
                of_row_[static_cast<std::size_t>(fleet.row_of_entry(e))] = {
                    PoolId(p), static_cast<std::uint32_t>(e - pool.first_entry)};
        }
    });
}

}  // namespace gigafleet
