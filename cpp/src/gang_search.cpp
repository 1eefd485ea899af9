#include "gigafleet/gang_search.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "gigafleet/model_bonds.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kDomainsAPoll = 64;

bool is_in(std::span<const PoolState::Offer> offers, std::int64_t slot) {
    return std::ranges::any_of(offers, [&](const PoolState::Offer& offer) {
        return offer.first <= slot && slot < offer.first + offer.slots;
    });
}

}  // namespace

GangSearch::GangSearch(const Problem& problem, const Solution& solution, Control& control)
    : problem_(problem),
      ground_(std::make_shared<const Groundwork>(problem, control)),
      empty_(empty_slots(problem)),
      left_(slots_after(problem, solution)),
      alone_(*ground_, *empty_, nullptr, BoundTasks::Spreads::kIgnored),
      apart_(*ground_, *empty_, &solution),
      now_(std::in_place, *ground_, *left_, &solution) {}

GangSearch::GangSearch(std::shared_ptr<const Groundwork> ground)
    : problem_(ground->problem),
      ground_(std::move(ground)),
      empty_(empty_slots(problem_)),
      alone_(*ground_, *empty_, nullptr, BoundTasks::Spreads::kIgnored),
      apart_(*ground_, *empty_, nullptr) {}

GangSearch::GangSearch(std::shared_ptr<const Groundwork> ground, std::unique_ptr<BondSlots> left,
                       const SpreadCounts& placed)
    : problem_(ground->problem),
      ground_(std::move(ground)),
      empty_(empty_slots(problem_)),
      left_(std::move(left)),
      alone_(*ground_, *empty_, nullptr, BoundTasks::Spreads::kIgnored),
      apart_(*ground_, *empty_, placed),
      now_(std::in_place, *ground_, *left_, placed) {}

void GangSearch::start(ClassId id) {
    const std::uint32_t gang = problem_.bond(id).gang;
    parts_.clear();
    members_ = 0;
    level_ = problem_.workload().bonds().gangs[gang].level;
    const auto unit = std::ranges::find(alone_.units(), gang, &BoundTasks::Unit::gang);
    if (unit != alone_.units().end()) {
        const auto parts = alone_.parts(*unit);
        parts_.assign(parts.begin(), parts.end());
    }
    for (const BondTrial::Part& part : parts_) members_ += part.members;
    const std::size_t domains =
        level_ == kNodeLevel ? problem_.fleet().pools().size() : domain_count(problem_.network(), level_);
    known_.assign(domains, {});
}

const std::vector<GangSearch::Stretch>& GangSearch::stretches(PoolId pool) {
    static const std::vector<Stretch> kNowhere{{INT64_MAX, {}}};
    std::size_t number = pool.at();
    if (level_ != kNodeLevel) {
        number = domain_of(problem_.network(), level_, problem_.fleet().pools()[pool.at()].site);
        if (number == kNoDomain) return kNowhere;
    }
    if (known_[number].empty()) known_[number] = find(pool);
    return known_[number];
}

std::vector<GangSearch::Stretch> GangSearch::find(PoolId pool) {
    using Held = BoundTasks::Held;
    Verdict verdict;
    verdict.alone = alone_.holds(parts_, level_, pool) == Held::kYes;
    verdict.apart = verdict.alone && apart_.holds(parts_, level_, pool) == Held::kYes;
    verdict.now = verdict.apart && (!now_ || holds(parts_, level_, pool));
    if (level_ != kNodeLevel || !verdict.alone) return {{INT64_MAX, verdict}};
    // Some slot does; each by itself.
    std::array<std::vector<PoolState::Offer>, 3> offers;
    BoundTasks* const tasks[] = {&alone_, &apart_, now_ ? &*now_ : &apart_};
    const bool held[] = {verdict.alone, verdict.apart, verdict.now};
    std::vector<std::int64_t> cuts{INT64_MAX};
    for (std::size_t k = 0; k < offers.size(); ++k) {
        if (!held[k]) continue;
        const auto own = tasks[k]->slots_for(parts_, pool);
        offers[k].assign(own.begin(), own.end());
        for (const PoolState::Offer& offer : own) {
            if (offer.first > 0) cuts.push_back(offer.first);
            cuts.push_back(offer.first + offer.slots);
        }
    }
    std::ranges::sort(cuts);
    cuts.erase(std::ranges::unique(cuts).begin(), cuts.end());
    std::vector<Stretch> found;
    std::int64_t first = 0;
    for (const std::int64_t cut : cuts) {
        found.push_back({cut, {is_in(offers[0], first), is_in(offers[1], first), is_in(offers[2], first)}});
        first = cut;
    }
    return found;
}

/// A pool of each domain of a level that has any; at the level of nodes all.
std::vector<PoolId> GangSearch::one_of_each_domain(BondLevel level) const {
    const auto& pools = problem_.fleet().pools();
    std::vector<bool> seen(level == kNodeLevel ? 0 : domain_count(problem_.network(), level));
    std::vector<PoolId> found;
    for (std::size_t p = 0; p < pools.size(); ++p) {
        if (pools[p].slots == 0) continue;
        if (level != kNodeLevel) {
            const std::uint32_t domain = domain_of(problem_.network(), level, pools[p].site);
            if (domain == kNoDomain || seen[domain]) continue;
            seen[domain] = true;
        }
        found.push_back(PoolId(p));
    }
    return found;
}

GangSearch::Found GangSearch::at(const Parts& parts, BondLevel level, PoolId pool, std::int64_t number) {
    std::int64_t slot = 0;
    if (level == kNodeLevel)
        if (const auto slots = now_->slots_for(parts, pool); !slots.empty()) slot = slots.front().first;
    return {pool, slot, number};
}

/// Over all domains the largest number from `least` to `limit` whose parts one holds; of equals the first.
std::optional<GangSearch::Found> GangSearch::most(BondLevel level, std::int64_t least, std::int64_t limit,
                                                  Control& control, const auto& parts_of) {
    std::optional<Found> best;
    std::int64_t asked = 0;
    const std::vector<PoolId> domains = one_of_each_domain(level);
    for (const PoolId pool : domains) {
        if (asked % kDomainsAPoll == 0) control.poll("explain", asked, std::ssize(domains));
        ++asked;
        std::int64_t low = best ? best->number : least - 1, high = limit;  // low: held elsewhere
        if (low == high) break;
        if (!holds(parts_of(low + 1), level, pool)) continue;
        for (++low; low < high;) {
            const std::int64_t middle = low + (high - low + 1) / 2;
            if (holds(parts_of(middle), level, pool))
                low = middle;
            else
                high = middle - 1;
        }
        best = at(parts_of(low), level, pool, low);
    }
    return best;
}

std::optional<GangSearch::Found> GangSearch::nearest(Control& control) {
    return most(level_, 1, members_, control, [&](std::int64_t number) {
        Parts some;
        for (auto part = parts_.rbegin(); part != parts_.rend() && number > 0; ++part) {
            some.push_back({part->of, std::min(part->members, number)});
            number -= some.back().members;
        }
        std::ranges::reverse(some);
        return some;
    });
}

std::optional<GangSearch::Found> GangSearch::wider(Control& control) {
    for (int level = level_ + 1; level <= kCountryLevel; ++level) {
        const auto own = static_cast<BondLevel>(level);
        const auto whole = [&](std::int64_t) { return parts_; };
        if (auto found = most(own, 1, 1, control, whole)) {
            found->number = level;
            return found;
        }
    }
    return std::nullopt;
}

std::int64_t GangSearch::members_of(ClassId of) const {
    const auto part = std::ranges::find(parts_, of, &BondTrial::Part::of);
    return part == parts_.end() ? 0 : part->members;
}

/// All other members, and so many of a class.
GangSearch::Parts GangSearch::with_only(ClassId of, std::int64_t members) const {
    Parts some = parts_;
    for (BondTrial::Part& part : some)
        if (part.of == of) part.members = members;
    std::erase_if(some, [](const BondTrial::Part& part) { return part.members == 0; });
    return some;
}

std::optional<GangSearch::Found> GangSearch::fewer(ClassId of, std::int64_t count, Control& control) {
    const std::int64_t others = members_of(of) - count;  // rows that ask for the same
    return most(level_, 1, count - 1, control,
                [&](std::int64_t number) { return with_only(of, others + number); });
}

std::optional<GangSearch::Arranged> GangSearch::nearly(ClassId of, std::int64_t count, Control& control) {
    const std::int64_t others = members_of(of) - count;
    const auto parts_of = [&](std::int64_t number) { return with_only(of, others + number); };
    const auto found = most(level_, parts_of(0).empty() ? 1 : 0, count - 1, control, parts_of);
    if (found)
        return Arranged{found->pool, count - found->number,
                        now_->arrange(parts_of(found->number), level_, found->pool)};
    if (parts_of(0).empty()) return Arranged{{}, count, {}};
    return std::nullopt;
}

bool GangSearch::is_in_domain(PoolId pool, PoolId domain) const {
    if (!domain.valid()) return true;
    const auto number = [&](PoolId of) {
        return domain_of(problem_.network(), level_, problem_.fleet().pools()[of.at()].site);
    };
    return number(pool) == number(domain);
}

std::optional<GangSearch::Found> GangSearch::with_shape(
    ClassId of, std::int64_t least, std::int64_t limit,
    const std::function<Problem::Shape(std::int64_t)>& shape_for, Control& control) {
    return most(level_, least, limit, control, [&](std::int64_t number) {
        shape_ = shape_for(number);
        now_->ask_instead(of, shape_);
        return parts_;
    });
}

}  // namespace gigafleet
