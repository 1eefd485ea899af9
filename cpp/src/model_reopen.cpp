#include "gigafleet/model_reopen.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "gigafleet/fillings.hpp"
#include "gigafleet/groundwork.hpp"
#include "gigafleet/model_bonds.hpp"
#include "gigafleet/model_deal.hpp"
#include "gigafleet/placement.hpp"
#include "gigafleet/stay_gates.hpp"
#include "gigafleet/ways.hpp"

namespace gigafleet {

namespace {

class FromPrevious {
public:
    FromPrevious(const Problem& problem, const Previous& previous, const ResidencyOptions& options,
                 Control& control)
        : problem_(problem),
          previous_(previous),
          options_(options),
          control_(control),
          coarse_(without_models(problem, options.threads)),
          loads_(problem),
          left_(members_of_classes(problem)),
          level_of_(levels_of_shapes(problem)) {
        find_stays();
    }

    Solution run() {
        const std::size_t levels = level_of_.empty() ? 0 : std::ranges::max(level_of_) + 1;
        for (std::size_t level = 0; level < levels && in_time_; ++level) place(level);
        const std::vector<Ledger> ledgers{ledger_of_done()};
        Solution solution = solution_of(problem_, ledgers, left_, std::move(loads_), options_.threads);
        for (Reason& reason : solution.reason)
            if (in_time_ && reason == Reason::kNotTried) reason = Reason::kCapacity;
        if (!in_time_) solution.status = Status::kTimeLimit;
        solution.cost += load_cost(problem_, solution, options_.threads);
        return solution;
    }

private:
    /// What is on slots and links.
    struct State {
        Residents residents;
        Loads loads;
    };

    std::size_t level(ClassId of) const {
        return level_of_[problem_.workload().classes()[of.at()].shape.at()];
    }

    /// Where members ran that could stay there as far as they alone matter, level by level; those of a level
    /// in placing order.
    void find_stays() {
        const Groundwork ground(problem_, control_, options_.threads);
        const StayGates gates(ground);
        for (const ShapeId shape : placing_order(ground, ground.suggested))
            for (const ClassId id : ground.by_shape.classes(shape)) find_stays(gates, id);
        control_.poll("previous", 1, 3);
        std::ranges::stable_sort(stays_, {}, [&](const ModelSeat& seat) { return level(seat.of); });
    }

    void find_stays(const StayGates& gates, ClassId id) {
        if (problem_.is_bound(id)) return;  // they have a way of their own back (place_bound)
        std::int64_t room = std::min(left_[id.at()], previous_.ran(id));
        std::vector<Filling> own, parts;
        for (const Previous::Run& run : previous_.runs(id)) {
            if (!run.pool.valid() || room == 0) break;
            const std::int64_t begin =
                std::max(run.first, gates.ask(problem_.workload().classes()[id.at()], run.pool).first_slot);
            if (begin >= run.last()) continue;
            own.assign(1, {run.pool, begin, run.last() - begin, run.per_slot});
            room -= keep(id, own, std::min(room, members(own)), stays_);
        }
    }

    /// Appends seats for the first `tasks` members of a filling; returns `tasks`.
    static std::int64_t keep(ClassId of, std::vector<Filling>& one, std::int64_t tasks,
                             std::vector<ModelSeat>& out) {
        std::vector<Filling> part;  // of the slot that is cut
        take_last(one, members(one) - tasks, part);
        one.insert(one.end(), part.begin(), part.end());
        for (const Filling& at : one)
            if (at.slots > 0) out.push_back({of, at});
        return tasks;
    }

    std::size_t end_of(std::size_t level_at) const {
        const auto above = [&](const ModelSeat& seat) { return level(seat.of) <= level_at; };
        return static_cast<std::size_t>(std::ranges::partition_point(stays_, above) - stays_.begin());
    }

    void place(std::size_t at) {
        const std::size_t end = end_of(at);
        std::optional<State> state(stand(settled_, end));
        settled_ = end;
        place_bound(state, at, true);
        std::vector<std::int64_t> ran(left_.size(), 0), fresh(left_.size(), 0);
        for (std::size_t c = 0; c < left_.size(); ++c) {
            if (level(ClassId(c)) != at || problem_.is_bound(ClassId(c))) continue;
            const std::int64_t placed = problem_.workload().classes()[c].members - left_[c];
            ran[c] = std::clamp<std::int64_t>(previous_.ran(ClassId(c)) - placed, 0, left_[c]);
            fresh[c] = left_[c] - ran[c];
        }
        place_beside(state, std::move(ran));
        place_bound(state, at, false);
        place_beside(state, std::move(fresh));
    }

    /// Bound tasks of a level go back to where they ran; or those that are left find a place, if need be that
    /// of lower levels.
    void place_bound(std::optional<State>& state, std::size_t at, bool back) {
        if (!bound_left(at)) return;
        const std::size_t before = done_.size();
        seat_bound(*state, at, back);
        if (settled_ == stays_.size()) return;
        if (!back && bound_left(at)) {
            State alone = stand(stays_.size(), stays_.size());
            seat_bound(alone, at, back);
        }
        if (done_.size() > before) state.emplace(stand(settled_, settled_));
    }

    bool bound_left(std::size_t at) const {
        if (!problem_.workload().has_bonds()) return false;
        for (std::size_t c = 0; c < left_.size(); ++c)
            if (left_[c] > 0 && level(ClassId(c)) == at && problem_.is_bound(ClassId(c))) return true;
        return false;
    }

    void seat_bound(State& state, std::size_t at, bool back) {
        if (!in_time_) return;
        ModelDeal dealt{
            {ledger_of_done(), {}}, std::vector<std::int64_t>(left_.size(), 0), std::move(state.loads)};
        std::int64_t priority = 0;
        for (std::size_t c = 0; c < left_.size(); ++c) {
            if (level(ClassId(c)) != at || !problem_.is_bound(ClassId(c))) continue;
            dealt.left[c] = left_[c];
            priority = problem_.shape(problem_.workload().classes()[c].shape).priority;
        }
        BoundRest bound(problem_, state.residents, dealt, options_.threads, control_);
        if (back)
            bound.go_back(previous_, priority, control_);
        else
            in_time_ =
                bound.place(priority, options_.time_limit_s - watch_.seconds(), options_.stage, control_);
        bound.finish();
        take_over(std::span(dealt.ledgers).subspan(1));
        state.loads = std::move(dealt.loads);
    }

    /// Class by class.
    Ledger ledger_of_done() {
        Ledger ledger;
        std::ranges::stable_sort(done_, {}, [](const ModelSeat& seat) { return seat.of; });
        for (std::size_t i = 0; i < done_.size(); ++i) {
            ledger.fillings.push_back(done_[i].at);
            if (i + 1 == done_.size() || done_[i + 1].of != done_[i].of) ledger.close(done_[i].of);
        }
        return ledger;
    }

    /// What was placed is done.
    void take_over(std::span<const Ledger> ledgers) {
        Ways ways(problem_, loads_);
        for (const Ledger& ledger : ledgers) {
            std::size_t i = 0;
            for (const Ledger::Entry& entry : ledger.entries)
                for (; i < entry.last; ++i) add(ways, entry.of, ledger.fillings[i]);
        }
    }

    /// Places members of one level on `state`; those that find no room take that of lower levels.
    void place_beside(std::optional<State>& state, std::vector<std::int64_t> left) {
        if (!search(*state, left)) return;
        if (settled_ == stays_.size() || std::ranges::none_of(left, [](auto n) { return n > 0; })) return;
        State alone = stand(stays_.size(), stays_.size());
        const std::size_t before = done_.size();
        search(alone, left);
        if (done_.size() > before) state.emplace(stand(settled_, settled_));
    }

    /// place_left; what is placed is done. False where there was nothing to do, or no time.
    bool search(State& state, std::vector<std::int64_t>& left) {
        if (!in_time_ || std::ranges::none_of(left, [](auto n) { return n > 0; })) return false;
        ModelDeal dealt{std::vector<Ledger>(1), std::move(left), std::move(state.loads)};
        ResidencyOptions rest = options_;
        rest.time_limit_s -= watch_.seconds();
        in_time_ = place_left(problem_, coarse_, state.residents, dealt, rest, control_);
        state.loads = std::move(dealt.loads);
        left = std::move(dealt.left);
        take_over(dealt.ledgers);
        return true;
    }

    /// All that is done, the stays [begin, end), which are done then, and beside them those of lower levels.
    State stand(std::size_t begin, std::size_t end) {
        if (begin == end) return seat_beside(end, stays_.size(), false);
        State state = seat_beside(begin, end, true);
        return end == stays_.size() ? std::move(state) : seat_beside(end, stays_.size(), false);
    }

    /// All that is done, and of the stays [begin, end) what fits beside it.
    State seat_beside(std::size_t begin, std::size_t end, bool for_good) {
        State state{Residents(problem_), loads_};
        std::vector<ModelSeat> seats(done_);
        Ways ways(problem_, state.loads);
        std::vector<Filling> one;
        for (const ModelSeat& stay : std::span(stays_).subspan(begin, end - begin)) {
            one.assign(1, stay.at);
            Path& way = ways.of(stay.of, stay.at.pool);
            way.reserve(state.loads, keep(stay.of, one, way.room(members(stay.at)), seats));
        }
        const std::vector<SeatRefusal> refused =
            seat_models(problem_, seats, done_.size(), state.residents, options_.threads);
        for (const SeatRefusal& refusal : refused)
            ways.of(seats[refusal.number].of, seats[refusal.number].at.pool)
                .reserve(state.loads, -(refusal.slots * refusal.per_slot));
        if (for_good) write_down(seats, refused);
        return state;
    }

    /// Seats from the first on that is not done, less what was refused.
    void write_down(std::span<const ModelSeat> seats, std::span<const SeatRefusal> refused) {
        Ways ways(problem_, loads_);
        auto at = refused.begin();
        for (std::size_t i = done_.size(); i < seats.size(); ++i) {
            const auto& [of, filling] = seats[i];
            std::int64_t slot = filling.first;
            const auto write = [&](std::int64_t until, std::int64_t per_slot) {
                if (until > slot && per_slot > 0) add(ways, of, {filling.pool, slot, until - slot, per_slot});
                slot = until;
            };
            for (; at != refused.end() && at->number == i; ++at) {
                write(at->first, filling.per_slot);
                write(at->first + at->slots, filling.per_slot - at->per_slot);
            }
            write(filling.first + filling.slots, filling.per_slot);
        }
    }

    void add(Ways& ways, ClassId of, const Filling& at) {
        done_.push_back({of, at});
        ways.of(of, at.pool).reserve(loads_, members(at));
        left_[of.at()] -= members(at);
    }

    const Problem& problem_;
    const Previous& previous_;
    const ResidencyOptions& options_;
    Control& control_;
    const Stopwatch watch_;
    Coarse coarse_;
    Loads loads_;  ///< of what is done
    std::vector<std::int64_t> left_;
    std::vector<std::size_t> level_of_;
    std::vector<ModelSeat> stays_;  ///< where members ran and may stay, level by level
    std::vector<ModelSeat> done_;
    std::size_t settled_ = 0;  ///< of the stays: done, or given up
    bool in_time_ = true;
};

}  // namespace

Solution place_from_previous(const Problem& problem, const Previous& previous,
                             const ResidencyOptions& options, Control& control) {
    return FromPrevious(problem, previous, options, control).run();
}

}  // namespace gigafleet
