#include "gigafleet/greedy.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "gigafleet/at_prices.hpp"
#include "gigafleet/bound_tasks.hpp"
#include "gigafleet/near.hpp"
#include "gigafleet/open_search.hpp"
#include "gigafleet/placement.hpp"
#include "gigafleet/reopen.hpp"
#include "gigafleet/restore.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kPollClasses = 64;
constexpr std::size_t kEntriesALedger = 1024;  // ledgers are joined on all threads

class Greedy {
public:
    Greedy(const Groundwork& ground, const GreedyOptions& options, Control& control)
        : ground_(ground),
          problem_(ground.problem),
          options_(options),
          control_(control),
          placement_(options.start ? restore(problem_, *options.start) : Placement(problem_)),
          ledgers_(options.start ? ledgers_of(*options.start) : std::vector<Ledger>{}),
          tried_(problem_.workload().classes().size()) {
        if (problem_.workload().has_bonds()) bound_.emplace(ground, slots_, options.start);
    }

    Solution run() {
        const std::vector<ShapeId> order = placing_order(ground_, options_.order);
        const auto priority = [&](ShapeId id) { return problem_.shape(id).priority; };
        if (!options_.reopen_by_level) go_back(order, {});
        bool in_time = !options_.all_levels || place_first(order);
        for (auto first = order.begin(); first != order.end();) {
            const auto last = std::find_if(first, order.end(),
                                           [&](ShapeId id) { return priority(id) != priority(*first); });
            if (options_.reopen_by_level) go_back({first, last}, priority(*first));
            in_time = in_time && place_level_in_turns({first, last}, priority(*first));
            first = last;
        }
        if (bound_) bound_->finish();
        Solution solution = placement_.finish(ledgers_, options_.threads);
        for (std::size_t c = 0; c < tried_.size(); ++c)
            if (tried_[c] && solution.reason[c] != Reason::kPlaced) solution.reason[c] = Reason::kCapacity;
        if (!in_time) solution.status = Status::kTimeLimit;
        return solution;
    }

private:
    /// Which classes are searched for: those that wait come after the others, which have had their chance.
    enum class Turn : std::uint8_t { kAll, kFirst, kLater };
    bool has_turn(ClassId c) const {
        return turn_ == Turn::kAll || (ground_.scarce.waits[c.at()] != 0) == (turn_ == Turn::kLater);
    }

    double left_s() const { return options_.time_limit_s - watch_.seconds(); }

    /// `priority`: of `order`, none of all levels.
    void go_back(std::span<const ShapeId> order, std::optional<std::int64_t> priority) {
        if (options_.previous == nullptr) return;
        if (bound_) bound_->go_back(*options_.previous, priority, ledgers_, control_);
        reopen(ground_, *options_.previous, order, placement_, ledgers_, options_.threads, control_);
    }

    bool place_bound(std::int64_t priority) {
        if (!bound_) return true;
        if (!bound_->place(priority, ledgers_, left_s(), options_.stage, control_)) return false;
        for (const BoundTasks::Unit& unit : bound_->units())
            if (unit.priority == priority)
                for (const BondTrial::Part& part : bound_->parts(unit)) tried_[part.of.at()] = 1;
        return true;
    }

    /// Those that ran before, then those of gangs and spread groups, then the others.
    bool place_level_in_turns(std::span<const ShapeId> level, std::int64_t priority) {
        bool in_time = true;
        if (options_.ran != nullptr) {
            std::vector<std::pair<ClassId, std::int64_t>> others;
            if (hold_back(level, others)) in_time = place_level(level);
            for (const auto& [id, members] : others) placement_.left(id) += members;
        }
        return in_time && place_bound(priority) && place_level(level);
    }

    /// Takes those who did not run before out of what is left of each class. Whether any are left then.
    bool hold_back(std::span<const ShapeId> level, std::vector<std::pair<ClassId, std::int64_t>>& others) {
        bool any_ran = false;
        for (const ShapeId shape : level)
            for (const ClassId id : ground_.by_shape.classes(shape)) {
                std::int64_t& left = placement_.left(id);
                const std::int64_t placed = problem_.workload().classes()[id.at()].members - left;
                const std::int64_t ran = std::clamp<std::int64_t>(options_.ran->ran(id) - placed, 0, left);
                if (left > ran) others.emplace_back(id, left - ran);
                left = ran;
                any_ran |= ran > 0;
            }
        return any_ran;
    }

    bool place_level(std::span<const ShapeId> level) {
        if (!options_.all_levels) {
            found_ = {};
            if (!place_first(level)) return false;
        }
        if (!found_.empty()) {  // the rest goes by the same prices
            look_around(&found_);
            return search(level, {});
        }
        if (options_.first == First::kPriced) {
            look_around(&options_.guide->prices);
            if (!search(level, options_.guide->worth)) return false;
        }
        if (!search_ || options_.first != First::kNothing)
            look_around(ground_.scarce.spared.empty() ? nullptr : &ground_.scarce.prices);
        if (ground_.scarce.waits.empty()) return search(level, {});
        return search(level, {}, Turn::kFirst) && search(level, {}, Turn::kLater);
    }

    /// `worth`: by shape, beyond which nothing is placed; empty: whatever it costs.
    bool search(std::span<const ShapeId> level, std::span<const double> worth, Turn turn = Turn::kAll) {
        turn_ = turn;
        return std::ranges::all_of(level, [&](ShapeId id) {
            if (ledgers_.empty() || ledgers_.back().entries.size() > kEntriesALedger) ledgers_.emplace_back();
            return place_shape(id, worth.empty() ? std::numeric_limits<double>::infinity() : worth[id.at()],
                               ledgers_.back());
        });
    }

    bool place_first(std::span<const ShapeId> level) {
        if (options_.first == First::kNothing || options_.first == First::kPriced) return true;
        if (options_.first == First::kAtPrices)
            return place_at_prices(ground_, level, placement_, ledgers_, found_,
                                   {options_.threads, left_s(), options_.stage, options_.waste}, control_);
        const NearOptions near{options_.threads, left_s(), options_.stage};
        return place_at_home(ground_, level, placement_, ledgers_, near, control_) &&
               place_in_trees(ground_, level, placement_, ledgers_, near, control_);
    }

    /// Search among the pools as they are now.
    void look_around(const Prices* shadow) {
        const OpenPools& pools = pools_.emplace(problem_, placement_);
        search_.emplace(ground_.problem, placement_.loads(), pools.rooms, pools.open, shadow);
    }

    bool place_shape(ShapeId id, double worth, Ledger& ledger) {
        Candidates& candidates = search_->of(problem_.shape(id));
        const auto classes = static_cast<std::int64_t>(tried_.size());
        bool started = false;
        for (const ClassId class_id : ground_.by_shape.classes(id)) {
            if (!has_turn(class_id)) continue;
            ++done_;
            std::int64_t& left = placement_.left(class_id);
            if (left == 0) continue;
            tried_[class_id.at()] = 1;
            if (!started || done_ % kPollClasses == 0) {
                control_.poll(options_.stage, done_, classes);
                tried_[class_id.at()] = left_s() > 0;
                if (!(left_s() > 0)) return false;
            }
            if (!started) candidates.start(id);
            started = true;
            const SiteId origin = problem_.workload().classes()[class_id.at()].origin;
            const auto visit = [&](PoolId pool, std::int64_t room) {
                const std::int64_t placed = placement_.fill(id, pool, room, ledger.fillings);
                pools_->rooms.set(pool, placement_.room(pool));
                return placed;
            };
            left = candidates.place(origin, left, visit, worth);
            ledger.close(class_id);
        }
        return true;
    }

    const Groundwork& ground_;
    const Problem& problem_;
    const GreedyOptions& options_;
    Control& control_;
    const Stopwatch watch_;
    Placement placement_;
    std::optional<OpenPools> pools_;
    std::optional<OpenSearch> search_;  ///< in pools_
    std::vector<Ledger> ledgers_;
    PlacementSlots slots_{placement_};
    std::optional<BoundTasks> bound_;  ///< none where no task is bound
    Prices found_;                     ///< by place_at_prices
    Turn turn_ = Turn::kAll;
    std::vector<std::uint8_t> tried_;
    std::int64_t done_ = 0;
};

}  // namespace

Solution place_greedily(const Groundwork& ground, const GreedyOptions& options, Control& control) {
    return Greedy(ground, options, control).run();
}

}  // namespace gigafleet
