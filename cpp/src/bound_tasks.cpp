#include "gigafleet/bound_tasks.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "gigafleet/fillings.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kPollUnits = 64;
constexpr int kMostAsked = 64;  // domains that a larger gang could use, before one of them is taken

}  // namespace

BoundTasks::BoundTasks(const Groundwork& ground, Placement& placement, const Solution* placed,
                       Spreads spreads)
    : ground_(ground),
      problem_(ground.problem),
      placement_(placement),
      counts_(ground.problem),
      trial_(ground, placement, counts_, spreads) {
    if (!problem_.workload().has_bonds()) return;
    find_units();
    if (placed != nullptr && spreads == Spreads::kKept) counts_.add(*placed);
    left_.resize(problem_.workload().classes().size());
    for (const BondTrial::Part& part : parts_)
        left_[part.of.at()] = std::exchange(placement_.left(part.of), std::int64_t{0});
}

void BoundTasks::finish() {
    for (const BondTrial::Part& part : parts_) placement_.left(part.of) = left_[part.of.at()];
}

void BoundTasks::find_units() {
    const auto& classes = problem_.workload().classes();
    const Bonds& bonds = problem_.workload().bonds();
    std::vector<std::vector<BondTrial::Part>> found(bonds.gangs.size());
    for (std::size_t c = 0; c < classes.size(); ++c) {
        const ClassId id(c);
        if (classes[c].members == 0 || !problem_.is_bound(id)) continue;
        const std::uint32_t gang = problem_.bond(id).gang;
        const BondTrial::Part part{id, classes[c].members};
        if (gang == Bond::kNone)
            found.push_back({part});
        else
            found[gang].push_back(part);
    }
    const auto share = [&](const BondTrial::Part& part) {
        return ground_.shares[classes[part.of.at()].shape.at()];
    };
    for (std::size_t u = 0; u < found.size(); ++u) {
        if (found[u].empty()) continue;
        std::ranges::sort(found[u], [&](const BondTrial::Part& a, const BondTrial::Part& b) {
            const auto key = [&](const BondTrial::Part& part) {
                return std::tuple(-share(part), classes[part.of.at()].shape, part.of);
            };
            return key(a) < key(b);
        });
        const bool is_gang = u < bonds.gangs.size();
        Unit unit{problem_.shape(classes[found[u].front().of.at()].shape).priority,
                  is_gang ? static_cast<std::uint32_t>(u) : Bond::kNone,
                  is_gang ? bonds.gangs[u].level : kNodeLevel,
                  0,
                  parts_.size(),
                  0};
        for (const BondTrial::Part& part : found[u])
            unit.size += share(part) * static_cast<double>(is_gang ? part.members : 1);
        parts_.insert(parts_.end(), found[u].begin(), found[u].end());
        unit.last = parts_.size();
        units_.push_back(unit);
    }
    // Alike ones together, and of these those of one origin.
    std::ranges::stable_sort(units_, [&](const Unit& a, const Unit& b) {
        const auto key = [](const Unit& unit) {
            return std::tuple(-unit.priority, unit.gang == Bond::kNone, -unit.size, unit.level,
                              unit.last - unit.first);
        };
        if (key(a) != key(b)) return key(a) < key(b);
        const auto order = [&](auto&& f) {
            for (std::size_t i = 0; i < a.last - a.first; ++i) {
                const auto left = f(parts_[a.first + i]), right = f(parts_[b.first + i]);
                if (left != right) return left < right ? -1 : 1;
            }
            return 0;
        };
        const int what = order([&](const BondTrial::Part& part) {
            return std::pair(classes[part.of.at()].shape, part.members);
        });
        if (what != 0) return what < 0;
        return order([&](const BondTrial::Part& part) { return classes[part.of.at()].origin; }) < 0;
    });
}

/// Whether a domain that does not hold one does not hold the other either, ways aside, and members that are
/// placed of their spread groups. One of several shapes is like no other if some are spread.
bool BoundTasks::are_alike(const Unit& a, const Unit& b) const {
    const auto& classes = problem_.workload().classes();
    const auto& spreads = problem_.workload().bonds().spreads;
    const auto same = [&](const BondTrial::Part& x, const BondTrial::Part& y) {
        const std::uint32_t s = problem_.bond(x.of).spread, t = problem_.bond(y.of).spread;
        const bool none = s == Bond::kNone && t == Bond::kNone;
        const bool both = s != Bond::kNone && t != Bond::kNone && a.last - a.first == 1;
        return classes[x.of.at()].shape == classes[y.of.at()].shape && x.members == y.members &&
               (none || (both && spreads[s].level == spreads[t].level && spreads[s].most == spreads[t].most));
    };
    return a.level == b.level && std::ranges::equal(parts(a), parts(b), same);
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

/// Pools of the domain that may take the class, the cheapest first; full ones, too.
const std::vector<BoundTasks::Choice>& BoundTasks::choices(ClassId of, BondLevel level, PoolId at) {
    const Workload::Class& c = problem_.workload().classes()[of.at()];
    const std::span<const PoolId> pools = pools_with(level, at);
    const ChoicesOf asked{c.shape, c.origin, pools.data()};
    if (choices_of_ != asked) {
        choices_of_ = asked;
        choices_.clear();
        const bool before = trial_.was_cut_short();
        for (const PoolId pool : pools)
            if (const double cost = trial_.cost(of, pool); cost != KindCosts::kNever)
                choices_.push_back({cost, pool});
        choices_cut_short_ = trial_.was_cut_short() && !before;
        std::ranges::stable_sort(choices_, {}, &Choice::cost);
    }
    if (choices_cut_short_) trial_.cut_short();
    return choices_;
}

/// Puts members somewhere in the domain of a pool; true if all.
bool BoundTasks::fill(ClassId of, BondLevel level, PoolId at, std::int64_t wanted) {
    for (const auto& [cost, pool] : choices(of, level, at)) {
        if (wanted == 0) break;
        if (placement_.is_open(pool)) wanted -= trial_.put(of, pool, wanted);
    }
    return wanted == 0;
}

/// Puts a gang into the domain of a pool on trial; what is left behind if it is not held is the caller's to
/// take back.
bool BoundTasks::try_in(const Unit& unit, PoolId pool) {
    trial_.begin();
    const auto own = parts(unit);
    if (unit.level == kNodeLevel)
        return std::ranges::none_of(
                   own, [&](const auto& part) { return trial_.cost(part.of, pool) == KindCosts::kNever; }) &&
               trial_.put_together(own, pool);
    return std::ranges::all_of(
        own, [&](const auto& part) { return fill(part.of, unit.level, pool, part.members); });
}

BoundTasks::Held BoundTasks::holds(const Unit& unit, PoolId pool) {
    const bool held = try_in(unit, pool);
    const Held answer = held ? Held::kYes : trial_.was_cut_short() ? Held::kNotFromHere : Held::kNo;
    trial_.undo();
    return answer;
}

bool BoundTasks::takes(ClassId of, PoolId pool) {
    trial_.begin();
    const bool taken = trial_.put(of, pool, 1) > 0;
    trial_.undo();
    return taken;
}

void BoundTasks::look_around() {
    const std::size_t pools = problem_.fleet().pools().size();
    candidates_.clear();
    views_.clear();
    rooms_.emplace(problem_);
    std::vector<std::uint8_t> open(pools);
    for (std::size_t p = 0; p < pools; ++p) {
        open[p] = placement_.is_open(PoolId(p));
        if (open[p]) rooms_->set(PoolId(p), placement_.room(PoolId(p)));
    }
    views_.reserve(ground_.views.size());
    candidates_.reserve(ground_.views.size());
    for (const PoolView& all : ground_.views) {
        views_.emplace_back(problem_, all.routes(), open);
        candidates_.emplace_back(problem_, views_.back(), placement_.loads(), *rooms_);
    }
    started_ = {};
}

/// Candidates for a class, which may go on from those of a class of its shape unless some were shut out.
Candidates& BoundTasks::start(ClassId of) {
    const ShapeId shape = problem_.workload().classes()[of.at()].shape;
    Candidates& own = candidates_[problem_.shape(shape).policy];
    if (started_ != shape) own.start(shape);
    started_ = shape;
    return own;
}

void BoundTasks::keep(const Unit& unit, Ledger& ledger) {
    for (const PoolId pool : trial_.touched())
        if (rooms_) rooms_->set(pool, placement_.room(pool));
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
    std::vector<PoolState::Offer> offers;
    WideQuantity room = 0;
    for (const PoolId pool : pools_with(large.level, at)) {
        if (!placement_.is_open(pool) || trial_.cost(of, pool) == KindCosts::kNever) continue;
        offers.clear();
        placement_.state(pool).find_offers(placement_.context(), shape.demand, devices,
                                           first_slot_for(problem_, shape, pool), c.members, {}, INT64_MAX,
                                           offers);
        for (const PoolState::Offer& offer : offers) room += WideQuantity{offer.slots} * offer.fit;
    }
    return static_cast<std::int64_t>(std::min<WideQuantity>(room / c.members, INT64_MAX));
}

void BoundTasks::place_gang(const Unit& unit, Ledger& ledger) {
    const ClassId anchor = parts(unit).front().of;
    if (left_[anchor.at()] == 0) return;
    const bool spares = large_ != nullptr && large_->level == unit.level && unit.level != kNodeLevel &&
                        large_->size > unit.size;
    std::vector<std::pair<std::int64_t, PoolId>> second_best;  // what large gangs lose there
    bool done = false;
    const auto visit = [&](PoolId pool, std::int64_t) -> std::int64_t {
        const std::uint32_t at =
            unit.level == kNodeLevel
                ? pool.value
                : domain_of(problem_.network(), unit.level, problem_.fleet().pools()[pool.at()].site);
        if (at == kNoDomain || full_for_[at] == kind_) return 0;
        const std::int64_t before = spares ? hold(*large_, pool) : 0;
        const bool held = try_in(unit, pool);
        const std::int64_t lost = held && before > 0 ? before - hold(*large_, pool) : 0;
        if (held && (lost == 0 || std::ssize(second_best) == kMostAsked)) {
            keep(unit, ledger);
            done = true;
            return Candidates::kStop;
        }
        if (held) second_best.emplace_back(lost, pool);
        const bool is_full = !held && !trial_.was_cut_short();
        if (is_full) full_for_[at] = kind_;
        trial_.undo();
        return is_full ? 0 : Candidates::kSkip;
    };
    start(anchor).place(problem_.workload().classes()[anchor.at()].origin, 1, visit);
    if (done || second_best.empty()) return;
    const PoolId pool = std::ranges::min_element(second_best)->second;
    if (try_in(unit, pool))
        keep(unit, ledger);
    else
        trial_.undo();
}

void BoundTasks::place_apart(const Unit& unit, Ledger& ledger) {
    const ClassId of = parts(unit).front().of;
    std::int64_t& left = left_[of.at()];
    if (left == 0) return;
    Candidates& search = start(of);
    const SiteId origin = problem_.workload().classes()[of.at()].origin;
    trial_.begin();
    for (bool found = true; found && left > 0;) {
        found = false;
        search.place(origin, 1, [&](PoolId pool, std::int64_t) -> std::int64_t {
            const std::int64_t placed = trial_.put(of, pool, left);
            rooms_->set(pool, placement_.room(pool));
            left -= placed;
            found = placed > 0;
            if (found) return Candidates::kStop;
            return trial_.is_kept_off(of, pool) ? Candidates::kSkip : 0;
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
    full_for_.assign(most, 0);
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
        }
        if (!is_gang)
            place_apart(*unit, ledgers.back());
        else
            place_gang(*unit, ledgers.back());
    }
    return true;
}

void BoundTasks::go_back(const Previous& previous, std::optional<std::int64_t> priority,
                         std::vector<Ledger>& ledgers, Control& control) {
    if (units_.empty()) return;
    ledgers.emplace_back();
    for (std::size_t u = 0; u < units_.size(); ++u) {
        if (u % kPollUnits == 0)
            control.poll("reopen", static_cast<std::int64_t>(u), static_cast<std::int64_t>(units_.size()));
        if (!priority || units_[u].priority == *priority) go_back(units_[u], previous, ledgers.back());
    }
}

void BoundTasks::go_back(const Unit& unit, const Previous& previous, Ledger& ledger) {
    if (left_[parts(unit).front().of.at()] == 0) return;
    const bool is_gang = unit.gang != Bond::kNone;
    const BondLevel level = std::max(unit.level, kSiteLevel);
    const auto domain = [&](PoolId pool) {
        return domain_of(problem_.network(), level, problem_.fleet().pools()[pool.at()].site);
    };
    PoolId at;
    std::int64_t slot = -1;  // of gangs within a node
    std::vector<std::int64_t> rest;
    trial_.begin();
    for (const BondTrial::Part& part : parts(unit)) {
        std::int64_t left = left_[part.of.at()];
        for (const Previous::Run& run : previous.runs(part.of)) {
            if (!run.pool.valid() || trial_.cost(part.of, run.pool) == KindCosts::kNever) continue;
            if (is_gang && domain(run.pool) == kNoDomain) continue;
            if (!at.valid()) at = run.pool, slot = run.first;
            if (is_gang && domain(run.pool) != domain(at)) continue;
            if (is_gang && unit.level == kNodeLevel && (run.pool != at || run.first != slot || run.slots > 1))
                continue;
            const Filling filling{run.pool, run.first, run.slots, run.per_slot};
            Seats({&filling, 1}).take(std::min(left, members(filling)), [&](const Filling& some) {
                left -= trial_.put_back(part.of, some);
            });
        }
        rest.push_back(left);
    }
    bool whole = at.valid();
    for (std::size_t i = 0; is_gang && whole && i < rest.size(); ++i)
        whole =
            rest[i] == 0 || (unit.level != kNodeLevel && fill(parts(unit)[i].of, unit.level, at, rest[i]));
    if (!whole) {
        trial_.undo();
        return;
    }
    keep(unit, ledger);
    if (!is_gang) left_[parts(unit).front().of.at()] = rest.front();
}

}  // namespace gigafleet
