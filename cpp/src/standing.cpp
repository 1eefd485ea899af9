#include "gigafleet/standing.hpp"

namespace gigafleet {

Standing::Standing(const Problem& problem, const Solution& solution)
    : problem_(problem),
      solution_(solution),
      holdings_(problem, solution),
      context_(problem),
      rooms_(problem) {
    const std::size_t pools = problem.fleet().pools().size();
    pools_.reserve(pools);
    std::vector<PoolState::Wish> wishes;
    std::vector<PoolState::Refusal> none;
    for (std::size_t p = 0; p < pools; ++p) {
        PoolState& state = pools_.emplace_back(context_, PoolId(p));
        wishes.clear();
        for (const Holdings::Held& held : holdings_.of(PoolId(p))) wishes.push_back(holdings_.wish(held));
        if (wishes.empty()) continue;
        sort_wishes(wishes);
        state.seat(context_, wishes, none);
        rooms_.set(PoolId(p), state.room(context_));
    }
}

Trial::Trial(const Standing& standing)
    : standing_(standing),
      loads_(standing.solution().loads),
      copy_of_(standing.problem().fleet().pools().size(), kNone) {}

void Trial::reset() {
    loads_ = standing_.solution().loads;
    for (const Copy& copy : copies_) copy_of_[copy.pool.at()] = kNone;
    copies_.clear();
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
    Copy& own = copy(pool, standing_.pool(pool));
    const std::int64_t taken = own.state.fill(standing_.context(), id, shape.demand,
                                              first_slot_for(problem, shape, pool), wanted, out);
    own.room = own.state.room(standing_.context());
    return taken;
}

void Trial::refill(PoolId id, std::span<PoolState::Wish> wishes) {
    PoolState fresh(standing_.context(), id);
    sort_wishes(wishes);
    fresh.seat(standing_.context(), wishes, refused_);
    Copy& own = copy(id, fresh);
    own.state = std::move(fresh);
    own.room = own.state.room(standing_.context());
}

}  // namespace gigafleet
