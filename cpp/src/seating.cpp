#include "gigafleet/seating.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "gigafleet/fillings.hpp"
#include "gigafleet/objective.hpp"
#include "gigafleet/parallel.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kShards = 64;       // of classes: fixed, so that sums do not depend on the threads
constexpr std::size_t kFewClasses = 1000;  // done before a thread has started

}  // namespace

void Seating::admit(const Previous::Run& run) {
    std::int64_t* left = nullptr;
    if (!left_.empty())
        left = &std::ranges::lower_bound(left_, std::pair(run.row, std::int64_t{INT64_MIN}))->second;
    const auto at =
        std::ranges::lower_bound(active_, run.number, {}, [](const Active& a) { return a.run->number; });
    active_.insert(at, {&run, left});
}

void Seating::keep(const Active& active, PoolId pool, std::int64_t first, std::int64_t slots,
                   std::int64_t seats) {
    kept_members_ += slots * seats;
    if (active.left != nullptr) *active.left -= slots * seats;
    if (!kept_.empty()) {
        Kept& last = kept_.back();
        if (last.number == active.run->number && last.at.pool == pool && last.at.per_slot == seats &&
            last.at.first + last.at.slots == first) {
            last.at.slots += slots;
            return;
        }
    }
    kept_.push_back({active.run->row, active.run->number, {pool, first, slots, seats}});
}

/// Gives seats in slots from `first` on to the runs at hand, the same in each; up to slot `last` or as far as
/// they are alike. Returns the slot after.
std::int64_t Seating::share_out(PoolId pool, std::int64_t first, std::int64_t last, std::int64_t seats) {
    for (const Active& active : active_) {
        last = std::min(last, active.run->last());
        if (active.left == nullptr || *active.left == 0) continue;
        std::int64_t wanted = 0;  // of each slot, by all runs of the row
        for (const Active& other : active_)
            if (other.left == active.left) wanted += other.run->per_slot;
        if (*active.left / wanted < last - first)
            last = first + std::max<std::int64_t>(1, *active.left / wanted);
    }
    for (const Active& active : active_) {
        std::int64_t take = std::min(active.run->per_slot, seats);
        if (active.left != nullptr) take = std::min(take, *active.left);
        if (take == 0) continue;
        keep(active, pool, first, last - first, take);
        seats -= take;
    }
    if (seats > 0) append(rest_, {pool, first, last - first, seats});
    return last;
}

void Seating::match(ClassId id, std::span<const Filling> now) {
    kept_.clear();
    rest_.clear();
    active_.clear();
    left_.clear();
    kept_members_ = 0;
    now_.assign(now.begin(), now.end());
    flatten(now_);
    const std::span<const Previous::Run> runs = previous_.runs(id);
    if (previous_.shrank(id)) {
        for (const Previous::Run& run : runs) left_.emplace_back(run.row, problem_.workload().count(run.row));
        std::ranges::sort(left_);
        left_.erase(std::unique(left_.begin(), left_.end()), left_.end());
    }
    std::size_t next = 0;
    for (const Filling& filling : now_) {
        const std::int64_t end = filling.first + filling.slots;
        if (!active_.empty() && active_.front().run->pool != filling.pool) active_.clear();
        for (std::int64_t slot = filling.first; slot < end;) {
            std::erase_if(active_, [&](const Active& a) { return a.run->last() <= slot; });
            for (; next < runs.size() &&
                   std::tie(runs[next].pool, runs[next].first) <= std::tie(filling.pool, slot);
                 ++next)
                if (runs[next].pool == filling.pool && runs[next].last() > slot) admit(runs[next]);
            std::int64_t until = end;
            if (next < runs.size() && runs[next].pool == filling.pool)
                until = std::min(until, runs[next].first);
            slot = share_out(filling.pool, slot, until, filling.per_slot);
        }
    }
}

Moves moves_of(const Problem& problem, const Previous& previous, const Solution& solution, int threads) {
    const auto& classes = problem.workload().classes();
    std::vector<Moves> parts(kShards);
    parallel_for(classes.size() < kFewClasses ? 1 : threads, kShards, [&](std::int64_t s) {
        Seating seating(problem, previous);
        Moves& moves = parts[static_cast<std::size_t>(s)];
        const auto [first, last] = shard_range(static_cast<std::int64_t>(classes.size()), kShards, s);
        for (auto c = static_cast<std::size_t>(first); c < static_cast<std::size_t>(last); ++c) {
            const Problem::Shape& shape = problem.shape(classes[c].shape);
            const std::int64_t ran = std::min(previous.ran(ClassId(c)), solution.placed[c]);
            if (const std::int64_t evicted = previous.ran(ClassId(c)) - ran; evicted > 0) {
                moves.evicted += evicted;
                moves.cost += static_cast<double>(evicted) * evict_price(problem, shape);
            }
            if (ran == 0) continue;
            seating.match(ClassId(c), solution.of(ClassId(c)));
            const std::int64_t moved = ran - seating.kept_members();
            if (moved == 0) continue;
            moves.tasks += moved;
            moves.cost += static_cast<double>(moved) * move_price(problem, shape);
        }
    });
    Moves all;
    for (const Moves& part : parts) {
        all.tasks += part.tasks;
        all.evicted += part.evicted;
        all.cost += part.cost;
    }
    return all;
}

}  // namespace gigafleet
