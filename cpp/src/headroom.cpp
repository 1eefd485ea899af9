#include "gigafleet/headroom.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

#include "gigafleet/fillings.hpp"
#include "gigafleet/objective.hpp"
#include "gigafleet/path.hpp"
#include "gigafleet/slot_fit.hpp"

namespace gigafleet {

HeadroomSearch::HeadroomSearch(const Problem& problem, const Solution& solution, const Problem& profiles,
                               std::int64_t most)
    : problem_(problem),
      profiles_(profiles),
      most_(most),
      holdings_(problem, solution),
      loads_(solution.loads) {
    const auto& classes = profiles.workload().classes();
    for (std::size_t c = 0; c < classes.size(); ++c) {
        if (profiles.bond(ClassId(c)).gang == Bond::kNone || ground_ != nullptr) continue;
        NoControl control;
        ground_ = std::make_shared<const Groundwork>(profiles, control);
    }
    count_windows();
}

HeadroomSearch::Wishes HeadroomSearch::wishes(PoolId pool) const {
    Wishes all;
    for (const Holdings::Held& held : holdings_.of(pool)) all.push_back(holdings_.wish(held));
    if (const auto kept = kept_.find(pool.value); kept != kept_.end())
        all.insert(all.end(), kept->second.begin(), kept->second.end());
    sort_wishes(all);
    return all;
}

/// What the plan leaves of what the nodes of each site may load.
void HeadroomSearch::count_windows() {
    const Models* models = profiles_.models();
    if (models == nullptr) return;
    const Fleet& fleet = profiles_.fleet();
    for (std::size_t s = 0; s < profiles_.network().site_count(); ++s)
        window_.push_back(models->allowance(profiles_.network(), SiteId(s)));
    for (std::size_t p = 0; p < fleet.pools().size(); ++p) {
        Quantity& window = window_[fleet.pools()[p].site.at()];
        if (window == kUnlimited || holdings_.of(PoolId(p)).empty()) continue;
        for (const Stretch& stretch : stretches_of(fleet.pools()[p].slots, wishes(PoolId(p))))
            window -= megabits_loaded(profiles_, PoolId(p), stretch.first, stretch.first + stretch.slots,
                                      stretch.in_use);
    }
}

HeadroomSearch::Asked HeadroomSearch::ask(ClassId id) const {
    const Workload::Class& profile = profiles_.workload().classes()[id.at()];
    const Bond bond = profiles_.bond(id);
    Asked asked{profile, ClassGates(profiles_, profile), {}};
    if (bond.spread == Bond::kNone || bond.gang != Bond::kNone) return asked;
    const Bonds::Spread& spread = profiles_.workload().bonds().spreads[bond.spread];
    asked.spread = {false, spread.level, spread.most};
    return asked;
}

std::uint32_t HeadroomSearch::domain_of(const Spread& spread, SiteId site) const {
    return gigafleet::domain_of(profiles_.network(), spread.level, site);
}

/// EUR/h of one load of the model.
double HeadroomSearch::load_cost(const Problem::Shape& shape) const {
    if (shape.model == kNoModel) return 0;
    return profiles_.objective().load_eur_per_gb * profiles_.models()->weight_gb(shape.model) * 3600 /
           shape.tau_s;
}

HeadroomSearch::Choice HeadroomSearch::choose(const Asked& asked) const {
    const auto& [profile, gates, spread, open] = asked;
    const Fleet& fleet = profiles_.fleet();
    const Problem::Shape& shape = gates.shape();
    const KindCost on_kind(profiles_, shape);
    SlotFit slot_fit(profiles_, shape);
    const std::int64_t most = spread.by_slot() ? std::min(most_, spread.most) : most_;
    const double load = load_cost(shape);
    Choice choice;
    std::vector<Spot> may_load;
    for (std::size_t p = 0; p < fleet.pools().size(); ++p) {
        const Fleet::Pool& pool = fleet.pools()[p];
        if (pool.slots == 0 || !holds(pool.capacity_max, shape.demand) || !gates.labels_pass(pool) ||
            gates.way(pool) != Reason::kPlaced)
            continue;
        if (!spread.is_none && !spread.by_slot() && domain_of(spread, pool.site) == kNoDomain) continue;
        const std::int64_t from = gates.first_slot(PoolId(p));
        if (from == pool.slots) continue;
        const double cost = on_kind(fleet.kinds()[pool.kind.at()]) +
                            way_cost(profiles_, shape, profile.origin, pool.site, gates.rtt_ns(pool.site));
        const std::size_t first = choice.seats.size();
        Spot spot{PoolId(p), pool.site == profile.origin, cost, cost, false, first, first, 0};
        slot_fit.for_slots(PoolId(p), wishes(PoolId(p)), [&](const SlotFit::Slots& slots) {
            const std::int64_t begin = std::max(slots.first, from), count = slots.first + slots.slots - begin;
            const std::int64_t each = count > 0 ? slot_fit.fit(slots, most) : 0;
            if (each == 0) return;
            if (slot_fit.has_to_load(slots)) {  // its seat is made when it is known who loads
                const double price = cost + load / static_cast<double>(each);
                may_load.push_back({PoolId(p), spot.home, cost, price, true, static_cast<std::size_t>(begin),
                                    static_cast<std::size_t>(begin + count), each});
                return;
            }
            choice.seats.push_back({PoolId(p), begin, count, each});
            spot.tasks += count * each;
        });
        spot.last = choice.seats.size();
        if (spot.tasks > 0) choice.spots.push_back(spot);
    }
    choose_loads(shape, may_load, choice);
    std::ranges::sort(choice.spots, [](const Spot& a, const Spot& b) {
        return std::tie(a.home, a.price, a.pool, a.first) < std::tie(b.home, b.price, b.pool, b.first);
    });
    return choice;
}

/// Makes spots of slots [first, last) that load the model, each for `tasks` tasks, as far as the windows of
/// their sites allow: at each site those that hold the most.
void HeadroomSearch::choose_loads(const Problem::Shape& shape, std::vector<Spot>& may_load,
                                  Choice& choice) const {
    if (may_load.empty()) return;
    const auto site = [&](const Spot& spot) { return profiles_.fleet().pools()[spot.pool.at()].site; };
    std::ranges::stable_sort(
        may_load, {}, [&](const Spot& spot) { return std::tuple(site(spot), -spot.tasks, spot.price); });
    const Quantity each = profiles_.models()->megabits(shape.model);
    SiteId at;
    Quantity left = 0;
    for (Spot spot : may_load) {
        if (site(spot) != at) left = window_[(at = site(spot)).at()];
        auto slots = static_cast<std::int64_t>(spot.last - spot.first);
        if (each > 0 && left != kUnlimited) {
            slots = std::min(slots, std::max<Quantity>(left, 0) / each);
            left -= slots * each;
        }
        if (slots == 0) continue;
        choice.seats.push_back({spot.pool, static_cast<std::int64_t>(spot.first), slots, spot.tasks});
        spot.first = choice.seats.size() - 1;
        spot.last = choice.seats.size();
        spot.tasks *= slots;
        choice.spots.push_back(spot);
    }
}

/// EUR/h, risk alone.
double HeadroomSearch::risk_of(const Problem::Shape& shape, const Filling& filling) const {
    if (profiles_.objective().risk_price == 0 || shape.duration_ns != 0) return 0;
    const Fleet& fleet = profiles_.fleet();
    const Fleet::Pool& pool = fleet.pools()[filling.pool.at()];
    double cost = 0;
    for (std::int64_t slot = filling.first; slot < filling.first + filling.slots; ++slot) {
        const std::int64_t stays_ns = fleet.available_ns(pool, fleet.entry_of_slot(pool, slot));
        cost += static_cast<double>(filling.per_slot) * risk_cost(profiles_, shape, stays_ns);
    }
    return cost;
}

/// Returns how many find a seat and a way, which is reserved in `loads`; `found` gets them and their cost.
std::int64_t HeadroomSearch::fill(const Choice& choice, SiteId origin, const Problem::Shape& shape,
                                  const Spread& spread, Loads& loads, Headroom* found) const {
    const Fleet& fleet = profiles_.fleet();
    // What a member reserves is multiplied by how many there are.
    const std::int64_t most =
        std::min(most_, kLargest / std::max<Quantity>(shape.uplink + shape.downlink, 1));
    const bool by_domain = !spread.is_none && !spread.by_slot();
    std::unordered_map<std::uint32_t, std::int64_t> in_domain;
    Path path(profiles_, *profiles_.policies()[shape.policy], loads);
    std::int64_t done = 0;
    for (const Spot& spot : choice.spots) {
        const Fleet::Pool& pool = fleet.pools()[spot.pool.at()];
        std::int64_t wanted = std::min(spot.tasks, most - done);
        std::int64_t* there = by_domain ? &in_domain[domain_of(spread, pool.site)] : nullptr;
        if (by_domain) wanted = std::min(wanted, spread.most - *there);
        path.build(shape, origin, pool.site);
        const std::int64_t tasks = path.room(wanted);
        if (tasks == 0) continue;
        path.reserve(loads, tasks);
        done += tasks;
        if (by_domain) *there += tasks;
        if (found == nullptr) continue;
        found->cost += spot.cost * static_cast<double>(tasks);
        std::int64_t slots = 0;
        const std::span<const Filling> seats(choice.seats.data() + spot.first, spot.last - spot.first);
        Seats(seats).take(tasks, [&](const Filling& filling) {
            found->fillings.push_back(filling);
            slots += filling.slots;
            found->cost += risk_of(shape, filling);
        });
        if (!spot.loads) continue;
        found->cost += load_cost(shape) * static_cast<double>(slots);
        found->loads.emplace_back(pool.site, slots * profiles_.models()->megabits(shape.model));
    }
    return done;
}

/// What domains would let in, ways aside.
std::int64_t HeadroomSearch::most_by_domain(const Choice& choice, const Spread& spread) const {
    if (spread.is_none || spread.by_slot()) return std::numeric_limits<std::int64_t>::max();
    std::unordered_map<std::uint32_t, std::int64_t> in_domain;
    for (const Spot& spot : choice.spots) {
        std::int64_t& there = in_domain[domain_of(spread, profiles_.fleet().pools()[spot.pool.at()].site)];
        there = std::min(spread.most, there + std::min(spot.tasks, spread.most));
    }
    std::int64_t sum = 0;
    for (const auto& [domain, tasks] : in_domain) sum += tasks;
    return sum;
}

std::int64_t HeadroomSearch::bound_of(const Asked& asked, const Choice& choice) const {
    const Problem::Shape& shape = asked.gates.shape();
    const bool in_tree = asked.spread.is_none || asked.spread.level <= kSiteLevel;
    const auto by_ways = [&](const Problem::Shape& some) {
        Loads loads = loads_;
        return fill(choice, asked.profile.origin, some, in_tree ? asked.spread : Spread{}, loads, nullptr);
    };
    std::int64_t bound = std::numeric_limits<std::int64_t>::max();
    if (!in_tree) bound = most_by_domain(choice, asked.spread);
    if (!profiles_.network().directed()) return std::min(bound, by_ways(shape));
    Problem::Shape out = shape, back = shape;
    out.downlink = back.uplink = 0;
    return std::min({bound, by_ways(out), by_ways(back)});
}

Headroom HeadroomSearch::find(ClassId id) const {
    const Asked asked = ask(id);
    const Choice choice = choose(asked);
    OfClass all{id, {}};
    Headroom& found = all.second;
    Loads loads = loads_;
    found.fits = fill(choice, asked.profile.origin, asked.gates.shape(), asked.spread, loads, &found);
    found.gangs = found.fits;
    found.bound = bound_of(asked, choice);
    look_at_rest(asked, loads, {&all, 1}, nullptr, found);
    return std::move(found);
}

void HeadroomSearch::keep(ClassId id, const Headroom& found) {
    const Workload::Class& profile = profiles_.workload().classes()[id.at()];
    const Problem::Shape& shape = profiles_.shape(profile.shape);
    Path path(profiles_, *profiles_.policies()[shape.policy], loads_);
    for (const Filling& filling : found.fillings) {
        path.build(shape, profile.origin, profiles_.fleet().pools()[filling.pool.at()].site);
        path.reserve(loads_, members(filling));
        kept_[filling.pool.value].push_back(wish(shape, filling));
    }
    for (const auto& [site, megabits] : found.loads)
        if (window_[site.at()] != kUnlimited) window_[site.at()] -= megabits;
}

}  // namespace gigafleet
