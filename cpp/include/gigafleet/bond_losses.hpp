// Gangs and spread groups of a plan that loses members: who leaves with them, and where they may run again.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "gigafleet/bond_slots.hpp"
#include "gigafleet/bond_trial.hpp"
#include "gigafleet/standing.hpp"

namespace gigafleet {

/// The slots of a trial. Keeps a reference.
class TrialSlots final : public BondSlots {
public:
    explicit TrialSlots(Trial& trial) : trial_(trial) {}

    Loads& loads() override { return trial_.loads(); }
    /// Nobody is left to be placed: who lost a place is known elsewhere.
    std::int64_t& left(ClassId) override { return none_ = 0; }
    bool is_open(PoolId) const override { return true; }
    Amounts room(PoolId pool) const override { return trial_.room(pool); }
    void fill(ShapeId shape, PoolId pool, std::int64_t wanted, std::vector<Filling>& out) override {
        trial_.fill(shape, pool, wanted, out);
    }
    void seat(const Problem::Shape& shape, const Filling& wanted, std::vector<Filling>& out) override;
    void find_offers(PoolId pool, const Ask& ask, std::int64_t from, std::int64_t most,
                     std::span<const PoolState::Held> held, std::int64_t wanted,
                     std::vector<PoolState::Offer>& out) override;
    void save(PoolId pool) override;
    void forget() override { saved_.clear(); }
    void rewind() override;

private:
    struct Saved {
        PoolId pool;
        std::variant<PoolState::Mark, Residents::Mark> mark;
    };
    Trial& trial_;
    std::vector<Saved> saved_;
    std::int64_t none_ = 0;
};

/// Of one thread's trials. Keeps references.
class BondLosses {
public:
    /// O(classes + members of spread groups).
    BondLosses(const Groundwork& ground, Trial& trial);

    std::uint32_t gang_of(ClassId id) const { return problem_.bond(id).gang; }
    std::span<const ClassId> classes(std::uint32_t gang) const { return classes_[gang]; }

    /// A gang lost a member; `for_good`: which does not come back.
    void lose(std::uint32_t gang, bool for_good);
    /// Gangs that lost members, in the order in which they did.
    std::span<const std::uint32_t> broken() const { return broken_; }
    bool is_broken(std::uint32_t gang) const { return state_[gang] != State::kWhole; }
    bool may_return(std::uint32_t gang) const { return state_[gang] == State::kBroken; }

    /// What members left of a filling: `rest` are its seats that are taken still.
    void leave(ClassId of, const Filling& filling, std::span<const Filling> rest);

    /// What holds for a trial. `lost`: by site. `routes`: by transit policy, without what was lost, of those
    /// that bound tasks use.
    void start(std::span<const Routes* const> routes, std::span<const std::uint8_t> lost);
    bool is_started() const { return on_.has_value(); }

    using Placed = std::vector<std::pair<ClassId, Filling>>;
    /// Places a gang whole: in the domain of the cheapest pool that holds it (BoundTasks::try_in). Appends
    /// where. O(pools · log), and for each domain that does not hold it O(its pools).
    bool place_gang(std::uint32_t gang, Placed* placed);
    /// Places up to `wanted` members of a class that is spread, the cheapest pools first; returns how many.
    std::int64_t place_apart(ClassId of, std::int64_t wanted, Placed* placed);

    void reset();

private:
    enum class State : std::uint8_t { kWhole, kBroken, kGone };
    using Choice = BondTrial::Choice;
    using Order = BondTrial::Order;
    std::vector<Choice> choices(ClassId of, std::span<const PoolId> pools, Order order = Order::kByCost);
    bool fill(const BondTrial::Part& part, std::span<const PoolId> pools, Order order);
    void keep(Placed* placed);
    void count(ClassId of, const Filling& filling, std::int64_t times);

    const Groundwork& ground_;
    const Problem& problem_;
    Trial& trial_;
    std::vector<PoolId> pools_;
    std::vector<std::vector<ClassId>> classes_;  ///< by gang, the largest members first
    std::vector<State> state_;                   ///< by gang
    std::vector<std::uint32_t> broken_;
    SpreadCounts counts_;
    struct Change {
        ClassId of;
        Filling filling;
        std::int64_t times;
    };
    std::vector<Change> changes_;  ///< of counts_, in this trial
    std::span<const std::uint8_t> lost_;
    TrialSlots slots_;
    std::optional<BondTrial> on_;
};

}  // namespace gigafleet
