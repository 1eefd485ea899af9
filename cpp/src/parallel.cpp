#include "gigafleet/parallel.hpp"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace gigafleet {

int available_threads() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return std::max(1, CPU_COUNT(&set));
}

void parallel_for(int threads, std::int64_t shards, const std::function<void(std::int64_t)>& body) {
    const int workers = static_cast<int>(std::min<std::int64_t>(threads, shards)) - 1;
    if (workers <= 0) {
        for (std::int64_t s = 0; s < shards; ++s) body(s);
        return;
    }
    std::atomic<std::int64_t> next{0};
    std::mutex mutex;
    std::exception_ptr failure;
    std::int64_t failed_shard = shards;
    const auto work = [&] {
        for (std::int64_t s; (s = next.fetch_add(1)) < shards;) {
            try {
                body(s);
            } catch (...) {
                const std::scoped_lock lock(mutex);
                if (s < failed_shard) {
                    failed_shard = s;
                    failure = std::current_exception();
                }
                next.store(shards);
            }
        }
    };
    {
        std::vector<std::jthread> pool;
        pool.reserve(static_cast<std::size_t>(workers));
        for (int i = 0; i < workers; ++i) pool.emplace_back(work);
        work();
    }
    if (failure) std::rethrow_exception(failure);
}

}  // namespace gigafleet
