#include "gigafleet/stream.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

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

/// The slots of all placed members, class by class in the order in which the members take them: calls
/// `f(member, pool, slot)`, classes in fixed shards on `threads` threads.
template <class F>
void for_members(const Problem& problem, const Solution& solution, std::span<const std::int64_t> first_member,
                 int threads, F&& f) {
    constexpr std::int64_t kShards = 64;
    const auto classes = static_cast<std::int64_t>(solution.of_class.size());
    parallel_for(threads, kShards, [&](std::int64_t s) {
        const auto [first, last] = shard_range(classes, kShards, s);
        for (auto c = static_cast<std::size_t>(first); c < static_cast<std::size_t>(last); ++c) {
            std::int64_t member = first_member[c];
            for (std::size_t i = solution.of_class[c].first; i < solution.of_class[c].last; ++i) {
                const Filling& filling = solution.fillings[i];
                const Fleet::Pool& pool = problem.fleet().pools()[filling.pool.at()];
                for (std::int64_t slot = filling.first; slot < filling.first + filling.slots; ++slot)
                    for (std::int64_t k = 0; k < filling.per_slot; ++k) f(member++, pool, slot);
            }
        }
    });
}

/// Hands the numbers of each class's members to its rows in row order; rows beyond get -1.
void spread(const Workload& workload, std::span<const std::int64_t> first_member,
            std::span<const std::int64_t> of_member, int threads, std::span<std::int64_t> out) {
    const std::int64_t rows = workload.rows();
    const std::int64_t shards = rows < 1 << 15 ? 1 : std::max(threads, 1);
    const std::size_t classes = first_member.size() - 1;
    // Where each class stands when a shard begins: its rows in the shards before.
    std::vector<std::vector<std::int64_t>> next(static_cast<std::size_t>(shards));
    parallel_for(threads, shards, [&](std::int64_t s) {
        auto& count = next[static_cast<std::size_t>(s)];
        count.assign(classes, 0);
        if (s + 1 == shards) return;
        const auto [first, last] = shard_range(rows, shards, s);
        for (std::int64_t row = first; row < last; ++row) ++count[workload.class_of_row(row).at()];
    });
    std::vector<std::int64_t> sum(first_member.begin(), first_member.end() - 1);
    for (auto& count : next)
        for (std::size_t c = 0; c < classes; ++c) sum[c] += std::exchange(count[c], sum[c]);
    parallel_for(threads, shards, [&](std::int64_t s) {
        auto& cursor = next[static_cast<std::size_t>(s)];
        const auto [first, last] = shard_range(rows, shards, s);
        for (std::int64_t row = first; row < last; ++row) {
            const std::size_t c = workload.class_of_row(row).at();
            const std::int64_t member = cursor[c]++;
            out[static_cast<std::size_t>(row)] =
                member < first_member[c + 1] ? of_member[static_cast<std::size_t>(member)] : -1;
        }
    });
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
    std::vector<std::int64_t> first_member(classes + 1, 0);
    for (std::size_t c = 0; c < classes; ++c) first_member[c + 1] = first_member[c] + solution.placed[c];

    // By member first, so that a row then reads one number beside its class's cursor and no pool.
    std::vector<std::int64_t> of_member(static_cast<std::size_t>(first_member.back()));
    const auto fill = [&](std::span<std::int64_t> out, auto&& value) {
        if (out.empty()) return;
        for_members(problem, solution, first_member, threads,
                    [&](std::int64_t member, const Fleet::Pool& pool, std::int64_t slot) {
                        of_member[static_cast<std::size_t>(member)] = value(pool, slot);
                    });
        spread(workload, first_member, of_member, threads, out);
    };
    fill(node, [&](const Fleet::Pool& pool, std::int64_t slot) {
        return fleet.row_of_entry(fleet.entry_of_slot(pool, slot));
    });
    fill(instance, [&](const Fleet::Pool& pool, std::int64_t slot) {
        return slot - fleet.slot_of_entry(pool, fleet.entry_of_slot(pool, slot));
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
