#include "gigafleet/bond_trial.hpp"

#include <algorithm>

#include "gigafleet/fillings.hpp"
#include "gigafleet/objective.hpp"

namespace gigafleet {

namespace {

constexpr std::size_t kMostOrders = 8;  // of the parts of a gang, that are tried

std::vector<const Routes*> routes_of(const Problem& problem) {
    std::vector<const Routes*> all;
    for (const auto& routes : problem.policies()) all.push_back(routes.get());
    return all;
}

}  // namespace

BondTrial::BondTrial(const ShapeGroundwork& ground, BondSlots& slots, SpreadCounts& counts, Spreads spreads,
                     std::span<const Routes* const> routes)
    : ground_(ground),
      problem_(ground.problem),
      slots_(slots),
      counts_(counts),
      spreads_(spreads),
      routes_(routes.empty() ? routes_of(problem_) : std::vector(routes.begin(), routes.end())),
      ways_(problem_, routes_, slots.loads()),
      is_touched_(problem_.fleet().pools().size()) {}

double BondTrial::cost(ClassId of, PoolId id) {
    const Workload::Class& c = problem_.workload().classes()[of.at()];
    const Problem::Shape& shape = shape_of(of);
    const Fleet::Pool& pool = problem_.fleet().pools()[id.at()];
    const double own = ground_.costs.of(c.shape)(pool.kind);
    if (own == KindCosts::kNever || first_slot_for(problem_, shape, id) >= pool.slots)
        return KindCosts::kNever;
    if (of == instead_of_ && !problem_.may_take(shape, pool.kind)) return KindCosts::kNever;
    if (problem_.rules()[shape.rule].depends_on_site() && !problem_.labels_pass(shape, pool))
        return KindCosts::kNever;
    const Routes& routes = *routes_[shape.policy];
    const bool allowed = routes.allowed(c.origin) && routes.allowed(pool.site);
    const std::int64_t rtt_ns = allowed ? routes.rtt_ns(c.origin, pool.site) : kUnreachable;
    const std::int64_t access_ns = problem_.fleet().kinds()[pool.kind.at()].access_rtt_ns;
    if (rtt_ns == kUnreachable || rtt_ns > shape.max_rtt_ns - access_ns) {
        cut_short_ = true;
        return KindCosts::kNever;
    }
    return own + way_cost(problem_, shape, c.origin, pool.site, rtt_ns);
}

void BondTrial::sort(ClassId of, Order order, std::vector<Choice>& choices) const {
    const SiteId origin = problem_.workload().classes()[of.at()].origin;
    std::ranges::stable_sort(choices, {}, [&](const Choice& choice) {
        const SiteId site = problem_.fleet().pools()[choice.pool.at()].site;
        return std::pair(order == Order::kOwnSiteLast && site == origin, choice.cost);
    });
}

Path& BondTrial::way(ClassId of, PoolId pool) {
    return ways_.of(shape_of(of), problem_.workload().classes()[of.at()].origin,
                    problem_.fleet().pools()[pool.at()].site);
}

void BondTrial::begin() {
    for (const PoolId pool : touched_) is_touched_[pool.at()] = 0;
    touched_.clear();
    slots_.forget();
    steps_.clear();
    cut_short_ = false;
}

void BondTrial::undo() {
    for (const Step& step : steps_) {
        way(step.of, step.filling.pool).reserve(slots_.loads(), -members(step.filling));
        if (const std::uint32_t spread = spread_of(step.of); spread != Bond::kNone)
            counts_.add(spread, step.filling, -1);
    }
    slots_.rewind();
    begin();
}

void BondTrial::write(Ledger& ledger) const {
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        ledger.fillings.push_back(steps_[i].filling);
        if (i + 1 == steps_.size() || steps_[i + 1].of != steps_[i].of) ledger.close(steps_[i].of);
    }
}

void BondTrial::keep(Ledger& ledger) {
    write(ledger);
    steps_.clear();
}

void BondTrial::save(PoolId pool) {
    if (is_touched_[pool.at()]) return;
    is_touched_[pool.at()] = 1;
    touched_.push_back(pool);
    slots_.save(pool);
}

/// Writes down what is in fillings_; returns how many.
std::int64_t BondTrial::note(ClassId of, PoolId pool) {
    const std::int64_t tasks = members(fillings_);
    if (tasks > 0) way(of, pool).reserve(slots_.loads(), tasks);
    const std::uint32_t spread = spread_of(of);
    for (const Filling& filling : fillings_) {
        steps_.push_back({of, filling});
        if (spread != Bond::kNone) counts_.add(spread, filling);
    }
    fillings_.clear();
    return tasks;
}

std::int64_t BondTrial::put(ClassId of, PoolId pool, std::int64_t wanted) {
    const std::int64_t room = way(of, pool).room(wanted);
    cut_short_ = cut_short_ || room < wanted;
    const std::uint32_t spread = spread_of(of);
    const bool by_slot = spread != Bond::kNone && counts_.level(spread) == kNodeLevel;
    wanted = room;
    if (spread != Bond::kNone && !by_slot)
        wanted = std::min(wanted, counts_.room(spread, problem_.fleet().pools()[pool.at()].site));
    if (wanted <= 0) return 0;
    save(pool);
    if (by_slot || of == instead_of_) return slot_by_slot(of, pool, wanted);
    slots_.fill(problem_.workload().classes()[of.at()].shape, pool, wanted, fillings_);
    return note(of, pool);
}

bool BondTrial::is_kept_off(ClassId of, PoolId pool) const {
    const std::uint32_t spread = spread_of(of);
    if (spread == Bond::kNone) return false;
    if (counts_.level(spread) == kNodeLevel) return !counts_.held(spread, pool).empty();
    return counts_.room(spread, problem_.fleet().pools()[pool.at()].site) <= 0;
}

bool BondTrial::are_fresh(std::span<const Part> parts) const {
    return std::ranges::all_of(parts, [&](const Part& part) {
        const std::uint32_t spread = spread_of(part.of);
        return spread == Bond::kNone || counts_.is_empty(spread);
    });
}

/// Of a group that is spread over nodes, or of a shape that the slots do not know.
std::int64_t BondTrial::slot_by_slot(ClassId of, PoolId pool, std::int64_t wanted) {
    const std::uint32_t spread = spread_of(of);
    const bool is_apart = spread != Bond::kNone && counts_.level(spread) == kNodeLevel;
    const Problem::Shape& shape = shape_of(of);
    const DeviceStates::Part device{shape.device_demand, 1};
    std::span<const DeviceStates::Part> devices;
    if (shape.device_demand != 0) devices = {&device, 1};
    offers_.clear();
    const Problem::Shape* const own = &shape;
    slots_.find_offers(pool, {shape.demand, devices, {&own, 1}}, first_slot_for(problem_, shape, pool),
                       is_apart ? counts_.most(spread) : wanted,
                       is_apart ? counts_.held(spread, pool) : std::span<const PoolState::Held>{}, wanted,
                       offers_);
    for (const PoolState::Offer& offer : offers_) {
        const std::int64_t full = std::min(offer.slots, wanted / offer.fit), rest = wanted - full * offer.fit;
        if (full > 0) seat(of, {pool, offer.first, full, offer.fit});
        wanted -= full * offer.fit;
        if (full == offer.slots || rest == 0) continue;
        seat(of, {pool, offer.first + full, 1, rest});
        wanted -= rest;
    }
    return note(of, pool);
}

void BondTrial::seat(ClassId of, const Filling& wanted) { slots_.seat(shape_of(of), wanted, fillings_); }

std::int64_t BondTrial::put_back(ClassId of, const Filling& filling) {
    const std::int64_t room = way(of, filling.pool).room(members(filling));
    cut_short_ = cut_short_ || room < members(filling);
    const Problem::Shape& shape = shape_of(of);
    const std::int64_t from = first_slot_for(problem_, shape, filling.pool);
    const std::uint32_t spread = spread_of(of);
    std::int64_t most = room;
    if (spread != Bond::kNone && counts_.level(spread) != kNodeLevel)
        most = std::min(most, counts_.room(spread, problem_.fleet().pools()[filling.pool.at()].site));
    if (most <= 0) return 0;
    save(filling.pool);
    Seats seats({&filling, 1});
    seats.take(most, [&](const Filling& some) {
        const std::int64_t first = std::max(some.first, from), last = some.first + some.slots;
        if (spread == Bond::kNone || counts_.level(spread) != kNodeLevel) {
            if (first < last) seat(of, {filling.pool, first, last - first, some.per_slot});
            return;
        }
        for (std::int64_t slot = first; slot < last; ++slot) {
            const auto held = counts_.held(spread, filling.pool);
            const auto at = std::ranges::lower_bound(held, slot, {}, &PoolState::Held::first);
            const std::int64_t there = at != held.end() && at->first == slot ? at->second : 0;
            const std::int64_t tasks = std::min(some.per_slot, counts_.most(spread) - there);
            if (tasks > 0) seat(of, {filling.pool, slot, 1, tasks});
        }
    });
    return note(of, filling.pool);
}

std::span<const PoolState::Offer> BondTrial::slots_for(std::span<const Part> parts, PoolId pool,
                                                       std::int64_t wanted) {
    Amounts sum{};
    std::vector<DeviceStates::Part> devices;
    std::vector<const Problem::Shape*> shapes;
    std::vector<PoolState::Held> closed;  // slots where a spread group has too many already
    std::int64_t from = 0;
    for (const Part& part : parts) {
        const Problem::Shape& shape = shape_of(part.of);
        from = std::max(from, first_slot_for(problem_, shape, pool));
        shapes.push_back(&shape);
        for (std::size_t d = 0; d < sum.size(); ++d) {
            Quantity all = 0;
            if (__builtin_mul_overflow(shape.demand[d], part.members, &all) ||
                __builtin_add_overflow(sum[d], all, &sum[d]) || sum[d] > kLargest)
                sum[d] = kLargest;
        }
        if (shape.device_demand != 0) devices.emplace_back(shape.device_demand, part.members);
        const std::uint32_t spread = spread_of(part.of);
        if (spread == Bond::kNone) continue;
        std::int64_t own = 0;
        for (const Part& other : parts)
            if (spread_of(other.of) == spread) own += other.members;
        const SiteId site = problem_.fleet().pools()[pool.at()].site;
        if (counts_.level(spread) != kNodeLevel) {
            if (counts_.room(spread, site) < own) return {};
            continue;
        }
        if (counts_.most(spread) < own) return {};
        for (const auto& [slot, held] : counts_.held(spread, pool))
            if (held + own > counts_.most(spread)) closed.emplace_back(slot, 1);
    }
    std::ranges::sort(closed);
    closed.erase(std::ranges::unique(closed).begin(), closed.end());
    offers_.clear();
    slots_.find_offers(pool, {sum, devices, shapes, true}, from, 1, closed, wanted, offers_);
    return offers_;
}

bool BondTrial::put_together(std::span<const Part> parts, PoolId pool) {
    if (slots_for(parts, pool, 1).empty()) return false;
    save(pool);
    for (const Part& part : parts) {
        const bool free_way = way(part.of, pool).room(part.members) == part.members;
        cut_short_ = cut_short_ || !free_way;
        if (!free_way) return false;
        seat(part.of, {pool, offers_.front().first, 1, part.members});
        if (note(part.of, pool) < part.members) return false;
    }
    return true;
}

/// Whether the domain of a pool has an origin of the parts and other sites.
bool BondTrial::has_own_site(std::span<const Part> parts, BondLevel level, PoolId pool) const {
    const auto domain = [&](SiteId site) { return domain_of(problem_.network(), level, site); };
    const std::uint32_t own = domain(problem_.fleet().pools()[pool.at()].site);
    return level > kSiteLevel && std::ranges::any_of(parts, [&](const Part& part) {
               return domain(problem_.workload().classes()[part.of.at()].origin) == own;
           });
}

bool BondTrial::put_whole(std::span<const Part> parts, BondLevel level, PoolId pool,
                          const std::function<bool(const Part&, Order)>& put) {
    begin();
    if (level == kNodeLevel)
        return std::ranges::none_of(
                   parts, [&](const Part& part) { return cost(part.of, pool) == KindCosts::kNever; }) &&
               put_together(parts, pool);
    bool cut_short = false;
    for (const Order order : {Order::kByCost, Order::kOwnSiteLast}) {
        if (order == Order::kOwnSiteLast && !(cut_short && has_own_site(parts, level, pool))) break;
        const auto put_in = [&](const Part& part) { return put(part, order); };
        for (std::size_t first = 0; first < std::min(parts.size(), kMostOrders); ++first) {
            undo();
            if (put_in(parts[first]) && std::ranges::all_of(parts.first(first), put_in) &&
                std::ranges::all_of(parts.subspan(first + 1), put_in))
                return true;
            cut_short = cut_short || cut_short_;
        }
    }
    cut_short_ = cut_short;
    return false;
}

}  // namespace gigafleet
