#include "gigafleet/stream_seated.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "gigafleet/fillings.hpp"
#include "gigafleet/parallel.hpp"
#include "gigafleet/seating.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kShards = 64;  // of classes

/// Hands out the seats of every class. `emit(shard, row, filling)` is called for those of one row in order,
/// for shards below kShards on any thread, in the end for shard kShards.
template <class Emit>
class RowSeats {
public:
    RowSeats(const Problem& problem, const Solution& solution, const Previous& previous, int threads,
             Emit&& emit)
        : problem_(problem),
          solution_(solution),
          previous_(previous),
          emit_(emit),
          seated_(static_cast<std::size_t>(problem.workload().rows()), 0),
          spare_(kShards) {
        const auto classes = static_cast<std::int64_t>(solution.of_class.size());
        parallel_for(classes < kShards ? 1 : threads, kShards, [&](std::int64_t s) {
            Seating seating(problem, previous);
            const auto [first, last] = shard_range(classes, kShards, s);
            for (std::int64_t c = first; c < last; ++c)
                seat(s, seating, ClassId(static_cast<std::size_t>(c)));
        });
        seat_others();
    }

    /// Members of each row that have a seat.
    const std::vector<std::int64_t>& seated() const { return seated_; }

private:
    /// Seats that nobody who ran before takes.
    struct Spare {
        ClassId of;
        std::vector<Filling> fillings;
    };

    void give(std::int64_t shard, std::uint32_t row, const Filling& seats) {
        seated_[row] += members(seats);
        emit_(shard, row, seats);
    }

    void seat(std::int64_t shard, Seating& seating, ClassId id) {
        if (solution_.placed[id.at()] == 0) return;
        if (previous_.ran(id) == 0) {
            const std::span<const Filling> own = solution_.of(id);
            spare_[static_cast<std::size_t>(shard)].push_back({id, {own.begin(), own.end()}});
            return;
        }
        seating.match(id, solution_.of(id));
        // In the order in which the runs were given, so that what keeps its place looks the same.
        kept_order(seating, [&](const Seating::Kept& kept) { give(shard, kept.row, kept.at); });
        if (seating.rest().empty()) return;
        Seats rest(seating.rest());
        if (seating.kept_members() < previous_.ran(id))
            for (const auto& [row, ran] : ran_of_rows(id))
                rest.take(ran - seated_[row], [&](const Filling& seats) { give(shard, row, seats); });
        if (rest.is_empty()) return;
        Spare spare{id, {}};
        rest.take(INT64_MAX, [&](const Filling& seats) { spare.fillings.push_back(seats); });
        spare_[static_cast<std::size_t>(shard)].push_back(std::move(spare));
    }

    template <class F>
    void kept_order(const Seating& seating, F&& f) const {
        if (problem_.workload().single()) {
            for (const Seating::Kept& kept : seating.kept()) f(kept);
            return;
        }
        std::vector<Seating::Kept> kept = seating.kept();
        std::ranges::stable_sort(kept, {}, &Seating::Kept::number);
        // Runs that share slots were cut apart: whole again, they look the same too.
        std::size_t joined = 0;
        for (std::size_t i = 1; i < kept.size(); ++i) {
            Filling& last = kept[joined].at;
            const Filling& next = kept[i].at;
            if (kept[i].number == kept[joined].number && next.pool == last.pool &&
                next.per_slot == last.per_slot && next.first == last.first + last.slots)
                last.slots += next.slots;
            else
                kept[++joined] = kept[i];
        }
        kept.resize(std::min(kept.size(), joined + 1));
        for (const Seating::Kept& one : kept) f(one);
    }

    /// By row: how many of its members ran before and are there still.
    std::vector<std::pair<std::uint32_t, std::int64_t>> ran_of_rows(ClassId id) const {
        std::vector<std::pair<std::uint32_t, std::int64_t>> ran;
        for (const Previous::Run& run : previous_.runs(id)) ran.emplace_back(run.row, run.members());
        std::ranges::sort(ran);
        std::size_t rows = 0;
        for (const auto& [row, members] : ran) {
            if (rows > 0 && ran[rows - 1].first == row)
                ran[rows - 1].second += members;
            else
                ran[rows++] = {row, members};
        }
        ran.resize(rows);
        for (auto& [row, members] : ran) members = std::min(members, problem_.workload().count(row));
        return ran;
    }

    /// Those that did not run before.
    void seat_others() {
        std::vector<Seats> seats;
        std::vector<std::uint32_t> seats_of(solution_.of_class.size(), UINT32_MAX);
        for (const std::vector<Spare>& shard : spare_)
            for (const Spare& spare : shard) {
                seats_of[spare.of.at()] = static_cast<std::uint32_t>(seats.size());
                seats.emplace_back(spare.fillings);
            }
        if (seats.empty()) return;
        const Workload& workload = problem_.workload();
        workload.class_of_row().for_rows([&](std::int64_t row, std::uint32_t c) {
            if (seats_of[c] == UINT32_MAX) return;
            const auto at = static_cast<std::uint32_t>(row);
            seats[seats_of[c]].take(workload.count(row) - seated_[at],
                                    [&](const Filling& own) { give(kShards, at, own); });
        });
    }

    const Problem& problem_;
    const Solution& solution_;
    const Previous& previous_;
    Emit& emit_;
    std::vector<std::int64_t> seated_;
    std::vector<std::vector<Spare>> spare_;  ///< by shard
};

}  // namespace

void stream_counts(const Problem& problem, const Solution& solution, const Previous& previous, int threads,
                   std::span<std::int64_t> placed_count, std::span<std::uint8_t> reason) {
    const RowSeats seats(problem, solution, previous, threads,
                         [](std::int64_t, std::uint32_t, const Filling&) {});
    const Workload& workload = problem.workload();
    workload.class_of_row().for_rows([&](std::int64_t row, std::uint32_t c) {
        const auto at = static_cast<std::size_t>(row);
        const bool all = seats.seated()[at] == workload.count(row);
        placed_count[at] = seats.seated()[at];
        reason[at] = static_cast<std::uint8_t>(all ? Reason::kPlaced : solution.reason[c]);
    });
}

namespace {

/// Hands out the seats of every class where each row is one task.
class SingleSeats {
public:
    struct Seat {
        std::int64_t node, instance;
    };

    /// `node` and `instance`: as in stream_nodes, -1 everywhere.
    SingleSeats(const Problem& problem, const Solution& solution, const Previous& previous,
                std::span<std::int64_t> node, std::span<std::int64_t> instance)
        : problem_(problem), solution_(solution), previous_(previous), node_(node), instance_(instance) {}

    void run(int threads) {
        const std::size_t classes = solution_.of_class.size();
        std::vector<std::uint32_t> first(classes + 1, 0);
        for (std::size_t c = 0; c < classes; ++c)
            first[c + 1] = first[c] + static_cast<std::uint32_t>(std::max<std::int64_t>(
                                          0, solution_.placed[c] - previous_.ran(ClassId(c))));
        Buffer<Seat> spare(first.back());
        parallel_for(classes < kShards ? 1 : threads, kShards, [&](std::int64_t s) {
            Seating seating(problem_, previous_);
            std::vector<std::uint32_t> movers;
            const auto [begin, end] = shard_range(static_cast<std::int64_t>(classes), kShards, s);
            for (auto c = static_cast<std::size_t>(begin); c < static_cast<std::size_t>(end); ++c) {
                look_ahead(problem_, solution_, c);
                seat(ClassId(c), seating, movers, spare.data() + first[c]);
            }
        });
        if (spare.size() == 0) return;
        std::vector<std::uint32_t> next(first.begin(), first.end() - 1);
        problem_.workload().class_of_row().for_rows([&](std::int64_t row, std::uint32_t c) {
            const auto at = static_cast<std::uint32_t>(row);
            if (next[c] < first[c + 1] && !is_seated(at)) put(at, spare[next[c]++]);
        });
    }

private:
    /// What those who ran before do not take goes to `spare`.
    void seat(ClassId id, Seating& seating, std::vector<std::uint32_t>& movers, Seat* spare) {
        std::span<const Filling> rest = solution_.of(id);
        movers.clear();
        if (previous_.ran(id) > 0) {
            seating.match(id, rest);
            rest = seating.rest();
            for (const Seating::Kept& kept : seating.kept())
                put(kept.row, seat_at(problem_.fleet().pools()[kept.at.pool.at()], kept.at.first));
            if (seating.kept_members() < previous_.ran(id)) find_movers(id, movers);
        }
        auto mover = movers.begin();
        for (const Filling& filling : rest) {
            const Fleet::Pool& pool = problem_.fleet().pools()[filling.pool.at()];
            for (std::int64_t slot = filling.first; slot < filling.first + filling.slots; ++slot) {
                const Seat seat = seat_at(pool, slot);
                for (std::int64_t k = 0; k < filling.per_slot; ++k) {
                    if (mover != movers.end())
                        put(*mover++, seat);
                    else
                        *spare++ = seat;
                }
            }
        }
    }

    /// Rows that ran and have not kept their place.
    void find_movers(ClassId id, std::vector<std::uint32_t>& movers) const {
        for (const Previous::Run& run : previous_.runs(id))
            if (!is_seated(run.row)) movers.push_back(run.row);
        std::ranges::sort(movers);
        movers.erase(std::unique(movers.begin(), movers.end()), movers.end());
    }

    Seat seat_at(const Fleet::Pool& pool, std::int64_t slot) const {
        const Fleet& fleet = problem_.fleet();
        const std::int64_t entry = fleet.entry_of_slot(pool, slot);
        return {fleet.row_of_entry(entry), slot - fleet.slot_of_entry(pool, entry)};
    }
    bool is_seated(std::uint32_t row) const { return (node_.empty() ? instance_ : node_)[row] >= 0; }
    void put(std::uint32_t row, const Seat& seat) {
        if (!node_.empty()) node_[row] = seat.node;
        if (!instance_.empty()) instance_[row] = seat.instance;
    }

    const Problem& problem_;
    const Solution& solution_;
    const Previous& previous_;
    std::span<std::int64_t> node_, instance_;
};

}  // namespace

void stream_nodes(const Problem& problem, const Solution& solution, const Previous& previous, int threads,
                  std::span<std::int64_t> node, std::span<std::int64_t> instance) {
    std::ranges::fill(node, -1);
    std::ranges::fill(instance, -1);
    SingleSeats(problem, solution, previous, node, instance).run(threads);
}

Assignments stream_assignments(const Problem& problem, const Solution& solution, const Previous& previous,
                               int threads) {
    struct Piece {
        std::uint32_t row;
        Filling seats;
    };
    std::vector<std::vector<Piece>> pieces(kShards + 1);
    RowSeats(problem, solution, previous, threads,
             [&](std::int64_t shard, std::uint32_t row, const Filling& seats) {
                 pieces[static_cast<std::size_t>(shard)].push_back({row, seats});
             });
    // A counting sort by row; a row's pieces lie in one shard, and in the last one.
    std::vector<std::uint32_t> next(static_cast<std::size_t>(problem.workload().rows()) + 1, 0);
    for (const std::vector<Piece>& shard : pieces)
        for (const Piece& piece : shard) ++next[piece.row + 1];
    for (std::size_t row = 0; row + 1 < next.size(); ++row) next[row + 1] += next[row];
    Buffer<Piece> sorted(next.back());
    for (const std::vector<Piece>& shard : pieces)
        for (const Piece& piece : shard) sorted[next[piece.row]++] = piece;
    Assignments out;
    for (const Piece& piece : sorted) out.add(problem.fleet(), piece.row, piece.seats);
    return out;
}

}  // namespace gigafleet
