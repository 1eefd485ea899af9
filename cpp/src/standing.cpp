#include "gigafleet/standing.hpp"

namespace gigafleet {

namespace {

void seat_all(Residents& residents, PoolId pool, std::span<const PoolState::Wish> wishes) {
    std::vector<Filling> fillings;
    fillings.reserve(wishes.size());
    std::vector<Residents::Seated> seated;
    for (const PoolState::Wish& wish : wishes) {
        fillings.push_back({pool, wish.first, wish.slots, wish.per_slot});
        seated.push_back({&fillings.back(), wish.shape});
    }
    residents.settle(pool, seated, true);
}

}  // namespace

Standing::Standing(const Problem& problem, const Solution& solution)
    : problem_(problem),
      solution_(solution),
      holdings_(problem, solution),
      context_(problem),
      rooms_(problem) {
    const auto& pools = problem.fleet().pools();
    if (problem.models() != nullptr) residents_.emplace(problem);
    pools_.reserve(pools.size());
    std::vector<PoolState::Wish> wishes;
    std::vector<PoolState::Refusal> none;
    for (std::size_t p = 0; p < pools.size(); ++p) {
        const PoolId id(p);
        if (!residents_) pools_.emplace_back(context_, id);
        wishes.clear();
        for (const Holdings::Held& held : holdings_.of(id)) wishes.push_back(holdings_.wish(held));
        if (wishes.empty()) continue;
        sort_wishes(wishes);
        if (residents_) {
            seat_all(*residents_, id, wishes);
            continue;
        }
        pools_[p].seat(context_, wishes, none);
        rooms_.set(id, pools_[p].room(context_));
    }
}

Trial::Trial(const Standing& standing)
    : standing_(standing),
      loads_(standing.solution().loads),
      copy_of_(standing.problem().fleet().pools().size(), kNone) {
    if (standing.residents() != nullptr) residents_.emplace(*standing.residents());
}

void Trial::reset() {
    loads_ = standing_.solution().loads;
    for (const Copy& copy : copies_) copy_of_[copy.pool.at()] = kNone;
    copies_.clear();
    for (const PoolId pool : changed_) {
        copy_of_[pool.at()] = kNone;
        residents_->set(pool, standing_.residents()->runs(pool), standing_.residents()->on_devices(pool));
        const SiteId site = standing_.problem().fleet().pools()[pool.at()].site;
        residents_->take_allowance(site,
                                   residents_->allowance(site) - standing_.residents()->allowance(site));
    }
    changed_.clear();
}

void Trial::change(PoolId id) {
    if (copy_of_[id.at()] != kNone) return;
    copy_of_[id.at()] = static_cast<std::uint32_t>(changed_.size());
    changed_.push_back(id);
}

Trial::Copy& Trial::copy(PoolId id, const PoolState& state) {
    std::uint32_t& own = copy_of_[id.at()];
    if (own == kNone) {
        own = static_cast<std::uint32_t>(copies_.size());
        copies_.push_back({id, state, {}});
    }
    return copies_[own];
}

std::int64_t Trial::fill(ShapeId id, PoolId pool, std::int64_t wanted, std::vector<Filling>& out) {
    const Problem& problem = standing_.problem();
    const Problem::Shape& shape = problem.shape(id);
    if (residents_) {
        change(pool);
        return residents_->fill(shape, pool, wanted, out);
    }
    Copy& own = copy(pool, standing_.pool(pool));
    const std::int64_t taken = own.state.fill(standing_.context(), id, shape.demand,
                                              first_slot_for(problem, shape, pool), wanted, out);
    own.room = own.state.room(standing_.context());
    return taken;
}

bool Trial::refill(PoolId id, std::span<PoolState::Wish> wishes) {
    sort_wishes(wishes);
    if (residents_) {
        const Problem& problem = standing_.problem();
        Quantity before = 0;
        for (const Residents::Run& run : residents_->runs(id))
            before += megabits_loaded(problem, id, run.first, run.first + run.slots, run.in_use);
        const SiteId site = problem.fleet().pools()[id.at()].site;
        const Quantity allowance = residents_->allowance(site);
        change(id);
        residents_->take_allowance(site, -before);
        seat_all(*residents_, id, wishes);
        return residents_->allowance(site) > allowance;
    }
    PoolState fresh(standing_.context(), id);
    fresh.seat(standing_.context(), wishes, refused_);
    const Amounts room = fresh.room(standing_.context());
    std::uint32_t& own = copy_of_[id.at()];
    if (own == kNone) {
        own = static_cast<std::uint32_t>(copies_.size());
        copies_.push_back({id, std::move(fresh), room});
    } else {
        copies_[own].state = std::move(fresh);
        copies_[own].room = room;
    }
    return false;
}

}  // namespace gigafleet
