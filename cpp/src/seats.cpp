#include "gigafleet/seats.hpp"

#include <algorithm>
#include <span>
#include <tuple>
#include <utility>

#include "gigafleet/parallel.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kShards = 64;  // of classes; fixed

}  // namespace

Seats::Seats(const Problem& problem)
    : problem_(problem),
      linked_(std::ranges::any_of(problem.shapes(),
                                  [](const auto& shape) { return shape.uplink > 0 || shape.downlink > 0; })),
      held_{std::vector<std::vector<HeldSlot>>(problem.fleet().pools().size()), Loads(problem)},
      ways_(problem, held_.loads) {
    left_.reserve(problem.workload().classes().size());
    for (const Workload::Class& c : problem.workload().classes()) left_.push_back(c.members);
}

/// Of the seats from `first` on; what the links have no room for gets up again.
void Seats::reserve_links(std::size_t first) {
    std::size_t kept = first;
    for (std::size_t i = first; i < seats_.size(); ++i) {
        const Seat seat = seats_[i];
        Path& way = ways_.of(seat.of, seat.pool);
        if (way.room(1) == 1) {
            way.reserve(held_.loads, 1);
            seats_[kept++] = seat;
            continue;
        }
        const Problem::Shape& shape = problem_.shape(problem_.workload().classes()[seat.of.at()].shape);
        ++left_[seat.of.at()];
        auto& held = held_.by_pool[seat.pool.at()];
        const auto slot = std::ranges::lower_bound(held, seat.slot, {}, &HeldSlot::slot);
        for (std::size_t d = 0; d < kMaxDimensions; ++d)
            slot->taken[d] -= std::min(slot->taken[d], shape.demand[d]);
    }
    seats_.resize(kept);
}

bool Seats::links_hold(ClassId of, PoolId pool) { return !linked_ || ways_.of(of, pool).room(1) == 1; }

void Seats::add(ClassId of, PoolId pool, std::int64_t slot) {
    if (linked_) ways_.of(of, pool).reserve(held_.loads, 1);
    seats_.push_back({of, pool, slot});
    --left_[of.at()];
}

Solution Seats::solution(int threads) && {
    const auto& classes = problem_.workload().classes();
    std::vector<std::size_t> next(classes.size() + 1);
    for (const Seat& seat : seats_) ++next[seat.of.at() + 1];
    for (std::size_t c = 0; c < classes.size(); ++c) next[c + 1] += next[c];
    std::vector<std::uint32_t> by_class(seats_.size());
    for (std::uint32_t i = 0; i < seats_.size(); ++i) by_class[next[seats_[i].of.at()]++] = i;

    std::vector<Ledger> ledgers(kShards);
    parallel_for(threads, kShards, [&](std::int64_t shard) {
        Ledger& ledger = ledgers[static_cast<std::size_t>(shard)];
        const auto [first, last] = shard_range(static_cast<std::int64_t>(classes.size()), kShards, shard);
        for (auto c = static_cast<std::size_t>(first); c < static_cast<std::size_t>(last); ++c) {
            const std::span own(by_class.data() + (c == 0 ? 0 : next[c - 1]), by_class.data() + next[c]);
            std::ranges::sort(own, {},
                              [&](std::uint32_t i) { return std::tuple(seats_[i].pool, seats_[i].slot, i); });
            const std::size_t before = ledger.fillings.size();
            for (const std::uint32_t i : own) {
                const auto& [of, pool, slot] = seats_[i];
                if (ledger.fillings.size() > before && ledger.fillings.back().pool == pool &&
                    ledger.fillings.back().first == slot)
                    ++ledger.fillings.back().per_slot;
                else
                    ledger.fillings.push_back({pool, slot, 1, 1});
            }
            ledger.close(ClassId(c));
        }
    });
    seats_ = {};
    Solution solution = solution_of(problem_, ledgers, left_, std::move(held_.loads), threads);
    for (Reason& reason : solution.reason)
        if (reason == Reason::kNotTried) reason = Reason::kCapacity;
    return solution;
}

}  // namespace gigafleet
