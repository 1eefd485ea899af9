// Candidates by going over all pools: what the search must offer, and a walk that compares every offer with
// it.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "check.hpp"
#include "definition.hpp"
#include "gigafleet/candidates.hpp"
#include "gigafleet/objective.hpp"

namespace candidate_search {

using namespace gigafleet;
using definition::Definition;
using problem_cases::Case;

/// Pools that hold a few tasks each, searched by going over all of them.
struct Search {
    const Case& c;
    Definition definition;
    std::shared_ptr<const Problem> problem;
    Loads loads;                                       ///< the engine's
    std::map<definition::Carrier, Quantity> reserved;  ///< ours
    std::vector<std::int64_t> left;                    ///< tasks that each pool still takes
    std::set<std::size_t> full;                        ///< pools found full for the shape

    Search(const Case& a_case, std::mt19937& random)
        : c(a_case), definition(c), problem(c.problem()), loads(problem->network(), true, true) {
        for (std::size_t p = 0; p < problem->fleet().pools().size(); ++p)
            left.push_back(static_cast<std::int64_t>(random() % 4));
    }

    bool is_candidate(const Problem::Shape& shape, std::size_t p) const {
        const Fleet::Pool& pool = problem->fleet().pools()[p];
        if (pool.slots == 0 || !problem->labels_pass(shape, pool)) return false;
        if (pool.available_max_ns < problem->needed_ns(shape)) return false;
        for (std::size_t d = 0; d < kMaxDimensions; ++d)
            if (pool.capacity_max[d] < shape.demand[d]) return false;
        return true;
    }
    std::int64_t room(const problem_cases::TaskRow& t, SiteId site, std::int64_t wanted) {
        for (const auto& [carrier, amount] : definition.way(t, static_cast<std::int32_t>(site.value))) {
            const Quantity limit = definition.limit(carrier);
            if (amount > 0 && limit != kUnlimited)
                wanted = std::min(wanted, (limit - reserved[carrier]) / amount);
        }
        return wanted;
    }
    struct Found {
        double cost = MinTree::kOut;
        std::set<std::size_t> pools;  ///< near enough to the cheapest to be it
    };
    /// The cheapest pools in reach that are not known to be full, and have room on the way if `links` count.
    Found cheapest(const problem_cases::TaskRow& t, const Problem::Shape& shape, bool links = true) {
        std::vector<std::pair<double, std::size_t>> open;
        const SiteId origin(static_cast<std::size_t>(t.origin));
        for (std::size_t p = 0; p < left.size(); ++p) {
            const Fleet::Pool& pool = problem->fleet().pools()[p];
            if (full.contains(p) || !is_candidate(shape, p)) continue;
            const auto trip = definition.trip(t, static_cast<std::int32_t>(pool.site.value));
            if (!trip.exists) continue;
            const std::int64_t rtt = trip.rtt_ns + problem->fleet().kinds()[pool.kind.at()].access_rtt_ns;
            if (rtt > shape.max_rtt_ns || (links && room(t, pool.site, 1) == 0)) continue;
            open.emplace_back(pair_cost(*problem, shape, origin, pool), p);
        }
        Found found;
        for (const auto& [cost, p] : open) found.cost = std::min(found.cost, cost);
        for (const auto& [cost, p] : open)
            if (cost <= found.cost + 1e-9) found.pools.insert(p);
        return found;
    }
};

inline int from_majors = 0;  ///< offers of a major while it was cheaper than any other could be

/// Shape by shape and class by class, each offer against the cheapest of all pools.
inline int check_offers(const Case& c, std::mt19937& random) {
    Search s(c, random);
    const auto& classes = s.problem->workload().classes();
    int offers = 0;
    std::vector<PoolView> views;
    views.reserve(s.problem->policies().size());
    std::vector<Candidates> searches;
    const PoolRooms empty(*s.problem);
    for (const auto& routes : s.problem->policies()) {
        views.emplace_back(*s.problem, *routes);
        searches.emplace_back(*s.problem, views.back(), s.loads, empty);
    }
    const auto count_major = [&](ShapeId id, SiteId origin, PoolId offered) {
        const Problem::Shape& shape = s.problem->shape(id);
        const PoolView& view = views[shape.policy];
        PoolPrices prices(*s.problem, view, empty);
        prices.start(id);
        const Fleet::Pool& pool = s.problem->fleet().pools()[offered.at()];
        const auto is_major = [&](SiteId site) {
            return std::ranges::binary_search(prices.major_cores(), view.routes().core_index(site));
        };
        from_majors += is_major(pool.site) && !is_major(origin) && prices.minor_floor() != PoolPrices::kOut &&
                       pair_cost(*s.problem, shape, origin, pool) < prices.minor_floor();
    };
    for (std::size_t number = 0; number < s.problem->shapes().size(); ++number) {
        const Problem::Shape& shape = s.problem->shapes()[number];
        Candidates& search = searches[shape.policy];
        search.start(ShapeId(number));
        s.full.clear();
        for (int turn = 0; turn < 2; ++turn)  // a class may come again
            for (const Workload::Class& k : classes) {
                if (k.shape != ShapeId(number)) continue;
                problem_cases::TaskRow t = c.tasks[static_cast<std::size_t>(k.first_row)];
                std::int64_t wanted = static_cast<std::int64_t>(random() % 6);
                const bool stops = random() % 10 == 0;
                bool stopped = false;
                if (random() % 2 == 0) {
                    const double least = search.least(k.origin);
                    CHECK(least <= s.cheapest(t, shape).cost + 1e-9);
                    CHECK(least >= s.cheapest(t, shape, false).cost - 1e-9);
                }
                const std::int64_t rest =
                    search.place(k.origin, wanted, [&](PoolId pool, std::int64_t room) -> Candidates::Taken {
                        ++offers;
                        if (views[shape.policy].cores().size() > PoolPrices::kMostMajor)
                            count_major(ShapeId(number), k.origin, pool);
                        const auto found = s.cheapest(t, shape);
                        CHECK(found.pools.contains(pool.at()));
                        const SiteId site = s.problem->fleet().pools()[pool.at()].site;
                        CHECK_EQ(room, s.room(t, site, wanted));
                        std::int64_t taken = std::min(room, s.left[pool.at()]);
                        if (stops) taken = std::min(taken, room - 1);
                        s.left[pool.at()] -= taken;
                        if (taken < room && !stops) s.full.insert(pool.at());
                        for (const auto& [carrier, amount] :
                             s.definition.way(t, static_cast<std::int32_t>(site.value)))
                            s.reserved[carrier] += amount * taken;
                        wanted -= taken;
                        stopped = stops;
                        return {taken, stops ? Candidates::kStop : Candidates::kClose};
                    });
                CHECK_EQ(rest, wanted);
                CHECK(rest == 0 || stopped || s.cheapest(t, shape).pools.empty());
                for (const auto& [carrier, load] : s.reserved)
                    if (carrier.first == definition::Of::kArc)
                        CHECK_EQ(s.loads.load(s.loads.of_arc(ArcId(carrier.second))), load);
            }
    }
    return offers;
}

}  // namespace candidate_search
