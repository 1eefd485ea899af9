#include "gigafleet/exchange.hpp"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

namespace gigafleet {

namespace {

/// Whether residuals hold one task more `there` once another has left.
bool makes_room(std::span<const Quantity> goes, std::span<const Quantity> comes,
                std::span<const Quantity> there) {
    for (std::size_t d = 0; d < goes.size(); ++d)
        if (there[d] < goes[d] - comes[d]) return false;
    return true;
}

/// See make_cheaper.
class Cheapener {
public:
    Cheapener(SlotTable& table, const SearchOptions& options, Control& control)
        : table_(table),
          open_(table),
          budget_(options, control),
          least_gain_(1e-6 * static_cast<float>(table.market().scale())) {
        const Problem& problem = table.market().problem();
        const std::vector<std::size_t> level = levels_of_shapes(problem);
        for (std::size_t s = 0; s < table.market().shapes(); ++s) {
            const ShapeId shape = table.market().shape(s);
            rank_.push_back({-static_cast<std::int64_t>(level[shape.at()]), problem.shape(shape).weight});
        }
    }

    bool run() {
        for (bool found = true; found && budget_.is_left();) {
            found = false;
            for (std::size_t slot = 0; slot < slots() && budget_.is_left(); ++slot)
                // From the last on: what is taken out and put back comes last.
                for (std::size_t e = table_.at(slot).size(); e-- > 0 && budget_.is_left();)
                    while (e < table_.at(slot).size() && improve(slot, table_.at(slot)[e].of)) found = true;
            for (std::uint32_t c = 0; c < table_.market().classes().size() && budget_.is_left(); ++c)
                while (table_.left(c) > 0 && budget_.is_left() && replace(c)) found = true;
            table_.settle();
        }
        return !budget_.is_late();
    }

private:
    /// A task that may leave a pool for another, and what that loses.
    struct Leaver {
        float loss;
        std::uint32_t of, slot;
        auto operator<=>(const Leaver&) const = default;
    };

    std::size_t slots() const { return table_.first_slot(table_.market().pools().size()); }

    /// Moves one task of the class out of the slot where that makes things cheaper.
    bool improve(std::size_t from, std::uint32_t c) {
        const std::uint32_t s = table_.shape(c);
        const float now = table_.cost(c, table_.pool_of(from));
        for (const auto& [cost, pool] : open_.of(c)) {
            if (!(cost + least_gain_ < now)) break;
            budget_.spend(1);
            if (const auto slot = table_.find(s, pool)) {
                if (move(c, from, *slot)) return true;
                continue;
            }
            if (exchange(c, from, pool, now - cost)) return true;
        }
        return false;
    }

    bool move(std::uint32_t c, std::size_t from, std::size_t to) {
        table_.remove(c, from);
        if (table_.links_hold(c, table_.pool_of(to))) {
            table_.add(c, to);
            return true;
        }
        table_.add(c, from);
        return false;
    }

    /// Moves a task into a full pool, where another makes room for it and takes its place, if both together
    /// pay less: the other that loses least.
    bool exchange(std::uint32_t c, std::size_t from, std::size_t pool, float gain) {
        const std::size_t old = table_.pool_of(from);
        if (old == pool) return false;
        const auto need = table_.demand(table_.shape(c)), here = table_.residual(from);
        const auto fits = [&](std::uint32_t s) {
            return makes_room(table_.demand(s), need, here) && table_.stays(s, from);
        };
        const auto loss = [&](std::uint32_t of) { return table_.cost(of, old) - table_.cost(of, pool); };
        find_leavers(c, pool, fits, loss, gain);
        return std::ranges::any_of(leavers_,
                                   [&](const Leaver& other) { return swap(c, from, other.of, other.slot); });
    }

    /// Finds classes in the pool of a shape that `may` leave, that lose less than is gained, and the first
    /// seat of each that would leave room for a task of class `c`. The least loss first.
    template <class May, class Loss>
    void find_leavers(std::uint32_t c, std::size_t pool, May&& may, Loss&& loss, float gain) {
        const std::uint32_t s = table_.shape(c);
        const auto need = table_.demand(s), most = table_.most_residual(pool);
        leavers_.clear();
        budget_.spend(1);
        for (const auto& [shape, seats] : table_.in_pool(pool)) {
            const auto gives = table_.demand(shape);
            if (!makes_room(need, gives, most) || !may(shape)) continue;
            for (auto seat = seats.begin(); seat != seats.end();) {
                const auto end =
                    std::ranges::upper_bound(seat, seats.end(), seat->of, {}, &SlotTable::Seat::of);
                budget_.spend(1);
                if (const float lost = loss(seat->of); lost + least_gain_ < gain) {
                    budget_.spend(end - seat);
                    const auto leaver = std::find_if(seat, end, [&](const SlotTable::Seat& at) {
                        return makes_room(need, gives, table_.residual(at.slot)) && table_.stays(s, at.slot);
                    });
                    if (leaver != end) leavers_.push_back({lost, leaver->of, leaver->slot});
                }
                seat = end;
            }
        }
        std::ranges::sort(leavers_);
    }

    /// Both have room.
    bool swap(std::uint32_t c, std::size_t from, std::uint32_t other, std::size_t slot) {
        const std::size_t before = table_.changes();
        table_.remove(c, from);
        table_.remove(other, slot);
        const auto may_go = [&](std::uint32_t of, std::size_t to) {
            return table_.devices_hold(table_.shape(of), to) && table_.links_hold(of, table_.pool_of(to));
        };
        bool held = may_go(c, slot);
        table_.add(c, slot);
        held = held && may_go(other, from);
        table_.add(other, from);
        if (!held) table_.undo_to(before);
        return held;
    }

    /// Puts a task that is left over in the place of one that pays more and counts for no more: in the
    /// cheapest pool where there is any, of the one that pays most.
    bool replace(std::uint32_t c) {
        const auto counts_less = [&](std::uint32_t s) { return rank_[s] <= rank_[table_.shape(c)]; };
        for (const auto& [cost, pool] : open_.of(c)) {
            const auto loss = [&, at = pool](std::uint32_t of) { return -table_.cost(of, at); };
            find_leavers(c, pool, counts_less, loss, -cost);
            const auto gives_way = [&](const Leaver& other) { return take_place(c, other.of, other.slot); };
            if (std::ranges::any_of(leavers_, gives_way)) return true;
        }
        return false;
    }

    bool take_place(std::uint32_t c, std::uint32_t other, std::size_t slot) {
        const std::size_t before = table_.changes();
        table_.remove(other, slot);
        const bool held =
            table_.devices_hold(table_.shape(c), slot) && table_.links_hold(c, table_.pool_of(slot));
        if (held)
            table_.add(c, slot);
        else
            table_.undo_to(before);
        return held;
    }

    SlotTable& table_;
    OpenPools open_;
    SearchBudget budget_;
    float least_gain_;
    std::vector<std::pair<std::int64_t, Quantity>> rank_;  // by shape: priority, weight
    std::vector<Leaver> leavers_;
};

}  // namespace

bool make_cheaper(SlotTable& table, const SearchOptions& options, Control& control) {
    return Cheapener(table, options, control).run();
}

}  // namespace gigafleet
