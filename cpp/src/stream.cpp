#include "gigafleet/stream.hpp"

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <utility>

#include "gigafleet/fillings.hpp"
#include "gigafleet/hash.hpp"
#include "gigafleet/parallel.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kShards = 64;  // of classes: more than threads, for balance

/// Something of each row's seat, as `value(pool, slot)` tells it; `none` where the row is not placed. Members
/// take their seats in row order.
template <class T, class Value>
void spread(const Problem& problem, const Solution& solution, int threads, T none,
            std::span<std::int64_t> out, Value&& value) {
    const RowGroups& rows = problem.workload().class_of_row();
    std::vector<std::uint32_t> first_row(solution.of_class.size() + 1, 0);  // were rows sorted by class
    for (const RowGroups::Shard& shard : rows.shards())
        for (std::size_t g = 0; g < shard.group.size(); ++g) first_row[shard.group[g] + 1] += shard.rows[g];
    std::partial_sum(first_row.begin(), first_row.end(), first_row.begin());

    // By class first, so that a row then reads one number beside its class's place and no pool.
    Buffer<T> by_class(out.size());
    parallel_for(threads, kShards, [&](std::int64_t s) {
        const auto [first, last] =
            shard_range(static_cast<std::int64_t>(solution.of_class.size()), kShards, s);
        for (auto c = static_cast<std::size_t>(first); c < static_cast<std::size_t>(last); ++c) {
            look_ahead(problem, solution, c);
            T* next = by_class.data() + first_row[c];
            for (const Filling& filling : solution.of(ClassId(c))) {
                const Fleet::Pool& pool = problem.fleet().pools()[filling.pool.at()];
                for (std::int64_t slot = filling.first; slot < filling.first + filling.slots; ++slot) {
                    const T seat = value(pool, slot);
                    for (std::int64_t k = 0; k < filling.per_slot; ++k) *next++ = seat;
                }
            }
            std::fill(next, by_class.data() + first_row[c + 1], none);
        }
    });
    auto places = rows.places(std::move(first_row));
    parallel_for(threads, static_cast<std::int64_t>(places.size()), [&](std::int64_t s) {
        const RowGroups::Shard& shard = rows.shards()[static_cast<std::size_t>(s)];
        std::uint32_t* next = places[static_cast<std::size_t>(s)].data();
        const std::uint32_t* number = rows.numbers().data();
        const auto write = [&](std::int64_t row) {
            const T found = by_class[next[number[row]]++];
            out[static_cast<std::size_t>(row)] = found == none ? -1 : static_cast<std::int64_t>(found);
        };
        // A row waits for two addresses, the second where the first leads: both are asked for early.
        constexpr std::int64_t kAhead = 16;
        std::int64_t row = shard.first;
        for (; row < shard.last - 2 * kAhead; ++row) {
            __builtin_prefetch(&next[number[row + 2 * kAhead]], 1);
            __builtin_prefetch(&by_class[next[number[row + kAhead]]]);
            write(row);
        }
        for (; row < shard.last; ++row) write(row);
    });
}

}  // namespace

void stream_counts(const Problem& problem, const Solution& solution, std::span<std::int64_t> placed_count,
                   std::span<std::uint8_t> reason) {
    const Workload& workload = problem.workload();
    std::vector<std::int64_t> left = solution.placed;
    workload.class_of_row().for_rows([&](std::int64_t row, std::uint32_t c) {
        const std::int64_t count = workload.count(row);
        const std::int64_t placed = std::min(count, left[c]);
        left[c] -= placed;
        placed_count[static_cast<std::size_t>(row)] = placed;
        reason[static_cast<std::size_t>(row)] =
            static_cast<std::uint8_t>(placed == count ? Reason::kPlaced : solution.reason[c]);
    });
}

void stream_nodes(const Problem& problem, const Solution& solution, int threads, std::span<std::int64_t> node,
                  std::span<std::int64_t> instance) {
    const Fleet& fleet = problem.fleet();
    if (!node.empty())
        spread<std::uint32_t>(
            problem, solution, threads, UINT32_MAX, node, [&](const Fleet::Pool& pool, std::int64_t slot) {
                return static_cast<std::uint32_t>(fleet.row_of_entry(fleet.entry_of_slot(pool, slot)));
            });
    if (!instance.empty())
        spread<std::int64_t>(problem, solution, threads, -1, instance,
                             [&](const Fleet::Pool& pool, std::int64_t slot) {
                                 return slot - fleet.slot_of_entry(pool, fleet.entry_of_slot(pool, slot));
                             });
}

void Assignments::add(const Fleet& fleet, std::int64_t row, const Filling& seats) {
    const Fleet::Pool& pool = fleet.pools()[seats.pool.at()];
    std::int64_t slot = seats.first, slots = seats.slots;
    for (std::int64_t entry = fleet.entry_of_slot(pool, slot); slots > 0; ++entry) {
        const std::int64_t begin = fleet.slot_of_entry(pool, entry);
        const bool more = entry + 1 < pool.first_entry + pool.entries;
        const std::int64_t n =
            std::min(slots, (more ? fleet.slot_of_entry(pool, entry + 1) : pool.slots) - slot);
        task.push_back(row);
        node.push_back(fleet.row_of_entry(entry));
        first_instance.push_back(slot - begin);
        instances.push_back(n);
        per_instance.push_back(seats.per_slot);
        slot += n;
        slots -= n;
    }
}

Assignments stream_assignments(const Problem& problem, const Solution& solution) {
    const Workload& workload = problem.workload();
    Assignments out;
    std::vector<Seats> seats;
    seats.reserve(solution.of_class.size());
    for (std::size_t c = 0; c < solution.of_class.size(); ++c) seats.emplace_back(solution.of(ClassId(c)));
    workload.class_of_row().for_rows([&](std::int64_t row, std::uint32_t c) {
        seats[c].take(workload.count(row), [&](const Filling& own) { out.add(problem.fleet(), row, own); });
    });
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
            if (!assignments.devices.empty()) a = mix(a, assignments.devices[i]);
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
