#include "gigafleet/bond_losses.hpp"

#include <algorithm>
#include <functional>
#include <map>

namespace gigafleet {

void TrialSlots::seat(const Problem::Shape& shape, const Filling& wanted, std::vector<Filling>& out) {
    if (Residents* residents = trial_.residents(wanted.pool))
        residents->seat(shape, wanted, out);
    else
        seat_in(trial_.open(wanted.pool), trial_.standing().context(), shape, wanted, out);
}

void TrialSlots::find_offers(PoolId pool, const Ask& ask, std::int64_t from, std::int64_t most,
                             std::span<const PoolState::Held> held, std::int64_t wanted,
                             std::vector<PoolState::Offer>& out) {
    if (const Residents* residents = trial_.residents(pool))
        residents->find_offers(pool, ask, from, most, held, wanted, out);
    else
        trial_.open(pool).find_offers(trial_.standing().context(), ask.demand, ask.devices, from, most, held,
                                      wanted, out);
}

void TrialSlots::save(PoolId pool) {
    if (const Residents* residents = trial_.residents(pool))
        saved_.push_back({pool, residents->mark(pool)});
    else
        saved_.push_back({pool, trial_.open(pool).mark()});
}

void TrialSlots::rewind() {
    for (auto saved = saved_.rbegin(); saved != saved_.rend(); ++saved) {
        if (Residents* residents = trial_.residents(saved->pool))
            residents->rewind(saved->pool, std::move(std::get<Residents::Mark>(saved->mark)));
        else
            trial_.open(saved->pool).rewind(std::move(std::get<PoolState::Mark>(saved->mark)));
    }
    saved_.clear();
}

BondLosses::BondLosses(const Groundwork& ground, Trial& trial)
    : ground_(ground),
      problem_(ground.problem),
      trial_(trial),
      classes_(problem_.workload().bonds().gangs.size()),
      state_(classes_.size(), State::kWhole),
      counts_(problem_),
      slots_(trial) {
    const auto& classes = problem_.workload().classes();
    for (std::size_t p = 0; p < problem_.fleet().pools().size(); ++p) pools_.emplace_back(p);
    for (std::size_t c = 0; c < classes.size(); ++c)
        if (const std::uint32_t gang = gang_of(ClassId(c)); gang != Bond::kNone && classes[c].members > 0)
            classes_[gang].emplace_back(c);
    for (auto& own : classes_)
        std::ranges::stable_sort(own, std::greater<>(),
                                 [&](ClassId c) { return ground.shares[classes[c.at()].shape.at()]; });
    counts_.add(trial.standing().solution());
}

void BondLosses::lose(std::uint32_t gang, bool for_good) {
    if (state_[gang] == State::kWhole) {
        broken_.push_back(gang);
        state_[gang] = State::kBroken;
    }
    if (for_good) state_[gang] = State::kGone;
}

void BondLosses::count(ClassId of, const Filling& filling, std::int64_t times) {
    const std::uint32_t spread = problem_.bond(of).spread;
    if (spread == Bond::kNone || filling.slots == 0) return;
    counts_.add(spread, filling, times);
    changes_.push_back({of, filling, times});
}

void BondLosses::leave(ClassId of, const Filling& filling, std::span<const Filling> rest) {
    count(of, filling, -1);
    for (const Filling& some : rest) count(of, some, 1);
}

void BondLosses::start(std::span<const Routes* const> routes, std::span<const std::uint8_t> lost) {
    lost_ = lost;
    on_.emplace(ground_, slots_, counts_, BondTrial::Spreads::kKept, routes);
}

/// Pools that may take one of the class.
std::vector<BondLosses::Choice> BondLosses::choices(ClassId of, std::span<const PoolId> pools, Order order) {
    const Problem::Shape& shape = problem_.shape(problem_.workload().classes()[of.at()].shape);
    std::vector<Choice> found;
    for (const PoolId pool : pools) {
        if (lost_[problem_.fleet().pools()[pool.at()].site.at()] || !trial_.may_hold(pool, shape.demand))
            continue;
        const double cost = on_->cost(of, pool);
        if (cost != KindCosts::kNever && trial_.has_room(shape, pool)) found.push_back({cost, pool});
    }
    on_->sort(of, order, found);
    return found;
}

bool BondLosses::fill(const BondTrial::Part& part, std::span<const PoolId> pools, Order order) {
    std::int64_t left = part.members;
    for (const Choice& choice : choices(part.of, pools, order)) {
        left -= on_->put(part.of, choice.pool, left);
        if (left == 0) return true;
    }
    return false;
}

bool BondLosses::place_gang(std::uint32_t gang, Placed* placed) {
    const auto& pools = problem_.fleet().pools();
    const BondLevel level = problem_.workload().bonds().gangs[gang].level;
    std::vector<BondTrial::Part> parts;
    for (const ClassId c : classes_[gang])
        parts.push_back({c, problem_.workload().classes()[c.at()].members});
    const std::vector<Choice> near = choices(parts.front().of, pools_);
    const auto domain = [&](PoolId pool) {
        return level == kNodeLevel ? pool.value : domain_of(problem_.network(), level, pools[pool.at()].site);
    };
    std::map<std::uint32_t, std::vector<PoolId>> inside;  // of the domains of near
    for (const Choice& choice : near) inside.try_emplace(domain(choice.pool));
    if (level != kNodeLevel)
        for (const PoolId pool : pools_)
            if (const auto own = inside.find(domain(pool)); own != inside.end()) own->second.push_back(pool);
    for (const Choice& choice : near) {
        const std::uint32_t at = domain(choice.pool);
        const auto own = at == kNoDomain ? inside.end() : inside.find(at);
        if (own == inside.end()) continue;
        const auto put = [&](const BondTrial::Part& part, Order order) {
            return fill(part, own->second, order);
        };
        if (on_->put_whole(parts, level, choice.pool, put)) {
            keep(placed);
            return true;
        }
        on_->undo();
        inside.erase(own);
    }
    return false;
}

std::int64_t BondLosses::place_apart(ClassId of, std::int64_t wanted, Placed* placed) {
    on_->begin();
    std::int64_t done = 0;
    for (const Choice& choice : choices(of, pools_)) {
        if (done == wanted) break;
        done += on_->put(of, choice.pool, wanted - done);
    }
    keep(placed);
    return done;
}

void BondLosses::keep(Placed* placed) {
    for (const PoolId pool : on_->touched()) trial_.settle(pool);
    Ledger ledger;
    on_->keep(ledger);
    std::size_t first = 0;
    for (const Ledger::Entry& entry : ledger.entries) {
        for (; first < entry.last; ++first) {
            const Filling& filling = ledger.fillings[first];
            if (problem_.bond(entry.of).spread != Bond::kNone) changes_.push_back({entry.of, filling, 1});
            if (placed != nullptr) placed->emplace_back(entry.of, filling);
        }
    }
}

void BondLosses::reset() {
    on_.reset();
    for (const std::uint32_t gang : broken_) state_[gang] = State::kWhole;
    broken_.clear();
    for (auto change = changes_.rbegin(); change != changes_.rend(); ++change)
        counts_.add(problem_.bond(change->of).spread, change->filling, -change->times);
    changes_.clear();
}

}  // namespace gigafleet
