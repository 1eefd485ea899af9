// Where rows of routes live: all of them for a small core, the recently used ones for a large core.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace gigafleet {

/// Least-latency routes from one core site to every core site, by core index.
struct RouteTable {
    /// kUnreachable where there is no route.
    std::vector<std::int64_t> ns;
    /// Sum of price_per_mbps along the route, 0 where there is none; no values at all where no link has a
    /// price.
    std::vector<double> price;
    /// Last arc of the route; UINT32_MAX at the start and where there is no route.
    std::vector<std::uint32_t> pred_arc;
};

/// Keeps every row up to `all_up_to` core sites; beyond, as many rows as take the memory of that square
/// (at least 16), dropping one that was not asked for lately. Safe to use from several threads at once.
class RowStore {
public:
    static constexpr std::size_t kAllUpTo = 4096;

    explicit RowStore(std::size_t cores, std::size_t all_up_to = kAllUpTo);
    ~RowStore();
    RowStore(const RowStore&) = delete;
    RowStore& operator=(const RowStore&) = delete;

    /// Whether rows stay until the store goes.
    bool keeps_all() const { return kept_ != nullptr; }
    /// Rows held at most.
    std::size_t capacity() const { return capacity_; }

    /// The row, or null where it is not there; for a store that keeps all. One atomic load.
    const RouteTable* kept(std::uint32_t core) const { return kept_[core].load(std::memory_order_acquire); }
    /// Puts a row, unless another thread was first; returns the one that stays. For a store that keeps all.
    const RouteTable* keep(std::uint32_t core, std::unique_ptr<const RouteTable> row);

    /// The row, or null; for a store that does not keep all. The row outlives its place in the store.
    std::shared_ptr<const RouteTable> cached(std::uint32_t core);
    void cache(std::uint32_t core, std::shared_ptr<const RouteTable> row);

private:
    struct Slot {
        std::uint32_t core;
        bool used;  // asked for since the hand last passed
        std::shared_ptr<const RouteTable> row;
    };

    std::size_t cores_, capacity_;
    std::unique_ptr<std::atomic<const RouteTable*>[]> kept_;
    std::mutex mutex_;  // guards what follows
    std::vector<Slot> slots_;
    std::unordered_map<std::uint32_t, std::size_t> where_;
    std::size_t hand_ = 0;
};

}  // namespace gigafleet
