#include "gigafleet/model_bonds.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include "gigafleet/fillings.hpp"
#include "gigafleet/holdings.hpp"
#include "gigafleet/restore.hpp"
#include "gigafleet/ways.hpp"

namespace gigafleet {

namespace {

const Problem::Shape& shape_of(const Problem& problem, ClassId of) {
    return problem.shape(problem.workload().classes()[of.at()].shape);
}

/// Calls `f(class, filling)` for all that a ledger holds.
template <class F>
void for_fillings(const Ledger& ledger, F&& f) {
    std::size_t at = 0;
    for (const Ledger::Entry& entry : ledger.entries)
        for (; at < entry.last; ++at) f(entry.of, ledger.fillings[at]);
}

/// Priorities of bound tasks that are left, from the highest.
std::vector<std::int64_t> levels_of(const Problem& problem, std::span<const std::int64_t> left) {
    std::vector<std::int64_t> levels;
    for (std::size_t c = 0; c < left.size(); ++c)
        if (left[c] > 0 && problem.is_bound(ClassId(c)))
            levels.push_back(shape_of(problem, ClassId(c)).priority);
    std::ranges::sort(levels, std::greater<>());
    levels.erase(std::ranges::unique(levels).begin(), levels.end());
    return levels;
}

}  // namespace

bool is_any_bound_left(const Problem& problem, std::span<const std::int64_t> left) {
    if (!problem.workload().has_bonds()) return false;
    for (std::size_t c = 0; c < left.size(); ++c)
        if (left[c] > 0 && problem.is_bound(ClassId(c))) return true;
    return false;
}

std::unique_ptr<Residents> residents_of(const Problem& problem, std::span<const Ledger> ledgers) {
    auto residents = std::make_unique<Residents>(problem);
    std::vector<std::size_t> first(problem.fleet().pools().size() + 1, 0);
    for (const Ledger& ledger : ledgers)
        for (const Filling& filling : ledger.fillings) ++first[filling.pool.at() + 1];
    std::partial_sum(first.begin(), first.end(), first.begin());
    std::vector<Residents::Seated> seated(first.back());
    std::vector<std::size_t> next(first.begin(), first.end() - 1);
    for (const Ledger& ledger : ledgers)
        for_fillings(ledger, [&](ClassId of, const Filling& filling) {
            seated[next[filling.pool.at()]++] = {&filling, &shape_of(problem, of)};
        });
    for (std::size_t p = 0; p + 1 < first.size(); ++p)
        if (first[p] < first[p + 1])
            residents->settle(PoolId(p), {seated.data() + first[p], seated.data() + first[p + 1]});
    return residents;
}

namespace {

struct HeldPlacement {
    Placement placement;
};
class OwnPlacementSlots final : HeldPlacement, public PlacementSlots {
public:
    explicit OwnPlacementSlots(Placement&& made)
        : HeldPlacement{std::move(made)}, PlacementSlots(HeldPlacement::placement) {}
};

struct HeldResidents {
    std::unique_ptr<Residents> residents;
    Loads loads;
    std::vector<std::int64_t> left;
};
class OwnResidentSlots final : HeldResidents, public ResidentSlots {
public:
    OwnResidentSlots(const Problem& problem, std::unique_ptr<Residents> made, const Loads& now)
        : HeldResidents{std::move(made), now, members_of_classes(problem)},
          ResidentSlots(problem, *HeldResidents::residents, HeldResidents::loads, HeldResidents::left) {}
};

}  // namespace

std::unique_ptr<BondSlots> slots_of(Placement&& placement) {
    return std::make_unique<OwnPlacementSlots>(std::move(placement));
}

std::unique_ptr<BondSlots> slots_of(const Problem& problem, std::unique_ptr<Residents> residents,
                                    const Loads& loads) {
    return std::make_unique<OwnResidentSlots>(problem, std::move(residents), loads);
}

std::unique_ptr<BondSlots> empty_slots(const Problem& problem) {
    const Loads free(problem.network(), false, false);
    if (problem.models() != nullptr) return slots_of(problem, std::make_unique<Residents>(problem), free);
    auto slots = slots_of(Placement(problem));
    slots->loads() = free;
    return slots;
}

std::unique_ptr<BondSlots> slots_beside(const Problem& problem,
                                        const std::function<std::vector<PoolState::Wish>(PoolId)>& there,
                                        const Loads& loads, const std::function<Quantity(SiteId)>& may_load) {
    const auto& pools = problem.fleet().pools();
    if (problem.models() == nullptr) {
        Placement placement(problem);
        std::vector<PoolState::Refusal> none;
        for (std::size_t p = 0; p < pools.size(); ++p)
            if (const auto wishes = there(PoolId(p)); !wishes.empty())
                placement.seat(PoolId(p), wishes, none);
        placement.loads() = loads;
        return slots_of(std::move(placement));
    }
    auto residents = std::make_unique<Residents>(problem);
    for (std::size_t p = 0; p < pools.size(); ++p) {
        const auto wishes = there(PoolId(p));
        if (wishes.empty()) continue;
        DeviceStates* const states = residents->devices(PoolId(p));
        std::vector<Residents::Run> runs;
        std::vector<DeviceStates::State> on_devices;
        for (const Stretch& stretch : stretches_of(pools[p].slots, wishes)) {
            runs.push_back({stretch.first, stretch.slots, stretch.taken, stretch.in_use});
            if (states != nullptr) on_devices.push_back(states->of(stretch.devices));
        }
        residents->set(PoolId(p), runs, on_devices);
    }
    for (std::size_t s = 0; s < problem.network().site_count(); ++s)
        residents->take_allowance(SiteId(s), residents->allowance(SiteId(s)) - may_load(SiteId(s)));
    return slots_of(problem, std::move(residents), loads);
}

std::unique_ptr<BondSlots> slots_after(const Problem& problem, const Solution& solution) {
    if (problem.models() == nullptr) return slots_of(restore(problem, solution));
    const std::vector<Ledger> ledgers = ledgers_of(solution);
    return slots_of(problem, residents_of(problem, ledgers), solution.loads);
}

bool give_up_broken_gangs(const Problem& problem, ModelDeal& dealt) {
    if (!problem.workload().has_bonds()) return false;
    const auto& classes = problem.workload().classes();
    std::vector<std::uint8_t> is_left(problem.workload().bonds().gangs.size(), 0), is_in = is_left;
    for (std::size_t c = 0; c < classes.size(); ++c) {
        const std::uint32_t gang = problem.bond(ClassId(c)).gang;
        if (gang == Bond::kNone) continue;
        is_left[gang] |= dealt.left[c] > 0;
        is_in[gang] |= dealt.left[c] < classes[c].members;
    }
    const auto is_broken = [&](ClassId of) {
        const std::uint32_t gang = problem.bond(of).gang;
        return gang != Bond::kNone && is_left[gang] != 0 && is_in[gang] != 0;
    };
    bool any = false;
    Ways ways(problem, dealt.loads);
    for (Ledger& ledger : dealt.ledgers) {
        if (std::ranges::none_of(ledger.entries, is_broken, &Ledger::Entry::of)) continue;
        any = true;
        Ledger kept;
        ClassId last;
        for_fillings(ledger, [&](ClassId of, const Filling& filling) {
            if (of != last) kept.close(last);
            last = of;
            if (!is_broken(of)) {
                kept.fillings.push_back(filling);
                return;
            }
            ways.of(of, filling.pool).reserve(dealt.loads, -members(filling));
            dealt.left[of.at()] += members(filling);
        });
        kept.close(last);
        ledger = std::move(kept);
    }
    return any;
}

BoundRest::BoundRest(const Problem& problem, Residents& residents, ModelDeal& dealt, int threads,
                     Control& control)
    : dealt_(dealt),
      levels_(levels_of(problem, dealt.left)),
      ground_(problem, control),
      slots_(problem, residents, dealt.loads, dealt.left) {
    std::optional<Solution> placed;  // for whom their spread groups have already
    if (!problem.workload().bonds().spreads.empty())
        placed = solution_of(problem, dealt.ledgers, dealt.left, Loads(problem), threads);
    tasks_.emplace(ground_, slots_, placed ? &*placed : nullptr);
}

}  // namespace gigafleet
