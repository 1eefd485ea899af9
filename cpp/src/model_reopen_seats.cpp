// Seats put on slots with their weights, pool by pool.
#include <algorithm>
#include <utility>

#include "gigafleet/model_reopen.hpp"
#include "gigafleet/parallel.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kShards = 64;  // of pools: more than threads, for balance

/// Works on one pool after the other; those of a site share its window.
class PoolSeater {
public:
    PoolSeater(const Problem& problem, std::span<const ModelSeat> seats, std::size_t certain,
               Residents& residents, std::vector<SeatRefusal>& refused)
        : problem_(problem),
          models_(*problem.models()),
          seats_(seats),
          certain_(certain),
          residents_(residents),
          refused_(refused) {}

    /// Takes what the certain ones among these seats in the pool load off the window of its site.
    void charge(PoolId pool, std::span<const std::uint32_t> numbers) {
        enter(pool);
        const auto end = std::ranges::lower_bound(numbers, certain_);
        sweep(numbers.first(static_cast<std::size_t>(end - numbers.begin())),
              [&](std::int64_t first, std::int64_t last) { charge_slots(first, last); });
    }

    /// Seats `numbers`, in order.
    void seat(PoolId pool, std::span<const std::uint32_t> numbers) {
        enter(pool);
        runs_.clear();
        on_devices_.clear();
        states_ = residents_.devices(pool);
        sweep(numbers, [&](std::int64_t first, std::int64_t last) {
            for_alike_slots(problem_, pool_, first, last, [&](const AlikeSlots& alike) {
                for (std::int64_t at = alike.first; at < alike.last;) at += seat_alike(alike, at);
                return true;
            });
        });
        residents_.set(pool, runs_, on_devices_);
    }

private:
    struct Edge {
        std::int64_t slot;
        std::uint32_t number;
        bool begins;
    };

    void enter(PoolId pool) {
        pool_ = pool;
        site_ = problem_.fleet().pools()[pool.at()].site;
    }
    const Problem::Shape& shape(std::uint32_t number) const {
        return problem_.shape(problem_.workload().classes()[seats_[number].of.at()].shape);
    }

    /// Calls f(first, last) for all slots of the pool in order; the seats on them are `here_`.
    template <class F>
    void sweep(std::span<const std::uint32_t> numbers, F&& f) {
        edges_.clear();
        for (const std::uint32_t number : numbers) {
            const Filling& at = seats_[number].at;
            edges_.push_back({at.first, number, true});
            edges_.push_back({at.first + at.slots, number, false});
        }
        std::ranges::sort(edges_, {}, [](const Edge& edge) { return std::pair(edge.slot, edge.number); });
        here_.clear();
        std::int64_t slot = 0;
        for (const Edge& edge : edges_) {
            if (slot < edge.slot) f(slot, edge.slot);
            slot = edge.slot;
            const auto it = std::ranges::lower_bound(here_, edge.number);
            if (edge.begins)
                here_.insert(it, edge.number);
            else
                here_.erase(it);
        }
        const std::int64_t slots = problem_.fleet().pools()[pool_.at()].slots;
        if (slot < slots) f(slot, slots);
    }

    void charge_slots(std::int64_t first, std::int64_t last) {
        ModelSet in_use = 0;
        for (const std::uint32_t number : here_)
            if (shape(number).model != kNoModel) in_use |= only(shape(number).model);
        residents_.take_allowance(site_, megabits_loaded(problem_, pool_, first, last, in_use));
    }

    /// As many slots from `first` on as can be seated the same: less than all where the window is short.
    std::int64_t seat_alike(const AlikeSlots& alike, std::int64_t first) {
        Residents::Run run{first, alike.last - first, {}, 0};
        Quantity load = 0;  // of each slot
        auto on_devices = DeviceStates::kEmpty;
        given_.clear();
        for (const std::uint32_t number : here_) {
            const Problem::Shape& own = shape(number);
            const std::int64_t wanted = seats_[number].at.per_slot;
            const auto [tasks, loads] =
                number < certain_ ? Residents::Fit{wanted, false}
                                  : residents_.fit(own, alike, run, site_, most(own, on_devices, wanted));
            given_.push_back(tasks);
            if (tasks == 0) continue;
            if (loads && models_.megabits(own.model) > 0) {
                const Quantity each = models_.megabits(own.model), left = residents_.allowance(site_);
                const std::int64_t slots =
                    left == kUnlimited ? run.slots : std::min(run.slots, std::int64_t{left / each});
                residents_.take_allowance(site_, each * slots - load * (run.slots - slots));
                load += each;
                run.slots = slots;
            }
            if (own.model != kNoModel) run.in_use |= only(own.model);
            if (states_ != nullptr) on_devices = states_->with(on_devices, own.device_demand, tasks);
            for (std::size_t d = 0; d < kMaxDimensions; ++d) run.used[d] += tasks * own.demand[d];
        }
        for (std::size_t i = 0; i < here_.size(); ++i) refuse(here_[i], given_[i], run);
        if (!residents_.is_exhausted(alike.capacity, run.used, run.in_use)) keep(run, on_devices);
        return run.slots;
    }

    void refuse(std::uint32_t number, std::int64_t given, const Residents::Run& run) {
        const std::int64_t lacks = seats_[number].at.per_slot - given;
        if (lacks > 0) refused_.push_back({number, run.first, run.slots, lacks});
    }

    /// Of `limit` tasks, how many devices that hold so much have room for.
    std::int64_t most(const Problem::Shape& shape, DeviceStates::State on_devices, std::int64_t limit) const {
        return states_ == nullptr ? limit : states_->fit(on_devices, shape.device_demand, limit);
    }

    void keep(const Residents::Run& run, DeviceStates::State on_devices) {
        if (!runs_.empty() && on_devices_.back() == on_devices) {
            Residents::Run& last = runs_.back();
            if (last.first + last.slots == run.first && last.used == run.used && last.in_use == run.in_use) {
                last.slots += run.slots;
                return;
            }
        }
        runs_.push_back(run);
        on_devices_.push_back(on_devices);
    }

    const Problem& problem_;
    const Models& models_;
    std::span<const ModelSeat> seats_;
    std::size_t certain_;
    Residents& residents_;
    std::vector<SeatRefusal>& refused_;
    PoolId pool_;
    SiteId site_;
    std::vector<Edge> edges_;
    std::vector<std::uint32_t> here_;              ///< seats on the slots at hand, in order
    std::vector<std::int64_t> given_;              ///< of each of them
    std::vector<Residents::Run> runs_;             ///< of the pool
    DeviceStates* states_ = nullptr;               ///< of its devices; none where no task could use any
    std::vector<DeviceStates::State> on_devices_;  ///< by run
};

}  // namespace

std::vector<SeatRefusal> seat_models(const Problem& problem, std::span<const ModelSeat> seats,
                                     std::size_t certain, Residents& residents, int threads) {
    const auto& pools = problem.fleet().pools();
    std::vector<std::size_t> first(pools.size() + 1, 0);
    for (const ModelSeat& seat : seats) ++first[seat.at.pool.at() + 1];
    for (std::size_t p = 0; p < pools.size(); ++p) first[p + 1] += first[p];
    std::vector<std::size_t> next(first.begin(), first.end() - 1);
    std::vector<std::uint32_t> numbers(seats.size());
    for (std::size_t i = 0; i < seats.size(); ++i)
        numbers[next[seats[i].at.pool.at()]++] = static_cast<std::uint32_t>(i);
    std::vector<std::vector<SeatRefusal>> refused(kShards);
    parallel_for(threads, kShards, [&](std::int64_t shard) {
        PoolSeater seater(problem, seats, certain, residents, refused[static_cast<std::size_t>(shard)]);
        const auto [begin, end] = shard_range(static_cast<std::int64_t>(pools.size()), kShards, shard);
        auto p = static_cast<std::size_t>(begin);
        while (p > 0 && p < pools.size() && pools[p].site == pools[p - 1].site) ++p;
        while (p < static_cast<std::size_t>(end)) {
            std::size_t last = p;
            while (last < pools.size() && pools[last].site == pools[p].site) ++last;
            const auto in_pool = [&](std::size_t i) {
                return std::span(numbers).subspan(first[i], first[i + 1] - first[i]);
            };
            for (std::size_t i = p; i < last && certain > 0; ++i) seater.charge(PoolId(i), in_pool(i));
            for (; p < last; ++p)
                if (!in_pool(p).empty()) seater.seat(PoolId(p), in_pool(p));
        }
    });
    std::vector<SeatRefusal> all;
    for (const auto& some : refused) all.insert(all.end(), some.begin(), some.end());
    std::ranges::sort(all, {}, [](const SeatRefusal& r) { return std::pair(r.number, r.first); });
    return all;
}

}  // namespace gigafleet
