#include "gigafleet/seats.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <tuple>
#include <utility>

#include "gigafleet/parallel.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kShards = 64;     // of pools; fixed
constexpr std::size_t kCandidates = 16;  // tasks of a cell that are compared for a seat
constexpr float kTooLittle = 0.2f;       // how bad less than planned is, where more is 1
constexpr float kTooMuchAtLast = 100;    // the same for more, of the last task of a slot
constexpr double kMostStretch = 1.05;    // a slot that has room may take that much more than planned
constexpr std::size_t kSlotsToTry = 64;  // of a pool, for what did not fit where it was planned

/// Dimensions of which some task asks anything.
std::vector<std::size_t> asked_dimensions(const Problem& problem) {
    std::vector<std::size_t> asked;
    for (std::size_t d = 0; d < problem.fleet().schema().dimensions(); ++d)
        if (std::ranges::any_of(problem.shapes(), [&](const auto& shape) { return shape.demand[d] > 0; }))
            asked.push_back(d);
    return asked;
}

}  // namespace

/// Deals the seats of one pool after the other.
class Seats::Dealer {
public:
    /// Tasks of one coarse class that were planned into slots side by side.
    struct Batch {
        std::uint32_t shape;  ///< of the coarse problem
        std::int64_t first, slots, per_slot;
        std::span<const ClassId> tasks;
    };

    Dealer(const Problem& problem, const Problem& coarse)
        : problem_(problem),
          coarse_(coarse),
          dimensions_(problem.fleet().schema().dimensions()),
          asked_(asked_dimensions(coarse)),
          queue_of_shape_(coarse.shapes().size(), kNone) {}

    /// Appends to `seats`; `held` of the pool grows by them.
    void deal(PoolId pool, std::span<const Batch> batches, std::vector<HeldSlot>& held,
              std::vector<Seat>& seats) {
        pool_ = pool;
        find_queues(batches);
        find_slots(batches, held);
        rejected_.clear();
        for (Slot& slot : slots_) fill(slot, seats);
        for (const ClassId task : rejected_) try_elsewhere(task, seats);
        keep(held);
    }

private:
    static constexpr std::uint32_t kNone = UINT32_MAX;
    /// In the dimensions that are asked for, one after the other.
    using Sizes = std::array<float, kMaxDimensions>;
    /// Tasks of one cell that are planned into the pool.
    struct Queue {
        std::uint32_t shape;
        std::vector<ClassId> tasks;
        std::vector<Sizes> sizes;
    };
    struct Part {
        std::int64_t slot;
        std::uint32_t queue;
        std::int64_t tasks;
    };
    struct Slot {
        std::int64_t number;
        std::size_t first, last;  ///< parts
        Amounts left;             ///< kUnlimited where a dimension has no limit
        double stretch;           ///< how much more than planned it has room for, at least
    };

    const Fleet::Pool& fleet_pool() const { return problem_.fleet().pools()[pool_.at()]; }
    const Amounts& demand(ClassId task) const {
        return problem_.shape(problem_.workload().classes()[task.at()].shape).demand;
    }

    std::int64_t priority(ClassId task) const {
        return problem_.shape(problem_.workload().classes()[task.at()].shape).priority;
    }

    void find_queues(std::span<const Batch> batches) {
        queues_.clear();
        parts_.clear();
        for (const Batch& batch : batches) {
            std::uint32_t& own = queue_of_shape_[batch.shape];
            if (own == kNone) {
                own = static_cast<std::uint32_t>(queues_.size());
                queues_.push_back({batch.shape, {}, {}});
            }
            Queue& queue = queues_[own];
            for (const ClassId task : batch.tasks) {
                queue.tasks.push_back(task);
                Sizes& sizes = queue.sizes.emplace_back();
                const Amounts& asked = demand(task);
                for (std::size_t i = 0; i < asked_.size(); ++i)
                    sizes[i] = static_cast<float>(asked[asked_[i]]);
            }
            for (std::int64_t slot = batch.first; slot < batch.first + batch.slots; ++slot)
                parts_.push_back({slot, own, batch.per_slot});
        }
        for (const Queue& queue : queues_) queue_of_shape_[queue.shape] = kNone;
        std::ranges::stable_sort(parts_, {}, &Part::slot);
    }

    void find_slots(std::span<const Batch>, std::span<const HeldSlot> held) {
        slots_.clear();
        const Fleet& fleet = problem_.fleet();
        for (std::size_t first = 0; first < parts_.size();) {
            std::size_t last = first;
            while (last < parts_.size() && parts_[last].slot == parts_[first].slot) ++last;
            const std::int64_t number = parts_[first].slot;
            Slot slot{number, first, last,
                      fleet.capacity(fleet_pool(), fleet.entry_of_slot(fleet_pool(), number)), kMostStretch};
            const auto own = std::ranges::lower_bound(held, number, {}, &HeldSlot::slot);
            for (std::size_t d = 0; d < dimensions_; ++d) {
                if (slot.left[d] == kUnlimited) continue;
                if (own != held.end() && own->slot == number) slot.left[d] -= own->taken[d];
                const double planned = planned_for(slot, d);
                if (planned > 0)
                    slot.stretch = std::min(slot.stretch, static_cast<double>(slot.left[d]) / planned);
            }
            slots_.push_back(slot);
            first = last;
        }
        // The fullest first, while there are tasks to choose from.
        std::ranges::stable_sort(slots_, {}, &Slot::stretch);
    }

    double planned_for(const Slot& slot, std::size_t d) const {
        double sum = 0;
        for (std::size_t i = slot.first; i < slot.last; ++i)
            sum += static_cast<double>(planned(parts_[i].queue)[d] * parts_[i].tasks);
        return sum;
    }
    const Amounts& planned(std::uint32_t queue) const {
        return coarse_.shapes()[queues_[queue].shape].demand;
    }

    /// Seats the tasks of a slot, large ones first, each the one that keeps nearest to the plan.
    void fill(Slot& slot, std::vector<Seat>& seats) {
        Sizes share{}, stretch{}, ahead{};  // ahead: of the plan, what is chosen
        for (std::size_t i = 0; i < asked_.size(); ++i) {
            const std::size_t d = asked_[i];
            const double plan = planned_for(slot, d);
            if (slot.left[d] == kUnlimited || plan == 0) continue;
            stretch[i] = static_cast<float>(std::min(kMostStretch, static_cast<double>(slot.left[d]) / plan));
            share[i] = 1 / std::max(1.0f, static_cast<float>(slot.left[d]));
        }
        std::span<Part> parts(parts_.data() + slot.first, slot.last - slot.first);
        const auto size = [&](const Part& part) {
            float most = 0;
            for (std::size_t i = 0; i < asked_.size(); ++i)
                most = std::max(most, static_cast<float>(planned(part.queue)[asked_[i]]) * share[i]);
            return most;
        };
        if (parts.size() > 1)
            std::ranges::stable_sort(parts, [&](const Part& a, const Part& b) { return size(a) > size(b); });
        chosen_.clear();
        for (const Part& part : parts) {
            Queue& queue = queues_[part.queue];
            for (std::int64_t k = 0; k < part.tasks && !queue.tasks.empty(); ++k) {
                const bool last = k + 1 == part.tasks && &part == &parts.back();
                for (std::size_t i = 0; i < asked_.size(); ++i)
                    ahead[i] -= static_cast<float>(planned(part.queue)[asked_[i]]) * stretch[i];
                const std::size_t at = choose(queue, ahead, share, last ? kTooMuchAtLast : 1);
                for (std::size_t i = 0; i < asked_.size(); ++i) ahead[i] += queue.sizes[at][i];
                chosen_.push_back(queue.tasks[at]);
                queue.tasks[at] = queue.tasks.back();
                queue.sizes[at] = queue.sizes.back();
                queue.tasks.pop_back();
                queue.sizes.pop_back();
            }
        }
        for (const ClassId task : chosen_) {
            const Amounts& own = demand(task);
            for (const std::size_t d : asked_)
                if (slot.left[d] != kUnlimited) slot.left[d] -= own[d];
        }
        reject(slot);
        for (const ClassId task : chosen_) seats.push_back({task, pool_, slot.number});
    }

    std::size_t choose(const Queue& queue, const Sizes& ahead, const Sizes& share, float too_much) const {
        const std::size_t size = queue.tasks.size(), first = size - std::min(size, kCandidates);
        std::size_t best = first;
        float least = INFINITY;
        for (std::size_t t = first; t < size; ++t) {
            float off = 0;
            for (std::size_t i = 0; i < asked_.size(); ++i) {
                const float more = (ahead[i] + queue.sizes[t][i]) * share[i];
                off += more > 0 ? more * too_much : -more * kTooLittle;
            }
            if (off >= least) continue;
            least = off;
            best = t;
        }
        return best;
    }

    /// Takes tasks out until what is left fits, of the lowest priority: the smallest that is enough by
    /// itself, else the largest.
    void reject(Slot& slot) {
        const auto is_over = [&](const Amounts& left) {
            return std::ranges::any_of(std::span(left).first(dimensions_), [](Quantity q) { return q < 0; });
        };
        while (is_over(slot.left)) {
            std::size_t best = 0;
            std::tuple<std::int64_t, bool, double> rank{INT64_MIN, false, 0};
            for (std::size_t i = 0; i < chosen_.size(); ++i) {
                bool enough = true;
                double relief = 0;
                for (std::size_t d = 0; d < dimensions_; ++d) {
                    if (slot.left[d] >= 0) continue;
                    enough = enough && slot.left[d] + demand(chosen_[i])[d] >= 0;
                    relief += static_cast<double>(demand(chosen_[i])[d]) / static_cast<double>(-slot.left[d]);
                }
                if (relief == 0) continue;
                const std::tuple own{-priority(chosen_[i]), enough, enough ? 1 / relief : relief};
                if (own <= rank) continue;
                rank = own;
                best = i;
            }
            for (std::size_t d = 0; d < dimensions_; ++d)
                if (slot.left[d] != kUnlimited) slot.left[d] += demand(chosen_[best])[d];
            rejected_.push_back(chosen_[best]);
            chosen_.erase(chosen_.begin() + static_cast<std::ptrdiff_t>(best));
        }
    }

    void try_elsewhere(ClassId task, std::vector<Seat>& seats) {
        const Problem::Shape& shape = problem_.shape(problem_.workload().classes()[task.at()].shape);
        const std::int64_t from = first_slot_for(problem_, shape, pool_);
        for (std::size_t i = 0; i < std::min(slots_.size(), kSlotsToTry); ++i) {
            Slot& slot = slots_[slots_.size() - 1 - i];
            if (slot.number < from || !holds(std::span(slot.left).first(dimensions_), shape.demand)) continue;
            for (std::size_t d = 0; d < dimensions_; ++d)
                if (slot.left[d] != kUnlimited) slot.left[d] -= shape.demand[d];
            seats.push_back({task, pool_, slot.number});
            return;
        }
    }

    /// What the slots hold now.
    void keep(std::vector<HeldSlot>& held) {
        const Fleet& fleet = problem_.fleet();
        const std::size_t before = held.size();
        for (const Slot& slot : slots_) {
            HeldSlot now{slot.number, {}};
            const Amounts capacity =
                fleet.capacity(fleet_pool(), fleet.entry_of_slot(fleet_pool(), slot.number));
            for (std::size_t d = 0; d < dimensions_; ++d)
                if (capacity[d] != kUnlimited) now.taken[d] = capacity[d] - slot.left[d];
            const auto old =
                std::ranges::lower_bound(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(before),
                                         slot.number, {}, &HeldSlot::slot);
            if (old != held.begin() + static_cast<std::ptrdiff_t>(before) && old->slot == slot.number)
                *old = now;
            else
                held.push_back(now);
        }
        std::ranges::sort(held, {}, &HeldSlot::slot);
    }

    const Problem& problem_;
    const Problem& coarse_;
    std::size_t dimensions_;
    std::vector<std::size_t> asked_;
    std::vector<std::uint32_t> queue_of_shape_;  // kNone but while queues are found
    PoolId pool_;
    std::vector<Queue> queues_;
    std::vector<Part> parts_;
    std::vector<Slot> slots_;
    std::vector<ClassId> chosen_, rejected_;
};

void Seats::deal(const Coarse& coarse, const Solution& plan, int threads) {
    const auto& classes = coarse.problem->workload().classes();
    // The tasks of each coarse class by name, as many as have a seat.
    std::vector<std::size_t> first_task(classes.size() + 1);
    for (std::size_t c = 0; c < classes.size(); ++c)
        first_task[c + 1] = first_task[c] + static_cast<std::size_t>(plan.placed[c]);
    std::vector<ClassId> tasks(first_task.back());
    parallel_for(threads, kShards, [&](std::int64_t shard) {
        std::vector<ClassId> all;
        const auto [first, last] = shard_range(static_cast<std::int64_t>(classes.size()), kShards, shard);
        for (auto c = static_cast<std::size_t>(first); c < static_cast<std::size_t>(last); ++c) {
            const auto placed = static_cast<std::size_t>(plan.placed[c]);
            if (placed == 0) continue;
            all.clear();
            for (const ClassId id : coarse.of(c))
                all.insert(all.end(), static_cast<std::size_t>(left_[id.at()]), id);
            std::copy_n(all.begin(), placed, tasks.begin() + static_cast<std::ptrdiff_t>(first_task[c]));
        }
    });

    // By pool.
    std::vector<std::size_t> first_batch(problem_.fleet().pools().size() + 1);
    for (const Filling& filling : plan.fillings) ++first_batch[filling.pool.at() + 1];
    for (std::size_t p = 0; p + 1 < first_batch.size(); ++p) first_batch[p + 1] += first_batch[p];
    std::vector<Dealer::Batch> batches(plan.fillings.size());
    std::vector<std::size_t> next(first_batch.begin(), first_batch.end() - 1);
    for (std::size_t c = 0; c < classes.size(); ++c) {
        std::size_t task = first_task[c];
        for (std::size_t f = plan.of_class[c].first; f < plan.of_class[c].last; ++f) {
            const Filling& filling = plan.fillings[f];
            const auto n = static_cast<std::size_t>(filling.slots * filling.per_slot);
            batches[next[filling.pool.at()]++] = {classes[c].shape.value, filling.first, filling.slots,
                                                  filling.per_slot, std::span(tasks).subspan(task, n)};
            task += n;
        }
    }
    const std::int64_t shards = tasks.size() < 1000 ? 1 : kShards;
    const auto pools = static_cast<std::int64_t>(problem_.fleet().pools().size());
    std::vector<std::vector<Seat>> seats(static_cast<std::size_t>(shards));
    parallel_for(threads, shards, [&](std::int64_t shard) {
        std::optional<Dealer> dealer;
        const auto [first, last] = shard_range(pools, shards, shard);
        for (auto p = static_cast<std::size_t>(first); p < static_cast<std::size_t>(last); ++p) {
            if (first_batch[p] == first_batch[p + 1]) continue;
            if (!dealer) dealer.emplace(problem_, *coarse.problem);
            dealer->deal(PoolId(p),
                         std::span(batches).subspan(first_batch[p], first_batch[p + 1] - first_batch[p]),
                         held_.by_pool[p], seats[static_cast<std::size_t>(shard)]);
        }
    });
    const std::size_t before = seats_.size();
    for (const auto& part : seats) seats_.insert(seats_.end(), part.begin(), part.end());
    for (std::size_t i = before; i < seats_.size(); ++i) --left_[seats_[i].of.at()];
    if (linked_) reserve_links(before);
}

}  // namespace gigafleet
