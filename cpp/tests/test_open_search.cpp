#include "gigafleet/open_search.hpp"

#include <random>
#include <tuple>
#include <vector>

#include "check.hpp"
#include "gigafleet/groundwork.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;
using problem_cases::random_case;

namespace {

/// Some pools closed, others with less room than their nodes have.
struct Slots {
    std::vector<std::uint8_t> open;
    std::vector<Amounts> rooms;

    Slots(const Problem& problem, std::mt19937& random) {
        for (const Fleet::Pool& pool : problem.fleet().pools()) {
            open.push_back(random() % 3 != 0);
            rooms.push_back(pool.capacity_max);
            if (random() % 2 == 0) rooms.back()[random() % 4] /= 2;
        }
    }
    bool is_open(PoolId pool) const { return open[pool.at()] != 0; }
    Amounts room(PoolId pool) const {
        CHECK(is_open(pool));
        return rooms[pool.at()];
    }
};

using Offer = std::tuple<ShapeId, SiteId, PoolId, std::int64_t>;

/// All offers for two members of each class; every pool takes one of each.
template <typename CandidatesOf>
std::vector<Offer> offers(const Groundwork& ground, const Slots& slots, CandidatesOf&& candidates_of) {
    std::vector<Offer> all;
    const Problem& problem = ground.problem;
    for (std::size_t s = 0; s < problem.shapes().size(); ++s) {
        const ShapeId id(s);
        Candidates& candidates = candidates_of(problem.shape(id));
        candidates.start(id);
        for (const ClassId c : ground.by_shape.classes(id)) {
            const SiteId origin = problem.workload().classes()[c.at()].origin;
            candidates.place(origin, 2, [&](PoolId pool, std::int64_t room) -> Candidates::Taken {
                if (!slots.is_open(pool)) return 0;  // as if it was full
                all.emplace_back(id, origin, pool, room);
                return 1;
            });
        }
    }
    return all;
}

}  // namespace

TEST(open_pools_are_those_of_the_slots) {
    std::mt19937 random(61);
    for (int i = 0; i < 100; ++i) {
        const Case c = random_case(random, 20, 5);
        const auto problem = c.problem();
        const Slots slots(*problem, random);
        const OpenPools pools(*problem, slots);
        for (std::size_t p = 0; p < problem->fleet().pools().size(); ++p) {
            CHECK_EQ(pools.open[p] != 0, slots.is_open(PoolId(p)));
            if (!slots.is_open(PoolId(p))) continue;
            const auto room = pools.rooms.room(PoolId(p));
            CHECK(std::equal(room.begin(), room.end(), slots.rooms[p].begin()));
        }
    }
}

TEST(a_search_offers_what_one_among_all_pools_offers_of_those_that_are_open) {
    std::mt19937 random(62);
    NoControl control;
    std::size_t offered = 0, policies = 0;
    for (int i = 0; i < 400; ++i) {
        const Case c = random_case(random, 14, 20);
        const auto problem = c.problem();
        const Groundwork ground(*problem, control);
        const Slots slots(*problem, random);
        const OpenPools pools(*problem, slots);
        Loads loads(problem->network(), true, true), own_loads(problem->network(), true, true);
        OpenSearch search(ground.problem, loads, pools.rooms, pools.open);
        std::vector<Candidates> among_all;
        for (const PoolView& view : ground.views)
            among_all.emplace_back(*problem, view, own_loads, pools.rooms);
        const auto found = offers(ground, slots, [&](const Problem::Shape& shape) -> Candidates& {
            const PoolView& view = search.view(shape);
            for (std::size_t at = 0; at < view.size(); ++at) CHECK(slots.is_open(view[at].pool));
            CHECK(&view.routes() == problem->policies()[shape.policy].get());
            return search.of(shape);
        });
        CHECK(found == offers(ground, slots, [&](const Problem::Shape& shape) -> Candidates& {
                  return among_all[shape.policy];
              }));
        offered += found.size();
        policies = std::max(policies, ground.views.size());
    }
    CHECK(offered > 500);
    CHECK(policies > 1);
}
