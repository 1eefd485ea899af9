#include "gigafleet/parallel.hpp"

#include <atomic>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "check.hpp"

using namespace gigafleet;

TEST(every_shard_runs_once) {
    for (const int threads : {0, 1, 2, 3, 16})
        for (const std::int64_t shards : {0, 1, 2, 7, 500}) {
            std::vector<std::atomic<int>> runs(static_cast<std::size_t>(shards));
            parallel_for(threads, shards, [&](std::int64_t s) { ++runs[static_cast<std::size_t>(s)]; });
            for (const auto& count : runs) CHECK_EQ(count.load(), 1);
        }
}

TEST(the_caller_works_too_and_one_thread_is_the_caller) {
    parallel_for(1, 10, [&, self = std::this_thread::get_id()](std::int64_t) {
        CHECK(std::this_thread::get_id() == self);
    });
    // Two shards that wait for each other need two threads, and there are no more.
    std::atomic<int> inside{0};
    std::vector<std::thread::id> ids(2);
    parallel_for(2, 2, [&](std::int64_t s) {
        ids[static_cast<std::size_t>(s)] = std::this_thread::get_id();
        ++inside;
        while (inside < 2) std::this_thread::yield();
    });
    CHECK(ids[0] != ids[1]);
    CHECK(ids[0] == std::this_thread::get_id() || ids[1] == std::this_thread::get_id());
}

TEST(the_lowest_failure_is_rethrown) {
    for (const int threads : {1, 2, 4}) {
        std::atomic<int> started{0};
        CHECK_THROWS(std::runtime_error, "shard 3", parallel_for(threads, 1000, [&](std::int64_t s) {
                         ++started;
                         if (s == 3) {  // whoever fails beside it does so first
                             while (threads > 1 && started < 3 + threads) std::this_thread::yield();
                             throw std::runtime_error("shard 3");
                         }
                         if (s > 3 && s < 3 + threads) {
                             while (started < 3 + threads) std::this_thread::yield();
                             throw std::runtime_error("shard " + std::to_string(s));
                         }
                     }));
        CHECK(started < 1000);
    }
}

TEST(shards_cut_the_rows_evenly) {
    for (const std::int64_t rows : {std::int64_t{0}, std::int64_t{1}, std::int64_t{10}, INT64_MAX})
        for (const std::int64_t shards : {1, 2, 3, 64}) {
            std::int64_t end = 0;
            for (std::int64_t s = 0; s < shards; ++s) {
                const ShardRange range = shard_range(rows, shards, s);
                CHECK_EQ(range.first, end);
                CHECK(range.last - range.first >= rows / shards);
                CHECK(range.last - range.first - 1 <= rows / shards);
                end = range.last;
            }
            CHECK_EQ(end, rows);
        }
}

TEST(there_is_a_thread) { CHECK(available_threads() >= 1); }
