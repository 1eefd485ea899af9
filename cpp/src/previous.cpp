#include "gigafleet/previous.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <tuple>
#include <utility>

#include "gigafleet/error.hpp"
#include "gigafleet/node_slots.hpp"
#include "gigafleet/parallel.hpp"
#include "gigafleet/row_of_id.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kFewRuns = 1 << 15;  // done before a thread has started
constexpr std::int64_t kShards = 64;
constexpr std::size_t kAhead = 16;  // runs: memory is asked for so long before
constexpr std::uint32_t kNoClass = UINT32_MAX;

/// Reads the runs as they were given.
class Reader {
public:
    Reader(const Problem& problem, const EarlierRuns& earlier, int threads)
        : workload_(problem.workload()),
          earlier_(earlier),
          task_row_(earlier.task_id, workload_.rows()),
          node_row_(earlier.node_id, problem.fleet().rows()),
          nodes_(problem.fleet(), threads) {}

    /// Class of the task that the run is of; kNoClass where it is no more. `row`: of the task.
    std::uint32_t class_of(std::size_t i, std::uint32_t& row) const {
        if (earlier_.node[i] < 0) return kNoClass;
        row = task_row_(earlier_.task.empty() ? static_cast<std::int64_t>(i) : earlier_.task[i]);
        if (row == RowOfId::kNone || workload_.count(row) == 0) return kNoClass;
        return workload_.class_of_row()[row];
    }

    /// Calls f(run) for the part of the run whose slots are there still, and for the part whose are not.
    template <class F>
    void read(std::size_t i, std::uint32_t row, F&& f) const {
        std::int64_t begin = 0, slots = 0;
        const std::uint32_t node = node_row_(earlier_.node[i]);
        const PoolId pool = node == RowOfId::kNone ? PoolId{} : nodes_.find(node, begin, slots);
        const std::int64_t instance = earlier_.first_instance[i], wanted = one(earlier_.instances, i);
        const std::int64_t there = std::clamp<std::int64_t>(slots - instance, 0, wanted);
        const auto emit = [&](PoolId at, std::int64_t first, std::int64_t left) {
            while (left > 0) {
                const auto part = static_cast<std::uint32_t>(std::min<std::int64_t>(left, UINT32_MAX));
                f(Previous::Run{at, row, static_cast<std::uint32_t>(i), part, first,
                                one(earlier_.per_instance, i)});
                first += part;
                left -= part;
            }
        };
        emit(pool, begin + instance, there);
        emit({}, 0, wanted - there);
    }
    /// How many parts that are.
    std::uint32_t parts(std::size_t i, std::uint32_t row) const {
        if (earlier_.instances.empty()) return 1;
        std::uint32_t parts = 0;
        read(i, row, [&](const Previous::Run&) { ++parts; });
        return parts;
    }
    [[gnu::always_inline]] void prefetch(std::size_t i) const {
        const auto node_of = [&](std::size_t run) {
            return run < earlier_.node.size() ? earlier_.node[run] : -1;
        };
        if (const std::int64_t far = node_of(i + kAhead); far >= 0) node_row_.prefetch(far);
        const std::int64_t node = node_of(i);
        const std::uint32_t row = node < 0 ? RowOfId::kNone : node_row_(node);
        if (row != RowOfId::kNone) nodes_.prefetch(row);
    }

private:
    static std::int64_t one(std::span<const std::int64_t> values, std::size_t i) {
        return values.empty() ? 1 : values[i];
    }

    const Workload& workload_;
    const EarlierRuns& earlier_;
    RowOfId task_row_, node_row_;
    NodeSlots nodes_;
};

/// What is beyond 64 bits counts as the most there is.
void add(std::int64_t& sum, std::int64_t members) {
    if (__builtin_add_overflow(sum, members, &sum)) sum = INT64_MAX;
}

bool in_order(const Previous::Run& a, const Previous::Run& b) {
    return std::tie(a.pool, a.first, a.number) < std::tie(b.pool, b.first, b.number);
}

}  // namespace

Previous::Previous(const Problem& problem, const EarlierRuns& earlier, int threads, Control& control) {
    const Workload& workload = problem.workload();
    const std::size_t classes = workload.classes().size();
    const auto given = static_cast<std::int64_t>(earlier.node.size());
    if (given > kMaxRows) throw InputError("previous", kNoRow, std::to_string(given) + " runs", "fewer");
    const Reader reader(problem, earlier, threads);
    control.poll("previous", 0, 3);

    // A counting sort by class that keeps the order; one shard a thread, which does not show in the result.
    const std::int64_t shards = given < kFewRuns ? 1 : std::max(threads, 1);
    Buffer<std::uint32_t> class_of(static_cast<std::size_t>(given)), row_of(static_cast<std::size_t>(given));
    std::vector<std::vector<std::uint32_t>> next(static_cast<std::size_t>(shards));
    parallel_for(threads, shards, [&](std::int64_t s) {
        auto& runs = next[static_cast<std::size_t>(s)];
        runs.resize(classes);
        const auto [first, last] = shard_range(given, shards, s);
        for (auto i = static_cast<std::size_t>(first); i < static_cast<std::size_t>(last); ++i) {
            class_of[i] = reader.class_of(i, row_of[i]);
            if (class_of[i] != kNoClass) runs[class_of[i]] += reader.parts(i, row_of[i]);
        }
    });
    control.poll("previous", 1, 3);
    first_.resize(classes + 1);
    std::size_t total = 0;
    for (std::size_t c = 0; c < classes; ++c) {
        first_[c] = total;
        for (auto& runs : next) total += std::exchange(runs[c], static_cast<std::uint32_t>(total));
    }
    first_[classes] = total;
    if (total > static_cast<std::size_t>(kMaxRows))
        throw InputError("previous", kNoRow, std::to_string(total) + " runs", "fewer");
    runs_.resize(total);
    std::vector<std::uint8_t> lost(static_cast<std::size_t>(shards), 0);
    std::vector<std::int64_t> stranded(static_cast<std::size_t>(shards), 0);
    parallel_for(threads, shards, [&](std::int64_t s) {
        bool any_lost = false;
        std::int64_t members = 0;
        auto& to = next[static_cast<std::size_t>(s)];
        const auto [first, last] = shard_range(given, shards, s);
        for (auto i = static_cast<std::size_t>(first); i < static_cast<std::size_t>(last); ++i) {
            reader.prefetch(i + kAhead);
            if (i + 2 * kAhead < static_cast<std::size_t>(last) && class_of[i + 2 * kAhead] != kNoClass)
                __builtin_prefetch(&to[class_of[i + 2 * kAhead]], 1);
            if (i + kAhead < static_cast<std::size_t>(last) && class_of[i + kAhead] != kNoClass)
                __builtin_prefetch(runs_.data() + to[class_of[i + kAhead]], 1);
            if (earlier.node[i] < 0) continue;
            const bool goes_on = class_of[i] != kNoClass;
            any_lost |= !goes_on;
            reader.read(i, row_of[i], [&](const Run& run) {
                if (goes_on) runs_[to[class_of[i]]++] = run;
                if (run.pool.valid()) return;
                any_lost = true;
                add(members, run.members());
            });
        }
        lost[static_cast<std::size_t>(s)] = any_lost;
        stranded[static_cast<std::size_t>(s)] = members;
    });
    for (const std::int64_t members : stranded) add(stranded_, members);
    whole_ = std::ranges::find(lost, 1) == lost.end();
    control.poll("previous", 2, 3);
    ran_.resize(classes);
    shrank_.resize(classes);
    parallel_for(given < kFewRuns ? 1 : threads, kShards, [&](std::int64_t s) {
        const auto [first, last] = shard_range(static_cast<std::int64_t>(classes), kShards, s);
        for (auto c = static_cast<std::size_t>(first); c < static_cast<std::size_t>(last); ++c)
            finish_class(workload, c, earlier.instances.empty());
    });
}

std::int64_t Previous::ran() const { return std::accumulate(ran_.begin(), ran_.end(), std::int64_t{0}); }

/// Sorts the runs of a class, and counts its members that ran. `single`: every run is the only one of its
/// task, and of one member.
void Previous::finish_class(const Workload& workload, std::size_t c, bool single) {
    const std::span<Run> runs(runs_.data() + first_[c], runs_.data() + first_[c + 1]);
    if (single && workload.single()) {
        ran_[c] = static_cast<std::int64_t>(runs.size());
    } else {
        std::ranges::sort(runs, {}, &Run::row);
        for (std::size_t i = 0; i < runs.size();) {
            const std::uint32_t row = runs[i].row;
            std::int64_t members = 0;
            for (; i < runs.size() && runs[i].row == row; ++i) add(members, runs[i].members());
            const std::int64_t count = workload.count(row);
            shrank_[c] |= members > count;
            ran_[c] += std::min(members, count);
        }
    }
    if (!std::ranges::is_sorted(runs, in_order)) std::ranges::sort(runs, in_order);
}

}  // namespace gigafleet
