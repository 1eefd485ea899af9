#include "gigafleet/eject.hpp"

#include <algorithm>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "gigafleet/hash.hpp"

namespace gigafleet {

namespace {

constexpr double kGrowth = 0.2;              // of a class's weight, each time it finds no place
constexpr std::size_t kSlotsATry = 512;      // looked at for one ejection
constexpr std::int64_t kMostWaiting = 4096;  // of a class at a time

/// Puts a task into the cheapest slot with room. False where there is none.
bool insert(SlotTable& table, OpenPools& open, std::uint32_t c, SearchBudget& budget) {
    const std::uint32_t s = table.shape(c);
    for (const auto& [cost, pool] : open.of(c)) {
        budget.spend(1);
        const auto slot = table.find(s, pool);
        if (!slot || !table.links_hold(c, pool)) continue;
        table.add(c, *slot);
        return true;
    }
    return false;
}

/// Tasks of which a slot would have to be rid.
struct Ejection {
    double weight = std::numeric_limits<double>::infinity();
    std::size_t slot = 0;
    std::vector<SlotTable::Entry> tasks;
};

/// Light sets of tasks that have to leave a slot for one more.
class InTheWay {
public:
    /// `weight`: by class.
    InTheWay(const SlotTable& table, const std::vector<double>& weight) : table_(table), weight_(weight) {}

    /// Makes `best` the set found for a task of class `c` in `slot` if that is lighter: greedily those that
    /// make most room for their weight, without those that others make needless. O(tasks of the set · classes
    /// of the slot).
    void look_at(std::size_t slot, std::uint32_t c, Ejection& best) {
        const auto need = table_.demand(table_.shape(c)), has = table_.residual(slot);
        missing_.clear();
        for (std::size_t d = 0; d < need.size(); ++d)
            missing_.push_back(has[d] == kUnlimited ? kNone : need[d] - has[d]);
        asked_ = table_.device_demand(table_.shape(c));
        devices_ = asked_ == 0 ? nullptr : table_.devices(table_.pool_of(slot));
        if (devices_ != nullptr) state_ = table_.device_state(slot);
        chosen_.clear();
        double weight = 0;
        while (!is_enough()) {
            const auto [of, tasks] = most_for_its_weight(slot, c);
            weight += weight_[of] * static_cast<double>(tasks);
            if (tasks == 0 || !(weight < best.weight)) return;
            chosen_.push_back({of, tasks});
            take(of, tasks);
        }
        for (SlotTable::Entry& entry : chosen_)
            for (; entry.tasks > 0; --entry.tasks) {
                take(entry.of, -1);
                if (is_enough()) {
                    weight -= weight_[entry.of];
                    continue;
                }
                take(entry.of, 1);
                break;
            }
        best = {weight, slot, chosen_};
    }

private:
    static constexpr Quantity kNone = std::numeric_limits<Quantity>::min();  ///< there is no limit

    bool is_enough() const {
        return std::ranges::all_of(missing_, [](Quantity missing) { return missing <= 0; }) &&
               (devices_ == nullptr || devices_->fit(state_, asked_, 1) == 1);
    }
    void take(std::uint32_t of, std::int64_t tasks) {
        const auto gives = table_.demand(table_.shape(of));
        for (std::size_t d = 0; d < missing_.size(); ++d)
            if (missing_[d] != kNone) missing_[d] -= tasks * gives[d];
        if (devices_ != nullptr)
            state_ = devices_->with(state_, table_.device_demand(table_.shape(of)), -tasks);
    }

    /// As many of one class as are there and not too many; none where nobody makes room.
    SlotTable::Entry most_for_its_weight(std::size_t slot, std::uint32_t c) const {
        SlotTable::Entry most{0, 0};
        double best = 0;
        const bool sums_hold = std::ranges::all_of(missing_, [](Quantity missing) { return missing <= 0; });
        for (const SlotTable::Entry& entry : table_.at(slot)) {
            if (entry.of == c || is_chosen(entry.of)) continue;
            const auto gives = table_.demand(table_.shape(entry.of));
            // Where there is enough of everything, it is not on the right devices.
            double room = sums_hold && table_.device_demand(table_.shape(entry.of)) != 0 ? 1 : 0;
            std::int64_t tasks = 1;
            for (std::size_t d = 0; d < missing_.size(); ++d) {
                if (missing_[d] <= 0 || gives[d] == 0) continue;
                room +=
                    static_cast<double>(std::min(gives[d], missing_[d])) / static_cast<double>(missing_[d]);
                tasks = std::max(tasks, (missing_[d] + gives[d] - 1) / gives[d]);
            }
            if (!(room > best * weight_[entry.of])) continue;
            best = room / weight_[entry.of];
            most = {entry.of, static_cast<std::uint32_t>(std::min<std::int64_t>(tasks, entry.tasks))};
        }
        return most;
    }
    bool is_chosen(std::uint32_t of) const {
        return std::ranges::any_of(chosen_, [&](const SlotTable::Entry& entry) { return entry.of == of; });
    }

    const SlotTable& table_;
    const std::vector<double>& weight_;
    std::vector<Quantity> missing_;  // by dimension
    std::uint32_t asked_ = 0;        // of devices
    DeviceStates* devices_ = nullptr;
    DeviceStates::State state_ = DeviceStates::kEmpty;
    std::vector<SlotTable::Entry> chosen_;
};

/// See place_rest.
class Ejector {
public:
    /// `waits(shape)`: whether tasks of it are to be placed, if left over.
    template <class Waits>
    Ejector(SlotTable& table, Waits&& waits, const SearchOptions& options, Control& control)
        : table_(table),
          open_(table),
          budget_(options, control),
          random_(options.seed),
          in_the_way_(table, weight_) {
        const auto weights = ranked_weights(table.market().problem());
        for (std::uint32_t c = 0; c < table.market().classes().size(); ++c) {
            const ShapeId shape = table.market().shape(table.shape(c));
            own_.push_back(weights.value()[shape.at()]);
            if (waits(shape))
                waiting_.insert(waiting_.end(),
                                static_cast<std::size_t>(std::min(table.left(c), kMostWaiting)), c);
        }
        weight_ = own_;
        for (const std::uint32_t c : waiting_) left_weight_ += own_[c];
    }

    bool run() {
        table_.settle();
        best_ = left_weight_;
        while (!waiting_.empty() && budget_.is_left()) {
            const std::size_t at = draw(waiting_.size());
            const std::uint32_t c = std::exchange(waiting_[at], waiting_.back());
            waiting_.pop_back();
            left_weight_ -= own_[c];
            if (!insert(table_, open_, c, budget_) && !eject_for(c)) {
                waiting_.push_back(c);
                left_weight_ += own_[c];
                if (open_.of(c).empty()) waiting_.pop_back();
            }
            if (left_weight_ < best_) {
                best_ = left_weight_;
                table_.settle();
            }
        }
        table_.undo_to(0);
        return !budget_.is_late();
    }

private:
    std::size_t draw(std::size_t size) {
        random_ = mix(random_, 0x51D7);
        return static_cast<std::size_t>((static_cast<unsigned __int128>(random_) * size) >> 64);
    }

    bool eject_for(std::uint32_t c) {
        weight_[c] *= 1 + kGrowth;
        const Ejection best = find_lightest(c);
        if (!(best.weight < weight_[c])) return false;
        const std::size_t before = table_.changes();
        for (const auto& [of, tasks] : best.tasks)
            for (std::uint32_t k = 0; k < tasks; ++k) table_.remove(of, best.slot);
        if (!table_.devices_hold(table_.shape(c), best.slot) ||
            !table_.links_hold(c, table_.pool_of(best.slot))) {
            table_.undo_to(before);
            return false;
        }
        table_.add(c, best.slot);
        for (const auto& [of, tasks] : best.tasks)
            for (std::uint32_t k = 0; k < tasks; ++k) {
                if (insert(table_, open_, of, budget_)) continue;
                waiting_.push_back(of);
                left_weight_ += own_[of];
            }
        return true;
    }

    /// Looks through slots of open pools, from a random pool on, and in each from a random slot on.
    Ejection find_lightest(std::uint32_t c) {
        Ejection best;
        const auto& pools = open_.of(c);
        if (pools.empty()) return best;
        const std::uint32_t s = table_.shape(c);
        std::size_t looked = 0, at = draw(pools.size());
        for (std::size_t i = 0; i < pools.size() && looked < kSlotsATry; ++i, at = (at + 1) % pools.size()) {
            const std::size_t first = table_.first_slot(pools[at].pool);
            const std::size_t slots = table_.first_slot(pools[at].pool + 1) - first;
            const std::size_t begin = slots > kSlotsATry ? draw(slots) : 0;
            for (std::size_t k = 0; k < std::min(slots, kSlotsATry); ++k) {
                const std::size_t slot = first + (begin + k) % slots;
                ++looked;
                if (table_.stays(s, slot)) in_the_way_.look_at(slot, c, best);
            }
        }
        budget_.spend(static_cast<std::int64_t>(looked));
        return best;
    }

    SlotTable& table_;
    OpenPools open_;
    SearchBudget budget_;
    std::uint64_t random_;
    std::vector<double> own_, weight_;  // by class: its ranked weight, and as it has grown
    InTheWay in_the_way_;
    std::vector<std::uint32_t> waiting_;  // a class as often as it has tasks that wait for a place
    double left_weight_ = 0, best_ = 0;
};

}  // namespace

bool place_rest(SlotTable& table, const SearchOptions& options, Control& control) {
    const std::vector<std::size_t> level = levels_of_shapes(table.market().problem());
    std::set<std::size_t> left;  // levels with tasks left over
    for (std::uint32_t c = 0; c < table.market().classes().size(); ++c)
        if (table.left(c) > 0) left.insert(level[table.market().shape(table.shape(c)).at()]);
    const Stopwatch watch;
    SearchOptions each = options;
    each.steps = options.steps / std::max<std::int64_t>(std::ssize(left), 1);
    for (const std::size_t lowest : left) {
        const auto waits = [&](ShapeId shape) { return level[shape.at()] <= lowest; };
        each.time_limit_s = options.time_limit_s - watch.seconds();
        if (!Ejector(table, waits, each, control).run()) return false;
    }
    return true;
}

}  // namespace gigafleet
