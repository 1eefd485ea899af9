#include "gigafleet/near.hpp"

#include <algorithm>
#include <optional>

#include "gigafleet/objective.hpp"
#include "gigafleet/parallel.hpp"
#include "gigafleet/ways.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kShardsARound = 64;       // fixed: the work is cut the same way for any threads
constexpr std::size_t kClassesARound = 200'000;  // some ten milliseconds: Ctrl-C is asked for in between
constexpr std::size_t kFewClasses = 1000;        // done before a thread has started
constexpr std::size_t kNoUnit = SIZE_MAX;

/// Classes by unit (a site or a tree), those of one unit in placing order.
class ByUnit {
public:
    /// `unit_of(shape, origin)`: kNoUnit leaves it out.
    template <class UnitOf>
    ByUnit(const Groundwork& ground, std::span<const ShapeId> order, const Placement& placement,
           std::size_t units, UnitOf&& unit_of)
        : first_(units + 1, 0) {
        const auto& waits = ground.scarce.waits;
        const auto for_classes = [&](auto&& f) {
            for (const ShapeId shape : order)
                for (std::size_t i = 0; i < ground.by_shape.classes(shape).size(); ++i) {
                    const ClassId c = ground.by_shape.classes(shape)[i];
                    if (placement.left(c) == 0 || (!waits.empty() && waits[c.at()])) continue;
                    const std::size_t unit = unit_of(shape, ground.by_shape.origins(shape)[i]);
                    if (unit != kNoUnit) f(unit, c);
                }
        };
        for_classes([&](std::size_t unit, ClassId) { ++first_[unit + 1]; });
        for (std::size_t u = 0; u < units; ++u) first_[u + 1] += first_[u];
        classes_.resize(first_.back());
        std::vector<std::size_t> next(first_.begin(), first_.end() - 1);
        for_classes([&](std::size_t unit, ClassId c) { classes_[next[unit]++] = c; });
    }
    std::span<const ClassId> of(std::size_t unit) const {
        return {classes_.data() + first_[unit], classes_.data() + first_[unit + 1]};
    }
    std::size_t units() const { return first_.size() - 1; }
    std::size_t size() const { return classes_.size(); }

private:
    std::vector<std::size_t> first_;
    std::vector<ClassId> classes_;
};

/// Places the classes of one unit after the other on its pools; one of it a shard.
class Host {
public:
    Host(const Groundwork& ground, Placement& placement, Ledger& ledger)
        : ground_(ground),
          problem_(ground.problem),
          placement_(placement),
          ledger_(ledger),
          ways_(problem_, placement.loads()) {}

    /// `pools(view)`: the range of the unit's pools in a view.
    template <class Pools>
    void place(std::span<const ClassId> classes, Pools&& pools) {
        std::uint32_t policy = UINT32_MAX;
        for (const ClassId id : classes) {
            const Workload::Class& c = problem_.workload().classes()[id.at()];
            const std::uint32_t own = problem_.shape(c.shape).policy;
            if (policy != own) find_offers(ground_.views[own], pools(ground_.views[own]));
            policy = own;
            if (offers_.size() <= kMostNearPools) place(id, c);
        }
    }

private:
    /// An open pool of a cheap kind.
    struct Offer {
        PoolId pool;
        KindId kind;
        SiteId site;
        std::int64_t access_rtt_ns, available_max_ns;
    };
    struct Choice {
        double cost;
        std::size_t offer;
    };
    struct Way {
        std::int64_t rtt_ns;
        double cost;
    };

    void find_offers(const PoolView& view, PoolView::Range range) {
        const Fleet& fleet = problem_.fleet();
        offers_.clear();
        for (std::size_t i = range.first; i < range.last; ++i) {
            const auto& [pool, kind, site] = view[i];
            if (!ground_.scarce.spared.empty() && ground_.scarce.spared[site.at()]) continue;
            if (ground_.is_cheap[kind.at()] && placement_.is_open(pool))
                offers_.push_back({pool, kind, site, fleet.kinds()[kind.at()].access_rtt_ns,
                                   fleet.pools()[pool.at()].available_max_ns});
        }
    }

    void place(ClassId id, const Workload::Class& c) {
        const Problem::Shape& shape = problem_.shape(c.shape);
        find_choices(c.shape, c.origin);
        std::int64_t& left = placement_.left(id);
        double cost = 0;
        while (left > 0 && !choices_.empty()) {
            const auto best = std::ranges::min_element(choices_, {}, &Choice::cost);
            const Offer offer = offers_[best->offer];
            Path& path = ways_.of(shape, c.origin, offer.site);
            const std::int64_t room = path.room(left);
            if (room == 0) {
                std::erase_if(choices_, [&](const Choice& o) { return offers_[o.offer].site == offer.site; });
                continue;
            }
            const std::int64_t placed = placement_.fill(c.shape, offer.pool, room, ledger_.fillings);
            path.reserve(placement_.loads(), placed);
            left -= placed;
            cost += best->cost * static_cast<double>(placed);
            if (placed < room) choices_.erase(best);
        }
        ledger_.close(id, cost);
        std::erase_if(offers_, [&](const Offer& offer) { return !placement_.is_open(offer.pool); });
    }

    /// What the class may choose from. Offers of one site come together.
    void find_choices(ShapeId id, SiteId origin) {
        const Problem::Shape& shape = problem_.shape(id);
        const Routes& routes = ground_.views[shape.policy].routes();
        const KindCosts::Row costs = ground_.costs.of(id);
        const std::int64_t needed = problem_.needed_ns(shape);
        choices_.clear();
        if (!routes.allowed(origin)) return;
        SiteId at;
        Way way{};
        for (std::size_t i = 0; i < offers_.size(); ++i) {
            const Offer& offer = offers_[i];
            const double cost = costs(offer.kind);
            if (cost == KindCosts::kNever || offer.available_max_ns < needed || !may_hold(shape, offer))
                continue;
            if (at != offer.site) {
                at = offer.site;
                const std::int64_t rtt_ns = routes.rtt_ns(origin, at);
                way = {rtt_ns, rtt_ns == kUnreachable ? 0 : way_cost(problem_, shape, origin, at, rtt_ns)};
            }
            if (way.rtt_ns == kUnreachable || way.rtt_ns + offer.access_rtt_ns > shape.max_rtt_ns) continue;
            choices_.push_back({cost + way.cost, i});
        }
    }

    /// What the table of costs by kind leaves open.
    bool may_hold(const Problem::Shape& shape, const Offer& offer) const {
        const Fleet::Pool& pool = problem_.fleet().pools()[offer.pool.at()];
        if (problem_.fleet().any_varied() && !holds(pool.capacity_max, shape.demand)) return false;
        return !problem_.rules()[shape.rule].depends_on_site() || problem_.labels_pass(shape, pool);
    }

    const Groundwork& ground_;
    const Problem& problem_;
    Placement& placement_;
    Ledger& ledger_;
    Ways ways_;
    std::vector<Offer> offers_;
    std::vector<Choice> choices_;
};

/// What place_at_home and place_in_trees have in common.
struct Task {
    const Groundwork& ground;
    std::span<const ShapeId> order;
    Placement& placement;
    std::vector<Ledger>& ledgers;
    const NearOptions& options;
    Control& control;
    Stopwatch watch = {};

    /// Works through `units` in rounds of shards: their classes by `unit_of(shape, origin)`, on `pools(view,
    /// unit)`. False where the time is up.
    template <class UnitOf, class Pools>
    bool run(std::size_t units, UnitOf&& unit_of, Pools&& pools) {
        const ByUnit by_unit(ground, order, placement, units, unit_of);
        const auto rounds = static_cast<std::int64_t>(1 + by_unit.size() / kClassesARound);
        const int threads = by_unit.size() < kFewClasses ? 1 : options.threads;
        for (std::int64_t round = 0; round < rounds; ++round) {
            control.poll(options.stage, round, rounds);
            if (watch.seconds() > options.time_limit_s) return false;
            const ShardRange all = shard_range(static_cast<std::int64_t>(units), rounds, round);
            const std::size_t before = ledgers.size();
            ledgers.resize(before + kShardsARound);
            parallel_for(threads, kShardsARound, [&](std::int64_t s) {
                std::optional<Host> host;  // most shards of a small problem have nothing to do
                const auto [first, last] = shard_range(all.last - all.first, kShardsARound, s);
                for (std::int64_t i = all.first + first; i < all.first + last; ++i) {
                    const auto unit = static_cast<std::size_t>(i);
                    if (by_unit.of(unit).empty()) continue;
                    if (!host) host.emplace(ground, placement, ledgers[before + static_cast<std::size_t>(s)]);
                    host->place(by_unit.of(unit), [&](const PoolView& view) { return pools(view, unit); });
                }
            });
        }
        return true;
    }
};

}  // namespace

bool place_at_home(const Groundwork& ground, std::span<const ShapeId> order, Placement& placement,
                   std::vector<Ledger>& ledgers, const NearOptions& options, Control& control) {
    return Task{ground, order, placement, ledgers, options, control}.run(
        ground.problem.network().site_count(), [](ShapeId, SiteId origin) { return origin.at(); },
        [](const PoolView& view, std::size_t site) {
            return view.routes().allowed(SiteId(site)) ? view.at_site(SiteId(site)) : PoolView::Range{0, 0};
        });
}

bool place_in_trees(const Groundwork& ground, std::span<const ShapeId> order, Placement& placement,
                    std::vector<Ledger>& ledgers, const NearOptions& options, Control& control) {
    const Problem& problem = ground.problem;
    Task task{ground, order, placement, ledgers, options, control};
    // Trees of one policy are apart from each other; those of two may overlap.
    for (std::uint32_t policy = 0; policy < ground.views.size(); ++policy) {
        const Forest& forest = ground.views[policy].routes().forest();
        const auto tree_of = [&](ShapeId shape, SiteId origin) -> std::size_t {
            const std::uint32_t core = forest.core_index(origin);
            return problem.shape(shape).policy != policy || core == kNoCore ? kNoUnit : core;
        };
        const auto pools = [](const PoolView& view, std::size_t core) {
            return view.of_core(static_cast<std::uint32_t>(core));
        };
        if (!task.run(forest.core_count(), tree_of, pools)) return false;
    }
    return true;
}

}  // namespace gigafleet
