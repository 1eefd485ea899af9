// HeadroomSearch: what keeps the next one out.
#include <algorithm>
#include <map>
#include <tuple>

#include "gigafleet/fillings.hpp"
#include "gigafleet/headroom.hpp"
#include "gigafleet/path.hpp"
#include "gigafleet/slot_fit.hpp"

namespace gigafleet {

/// Counts nodes by the gate that shuts one more out of each, beside what was found, and by what is full
/// there.
class HeadroomSearch::Rest {
public:
    Rest(const HeadroomSearch& of, const Asked& asked, const Loads& loads, std::span<const OfClass> all,
         GangSearch* gang, Headroom& found)
        : of_(of),
          problem_(of.profiles_),
          asked_(asked),
          gang_(gang),
          gates_(asked.gates),
          spread_(asked.spread),
          loads_(loads),
          found_(found),
          window_(of.window_),
          path_(problem_, gates_.routes(), loads),
          slot_fit_(problem_, gates_.shape()),
          way_(problem_.network().site_count(), Way::kNotAsked),
          behind_(way_.size()) {
        for (const auto& [id, own] : all) {
            const Problem::Shape& shape = problem_.shape(problem_.workload().classes()[id.at()].shape);
            for (const Filling& filling : own.fillings) {
                own_[filling.pool.value].push_back(wish(shape, filling));
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
        Wishes taken;
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
            const auto look_further = [&](std::int64_t some) {
                if (gate == Reason::kLink) behind_[pool.site.at()] += some;
                if (gate != Reason::kPlaced) return count(gate, some);
                look_for_room(at, some, pool.site);
            };
            if (!in_reach || gang_ == nullptr) return look_further(slots);
            gang_->for_alike(id, at.first + early, at.first + at.slots,
                             [&](std::int64_t first, std::int64_t last, const GangSearch::Verdict& verdict) {
                                 if (!verdict.alone) return count(Reason::kGang, last - first);
                                 if (!verdict.apart) return count(Reason::kSpread, last - first);
                                 look_further(last - first);
                             });
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
    GangSearch* gang_;  ///< of the class, where it is in one
    const ClassGates& gates_;
    const Spread& spread_;
    const Loads& loads_;
    Headroom& found_;
    std::vector<Quantity> window_;  ///< by site, beside what was found
    Path path_;
    SlotFit slot_fit_;
    std::vector<Way> way_;              ///< by site
    std::vector<std::int64_t> behind_;  ///< by site, nodes that only the way keeps from the next one
    ByPool own_;                        ///< what was found
    std::unordered_map<std::uint32_t, std::int64_t> in_domain_;   ///< of these, members
    std::map<std::tuple<What, std::size_t>, std::int64_t> full_;  ///< nodes
};

void HeadroomSearch::look_at_rest(const Asked& asked, const Loads& loads, std::span<const OfClass> all,
                                  GangSearch* gang, Headroom& found) const {
    Rest(*this, asked, loads, all, gang, found).run();
}

}  // namespace gigafleet
