#include "gigafleet/stream.hpp"

#include <algorithm>
#include <cstdio>

#include "gigafleet/hash.hpp"
#include "gigafleet/parallel.hpp"

namespace gigafleet {

namespace {

/// Where the next member of a class goes.
struct Cursor {
    std::size_t filling;
    std::int64_t taken;  ///< members of that filling that are gone
};

std::int64_t members(const Filling& filling) { return filling.slots * filling.per_slot; }

void advance(const Solution& solution, Cursor& cursor, std::int64_t count) {
    cursor.taken += count;
    while (cursor.taken >= members(solution.fillings[cursor.filling])) {
        cursor.taken -= members(solution.fillings[cursor.filling]);
        ++cursor.filling;
        if (cursor.taken == 0) break;
    }
}

}  // namespace

void stream_counts(const Problem& problem, const Solution& solution, std::span<std::int64_t> placed_count,
                   std::span<std::uint8_t> reason) {
    const Workload& workload = problem.workload();
    std::vector<std::int64_t> left = solution.placed;
    for (std::size_t row = 0; row < placed_count.size(); ++row) {
        const std::size_t c = workload.class_of_row()[row];
        const std::int64_t count = workload.count(static_cast<std::int64_t>(row));
        const std::int64_t placed = std::min(count, left[c]);
        left[c] -= placed;
        placed_count[row] = placed;
        reason[row] = static_cast<std::uint8_t>(placed == count ? Reason::kPlaced : solution.reason[c]);
    }
}

void stream_nodes(const Problem& problem, const Solution& solution, int threads, std::span<std::int64_t> node,
                  std::span<std::int64_t> instance) {
    const Workload& workload = problem.workload();
    const Fleet& fleet = problem.fleet();
    const std::size_t classes = workload.classes().size();
    const std::int64_t rows = workload.rows();
    const std::int64_t shards = rows < 1 << 15 ? 1 : threads;
    // Members of each class in the shards before.
    std::vector<std::vector<std::int64_t>> before(static_cast<std::size_t>(shards));
    parallel_for(threads, shards, [&](std::int64_t s) {
        auto& count = before[static_cast<std::size_t>(s)];
        count.assign(classes, 0);
        const auto [first, last] = shard_range(rows, shards, s);
        for (std::int64_t row = first; row < last; ++row) ++count[workload.class_of_row(row).at()];
    });
    std::vector<std::int64_t> sum(classes, 0);
    for (auto& count : before)
        for (std::size_t c = 0; c < classes; ++c) sum[c] += std::exchange(count[c], sum[c]);

    parallel_for(threads, shards, [&](std::int64_t s) {
        std::vector<Cursor> cursors(classes);
        for (std::size_t c = 0; c < classes; ++c) {
            cursors[c] = {solution.of_class[c].first, 0};
            const std::int64_t skip = std::min(before[static_cast<std::size_t>(s)][c], solution.placed[c]);
            if (skip > 0) advance(solution, cursors[c], skip);
        }
        const auto [first, last] = shard_range(rows, shards, s);
        for (std::int64_t row = first; row < last; ++row) {
            const std::size_t c = workload.class_of_row(row).at();
            Cursor& cursor = cursors[c];
            std::int64_t node_row = -1, node_instance = -1;
            if (cursor.filling < solution.of_class[c].last) {
                const Filling& filling = solution.fillings[cursor.filling];
                const Fleet::Pool& pool = fleet.pools()[filling.pool.at()];
                const std::int64_t offset =
                    filling.per_slot == 1 ? cursor.taken : cursor.taken / filling.per_slot;
                const std::int64_t slot = filling.first + offset;
                const std::int64_t entry = fleet.entry_of_slot(pool, slot);
                node_row = fleet.row_of_entry(entry);
                node_instance = slot - fleet.slot_of_entry(pool, entry);
                if (++cursor.taken == members(filling)) cursor = {cursor.filling + 1, 0};
            }
            if (!node.empty()) node[static_cast<std::size_t>(row)] = node_row;
            if (!instance.empty()) instance[static_cast<std::size_t>(row)] = node_instance;
        }
    });
}

Assignments stream_assignments(const Problem& problem, const Solution& solution) {
    const Workload& workload = problem.workload();
    const Fleet& fleet = problem.fleet();
    Assignments out;
    std::vector<Cursor> cursors;
    cursors.reserve(solution.of_class.size());
    for (const Solution::Span& span : solution.of_class) cursors.push_back({span.first, 0});

    const auto emit = [&](std::int64_t task, const Filling& filling, std::int64_t slot, std::int64_t slots,
                          std::int64_t per_slot) {
        const Fleet::Pool& pool = fleet.pools()[filling.pool.at()];
        std::int64_t entry = fleet.entry_of_slot(pool, slot);
        while (slots > 0) {
            const std::int64_t begin = fleet.slot_of_entry(pool, entry);
            const std::int64_t end = entry + 1 < pool.first_entry + pool.entries
                                         ? fleet.slot_of_entry(pool, entry + 1)
                                         : pool.slots;
            const std::int64_t n = std::min(slots, end - slot);
            out.task.push_back(task);
            out.node.push_back(fleet.row_of_entry(entry));
            out.first_instance.push_back(slot - begin);
            out.instances.push_back(n);
            out.per_instance.push_back(per_slot);
            slot += n;
            slots -= n;
            ++entry;
        }
    };
    for (std::int64_t row = 0; row < workload.rows(); ++row) {
        const std::size_t c = workload.class_of_row(row).at();
        Cursor& cursor = cursors[c];
        std::int64_t left = workload.count(row);
        while (left > 0 && cursor.filling < solution.of_class[c].last) {
            const Filling& filling = solution.fillings[cursor.filling];
            const std::int64_t per_slot = filling.per_slot;
            const std::int64_t slot = filling.first + cursor.taken / per_slot;
            const std::int64_t used = cursor.taken % per_slot;
            std::int64_t taken;
            if (used > 0 || left < per_slot) {  // part of one slot
                taken = std::min(left, per_slot - used);
                emit(row, filling, slot, 1, taken);
            } else {
                const std::int64_t slots = std::min(left / per_slot, filling.first + filling.slots - slot);
                taken = slots * per_slot;
                emit(row, filling, slot, slots, per_slot);
            }
            left -= taken;
            cursor.taken += taken;
            if (cursor.taken == members(filling)) cursor = {cursor.filling + 1, 0};
        }
    }
    return out;
}

std::string digest(const Assignments& assignments, std::span<const std::int64_t> task_id,
                   std::span<const std::int64_t> node_id, int threads) {
    constexpr std::int64_t kShardRows = 1 << 16;
    const auto rows = static_cast<std::int64_t>(assignments.task.size());
    const std::int64_t shards = (rows + kShardRows - 1) / kShardRows;
    std::vector<std::uint64_t> parts(static_cast<std::size_t>(2 * shards));
    const auto id = [](std::span<const std::int64_t> ids, std::int64_t row) {
        return static_cast<std::uint64_t>(ids.empty() ? row : ids[static_cast<std::size_t>(row)]);
    };
    parallel_for(threads, shards, [&](std::int64_t s) {
        std::uint64_t a = 1, b = 2;
        for (std::int64_t row = s * kShardRows; row < std::min(rows, (s + 1) * kShardRows); ++row) {
            const auto i = static_cast<std::size_t>(row);
            for (const std::uint64_t word :
                 {id(task_id, assignments.task[i]), id(node_id, assignments.node[i]),
                  static_cast<std::uint64_t>(assignments.first_instance[i]),
                  static_cast<std::uint64_t>(assignments.instances[i]),
                  static_cast<std::uint64_t>(assignments.per_instance[i])}) {
                a = mix(a, word);
                b = mix(word, b);
            }
        }
        parts[static_cast<std::size_t>(2 * s)] = a;
        parts[static_cast<std::size_t>(2 * s + 1)] = b;
    });
    std::uint64_t a = 3, b = 4;
    for (const std::uint64_t part : parts) {
        a = mix(a, part);
        b = mix(part, b);
    }
    char text[33];
    std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(a),
                  static_cast<unsigned long long>(b));
    return text;
}

}  // namespace gigafleet
