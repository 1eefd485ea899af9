#include "gigafleet/bound_tasks.hpp"

#include <algorithm>
#include <cmath>

namespace gigafleet {

namespace {

constexpr std::int64_t kPollUnits = 64;
constexpr std::ptrdiff_t kMostAsked = 64;  // domains that larger gangs could use; some may be out of reach

}  // namespace

BoundTasks::BoundTasks(const ShapeGroundwork& ground, BondSlots& slots, const Solution* placed,
                       Spreads spreads)
    : ground_(ground),
      problem_(ground.problem),
      slots_(slots),
      counts_(ground.problem),
      trial_(ground, slots, counts_, spreads) {
    if (placed != nullptr && spreads == Spreads::kKept && problem_.workload().has_bonds())
        counts_.add(*placed);
    take_out();
}

BoundTasks::BoundTasks(const Groundwork& ground, BondSlots& slots, const SpreadCounts& placed)
    : ground_(ground),
      problem_(ground.problem),
      slots_(slots),
      counts_(placed),
      trial_(ground, slots, counts_) {
    take_out();
}

void BoundTasks::take_out() {
    if (!problem_.workload().has_bonds()) return;
    find_units();
    left_.resize(problem_.workload().classes().size());
    for (const BondTrial::Part& part : parts_)
        left_[part.of.at()] = std::exchange(slots_.left(part.of), std::int64_t{0});
}

void BoundTasks::finish() {
    for (const BondTrial::Part& part : parts_) slots_.left(part.of) = left_[part.of.at()];
}

const BoundTasks::Domains& BoundTasks::domains(BondLevel level) {
    std::optional<Domains>& own = domains_[level];
    if (own) return *own;
    const Network& network = problem_.network();
    const auto& pools = problem_.fleet().pools();
    own.emplace();
    own->first.assign(domain_count(network, level) + 1, 0);
    const auto domain = [&](std::size_t p) { return domain_of(network, level, pools[p].site); };
    for (std::size_t p = 0; p < pools.size(); ++p)
        if (domain(p) != kNoDomain) ++own->first[domain(p) + 1];
    for (std::size_t d = 1; d < own->first.size(); ++d) own->first[d] += own->first[d - 1];
    own->pools.resize(own->first.back());
    std::vector<std::size_t> next(own->first.begin(), own->first.end() - 1);
    for (std::size_t p = 0; p < pools.size(); ++p)
        if (domain(p) != kNoDomain) own->pools[next[domain(p)]++] = PoolId(p);
    return *own;
}

/// All pools of the domain that a pool is in; none where it is in none.
std::span<const PoolId> BoundTasks::pools_with(BondLevel level, PoolId pool) {
    const std::uint32_t domain =
        domain_of(problem_.network(), level, problem_.fleet().pools()[pool.at()].site);
    if (domain == kNoDomain) return {};
    const Domains& all = domains(level);
    return {all.pools.data() + all.first[domain], all.pools.data() + all.first[domain + 1]};
}

/// Pools of the domain that may take the class; full ones, too.
const std::vector<BoundTasks::Choice>& BoundTasks::choices(ClassId of, BondLevel level, PoolId at,
                                                           Order order) {
    const Workload::Class& c = problem_.workload().classes()[of.at()];
    const std::span<const PoolId> pools = pools_with(level, at);
    const ChoicesOf asked{c.shape, c.origin, order, pools.data()};
    if (choices_of_ != asked) {
        choices_of_ = asked;
        choices_.clear();
        const bool before = trial_.was_cut_short();
        for (const PoolId pool : pools)
            if (const double cost = trial_.cost(of, pool); cost != KindCosts::kNever)
                choices_.push_back({cost, pool});
        choices_cut_short_ = trial_.was_cut_short() && !before;
        trial_.sort(of, order, choices_);
    }
    if (choices_cut_short_) trial_.cut_short();
    return choices_;
}

/// Puts members somewhere in the domain of a pool; true if all.
bool BoundTasks::fill(BondTrial::Part part, BondLevel level, PoolId at, Order order) {
    for (const auto& [cost, pool] : choices(part.of, level, at, order)) {
        if (part.members == 0) break;
        if (slots_.is_open(pool)) part.members -= trial_.put(part.of, pool, part.members);
    }
    return part.members == 0;
}

/// Puts a gang into the domain of a pool on trial; what is left behind if it is not held is the caller's to
/// take back.
bool BoundTasks::try_in(Parts own, BondLevel level, PoolId pool) {
    return trial_.put_whole(own, level, pool, [&](const BondTrial::Part& part, Order order) {
        return fill(part, level, pool, order);
    });
}

BoundTasks::Held BoundTasks::holds(Parts parts, BondLevel level, PoolId pool) {
    const bool held = try_in(parts, level, pool);
    const Held answer = held ? Held::kYes : trial_.was_cut_short() ? Held::kNotFromHere : Held::kNo;
    trial_.undo();
    return answer;
}

Ledger BoundTasks::arrange(Parts parts, BondLevel level, PoolId pool) {
    Ledger ledger;
    if (try_in(parts, level, pool)) trial_.write(ledger);
    trial_.undo();
    return ledger;
}

bool BoundTasks::takes(ClassId of, PoolId pool) {
    trial_.begin();
    const bool taken = trial_.put(of, pool, 1) > 0;
    trial_.undo();
    return taken;
}

void BoundTasks::look_around() {
    const OpenPools& pools = pools_.emplace(problem_, slots_);
    search_.emplace(problem_, slots_.loads(), pools.rooms, pools.open);
    started_ = {};
    ranges_.assign(ground_.views.size(), {});
}

/// Leaves the whole domain of a pool out of the call at hand, of a class.
void BoundTasks::skip(ClassId of, BondLevel level, PoolId pool) {
    const Network& network = problem_.network();
    const Problem::Shape& shape = problem_.shape(problem_.workload().classes()[of.at()].shape);
    const PoolView& view = search_->view(shape);
    Ranges& own = ranges_[shape.policy][level];
    if (own.empty()) {
        own.resize(domain_count(network, level));
        std::uint32_t last_core = kNoCore;
        for (std::size_t i = 0; i < view.size(); ++i) {
            const std::uint32_t domain = domain_of(network, level, view[i].site);
            const std::uint32_t core = std::exchange(last_core, view.routes().core_index(view[i].site));
            if (domain == kNoDomain) continue;
            if (!own[domain].empty() && own[domain].back().last == i && core == last_core)
                ++own[domain].back().last;
            else
                own[domain].push_back({i, i + 1});
        }
    }
    const std::uint32_t domain = domain_of(network, level, problem_.fleet().pools()[pool.at()].site);
    if (domain != kNoDomain) search_->of(shape).skip(own[domain]);
}

/// Candidates for a class, which may go on from those of a class of its shape unless some were shut out.
Candidates& BoundTasks::start(ClassId of) {
    const ShapeId shape = problem_.workload().classes()[of.at()].shape;
    Candidates& own = search_->of(problem_.shape(shape));
    if (started_ != shape) own.start(shape);
    started_ = shape;
    return own;
}

void BoundTasks::keep(const Unit& unit, Ledger& ledger) {
    for (const PoolId pool : trial_.touched())
        if (pools_) pools_->rooms.set(pool, slots_.room(pool));
    trial_.keep(ledger);
    if (unit.gang != Bond::kNone)
        for (const BondTrial::Part& part : parts(unit)) left_[part.of.at()] = 0;
}

/// How many gangs like `large` the domain of a pool can hold, if that is of the same level as the gang at
/// hand.
std::int64_t BoundTasks::hold(const Unit& large, PoolId at) {
    const ClassId of = parts(large).front().of;
    const Workload::Class& c = problem_.workload().classes()[of.at()];
    const Problem::Shape& shape = problem_.shape(c.shape);
    const DeviceStates::Part device{shape.device_demand, 1};
    std::span<const DeviceStates::Part> devices;
    if (shape.device_demand != 0) devices = {&device, 1};
    const Problem::Shape* const asked = &shape;
    std::vector<PoolState::Offer> offers;
    WideQuantity room = 0;
    for (const PoolId pool : pools_with(large.level, at)) {
        if (!slots_.is_open(pool) || trial_.cost(of, pool) == KindCosts::kNever) continue;
        offers.clear();
        slots_.find_offers(pool, {shape.demand, devices, {&asked, 1}}, first_slot_for(problem_, shape, pool),
                           c.members, {}, INT64_MAX, offers);
        for (const PoolState::Offer& offer : offers) room += WideQuantity{offer.slots} * offer.fit;
    }
    return static_cast<std::int64_t>(std::min<WideQuantity>(room / c.members, INT64_MAX));
}

void BoundTasks::place_gang(const Unit& unit, Ledger& ledger) {
    const ClassId anchor = parts(unit).front().of;
    if (left_[anchor.at()] == 0) return;
    const bool spares = large_ != nullptr && large_->level == unit.level && unit.level != kNodeLevel &&
                        large_->size > unit.size;
    bool done = false;
    Candidates& search = start(anchor);
    const auto visit = [&](PoolId pool, std::int64_t) -> Candidates::Taken {
        const std::uint32_t at =
            unit.level == kNodeLevel
                ? pool.value
                : domain_of(problem_.network(), unit.level, problem_.fleet().pools()[pool.at()].site);
        if (at == kNoDomain || shut_for_[at] == kind_) return 0;
        const std::int64_t before = spares ? hold(*large_, pool) : 0;
        const bool held = try_in(unit, pool);
        if (held && (before == 0 || hold(*large_, pool) == before)) {
            keep(unit, ledger);
            done = true;
            return Candidates::kStop;
        }
        if (held) wanted_.push_back(pool);
        const bool is_shut = held || !trial_.was_cut_short();
        if (is_shut) shut_for_[at] = kind_;
        trial_.undo();
        if (is_shut) return 0;
        if (unit.level != kNodeLevel) skip(anchor, unit.level, pool);
        return Candidates::kSkip;
    };
    search.place(problem_.workload().classes()[anchor.at()].origin, 1, visit);
    if (!done && spares) take_from_large(unit, ledger);
}

/// Into a domain that larger gangs could use: the last one that was taken, while that holds any, then
/// another.
void BoundTasks::take_from_large(const Unit& unit, Ledger& ledger) {
    const auto takes = [&](PoolId pool) {
        const bool held = try_in(unit, pool);
        if (held)
            keep(unit, ledger);
        else
            trial_.undo();
        return held;
    };
    if (taken_.valid() && takes(taken_)) return;
    const auto last = wanted_.begin() + std::min(std::ssize(wanted_), kMostAsked);
    const auto found = std::find_if(wanted_.begin(), last, takes);
    if (found == last) return;
    taken_ = *found;
    wanted_.erase(found);
}

void BoundTasks::place_apart(const Unit& unit, Ledger& ledger) {
    const ClassId of = parts(unit).front().of;
    std::int64_t& left = left_[of.at()];
    if (left == 0) return;
    Candidates& search = start(of);
    const BondLevel level = counts_.level(problem_.bond(of).spread);
    const SiteId origin = problem_.workload().classes()[of.at()].origin;
    trial_.begin();
    for (bool found = true; found && left > 0;) {
        found = false;
        search.place(origin, 1, [&](PoolId pool, std::int64_t) -> Candidates::Taken {
            const std::int64_t placed = trial_.put(of, pool, left);
            pools_->rooms.set(pool, slots_.room(pool));
            left -= placed;
            found = placed > 0;
            if (found) return Candidates::kStop;
            if (!trial_.is_kept_off(of, pool)) return 0;
            if (level != kNodeLevel) skip(of, level, pool);
            return Candidates::kSkip;
        });
    }
    keep(unit, ledger);
}

bool BoundTasks::place(std::int64_t priority, std::vector<Ledger>& ledgers, double time_limit_s,
                       std::string_view stage, Control& control) {
    const auto [begin, end] =
        std::ranges::equal_range(units_, -priority, {}, [](const Unit& unit) { return -unit.priority; });
    if (begin == end) return true;
    const Stopwatch watch;
    std::size_t most = problem_.fleet().pools().size();
    for (std::uint8_t l = kSiteLevel; l < kBondLevels.size(); ++l)
        most = std::max(most, domain_count(problem_.network(), static_cast<BondLevel>(l)));
    shut_for_.assign(most, 0);
    large_ = nullptr;
    for (auto later = end; later != units_.end(); ++later)
        if (later->gang != Bond::kNone && later->last - later->first == 1 && std::isfinite(later->size) &&
            left_[parts(*later).front().of.at()] > 0 && (large_ == nullptr || later->size > large_->size))
            large_ = &*later;
    look_around();
    ledgers.emplace_back();
    kind_ = 0;
    bool was_fresh = true;
    for (auto unit = begin; unit != end; ++unit) {
        const auto done = static_cast<std::int64_t>(unit - begin);
        if (done % kPollUnits == 0) {
            control.poll(stage, done, static_cast<std::int64_t>(end - begin));
            if (!(watch.seconds() < time_limit_s)) return false;
        }
        const bool is_gang = unit->gang != Bond::kNone, is_fresh = trial_.are_fresh(parts(*unit));
        const bool goes_on = unit != begin && (unit[-1].gang != Bond::kNone) == is_gang &&
                             (!is_gang || (was_fresh && is_fresh && are_alike(unit[-1], *unit)));
        was_fresh = is_fresh;
        if (!goes_on) {  // pools that were shut for the ones before are open again
            ++kind_;
            started_ = {};
            wanted_.clear();
            taken_ = {};
        }
        if (!is_gang)
            place_apart(*unit, ledgers.back());
        else
            place_gang(*unit, ledgers.back());
    }
    return true;
}

}  // namespace gigafleet
