#include "gigafleet/headroom.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>
#include <tuple>

#include "gigafleet/fillings.hpp"
#include "gigafleet/objective.hpp"
#include "gigafleet/parallel.hpp"
#include "gigafleet/path.hpp"
#include "gigafleet/slot_fit.hpp"

namespace gigafleet {

/// Gates that do not depend on what is left.
class HeadroomSearch::Gates {
public:
    Gates(const Problem& problem, const Workload::Class& profile)
        : problem_(problem),
          shape_(problem.shape(profile.shape)),
          routes_(*problem.policies()[shape_.policy]),
          origin_(profile.origin),
          rtt_ns_(problem.network().site_count(), kNotAsked) {}

    const Problem::Shape& shape() const { return shape_; }
    const Routes& routes() const { return routes_; }
    std::int64_t rtt_ns(SiteId site) const {
        std::int64_t& ns = rtt_ns_[site.at()];
        if (ns == kNotAsked)
            ns = routes_.allowed(origin_) && routes_.allowed(site) ? routes_.rtt_ns(origin_, site)
                                                                   : kUnreachable;
        return ns;
    }
    bool labels_pass(const Fleet::Pool& pool) const { return problem_.labels_pass(shape_, pool); }
    /// First slot that stays long enough.
    std::int64_t first_slot(PoolId pool) const { return first_slot_for(problem_, shape_, pool); }
    /// kRoute or kRtt, or kPlaced where the pool is in reach.
    Reason way(const Fleet::Pool& pool) const {
        const std::int64_t ns = rtt_ns(pool.site);
        if (ns == kUnreachable) return Reason::kRoute;
        const std::int64_t access_ns = problem_.fleet().kinds()[pool.kind.at()].access_rtt_ns;
        return ns <= shape_.max_rtt_ns - access_ns ? Reason::kPlaced : Reason::kRtt;
    }

private:
    static constexpr std::int64_t kNotAsked = -1;
    const Problem& problem_;
    const Problem::Shape& shape_;
    const Routes& routes_;
    SiteId origin_;
    mutable std::vector<std::int64_t> rtt_ns_;  // by site
};

HeadroomSearch::HeadroomSearch(const Problem& problem, const Solution& solution, const Problem& profiles,
                               std::int64_t most)
    : problem_(problem),
      profiles_(profiles),
      most_(most),
      holdings_(problem, solution),
      loads_(solution.loads) {}

std::vector<PoolState::Wish> HeadroomSearch::wishes(PoolId pool) const {
    std::vector<PoolState::Wish> all;
    for (const Holdings::Held& held : holdings_.of(pool)) all.push_back(holdings_.wish(held));
    if (const auto kept = kept_.find(pool.value); kept != kept_.end())
        all.insert(all.end(), kept->second.begin(), kept->second.end());
    sort_wishes(all);
    return all;
}

HeadroomSearch::Choice HeadroomSearch::choose(const Workload::Class& profile, const Gates& gates) const {
    const Fleet& fleet = profiles_.fleet();
    const Problem::Shape& shape = gates.shape();
    const KindCost on_kind(profiles_, shape);
    SlotFit slot_fit(profiles_, shape);
    Choice choice;
    for (std::size_t p = 0; p < fleet.pools().size(); ++p) {
        const Fleet::Pool& pool = fleet.pools()[p];
        if (pool.slots == 0 || !holds(pool.capacity_max, shape.demand) || !gates.labels_pass(pool) ||
            gates.way(pool) != Reason::kPlaced)
            continue;
        const std::int64_t from = gates.first_slot(PoolId(p));
        if (from == pool.slots) continue;
        const std::size_t first = choice.seats.size();
        std::int64_t tasks = 0;
        slot_fit.for_slots(PoolId(p), wishes(PoolId(p)), [&](const SlotFit::Slots& slots) {
            const std::int64_t begin = std::max(slots.first, from), count = slots.first + slots.slots - begin;
            const std::int64_t each = count > 0 ? slot_fit.fit(slots, most_) : 0;
            if (each == 0) return;
            choice.seats.push_back({PoolId(p), begin, count, each});
            tasks += count * each;
        });
        if (tasks == 0) continue;
        const double cost = on_kind(fleet.kinds()[pool.kind.at()]) +
                            way_cost(profiles_, shape, profile.origin, pool.site, gates.rtt_ns(pool.site));
        choice.spots.push_back(
            {PoolId(p), pool.site == profile.origin, cost, first, choice.seats.size(), tasks});
    }
    std::ranges::sort(choice.spots, [](const Spot& a, const Spot& b) {
        return std::tie(a.home, a.cost, a.pool) < std::tie(b.home, b.cost, b.pool);
    });
    return choice;
}

/// Returns how many find a seat and a way, which is reserved in `loads`; `found` gets them and their cost.
std::int64_t HeadroomSearch::fill(const Choice& choice, SiteId origin, const Problem::Shape& shape,
                                  Loads& loads, Headroom* found) const {
    const Fleet& fleet = profiles_.fleet();
    // What a member reserves is multiplied by how many there are.
    const std::int64_t most =
        std::min(most_, kLargest / std::max<Quantity>(shape.uplink + shape.downlink, 1));
    Path path(profiles_, *profiles_.policies()[shape.policy], loads);
    std::int64_t done = 0;
    for (const Spot& spot : choice.spots) {
        const Fleet::Pool& pool = fleet.pools()[spot.pool.at()];
        path.build(shape, origin, pool.site);
        const std::int64_t tasks = path.room(std::min(spot.tasks, most - done));
        if (tasks == 0) continue;
        path.reserve(loads, tasks);
        done += tasks;
        if (found == nullptr) continue;
        found->cost += spot.cost * static_cast<double>(tasks);
        const std::span<const Filling> seats(choice.seats.data() + spot.first, spot.last - spot.first);
        Seats(seats).take(tasks, [&](const Filling& filling) {
            found->fillings.push_back(filling);
            if (profiles_.objective().risk_price == 0 || shape.duration_ns != 0) return;
            for (std::int64_t slot = filling.first; slot < filling.first + filling.slots; ++slot) {
                const std::int64_t stays_ns = fleet.available_ns(pool, fleet.entry_of_slot(pool, slot));
                found->cost += static_cast<double>(filling.per_slot) * risk_cost(profiles_, shape, stays_ns);
            }
        });
    }
    return done;
}

/// Which gate shuts one more out of each node, and what is full there.
void HeadroomSearch::look_at_rest(const Workload::Class& profile, const Gates& gates, const Loads& loads,
                                  Headroom& found) const {
    using What = Headroom::Full::What;
    const Fleet& fleet = profiles_.fleet();
    const Problem::Shape& shape = gates.shape();
    Path path(profiles_, gates.routes(), loads);
    SlotFit slot_fit(profiles_, shape);
    std::map<std::tuple<What, std::size_t>, std::int64_t> full;
    std::unordered_map<std::uint32_t, std::vector<PoolState::Wish>> more;  // by pool, what was found
    for (const Filling& filling : found.fillings)
        more[filling.pool.value].push_back(
            {filling.first, filling.slots, filling.per_slot, &shape, UINT32_MAX});
    const auto count = [&](Reason gate, std::int64_t nodes) {
        if (nodes > 0) found.nodes[static_cast<std::size_t>(gate)] += nodes;
    };
    enum class Way : std::uint8_t { kNotAsked, kOpen, kFull };
    std::vector<Way> way(profiles_.network().site_count(), Way::kNotAsked);
    std::vector<std::int64_t> behind(way.size());  // nodes that only the way keeps from the next one, so far
    for (std::size_t p = 0; p < fleet.pools().size(); ++p) {
        const Fleet::Pool& pool = fleet.pools()[p];
        if (!gates.labels_pass(pool)) {
            count(Reason::kLabel, pool.slots);
            continue;
        }
        const std::int64_t from = gates.first_slot(PoolId(p));
        Reason gate = gates.way(pool);
        Way& open = way[pool.site.at()];
        if (gate == Reason::kPlaced && open == Way::kNotAsked) {
            path.build(shape, profile.origin, pool.site);
            open = path.room(1) > 0 ? Way::kOpen : Way::kFull;
        }
        if (gate == Reason::kPlaced && open == Way::kFull) gate = Reason::kLink;
        std::vector<PoolState::Wish> taken;
        if (gate == Reason::kPlaced) {
            taken = wishes(PoolId(p));
            if (const auto own = more.find(static_cast<std::uint32_t>(p)); own != more.end())
                taken.insert(taken.end(), own->second.begin(), own->second.end());
            sort_wishes(taken);
        }
        slot_fit.for_slots(PoolId(p), taken, [&](const SlotFit::Slots& at) {
            std::int64_t slots = at.slots;
            if (!slot_fit.is_small_enough(at)) return count(Reason::kTooBig, slots);
            const std::int64_t early = std::clamp<std::int64_t>(from - at.first, 0, slots);
            count(Reason::kTime, early);
            slots -= early;
            if (gate == Reason::kLink) behind[pool.site.at()] += slots;
            if (gate != Reason::kPlaced) return count(gate, slots);
            if (slots == 0) return;
            if (slot_fit.fit(at, 1) > 0) return count(Reason::kPlaced, slots);
            count(Reason::kCapacity, slots);
            slot_fit.for_each_full(at, [&](std::size_t d) { full[{What::kNode, d}] += slots; });
        });
    }
    const std::size_t arcs = loads.arc_count(), sites = loads.site_count();
    for (std::size_t s = 0; s < sites; ++s) {
        if (behind[s] == 0) continue;
        path.build(shape, profile.origin, SiteId(s));
        path.for_each_full([&](std::size_t carrier) {
            const auto key = carrier < arcs           ? std::tuple(What::kArc, carrier)
                             : carrier < arcs + sites ? std::tuple(What::kAccessUp, carrier - arcs)
                                                      : std::tuple(What::kAccessDown, carrier - arcs - sites);
            full[key] += behind[s];
        });
    }
    for (const auto& [key, nodes] : full) found.full.push_back({std::get<0>(key), std::get<1>(key), nodes});
    std::ranges::stable_sort(found.full, std::ranges::greater{}, &Headroom::Full::nodes);
}

Headroom HeadroomSearch::find(ClassId id) const {
    const Workload::Class& profile = profiles_.workload().classes()[id.at()];
    const Gates gates(profiles_, profile);
    const Choice choice = choose(profile, gates);
    Headroom found;
    Loads loads = loads_;
    found.fits = found.bound = fill(choice, profile.origin, gates.shape(), loads, &found);
    look_at_rest(profile, gates, loads, found);
    if (profiles_.network().directed()) {
        Problem::Shape out = gates.shape(), back = out;
        out.downlink = back.uplink = 0;
        Loads of_out = loads_, of_back = loads_;
        found.bound = std::min(fill(choice, profile.origin, out, of_out, nullptr),
                               fill(choice, profile.origin, back, of_back, nullptr));
    }
    return found;
}

void HeadroomSearch::keep(ClassId id, const Headroom& found) {
    const Workload::Class& profile = profiles_.workload().classes()[id.at()];
    const Problem::Shape& shape = profiles_.shape(profile.shape);
    Path path(profiles_, *profiles_.policies()[shape.policy], loads_);
    for (const Filling& filling : found.fillings) {
        path.build(shape, profile.origin, profiles_.fleet().pools()[filling.pool.at()].site);
        path.reserve(loads_, members(filling));
        kept_[filling.pool.value].push_back(
            {filling.first, filling.slots, filling.per_slot, &shape, UINT32_MAX});
    }
}

std::vector<Headroom> find_headroom(const Problem& problem, const Solution& solution, const Problem& profiles,
                                    bool together, int threads, Control& control) {
    const Workload& asked = profiles.workload();
    std::vector<Headroom> found(static_cast<std::size_t>(asked.rows()));
    HeadroomSearch search(problem, solution, profiles);
    const auto class_of = [&](std::int64_t row) { return ClassId(asked.class_of_row(row)); };
    control.poll("capacity", 0, asked.rows());
    if (together) {
        for (std::int64_t row = 0; row < asked.rows(); ++row) {
            Headroom& own = found[static_cast<std::size_t>(row)];
            own = search.find(class_of(row));
            search.keep(class_of(row), own);
            control.poll("capacity", row + 1, asked.rows());
        }
        return found;
    }
    const std::thread::id caller = std::this_thread::get_id();
    std::atomic<std::int64_t> done{0};
    parallel_for(threads, asked.rows(), [&](std::int64_t row) {
        found[static_cast<std::size_t>(row)] = search.find(class_of(row));
        const std::int64_t now = done.fetch_add(1) + 1;
        if (std::this_thread::get_id() == caller) control.poll("capacity", now, asked.rows());
    });
    return found;
}

}  // namespace gigafleet
