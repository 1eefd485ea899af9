// Slots and links that bound tasks are put into on trial: those of a placement, or of residents.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/placement.hpp"
#include "gigafleet/residents.hpp"

namespace gigafleet {

/// What BondTrial and BoundTasks work on. Room only shrinks, but for rewind().
class BondSlots {
public:
    using Ask = Residents::Ask;

    virtual ~BondSlots() = default;

    virtual Loads& loads() = 0;
    /// Members of a class that are still to be placed.
    virtual std::int64_t& left(ClassId id) = 0;
    /// False where no task fits any more; and what of one slot is left at most.
    virtual bool is_open(PoolId pool) const = 0;
    virtual Amounts room(PoolId pool) const = 0;

    /// Puts up to `wanted` tasks into the pool, on nodes that stay long enough, and appends where: fewer only
    /// where the pool can hold no more.
    virtual void fill(ShapeId shape, PoolId pool, std::int64_t wanted, std::vector<Filling>& out) = 0;
    /// Puts up to `per_slot` tasks into each of these slots and appends where.
    virtual void seat(const Problem::Shape& shape, const Filling& wanted, std::vector<Filling>& out) = 0;
    /// PoolState::find_offers.
    virtual void find_offers(PoolId pool, const Ask& ask, std::int64_t from, std::int64_t most,
                             std::span<const PoolState::Held> held, std::int64_t wanted,
                             std::vector<PoolState::Offer>& out) = 0;

    /// Remembers what a pool is like, once until it is forgotten or rewound. Links are the caller's.
    virtual void save(PoolId pool) = 0;
    virtual void forget() = 0;
    virtual void rewind() = 0;
};

/// Seats tasks in a pool on the slots of a filling, and appends where.
void seat_in(PoolState& state, const PoolState::Context& context, const Problem::Shape& shape,
             const Filling& wanted, std::vector<Filling>& out);

/// Those of a placement. Keeps a reference.
class PlacementSlots : public BondSlots {
public:
    explicit PlacementSlots(Placement& placement) : placement_(placement) {}

    Loads& loads() override { return placement_.loads(); }
    std::int64_t& left(ClassId id) override { return placement_.left(id); }
    bool is_open(PoolId pool) const override { return placement_.is_open(pool); }
    Amounts room(PoolId pool) const override { return placement_.room(pool); }
    void fill(ShapeId shape, PoolId pool, std::int64_t wanted, std::vector<Filling>& out) override {
        placement_.fill(shape, pool, wanted, out);
    }
    void seat(const Problem::Shape& shape, const Filling& wanted, std::vector<Filling>& out) override {
        seat_in(placement_.state(wanted.pool), placement_.context(), shape, wanted, out);
    }
    void find_offers(PoolId pool, const Ask& ask, std::int64_t from, std::int64_t most,
                     std::span<const PoolState::Held> held, std::int64_t wanted,
                     std::vector<PoolState::Offer>& out) override {
        placement_.state(pool).find_offers(placement_.context(), ask.demand, ask.devices, from, most, held,
                                           wanted, out);
    }
    void save(PoolId pool) override { saved_.emplace_back(pool, placement_.state(pool).mark()); }
    void forget() override { saved_.clear(); }
    void rewind() override;

private:
    Placement& placement_;
    std::vector<std::pair<PoolId, PoolState::Mark>> saved_;
};

/// Those of residents, where weights take memory and sites load only so much. `left`: by class. Keeps
/// references.
class ResidentSlots : public BondSlots {
public:
    ResidentSlots(const Problem& problem, Residents& residents, Loads& loads, std::span<std::int64_t> left)
        : problem_(problem), residents_(residents), loads_(loads), left_(left) {}

    Loads& loads() override { return loads_; }
    std::int64_t& left(ClassId id) override { return left_[id.at()]; }
    bool is_open(PoolId pool) const override { return residents_.is_open(pool); }
    Amounts room(PoolId pool) const override { return residents_.room(pool); }
    void fill(ShapeId shape, PoolId pool, std::int64_t wanted, std::vector<Filling>& out) override {
        residents_.fill(problem_.shape(shape), pool, wanted, out);
    }
    void seat(const Problem::Shape& shape, const Filling& wanted, std::vector<Filling>& out) override {
        residents_.seat(shape, wanted, out);
    }
    void find_offers(PoolId pool, const Ask& ask, std::int64_t from, std::int64_t most,
                     std::span<const PoolState::Held> held, std::int64_t wanted,
                     std::vector<PoolState::Offer>& out) override {
        residents_.find_offers(pool, ask, from, most, held, wanted, out);
    }
    void save(PoolId pool) override { saved_.emplace_back(pool, residents_.mark(pool)); }
    void forget() override { saved_.clear(); }
    void rewind() override;

private:
    const Problem& problem_;
    Residents& residents_;
    Loads& loads_;
    std::span<std::int64_t> left_;
    std::vector<std::pair<PoolId, Residents::Mark>> saved_;
};

}  // namespace gigafleet
