// The seats of one slot, dealt to tasks so that the slot needs few weights.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "gigafleet/device_states.hpp"
#include "gigafleet/model_deal.hpp"
#include "gigafleet/residents.hpp"

namespace gigafleet {

/// The model that most of the slot's seats can have comes first, what the slot holds before what it has to
/// load; seats that no task can have stay empty, those that count the least first. All seats are of one level
/// of priority.
class SlotDealer {
public:
    /// Seats of a coarse class in a slot, and the shares that may have them, in the order of their models.
    struct Seats {
        ClassId of;
        const Problem::Shape* shape;
        bool bound;   ///< in a gang or spread group
        double cost;  ///< EUR/h of a task
        std::int64_t tasks;
        std::span<ModelShare> shares;  ///< from the first that has tasks on
    };
    struct Pick {
        ModelShare* share;
        double cost;
        std::int64_t tasks;
    };
    /// What a slot comes to.
    struct Slot {
        Amounts used{};
        ModelSet in_use = 0;
        Quantity load = 0;       ///< 1e-6 Mb
        Quantity memory = 0;     ///< left beside tasks and weights
        std::int64_t slots = 0;  ///< that can be dealt alike
    };

    /// Keeps references.
    SlotDealer(const Problem& problem, const Residents& residents)
        : problem_(problem), models_(*problem.models()), residents_(residents) {}

    /// Begins with slots of a site, without seats.
    void start(SiteId site) {
        site_ = site;
        seats_.clear();
    }
    bool is_empty() const { return seats_.empty(); }
    void add(const Seats& seats) {
        seats_.push_back(seats);
        skip_served(seats_.back());
    }
    /// So many seats more of a coarse class that has some. False where it has none.
    bool change(ClassId of, std::int64_t tasks);

    /// What is on slots already, and what tells whether tasks fit on their devices, if anything does.
    struct Base {
        Amounts used{};  ///< by tasks, weights aside
        ModelSet in_use = 0;
        DeviceStates* states = nullptr;
        DeviceStates::State on_devices = DeviceStates::kEmpty;
    };
    /// Deals the seats of one slot beside what is there, and tells how many of the `slots` next to it, itself
    /// included, can be dealt the same: the shares have given what all these take. O(models · shares).
    Slot deal(const AlikeSlots& alike, std::int64_t slots, const Base& base);
    /// Who has seats in such a slot.
    std::span<const Pick> picks() const { return picks_; }

private:
    static constexpr std::int32_t kNobody = -2;
    /// A gang is lost with each of its members, so bound tasks come first.
    enum class Rank : std::uint8_t { kNever, kFree, kBound };
    /// What speaks for a model, above all the first: rank; whether it is in use, or held; weight.
    using Claim = std::tuple<Rank, int, double>;

    static void skip_served(Seats& seats);
    const Amounts& demand(std::size_t i) const { return seats_[i].shape->demand; }
    std::pair<Rank, Quantity> worth(std::size_t i) const {
        return {seats_[i].bound ? Rank::kBound : Rank::kFree, seats_[i].shape->weight};
    }
    std::size_t least_worth() const;
    bool fits(const AlikeSlots& alike, const Base& base) const;
    void leave_empty(std::size_t seat, Slot& slot);
    bool has_memory(std::int32_t model, const Slot& slot) const;
    bool may_have(const ModelShare& share, const AlikeSlots& alike, const Slot& slot) const;
    Claim most_possible(const AlikeSlots& alike, const Slot& slot) const;
    std::int32_t choose(const AlikeSlots& alike, const Slot& slot);
    std::int64_t give(std::int32_t model, const AlikeSlots& alike, Slot& slot);
    void enter(std::int32_t model, const AlikeSlots& alike, Slot& slot) const;

    const Problem& problem_;
    const Models& models_;
    const Residents& residents_;
    SiteId site_;
    std::vector<Seats> seats_;
    std::vector<std::int64_t> left_;  ///< of these, that nobody has yet
    std::int64_t open_ = 0;           ///< sum of left_
    std::vector<Pick> picks_;
    std::array<double, kMaxModels + 1> gain_;  ///< weight of the seats that each model can have
};

}  // namespace gigafleet
