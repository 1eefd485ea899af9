#include "gigafleet/leftovers.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "gigafleet/hash.hpp"
#include "gigafleet/interner.hpp"

namespace gigafleet {

/// From fillings that overlap to runs that do not, pool by pool.
class Leftovers::Sweep {
public:
    explicit Sweep(Leftovers& to) : to_(to) {}

    void add(const PoolState::Wish& wish) {
        edges_.push_back({wish.first, wish.shape, wish.per_slot});
        edges_.push_back({wish.first + wish.slots, wish.shape, -wish.per_slot});
    }

    /// Writes the runs of a pool with what was added, and forgets that.
    void finish(const Fleet::Pool& pool) {
        std::ranges::sort(edges_, {}, &Edge::slot);
        used_ = {};
        on_devices_.clear();
        of_model_.clear();
        std::int64_t slot = 0;
        bool fresh = true;
        for (const Edge& edge : edges_) {
            if (slot < edge.slot) write(slot, fresh);
            slot = edge.slot;
            const Amounts& demand = edge.shape->demand;
            for (std::size_t d = 0; d < to_.dimensions_; ++d)
                used_[d] += WideQuantity{demand[d]} * edge.tasks;
            if (const std::uint32_t asked = edge.shape->device_demand; asked != 0)
                if ((on_devices_[asked] += edge.tasks) == 0) on_devices_.erase(asked);
            if (const std::int32_t model = edge.shape->model; model != kNoModel)
                if ((of_model_[model] += edge.tasks) == 0) of_model_.erase(model);
        }
        if (slot < pool.slots) write(slot, fresh);
        edges_.clear();
    }

private:
    struct Edge {
        std::int64_t slot;
        const Problem::Shape* shape;
        std::int64_t tasks;  ///< from this slot on
    };

    /// A run from `slot` on, unless it continues the one before.
    void write(std::int64_t slot, bool& fresh) {
        Amounts amounts{};
        for (std::size_t d = 0; d < to_.dimensions_; ++d)  // of what has no limit there may be any amount
            amounts[d] = static_cast<Quantity>(std::min<WideQuantity>(used_[d], kUnlimited));
        Guests guests{{on_devices_.begin(), on_devices_.end()}};
        for (const auto& [model, tasks] : of_model_) guests.models |= only(model);
        const std::uint32_t number = number_of(amounts), who = to_.number_of(std::move(guests));
        if (fresh || to_.runs_.back().used != number || to_.runs_.back().guests != who)
            to_.runs_.push_back({slot, number, who});
        fresh = false;
    }

    std::uint32_t number_of(const Amounts& amounts) {
        const std::size_t n = to_.dimensions_;
        for (std::uint64_t salt = 0;; ++salt) {  // two amounts may share a hash, but not with every salt
            std::uint64_t key = salt;
            for (std::size_t d = 0; d < n; ++d) key = mix(key, static_cast<std::uint64_t>(amounts[d]));
            const std::uint32_t known = numbers_.size(), number = numbers_.intern(key);
            if (number == known) {
                to_.used_.insert(to_.used_.end(), amounts.begin(),
                                 amounts.begin() + static_cast<std::ptrdiff_t>(n));
                return number;
            }
            if (std::equal(amounts.begin(), amounts.begin() + static_cast<std::ptrdiff_t>(n),
                           to_.used_.begin() + static_cast<std::ptrdiff_t>(number * n)))
                return number;
        }
    }

    Leftovers& to_;
    std::vector<Edge> edges_;
    std::array<WideQuantity, kMaxDimensions> used_{};
    std::map<std::uint32_t, std::int64_t> on_devices_;  ///< tasks by demand
    std::map<std::int32_t, std::int64_t> of_model_;     ///< tasks by model
    Interner numbers_;
};

std::uint32_t Leftovers::number_of(Guests&& guests) {
    const auto next = static_cast<std::uint32_t>(guests_.size());
    const auto [known, fresh] = number_of_guests_.try_emplace(std::move(guests), next);
    if (fresh) guests_.push_back(&known->first);
    return known->second;
}

Leftovers::Leftovers(const Problem& problem, const Holdings& holdings)
    : fleet_(problem.fleet()), dimensions_(fleet_.schema().dimensions()) {
    number_of({});
    Sweep sweep(*this);
    first_run_.reserve(fleet_.pools().size() + 1);
    for (std::size_t p = 0; p < fleet_.pools().size(); ++p) {
        first_run_.push_back(runs_.size());
        for (const Holdings::Held& held : holdings.of(PoolId(p))) sweep.add(holdings.wish(held));
        sweep.finish(fleet_.pools()[p]);
    }
    first_run_.push_back(runs_.size());
}

}  // namespace gigafleet
