#include "gigafleet/rest.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "gigafleet/groundwork.hpp"
#include "gigafleet/objective.hpp"
#include "gigafleet/open_slots.hpp"
#include "gigafleet/parallel.hpp"
#include "gigafleet/path.hpp"

namespace gigafleet {

namespace {

constexpr double kRatio = 1.02;
constexpr std::int64_t kFewestCells = 64, kTasksACell = 32;
constexpr std::size_t kCellsARound = 64;

/// Cells for so many tasks.
Grain grain_for(std::int64_t tasks, std::size_t most) {
    return {std::min(most, static_cast<std::size_t>(std::max(tasks / kTasksACell, kFewestCells))), kRatio};
}

Amounts least_demand(const Problem& cells) {
    Amounts least;
    least.fill(kUnlimited);
    for (const Problem::Shape& shape : cells.shapes())
        for (std::size_t d = 0; d < least.size(); ++d) least[d] = std::min(least[d], shape.demand[d]);
    return least;
}

/// Groundwork reports a stage that was over long ago: here it is the beginning of this one.
class AtTheBeginning final : public Control {
public:
    AtTheBeginning(Control& control, std::string_view stage) : control_(control), stage_(stage) {}
    void poll(std::string_view, std::int64_t, std::int64_t total) override {
        control_.poll(stage_, 0, total);
    }

private:
    Control& control_;
    std::string_view stage_;
};

/// Pools that have slots with room for the least of a cell.
struct Offers {
    struct Offer {
        PoolId pool;
        std::size_t first, last;  ///< into slots
        std::size_t listed;       ///< slots of the pool at that time, or more that are full by now
        SiteId site;
        std::int64_t access_rtt_ns;
    };
    std::vector<Offer> pools;
    std::vector<std::size_t> slots;
};

/// Tasks that may fit, and the pools in reach of their origin, the cheapest first.
struct Hope {
    ClassId of;
    std::size_t first, last;  ///< into Round::reach
};

/// Of one cell.
struct Round {
    const Amounts* least;   ///< demand of any of its tasks
    std::int64_t limit_ns;  ///< the loosest of its tasks
    Offers offers;
    std::vector<std::uint32_t> reach;  ///< into offers.pools
    std::vector<Hope> hopes;
};

class Rest {
public:
    Rest(const Problem& problem, const Coarse& cells, Seats& seats, int threads)
        : problem_(problem),
          cells_(cells),
          seats_(seats),
          threads_(threads),
          slots_(problem, seats.held(), least_demand(*cells.problem), threads) {}

    bool run(const RestOptions& options, Control& control) {
        const Stopwatch watch;
        AtTheBeginning beginning(control, options.stage);
        const Groundwork ground(*cells_.problem, beginning, threads_);
        const std::vector<ShapeId> order = placing_order(ground, ground.suggested);
        std::vector<Round> rounds(kCellsARound);
        for (std::size_t begin = 0; begin < order.size(); begin += kCellsARound) {
            control.poll(options.stage, static_cast<std::int64_t>(begin),
                         static_cast<std::int64_t>(order.size()));
            if (!(watch.seconds() < options.time_limit_s)) return false;
            const std::size_t n = std::min(kCellsARound, order.size() - begin);
            parallel_for(threads_, static_cast<std::int64_t>(n), [&](std::int64_t i) {
                const auto at = static_cast<std::size_t>(i);
                look_around(ground, order[begin + at], rounds[at]);
            });
            for (std::size_t i = 0; i < n; ++i) seat(rounds[i]);
        }
        return true;
    }

private:
    /// Finds who of a cell may fit, as things stand.
    void look_around(const Groundwork& ground, ShapeId cell, Round& round) const {
        round.offers.pools.clear();
        round.offers.slots.clear();
        round.reach.clear();
        round.hopes.clear();
        const Problem::Shape& shape = cells_.problem->shape(cell);
        round.least = &shape.demand;
        round.limit_ns = shape.max_rtt_ns;
        const auto& pools = problem_.fleet().pools();
        const KindCost on_kind(problem_, shape);
        std::vector<double> cost;  // of the offers, the way aside
        for (std::size_t p = 0; p < pools.size(); ++p) {
            const PoolId pool(p);
            if (!slots_.may_hold(pool, shape.demand) ||
                pools[p].available_max_ns < problem_.needed_ns(shape) ||
                !problem_.labels_pass(shape, pools[p]))
                continue;
            const std::size_t first = round.offers.slots.size();
            slots_.find(pool, shape.demand, round.offers.slots);
            if (round.offers.slots.size() == first) continue;
            const Fleet::Kind& kind = problem_.fleet().kinds()[pools[p].kind.at()];
            round.offers.pools.push_back({pool, first, round.offers.slots.size(), slots_.listed(pool),
                                          pools[p].site, kind.access_rtt_ns});
            cost.push_back(on_kind(kind));
        }
        if (round.offers.pools.empty()) return;
        Path path(problem_, *problem_.policies()[shape.policy], seats_.held().loads);
        for (const ClassId c : ground.by_shape.classes(cell)) find_hopes(c, shape, cost, path, round);
    }

    void find_hopes(ClassId c, const Problem::Shape& shape, std::span<const double> cost, Path& path,
                    Round& round) const {
        const Routes& routes = *problem_.policies()[shape.policy];
        const SiteId origin = cells_.problem->workload().classes()[c.at()].origin;
        if (!routes.allowed(origin)) return;
        const std::size_t first = round.reach.size();
        SiteId at;
        std::int64_t rtt_ns = 0;
        const bool linked = shape.uplink > 0 || shape.downlink > 0;
        for (std::uint32_t o = 0; o < round.offers.pools.size(); ++o) {
            const Offers::Offer& offer = round.offers.pools[o];
            if (at != offer.site) {
                at = offer.site;
                rtt_ns = routes.rtt_ns(origin, at);
                if (linked && rtt_ns != kUnreachable && rtt_ns <= shape.max_rtt_ns) {
                    path.build(shape, origin, at);
                    if (path.room(1) == 0) rtt_ns = kUnreachable;
                }
            }
            if (rtt_ns != kUnreachable && rtt_ns + offer.access_rtt_ns <= shape.max_rtt_ns)
                round.reach.push_back(o);
        }
        const std::size_t last = round.reach.size(), before = round.hopes.size();
        for (const ClassId member : cells_.of(c.at()))
            if (find_slot(member, round, first, last, false)) round.hopes.push_back({member, first, last});
        if (round.hopes.size() == before)
            round.reach.resize(first);
        else
            sort_by_cost(shape, origin, cost, round, first);
    }

    void sort_by_cost(const Problem::Shape& shape, SiteId origin, std::span<const double> cost, Round& round,
                      std::size_t first) const {
        std::vector<std::pair<double, std::uint32_t>> near;
        SiteId at;
        double way = 0;
        for (std::size_t r = first; r < round.reach.size(); ++r) {
            const std::uint32_t o = round.reach[r];
            if (at != round.offers.pools[o].site) {
                at = round.offers.pools[o].site;
                way = way_cost(problem_, shape, origin, at);
            }
            near.emplace_back(cost[o] + way, o);
        }
        std::ranges::sort(near);
        for (const auto& [price, o] : near) round.reach[first++] = o;
    }

    struct Place {
        std::size_t reach;  ///< its place in Round::reach
        std::size_t at;
        std::int64_t from;
    };
    /// The first slot with room for a task. `anew`: also of those that were opened after the offers were
    /// made.
    std::optional<Place> find_slot(ClassId of, const Round& round, std::size_t first, std::size_t last,
                                   bool anew) const {
        const Workload::Class& c = problem_.workload().classes()[of.at()];
        const Problem::Shape& shape = problem_.shape(c.shape);
        for (std::size_t r = first; r < last; ++r) {
            const Offers::Offer& offer = round.offers.pools[round.reach[r]];
            if (offer.first == offer.last && (!anew || offer.listed == slots_.listed(offer.pool))) continue;
            if (!slots_.may_hold(offer.pool, shape.demand)) continue;
            if (shape.max_rtt_ns < round.limit_ns && !in_reach(shape, c.origin, offer.pool)) continue;
            const std::int64_t from = first_slot_for(problem_, shape, offer.pool);
            const auto fits = [&](std::size_t at) { return slots_.fits(offer.pool, at, shape.demand, from); };
            const bool fresh =
                offer.first < offer.last && round.offers.slots[offer.last - 1] == OpenSlots::kFresh;
            for (std::size_t s = offer.first; s < offer.last - fresh; ++s)
                if (fits(round.offers.slots[s])) return Place{r, round.offers.slots[s], from};
            for (std::size_t s = offer.listed; anew && s < slots_.listed(offer.pool); ++s)
                if (fits(s)) return Place{r, s, from};
            if (fresh && fits(OpenSlots::kFresh)) return Place{r, OpenSlots::kFresh, from};
        }
        return {};
    }
    bool in_reach(const Problem::Shape& shape, SiteId origin, PoolId id) const {
        const Fleet::Pool& pool = problem_.fleet().pools()[id.at()];
        return problem_.policies()[shape.policy]->rtt_ns(origin, pool.site) +
                   problem_.fleet().kinds()[pool.kind.at()].access_rtt_ns <=
               shape.max_rtt_ns;
    }

    /// In order: what came before may have taken the room.
    void seat(Round& round) {
        for (const Hope& hope : round.hopes) {
            const Amounts& demand = problem_.shape(problem_.workload().classes()[hope.of.at()].shape).demand;
            for (std::size_t first = hope.first; seats_.left()[hope.of.at()] > 0;) {
                const auto place = find_slot(hope.of, round, first, hope.last, true);
                const std::size_t looked = place ? place->reach + 1 : hope.last;
                for (; first < looked; ++first) skip_full(round, round.reach[first]);
                if (!place) break;
                first = place->reach;
                const PoolId pool = round.offers.pools[round.reach[first]].pool;
                if (seats_.links_hold(hope.of, pool))
                    seats_.add(hope.of, pool, slots_.take(pool, place->at, demand, place->from));
                else
                    ++first;
            }
        }
    }

    /// Leaves out the first slots of an offer that have no room for any task of the cell any more.
    void skip_full(Round& round, std::uint32_t o) const {
        Offers::Offer& offer = round.offers.pools[o];
        const auto is_full = [&](std::size_t at) { return !slots_.fits(offer.pool, at, *round.least, 0); };
        while (offer.first < offer.last && is_full(round.offers.slots[offer.first])) ++offer.first;
        while (offer.listed < slots_.listed(offer.pool) && is_full(offer.listed)) ++offer.listed;
    }

    const Problem& problem_;
    const Coarse& cells_;
    Seats& seats_;
    int threads_;
    OpenSlots slots_;
};

}  // namespace

bool seat_rest(const Problem& problem, Seats& seats, const RestOptions& options, Control& control) {
    std::int64_t tasks = 0;
    for (const std::int64_t left : seats.left()) tasks += left;
    if (tasks == 0) return true;
    const Coarse cells =
        coarsen(problem, seats.left(), grain_for(tasks, options.cells), Stand::kLeast, options.threads);
    return Rest(problem, cells, seats, options.threads).run(options, control);
}

}  // namespace gigafleet
