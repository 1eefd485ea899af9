// HeadroomSearch: what keeps the next one out.
#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "gigafleet/bound_tasks.hpp"
#include "gigafleet/fillings.hpp"
#include "gigafleet/headroom.hpp"
#include "gigafleet/path.hpp"
#include "gigafleet/slot_fit.hpp"

namespace gigafleet {

/// The gates kGang and kSpread of gangs: where one would be held if nothing else ran, whatever links hold.
class HeadroomSearch::GangGates {
public:
    GangGates(const Problem& problem, const Groundwork& ground, std::uint32_t gang)
        : problem_(problem),
          alone_(problem),
          apart_(problem),
          alone_slots_(alone_),
          apart_slots_(apart_),
          ignoring_(ground, alone_slots_, nullptr, BoundTasks::Spreads::kIgnored),
          keeping_(ground, apart_slots_, nullptr),
          gang_(gang),
          known_(problem.fleet().pools().size(), Reason::kNotTried) {
        for (Placement* placement : {&alone_, &apart_})
            placement->loads() = Loads(problem.network(), false, false);
        const BoundTasks::Unit& unit = unit_of(ignoring_);
        by_slot_ = unit.level == kNodeLevel;
        if (!by_slot_) {
            known_.assign(domain_count(problem.network(), unit.level), Reason::kNotTried);
            level_ = unit.level;
            return;
        }
        for (const BondTrial::Part& part : ignoring_.parts(unit)) {
            const Amounts& demand = shape_of(part.of).demand;
            for (std::size_t d = 0; d < sum_.size(); ++d)
                sum_[d] = static_cast<Quantity>(
                    std::min(sum_[d] + WideQuantity{demand[d]} * part.members, WideQuantity{kLargest}));
        }
    }

    Reason of_pool(PoolId pool) {
        const SiteId site = problem_.fleet().pools()[pool.at()].site;
        const std::uint32_t at =
            by_slot_ ? pool.value : gigafleet::domain_of(problem_.network(), level_, site);
        if (at == kNoDomain) return Reason::kGang;
        Reason& known = known_[at];
        if (known == Reason::kNotTried)
            known = ignoring_.holds(unit_of(ignoring_), pool) != BoundTasks::Held::kYes ? Reason::kGang
                    : keeping_.holds(unit_of(keeping_), pool) != BoundTasks::Held::kYes ? Reason::kSpread
                                                                                        : Reason::kPlaced;
        return known;
    }

    /// Whether a slot of a pool that holds the gang is none that does.
    bool is_too_small(PoolId pool, const SlotFit::Slots& at) const {
        if (!by_slot_) return false;
        for (const BondTrial::Part& part : ignoring_.parts(unit_of(ignoring_)))
            if (at.first < first_slot_for(problem_, shape_of(part.of), pool)) return true;
        return !holds(at.capacity, sum_);
    }

private:
    const BoundTasks::Unit& unit_of(const BoundTasks& tasks) const {
        return *std::ranges::find(tasks.units(), gang_, &BoundTasks::Unit::gang);
    }
    const Problem::Shape& shape_of(ClassId of) const {
        return problem_.shape(problem_.workload().classes()[of.at()].shape);
    }

    const Problem& problem_;
    Placement alone_, apart_;
    PlacementSlots alone_slots_, apart_slots_;
    BoundTasks ignoring_, keeping_;
    std::uint32_t gang_;
    bool by_slot_ = false;
    BondLevel level_ = kNodeLevel;
    Amounts sum_{};              ///< what all members ask of a node
    std::vector<Reason> known_;  ///< by domain, or pool
};

/// Counts nodes by the gate that shuts one more out of each, beside what was found, and by what is full
/// there.
class HeadroomSearch::Rest {
public:
    Rest(const HeadroomSearch& of, const Asked& asked, const Loads& loads, std::span<const OfClass> all,
         Headroom& found)
        : of_(of),
          problem_(of.profiles_),
          asked_(asked),
          gates_(asked.gates),
          spread_(asked.spread),
          loads_(loads),
          found_(found),
          window_(of.window_),
          path_(problem_, gates_.routes(), loads),
          slot_fit_(problem_, gates_.shape()),
          way_(problem_.network().site_count(), Way::kNotAsked),
          behind_(way_.size()) {
        if (asked.gang != Bond::kNone) gang_.emplace(problem_, *of.ground_, asked.gang);
        for (const auto& [id, own] : all) {
            const Problem::Shape& shape = problem_.shape(problem_.workload().classes()[id.at()].shape);
            for (const Filling& filling : own.fillings) {
                own_[filling.pool.value].push_back(
                    {filling.first, filling.slots, filling.per_slot, &shape, UINT32_MAX});
                if (!spread_.is_none && !spread_.by_slot())
                    in_domain_[of.domain_of(spread_, site_of(filling.pool))] += members(filling);
            }
            for (const auto& [site, megabits] : own.loads)
                if (window_[site.at()] != kUnlimited) window_[site.at()] -= megabits;
        }
    }

    void run() {
        const auto& pools = problem_.fleet().pools();
        for (std::size_t p = 0; p < pools.size(); ++p) {
            if (gates_.labels_pass(pools[p]))
                look_at(PoolId(p));
            else
                count(Reason::kLabel, pools[p].slots);
        }
        find_full_ways();
        for (const auto& [key, nodes] : full_)
            found_.full.push_back({std::get<0>(key), std::get<1>(key), nodes});
        std::ranges::stable_sort(found_.full, std::ranges::greater{}, &Headroom::Full::nodes);
    }

private:
    using What = Headroom::Full::What;
    enum class Way : std::uint8_t { kNotAsked, kOpen, kFull };

    SiteId site_of(PoolId pool) const { return problem_.fleet().pools()[pool.at()].site; }
    void count(Reason gate, std::int64_t nodes) {
        if (nodes > 0) found_.nodes[static_cast<std::size_t>(gate)] += nodes;
    }

    /// The first gate of those on the way to a pool; kPlaced where it passes all.
    Reason gate_of_way(PoolId id) {
        const Fleet::Pool& pool = problem_.fleet().pools()[id.at()];
        const Reason gate = gates_.way(pool);
        if (gate != Reason::kPlaced) return gate;
        if (gang_)
            if (const Reason of_gang = gang_->of_pool(id); of_gang != Reason::kPlaced) return of_gang;
        if (!spread_.is_none && !spread_.by_slot()) {
            const std::uint32_t domain = of_.domain_of(spread_, pool.site);
            if (domain == kNoDomain || in_domain_[domain] >= spread_.most) return Reason::kSpread;
        }
        Way& way = way_[pool.site.at()];
        if (way == Way::kNotAsked) {
            path_.build(gates_.shape(), asked_.profile.origin, pool.site);
            way = path_.room(1) > 0 ? Way::kOpen : Way::kFull;
        }
        return way == Way::kOpen ? Reason::kPlaced : Reason::kLink;
    }

    /// Whether a slot holds as many of the spread group as it may.
    bool is_kept_apart(PoolId pool, std::int64_t slot) const {
        if (!spread_.by_slot()) return false;
        const auto own = own_.find(pool.value);
        return own != own_.end() && std::ranges::any_of(own->second, [&](const PoolState::Wish& wish) {
                   return wish.first <= slot && slot < wish.first + wish.slots &&
                          wish.per_slot >= spread_.most;
               });
    }

    void look_at(PoolId id) {
        const Fleet::Pool& pool = problem_.fleet().pools()[id.at()];
        const std::int64_t from = gates_.first_slot(id);
        const Reason gate = gate_of_way(id);
        std::vector<PoolState::Wish> taken;
        if (gate == Reason::kPlaced || spread_.by_slot()) {
            taken = of_.wishes(id);
            if (const auto own = own_.find(id.value); own != own_.end())
                taken.insert(taken.end(), own->second.begin(), own->second.end());
            sort_wishes(taken);
        }
        const Models* models = problem_.models();
        const Quantity all = models == nullptr ? 0 : models->allowance(problem_.network(), pool.site);
        slot_fit_.for_slots(id, taken, [&](const SlotFit::Slots& at) {
            std::int64_t slots = at.slots;
            if (!slot_fit_.is_small_enough(at)) return count(Reason::kTooBig, slots);
            const std::int64_t early = std::clamp<std::int64_t>(from - at.first, 0, slots);
            count(Reason::kTime, early);
            slots -= early;
            if (slots == 0) return;
            if (!slot_fit_.may_use_model(at, all)) return count(Reason::kModel, slots);
            const bool in_reach = gate == Reason::kPlaced || gate == Reason::kLink;
            if (in_reach && is_kept_apart(id, at.first)) return count(Reason::kSpread, slots);
            if (in_reach && gang_ && gang_->is_too_small(id, at)) return count(Reason::kGang, slots);
            if (gate == Reason::kLink) behind_[pool.site.at()] += slots;
            if (gate != Reason::kPlaced) return count(gate, slots);
            look_for_room(at, slots, pool.site);
        });
    }

    void look_for_room(const SlotFit::Slots& at, std::int64_t slots, SiteId site) {
        const bool is_shut = slot_fit_.has_to_load(at) &&
                             window_[site.at()] < problem_.models()->megabits(gates_.shape().model);
        if (is_shut) full_[{What::kWindow, site.at()}] += slots;
        const bool fits = slot_fit_.fit(at, 1) > 0;
        if (fits && !is_shut) return count(asked_.open, slots);
        count(Reason::kCapacity, slots);
        if (!fits) slot_fit_.for_each_full(at, [&](std::size_t d) { full_[{What::kNode, d}] += slots; });
    }

    void find_full_ways() {
        const std::size_t arcs = loads_.arc_count(), sites = loads_.site_count();
        for (std::size_t s = 0; s < sites; ++s) {
            if (behind_[s] == 0) continue;
            path_.build(gates_.shape(), asked_.profile.origin, SiteId(s));
            path_.for_each_full([&](std::size_t carrier) {
                const auto key = carrier < arcs ? std::tuple(What::kArc, carrier)
                                 : carrier < arcs + sites
                                     ? std::tuple(What::kAccessUp, carrier - arcs)
                                     : std::tuple(What::kAccessDown, carrier - arcs - sites);
                full_[key] += behind_[s];
            });
        }
    }

    const HeadroomSearch& of_;
    const Problem& problem_;
    const Asked& asked_;
    const ClassGates& gates_;
    const Spread& spread_;
    const Loads& loads_;
    Headroom& found_;
    std::optional<GangGates> gang_;
    std::vector<Quantity> window_;  ///< by site, beside what was found
    Path path_;
    SlotFit slot_fit_;
    std::vector<Way> way_;              ///< by site
    std::vector<std::int64_t> behind_;  ///< by site, nodes that only the way keeps from the next one
    std::unordered_map<std::uint32_t, std::vector<PoolState::Wish>> own_;  ///< by pool, what was found
    std::unordered_map<std::uint32_t, std::int64_t> in_domain_;            ///< of these, members
    std::map<std::tuple<What, std::size_t>, std::int64_t> full_;           ///< nodes
};

void HeadroomSearch::look_at_rest(const Asked& asked, const Loads& loads, std::span<const OfClass> all,
                                  Headroom& found) const {
    Rest(*this, asked, loads, all, found).run();
}

}  // namespace gigafleet
