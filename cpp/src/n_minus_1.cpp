#include "gigafleet/n_minus_1.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <tuple>

#include "gigafleet/fillings.hpp"
#include "gigafleet/parallel.hpp"
#include "gigafleet/spare_search.hpp"
#include "gigafleet/standing.hpp"

namespace gigafleet {

/// What all threads read.
struct NMinus1::Shared {
    Shared(const Groundwork& ground, const Solution& solution, const Elements& elements)
        : standing(ground.problem, solution),
          trips(ground.problem, solution),
          crossings(ground.problem, trips, elements),
          level_of(levels_of_shapes(ground.problem)),
          levels(level_of.empty() ? 0 : *std::ranges::max_element(level_of) + 1),
          rank_of(level_of.size()),
          sites(elements.count),
          links(elements.count) {
        std::uint32_t rank = 0;
        for (const ShapeId shape : placing_order(ground, ground.suggested)) rank_of[shape.at()] = rank++;
        for (std::size_t s = 0; s < elements.of_site.size(); ++s)
            if (elements.of_site[s] != Elements::kNone) sites[elements.of_site[s]].emplace_back(s);
        for (std::size_t l = 0; l < elements.of_link.size(); ++l)
            if (elements.of_link[l] != Elements::kNone) links[elements.of_link[l]].push_back(l);
    }

    Standing standing;
    Trips trips;
    Crossings crossings;
    std::vector<std::size_t> level_of;  ///< by shape
    std::size_t levels;
    std::vector<std::uint32_t> rank_of;  ///< by shape, in the order of placing
    std::vector<std::vector<SiteId>> sites;
    std::vector<std::vector<std::size_t>> links;
};

/// One thread's trials.
class NMinus1::Worker {
public:
    explicit Worker(const NMinus1& of)
        : problem_(of.problem_),
          ground_(of.ground_),
          solution_(of.solution_),
          shared_(*of.shared_),
          trial_(shared_.standing),
          lost_(problem_.network().site_count(), 0),
          lost_link_(problem_.network().link_count(), 0),
          left_(solution_.fillings.size(), 0),
          policies_(problem_.policies().size()) {
        for (std::size_t p = 0; p < policies_.size(); ++p) {
            policies_[p].before.emplace(problem_, *problem_.policies()[p], trial_.loads());
            policies_[p].shaken.resize(lost_.size(), 0);
        }
    }

    Loss lose(std::uint32_t element, Aftermath* after) {
        const Stopwatch watch;
        loss_ = {};
        loss_.element = element;
        loss_.cut_off_weight.assign(shared_.levels, 0);
        loss_.dropped_weight.assign(shared_.levels, 0);
        set_lost(element, 1);
        for (const std::uint32_t trip : shared_.crossings.of(element)) leave(shared_.trips[trip]);
        stay();
        free_pools();
        place(after);
        if (after != nullptr)
            for (const std::uint32_t filling : left_fillings_)
                after->left.emplace_back(filling, left_[filling]);
        set_lost(element, 0);
        reset();
        loss_.seconds = watch.seconds();
        return loss_;
    }

private:
    /// Members of one filling.
    struct Group {
        std::uint32_t rank;
        ClassId of;
        std::uint32_t filling;
        std::int64_t tasks;
        auto operator<=>(const Group&) const = default;
    };
    /// The routes of one policy.
    struct Policy {
        std::unique_ptr<Routes> fresh;     ///< without what is lost, where somebody goes over it
        const Routes* now = nullptr;       ///< none asked for yet
        std::optional<Path> before, path;  ///< in the whole network, and now
        std::vector<std::uint8_t> shaken;  ///< by site, see SpareSearch::Scene
        std::vector<SiteId> shaken_sites;
        std::unique_ptr<SpareSearch> search;
        bool started = false;  ///< search, on the scene at hand
    };

    const Workload::Class& class_of(ClassId id) const { return problem_.workload().classes()[id.at()]; }
    SiteId site_of(PoolId id) const { return problem_.fleet().pools()[id.at()].site; }
    WideQuantity weight_of(ShapeId shape, std::int64_t tasks) const {
        return WideQuantity{problem_.shape(shape).weight} * tasks;
    }

    void set_lost(std::uint32_t element, std::uint8_t flag) {
        for (const SiteId site : shared_.sites[element]) lost_[site.at()] = flag;
        for (const std::size_t link : shared_.links[element]) lost_link_[link] = flag;
        element_ = element;
    }

    /// Whether no way leads over what is lost but those that begin or end there: sites with all that hangs
    /// on them.
    bool is_at_the_end(const Forest& forest) const {
        if (!shared_.links[element_].empty()) return false;
        return std::ranges::all_of(shared_.sites[element_], [&](SiteId site) {
            if (!forest.root(site).valid()) return true;
            if (!forest.parent(site).valid()) return false;
            const std::span<const SiteId> below =
                forest.order().subspan(forest.first(site), forest.last(site) - forest.first(site));
            return std::ranges::all_of(below, [&](SiteId s) { return lost_[s.at()] != 0; });
        });
    }

    Policy& policy(std::uint32_t number) {
        Policy& own = policies_[number];
        if (own.now != nullptr) return own;
        const std::shared_ptr<const Routes>& whole = problem_.policies()[number];
        const Forest& forest = whole->forest();
        if (is_at_the_end(forest)) {
            own.now = whole.get();
        } else {
            std::vector<std::uint8_t> allowed(lost_.size());
            for (std::size_t s = 0; s < allowed.size(); ++s)
                allowed[s] = whole->allowed(SiteId(s)) && !lost_[s];
            NoControl control;
            own.fresh = std::make_unique<Routes>(whole->network_ptr(), std::move(allowed), 1, control,
                                                 RowStore::kAllUpTo, lost_link_);
            own.now = own.fresh.get();
            shake(own, forest);
        }
        own.path.emplace(problem_, *own.now, trial_.loads());
        return own;
    }

    /// Below what is lost, the way to the core site may be another one.
    void shake(Policy& own, const Forest& forest) const {
        const auto below = [&](SiteId site) {
            for (std::uint32_t i = forest.first(site); i < forest.last(site); ++i) {
                const SiteId s = forest.order()[i];
                if (!own.shaken[s.at()]) own.shaken_sites.push_back(s);
                own.shaken[s.at()] = 1;
            }
        };
        for (const SiteId site : shared_.sites[element_])
            if (forest.root(site).valid()) below(site);
        for (const std::size_t link : shared_.links[element_]) {
            const ArcId arc{problem_.network().directed() ? link : 2 * link};
            const SiteId a = problem_.network().tail(arc), b = problem_.network().head(arc);
            if (!forest.root(a).valid() || !forest.root(b).valid()) continue;
            if (forest.parent(a) == b) below(a);
            if (forest.parent(b) == a) below(b);
        }
    }

    /// Members of a trip give back their old way, and go or look for another.
    void leave(const Trips::Trip& trip) {
        Path& before = *policies_[trip.policy].before;
        const bool cut_off = lost_[trip.origin.at()] != 0, gone = lost_[trip.site.at()] != 0;
        const std::int64_t rtt_ns =
            cut_off || gone ? kUnreachable : policy(trip.policy).now->rtt_ns(trip.origin, trip.site);
        for (const Trips::Part& part : shared_.trips.parts(trip)) {
            const Filling& filling = solution_.fillings[part.filling];
            const ShapeId id = class_of(part.of).shape;
            const Problem::Shape& shape = problem_.shape(id);
            const std::int64_t tasks = members(filling);
            before.build(shape, trip.origin, trip.site);
            before.reserve(trial_.loads(), -tasks);
            loss_.carried += tasks;
            const Group group{shared_.rank_of[id.at()], part.of, part.filling, tasks};
            const KindId kind = problem_.fleet().pools()[filling.pool.at()].kind;
            if (cut_off) {
                loss_.cut_off += tasks;
                loss_.cut_off_weight[shared_.level_of[id.at()]] += weight_of(id, tasks);
                go(group, tasks);
            } else if (rtt_ns != kUnreachable &&
                       rtt_ns <= shape.max_rtt_ns - problem_.fleet().kinds()[kind.at()].access_rtt_ns) {
                staying_.push_back(group);
            } else {
                displace(group, tasks);
            }
        }
    }

    void go(const Group& group, std::int64_t tasks) {
        if (left_[group.filling] == 0) left_fillings_.push_back(group.filling);
        left_[group.filling] += tasks;
    }
    void displace(Group group, std::int64_t tasks) {
        if (tasks == 0) return;
        go(group, tasks);
        loss_.displaced += tasks;
        group.tasks = tasks;
        displaced_.push_back(group);
    }

    /// Those that have a way reserve it, the higher first, as far as it has room.
    void stay() {
        std::ranges::sort(staying_);
        for (const Group& group : staying_) {
            const Workload::Class& c = class_of(group.of);
            Path& path = *policy(problem_.shape(c.shape).policy).path;
            path.build(problem_.shape(c.shape), c.origin, site_of(solution_.fillings[group.filling].pool));
            const std::int64_t tasks = path.room(group.tasks);
            path.reserve(trial_.loads(), tasks);
            loss_.rerouted += tasks;
            displace(group, group.tasks - tasks);
        }
    }

    /// Makes pools anew that members left.
    void free_pools() {
        for (const std::uint32_t filling : left_fillings_) {
            const PoolId pool = solution_.fillings[filling].pool;
            if (!lost_[site_of(pool).at()]) freed_.push_back(pool);
        }
        std::ranges::sort(freed_);
        freed_.erase(std::unique(freed_.begin(), freed_.end()), freed_.end());
        const Holdings& holdings = shared_.standing.holdings();
        std::vector<PoolState::Wish> wishes;
        for (const PoolId pool : freed_) {
            wishes.clear();
            for (const Holdings::Held& held : holdings.of(pool)) {
                if (left_[held.number] == 0) {
                    wishes.push_back(holdings.wish(held));
                    continue;
                }
                std::vector<Filling> rest{solution_.fillings[held.number]}, more;
                take_last(rest, left_[held.number], more);
                rest.insert(rest.end(), more.begin(), more.end());
                for (const Filling& filling : rest)
                    if (filling.slots > 0) wishes.push_back(holdings.wish(held.of, filling));
            }
            if (trial_.refill(pool, wishes)) open_sites_.push_back(site_of(pool));
        }
        free_windows();
    }

    /// Where nodes may load more than before, other pools at the site may have room, too.
    void free_windows() {
        if (open_sites_.empty()) return;
        std::ranges::sort(open_sites_);
        const auto& pools = problem_.fleet().pools();
        for (std::size_t p = 0; p < pools.size(); ++p)
            if (std::ranges::binary_search(open_sites_, pools[p].site)) freed_.emplace_back(p);
        std::ranges::sort(freed_);
        freed_.erase(std::unique(freed_.begin(), freed_.end()), freed_.end());
        open_sites_.clear();
    }

    /// Finds other nodes for the displaced.
    void place(Aftermath* after) {
        std::ranges::sort(displaced_);
        std::vector<Filling> found;
        ShapeId shape;
        for (auto first = displaced_.begin(); first != displaced_.end();) {
            const auto last = std::find_if(first, displaced_.end(),
                                           [&](const Group& group) { return group.of != first->of; });
            std::int64_t tasks = 0;
            for (auto group = first; group != last; ++group) tasks += group->tasks;
            const Workload::Class& c = class_of(first->of);
            SpareSearch& search = search_of(problem_.shape(c.shape).policy);
            if (shape != c.shape) search.start(shape = c.shape, freed_);
            found.clear();
            const std::int64_t over = search.place(c.origin, tasks, found);
            loss_.dropped += over;
            loss_.dropped_weight[shared_.level_of[c.shape.at()]] += weight_of(c.shape, over);
            if (after != nullptr)
                for (const Filling& filling : found) after->placed.emplace_back(first->of, filling);
            first = last;
        }
    }

    SpareSearch& search_of(std::uint32_t number) {
        Policy& own = policy(number);
        if (!own.search)
            own.search = std::make_unique<SpareSearch>(ground_.costs, ground_.views[number], trial_);
        if (!own.started) own.search->start(SpareSearch::Scene{*own.now, lost_, own.shaken});
        own.started = true;
        return *own.search;
    }

    void reset() {
        trial_.reset();
        for (const std::uint32_t filling : left_fillings_) left_[filling] = 0;
        left_fillings_.clear();
        staying_.clear();
        displaced_.clear();
        freed_.clear();
        for (Policy& own : policies_) {
            for (const SiteId site : own.shaken_sites) own.shaken[site.at()] = 0;
            own.shaken_sites.clear();
            own.now = nullptr;
            own.started = false;
        }
    }

    const Problem& problem_;
    const Groundwork& ground_;
    const Solution& solution_;
    const Shared& shared_;
    Trial trial_;
    std::uint32_t element_ = 0;
    std::vector<std::uint8_t> lost_;            ///< by site
    std::vector<std::uint8_t> lost_link_;       ///< by link
    std::vector<std::int64_t> left_;            ///< by filling, members that left it
    std::vector<std::uint32_t> left_fillings_;  ///< that somebody left
    std::vector<Group> staying_, displaced_;
    std::vector<PoolId> freed_;
    std::vector<SiteId> open_sites_;  ///< whose windows have more room than before
    std::vector<Policy> policies_;
    Loss loss_;
};

NMinus1::NMinus1(const Groundwork& ground, const Solution& solution, const Elements& elements)
    : ground_(ground),
      problem_(ground.problem),
      solution_(solution),
      shared_(std::make_unique<const Shared>(ground, solution, elements)) {
    for (std::uint32_t e = 0; e < elements.count; ++e)
        if (!shared_->crossings.of(e).empty()) needed_.push_back(e);
}

NMinus1::~NMinus1() = default;

Loss NMinus1::lose(std::uint32_t element, Aftermath* after) const {
    return Worker(*this).lose(element, after);
}

std::vector<Loss> NMinus1::run(int threads, Control& control) const {
    std::vector<Loss> losses(needed_.size());
    const auto total = static_cast<std::int64_t>(losses.size());
    if (problem_.device_demands().size() > 1) threads = 1;  // DeviceStates are not safe from several
    const std::int64_t workers = std::clamp<std::int64_t>(threads, 1, std::max<std::int64_t>(total, 1));
    const std::thread::id caller = std::this_thread::get_id();
    std::atomic<std::int64_t> next{0}, done{0};
    std::atomic<bool> stopped{false};
    parallel_for(threads, workers, [&](std::int64_t) {
        Worker worker(*this);
        try {
            for (std::int64_t i = next.fetch_add(1); i < total && !stopped; i = next.fetch_add(1)) {
                losses[static_cast<std::size_t>(i)] =
                    worker.lose(needed_[static_cast<std::size_t>(i)], nullptr);
                const std::int64_t now = done.fetch_add(1) + 1;
                if (std::this_thread::get_id() == caller) control.poll("n-1", now, total);
            }
        } catch (...) {
            stopped = true;
            throw;
        }
    });
    return losses;
}

}  // namespace gigafleet
