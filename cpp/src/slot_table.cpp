#include "gigafleet/slot_table.hpp"

#include <algorithm>
#include <functional>

#include "gigafleet/placement.hpp"

namespace gigafleet {

namespace {

/// Whether any way or access has a limit that tasks could meet.
bool has_limits(const Problem& problem, const Market& market) {
    const Network& network = problem.network();
    bool asked = false;
    for (std::size_t s = 0; s < market.shapes(); ++s) {
        const Problem::Shape& shape = problem.shape(market.shape(s));
        asked = asked || shape.uplink > 0 || shape.downlink > 0;
    }
    if (!asked) return false;
    for (std::size_t a = 0; a < network.arc_count(); ++a)
        if (network.capacity(ArcId(a)) != kUnlimited) return true;
    for (std::size_t s = 0; s < network.site_count(); ++s)
        if (network.access_up(SiteId(s)) != kUnlimited || network.access_down(SiteId(s)) != kUnlimited)
            return true;
    return false;
}

}  // namespace

bool SlotTable::is_possible(const Market& market, const Solution& solution) {
    std::int64_t slots = 0, tasks = 0;
    for (const Market::Pool& pool : market.pools()) slots += std::min(pool.slots, kMostSlots + 1);
    for (const std::int64_t placed : solution.placed) tasks += std::min(placed, kMostTasks + 1);
    return slots <= kMostSlots && tasks <= kMostTasks &&
           market.classes().size() * market.pools().size() <= kMostPairs;
}

SlotTable::SlotTable(const Groundwork& ground, const Market& market, const Solution& solution)
    : problem_(ground.problem),
      market_(market),
      dimensions_(market.dimensions()),
      timed_(false),
      linked_(has_limits(problem_, market)),
      loads_(solution.loads),
      ways_(problem_, loads_),
      status_(solution.status) {
    const Fleet& fleet = problem_.fleet();
    for (std::size_t s = 0; s < market.shapes(); ++s) {
        shape_of_class_.resize(market.first_class(s + 1), static_cast<std::uint32_t>(s));
        timed_ = timed_ || problem_.needed_ns(problem_.shape(market.shape(s))) > 0;
        for (std::size_t d = 0; d < dimensions_; ++d)
            demand_.push_back(problem_.shape(market.shape(s)).demand[market.dimension(d)]);
    }
    set_payments({});
    first_slot_.push_back(0);
    for (std::size_t p = 0; p < market.pools().size(); ++p) {
        spot_.push_back(market.pools()[p].spot);
        const Fleet::Pool& pool = fleet.pools()[market.pools()[p].id.at()];
        for (std::int64_t slot = 0; slot < pool.slots; ++slot) {
            const Amounts capacity = fleet.capacity(pool, fleet.entry_of_slot(pool, slot));
            for (std::size_t d = 0; d < dimensions_; ++d) residual_.push_back(capacity[market.dimension(d)]);
        }
        pool_of_slot_.resize(pool_of_slot_.size() + static_cast<std::size_t>(pool.slots),
                             static_cast<std::uint32_t>(p));
        first_open_.resize(first_open_.size() + market.shapes(), static_cast<std::uint32_t>(first_slot_[p]));
        first_slot_.push_back(pool_of_slot_.size());
    }
    open_devices();
    for (std::size_t s = 0; timed_ && s < market.shapes(); ++s)
        for (std::size_t p = 0; p < market.pools().size(); ++p)
            needed_.push_back(first_slot_[p] + static_cast<std::size_t>(fleet.first_slot_staying(
                                                   fleet.pools()[market.pools()[p].id.at()],
                                                   problem_.needed_ns(problem_.shape(market.shape(s))))));
    held_.resize(pool_of_slot_.size());
    in_pool_.resize(market.pools().size());
    is_most_known_.resize(market.pools().size());
    most_residual_.resize(market.pools().size() * dimensions_);

    std::vector<std::uint32_t> place(fleet.pools().size(), UINT32_MAX);
    for (std::size_t p = 0; p < market.pools().size(); ++p)
        place[market.pools()[p].id.at()] = static_cast<std::uint32_t>(p);
    for (std::uint32_t c = 0; c < market.classes().size(); ++c) {
        left_.push_back(static_cast<std::int64_t>(market.classes()[c].members));
        const Solution::Span span = solution.of_class[market.classes()[c].id.at()];
        for (std::size_t f = span.first; f < span.last; ++f) {
            const Filling& filling = solution.fillings[f];
            const auto first =
                first_slot_[place[filling.pool.at()]] + static_cast<std::size_t>(filling.first);
            for (std::size_t k = 0; k < static_cast<std::size_t>(filling.slots); ++k)
                put(c, first + k, filling.per_slot);
        }
    }
    hold_bound(solution, place);
}

/// `place`: of each pool in the market.
void SlotTable::hold_bound(const Solution& solution, std::span<const std::uint32_t> place) {
    if (!problem_.workload().has_bonds()) return;
    has_bound_.resize(market_.pools().size());
    for (std::size_t c = 0; c < solution.placed.size(); ++c) {
        if (solution.placed[c] == 0 || !problem_.is_bound(ClassId(c))) continue;
        const std::span<const Filling> own = solution.of(ClassId(c));
        bound_.emplace_back(ClassId(c), std::vector(own.begin(), own.end()));
        const Problem::Shape& shape = problem_.shape(problem_.workload().classes()[c].shape);
        for (const Filling& filling : own) {
            const std::size_t pool = place[filling.pool.at()];
            has_bound_[pool] = 1;
            const auto first = first_slot_[pool] + static_cast<std::size_t>(filling.first);
            for (std::size_t slot = first; slot < first + static_cast<std::size_t>(filling.slots); ++slot) {
                for (std::size_t d = 0; d < dimensions_; ++d) {
                    Quantity& has = residual_[slot * dimensions_ + d];
                    if (has != kUnlimited) has -= shape.demand[market_.dimension(d)] * filling.per_slot;
                }
                if (!state_.empty() && shape.device_demand != 0)
                    state_[slot] = devices_[pool]->with(state_[slot], shape.device_demand, filling.per_slot);
            }
        }
    }
}

void SlotTable::open_devices() {
    if (problem_.device_demands().size() == 1) return;
    for (std::size_t s = 0; s < market_.shapes(); ++s)
        device_demand_.push_back(problem_.shape(market_.shape(s)).device_demand);
    kinds_.resize(problem_.fleet().kinds().size());
    for (const Market::Pool& pool : market_.pools()) {
        const KindId kind = problem_.fleet().pools()[pool.id.at()].kind;
        std::unique_ptr<DeviceStates>& own = kinds_[kind.at()];
        if (!own && problem_.fleet().kinds()[kind.at()].devices > 0)
            own = std::make_unique<DeviceStates>(problem_, kind);
        devices_.push_back(own.get());
    }
    state_.resize(pool_of_slot_.size());
}

void SlotTable::set_payments(std::vector<float> payments) {
    const std::size_t pools = market_.pools().size();
    paid_ = std::move(payments);
    for (std::size_t s = 0; !paid_.empty() && s < market_.shapes(); ++s)
        std::ranges::transform(market_.own_cost(s), std::span(paid_).subspan(s * pools, pools),
                               paid_.begin() + static_cast<std::ptrdiff_t>(s * pools), std::plus{});
    costs_.clear();
    for (std::uint32_t c = 0; c < market_.classes().size(); ++c) {
        const std::uint32_t s = shape_of_class_[c];
        costs_.push_back({paid_.empty() ? market_.own_cost(s).data() : paid_.data() + s * pools,
                          market_.ways(market_.group(s), market_.classes()[c].origin).data()});
    }
}

/// Without the links.
void SlotTable::put(std::uint32_t of, std::size_t slot, std::int64_t tasks) {
    const std::uint32_t s = shape_of_class_[of];
    for (std::size_t d = 0; d < dimensions_; ++d) {
        Quantity& has = residual_[slot * dimensions_ + d];
        if (has != kUnlimited) has -= demand_[s * dimensions_ + d] * tasks;
    }
    if (!state_.empty() && device_demand_[s] != 0)
        state_[slot] = devices_[pool_of_slot_[slot]]->with(state_[slot], device_demand_[s], tasks);
    left_[of] -= tasks;
    std::vector<Entry>& entries = held_[slot];
    auto entry = std::ranges::find(entries, of, &Entry::of);
    if (entry == entries.end()) {
        entries.push_back({of, 0});
        entry = entries.end() - 1;
    }
    entry->tasks = static_cast<std::uint32_t>(entry->tasks + tasks);
    if (entry->tasks == 0) {
        *entry = entries.back();
        entries.pop_back();
    }
    seat(of, slot, tasks);
    if (tasks < 0) {
        const std::span<std::uint32_t> open(first_open_.data() + pool_of_slot_[slot] * market_.shapes(),
                                            market_.shapes());
        for (std::uint32_t& first : open) first = std::min(first, static_cast<std::uint32_t>(slot));
    }
}

/// By pool and shape as well as by slot.
void SlotTable::seat(std::uint32_t of, std::size_t slot, std::int64_t tasks) {
    const std::size_t pool = pool_of_slot_[slot];
    is_most_known_[pool] = 0;
    std::vector<OfShape>& shapes = in_pool_[pool];
    auto found = std::ranges::lower_bound(shapes, shape_of_class_[of], {}, &OfShape::shape);
    if (found == shapes.end() || found->shape != shape_of_class_[of])
        found = shapes.insert(found, {shape_of_class_[of], {}});
    std::vector<Seat>& seats = found->seats;
    const Seat wanted{of, static_cast<std::uint32_t>(slot), 0};
    auto at = std::ranges::lower_bound(seats, wanted, [](const Seat& a, const Seat& b) {
        return a.of != b.of ? a.of < b.of : a.slot < b.slot;
    });
    if (at == seats.end() || at->of != of || at->slot != slot) at = seats.insert(at, wanted);
    at->tasks = static_cast<std::uint32_t>(at->tasks + tasks);
    if (at->tasks == 0) seats.erase(at);
}

std::span<const Quantity> SlotTable::most_residual(std::size_t pool) {
    const std::span<Quantity> most(most_residual_.data() + pool * dimensions_, dimensions_);
    if (!std::exchange(is_most_known_[pool], std::uint8_t{1})) {
        std::ranges::fill(most, Quantity{0});
        for (std::size_t slot = first_slot_[pool]; slot < first_slot_[pool + 1]; ++slot)
            std::ranges::transform(most, residual(slot), most.begin(), std::ranges::max);
    }
    return most;
}

std::optional<std::size_t> SlotTable::find(std::uint32_t s, std::size_t pool) {
    std::uint32_t& open = first_open_[pool * market_.shapes() + s];
    while (open < first_slot_[pool + 1] && !fits(s, open)) ++open;
    if (open < first_slot_[pool + 1]) return open;
    return {};
}

Path& SlotTable::path(std::uint32_t of, std::size_t pool) {
    const Problem::Shape& shape = problem_.shape(market_.shape(shape_of_class_[of]));
    return ways_.of(shape, problem_.workload().classes()[market_.classes()[of].id.at()].origin,
                    problem_.fleet().pools()[market_.pools()[pool].id.at()].site);
}

bool SlotTable::links_hold(std::uint32_t of, std::size_t pool) {
    return !linked_ || path(of, pool).room(1) == 1;
}

void SlotTable::add(std::uint32_t of, std::size_t slot) {
    put(of, slot, 1);
    if (linked_) path(of, pool_of_slot_[slot]).reserve(loads_, 1);
    changes_.push_back({of, slot, true});
}

void SlotTable::remove(std::uint32_t of, std::size_t slot) {
    put(of, slot, -1);
    if (linked_) path(of, pool_of_slot_[slot]).reserve(loads_, -1);
    changes_.push_back({of, slot, false});
}

void SlotTable::undo_to(std::size_t changes) {
    while (changes_.size() > changes) {
        const Change last = changes_.back();
        put(last.of, last.slot, last.added ? -1 : 1);
        if (linked_) path(last.of, pool_of_slot_[last.slot]).reserve(loads_, last.added ? -1 : 1);
        changes_.pop_back();
    }
}

Solution SlotTable::solution(int threads) const {
    // By class: the slots that hold it, in order; neighbours that hold as many are one filling.
    std::vector<std::vector<Filling>> of_class(market_.classes().size());
    for (std::size_t slot = 0; slot < held_.size(); ++slot) {
        const std::size_t p = pool_of_slot_[slot];
        const auto own = static_cast<std::int64_t>(slot - first_slot_[p]);
        for (const Entry& entry : held_[slot]) {
            std::vector<Filling>& fillings = of_class[entry.of];
            if (!fillings.empty() && fillings.back().pool == market_.pools()[p].id &&
                fillings.back().first + fillings.back().slots == own &&
                fillings.back().per_slot == entry.tasks)
                ++fillings.back().slots;
            else
                fillings.push_back({market_.pools()[p].id, own, 1, entry.tasks});
        }
    }
    Placement placement(problem_);
    std::vector<Ledger> ledgers(1);
    const auto write_down = [&](ClassId id, std::span<const Filling> fillings) {
        const Workload::Class& own = problem_.workload().classes()[id.at()];
        const Problem::Shape& shape = problem_.shape(own.shape);
        Path route(problem_, *problem_.policies()[shape.policy], placement.loads());
        for (const Filling& filling : fillings) {
            route.build(shape, own.origin, problem_.fleet().pools()[filling.pool.at()].site);
            route.reserve(placement.loads(), filling.slots * filling.per_slot);
            ledgers[0].fillings.push_back(filling);
            placement.left(id) -= filling.slots * filling.per_slot;
        }
        ledgers[0].close(id);
    };
    for (std::uint32_t c = 0; c < of_class.size(); ++c) write_down(market_.classes()[c].id, of_class[c]);
    for (const auto& [id, fillings] : bound_) write_down(id, fillings);
    Solution result = placement.finish(ledgers, threads);
    for (Reason& reason : result.reason)
        if (reason == Reason::kNotTried) reason = Reason::kCapacity;
    result.status = status_;
    return result;
}

}  // namespace gigafleet
