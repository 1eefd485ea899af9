#include "gigafleet/bond_trial.hpp"

#include <random>

#include "check.hpp"
#include "gigafleet/fillings.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;
using problem_cases::random_case;

namespace {

NoControl quiet;

/// Two sites with nodes of 4; a group that is spread over nodes, one over sites, and a pair that is in a
/// gang.
struct Scene {
    explicit Scene(BondTrial::Spreads spreads = BondTrial::Spreads::kKept)
        : problem((fill(), c.problem())),
          ground(*problem, quiet),
          placement(*problem),
          counts(*problem),
          trial(ground, slots, counts, spreads) {
        trial.begin();
    }
    void fill() {
        c.capacity_mbps = {10};
        c.nodes = {{.site = 0, .count = 3}, {.site = 1, .count = 2}};
        c.tasks.resize(4);
        for (auto& row : c.tasks) row.count = 8, row.uplink_mbps = 1;
        c.tasks[0].spread = 0;
        c.tasks[0].spread_max = 2;
        c.tasks[1].spread = 1;
        c.tasks[1].spread_level = kSiteLevel;
        c.tasks[1].spread_max = 3;
        c.tasks[2].gang = c.tasks[3].gang = 0;
        c.tasks[3].compute = 2;
    }
    ClassId of(std::int64_t row) const { return problem->workload().class_of_row(row); }
    PoolId pool(std::uint32_t site) const {
        return problem->fleet().pools()[0].site == SiteId(site) ? PoolId(0) : PoolId(1);
    }
    /// All that shows of the state.
    std::vector<std::int64_t> state() {
        std::vector<std::int64_t> all;
        for (std::uint32_t p = 0; p < 2; ++p) {
            std::vector<PoolState::Offer> offers;
            placement.state(PoolId(p)).find_offers(placement.context(), problem->shape(ShapeId(0)).demand, {},
                                                   0, 99, {}, 999, offers);
            for (const auto& offer : offers) all.insert(all.end(), {offer.first, offer.slots, offer.fit});
            all.push_back(placement.state(PoolId(p)).untouched());
        }
        for (std::uint32_t a = 0; a < problem->network().arc_count(); ++a)
            all.push_back(placement.loads().load(a));
        for (std::uint32_t s = 0; s < 2; ++s) all.push_back(counts.room(1, SiteId(s)));
        all.push_back(static_cast<std::int64_t>(counts.held(0, PoolId(0)).size()));
        return all;
    }

    Case c = Case::line(2);
    std::shared_ptr<const Problem> problem;
    Groundwork ground;
    Placement placement;
    PlacementSlots slots{placement};
    SpreadCounts counts;
    BondTrial trial;
};

/// One task out of what a slot has left; false where that is not enough.
bool take(Amounts& left, const Amounts& demand) {
    for (std::size_t d = 0; d < left.size(); ++d)
        if (demand[d] > 0 && left[d] < demand[d]) return false;
    for (std::size_t d = 0; d < left.size(); ++d)
        if (left[d] != kUnlimited) left[d] -= demand[d];
    return true;
}

}  // namespace

TEST(groups_are_spread_over_nodes_and_sites) {
    Scene s;
    CHECK_EQ(s.trial.put(s.of(0), s.pool(0), 8), 6);  // two on each of three
    CHECK_EQ(s.trial.put(s.of(0), s.pool(0), 8), 0);
    CHECK_EQ(s.trial.put(s.of(0), s.pool(1), 8), 4);
    CHECK_EQ(s.trial.put(s.of(1), s.pool(0), 8), 3);
    CHECK_EQ(s.trial.put(s.of(1), s.pool(0), 8), 0);
    CHECK(!s.trial.was_cut_short());
    Scene free(BondTrial::Spreads::kIgnored);
    CHECK_EQ(free.trial.put(free.of(0), free.pool(0), 8), 8);
}

TEST(a_class_may_ask_for_more_than_its_shape) {
    Scene s;
    Problem::Shape more = s.problem->shape(s.problem->workload().classes()[s.of(3).at()].shape);
    for (auto& asked : more.demand) asked *= 2;  // 4 of compute, one a node
    s.trial.ask_instead(s.of(3), more);
    CHECK_EQ(s.trial.put(s.of(3), s.pool(0), 8), 3);
    CHECK_EQ(s.trial.put(s.of(2), s.pool(0), 8), 0);
    more.demand[0] /= 4;
    more.uplink = 3'000'000;  // of 10 Mbps
    CHECK_EQ(s.trial.put(s.of(3), s.pool(1), 8), 3);
    s.trial.undo();
    CHECK_EQ(s.trial.put(s.of(2), s.pool(0), 20), 12);
    Ledger ledger;
    s.trial.write(ledger);
    CHECK_EQ(members(ledger.fillings), 12);
    s.trial.undo();
    CHECK_EQ(s.trial.put(s.of(2), s.pool(0), 20), 12);
}

TEST(what_is_asked_instead_passes_all_gates) {
    Scene s;
    Problem::Shape more = s.problem->shape(s.problem->workload().classes()[s.of(3).at()].shape);
    CHECK(s.trial.cost(s.of(3), s.pool(0)) != KindCosts::kNever);
    more.demand[0] = 1'000'000;
    s.trial.ask_instead(s.of(3), more);
    CHECK(s.trial.cost(s.of(3), s.pool(0)) == KindCosts::kNever);
    CHECK(s.trial.cost(s.of(2), s.pool(0)) != KindCosts::kNever);
}

TEST(undo_leaves_no_trace) {
    Scene s;
    s.trial.put(s.of(1), s.pool(0), 1);
    Ledger ledger;
    s.trial.keep(ledger);
    CHECK_EQ(ledger.entries.size(), 1u);
    s.trial.begin();
    const auto before = s.state();
    CHECK_EQ(s.trial.put(s.of(0), s.pool(0), 5), 5);
    CHECK_EQ(s.trial.put(s.of(1), s.pool(1), 2), 2);
    CHECK_EQ(s.trial.put(s.of(2), s.pool(1), 9), 6);
    CHECK(s.state() != before);
    s.trial.undo();
    CHECK(s.state() == before);
    CHECK(s.trial.touched().empty());
}

TEST(links_cut_short) {
    Scene s;
    CHECK_EQ(s.trial.put(s.of(2), s.pool(1), 12), 8);
    CHECK(s.trial.was_cut_short());
}

TEST(parts_share_one_slot_or_none) {
    Scene s;
    const BondTrial::Part fits[] = {{s.of(3), 1}, {s.of(2), 2}}, too_many[] = {{s.of(3), 2}, {s.of(2), 1}};
    CHECK(!s.trial.put_together(too_many, s.pool(0)));
    s.trial.undo();
    s.trial.put(s.of(2), s.pool(0), 1);
    CHECK(s.trial.put_together(fits, s.pool(0)));  // not beside the one on the first
    Ledger ledger;
    s.trial.keep(ledger);
    CHECK_EQ(ledger.fillings.size(), 3u);
    CHECK_EQ(ledger.fillings[0].first, 0);
    CHECK_EQ(ledger.fillings[1].first, 1);
    CHECK_EQ(ledger.fillings[2].first, 1);
    CHECK_EQ(ledger.fillings[1].per_slot, 1);
    CHECK_EQ(ledger.fillings[2].per_slot, 2);
}

TEST(members_go_back_to_their_slots_as_far_as_there_is_room) {
    Scene s;
    CHECK_EQ(s.trial.put_back(s.of(2), {s.pool(0), 1, 2, 3}), 6);
    CHECK_EQ(s.trial.put_back(s.of(2), {s.pool(0), 0, 2, 3}), 4);
    CHECK_EQ(s.trial.put_back(s.of(0), {s.pool(1), 0, 2, 3}), 4);  // of a group with two a node
    CHECK_EQ(s.trial.put_back(s.of(1), {s.pool(0), 0, 3, 1}), 2);
}

TEST(offers_are_what_slots_have_room_for) {
    std::mt19937 random(41);
    for (int i = 0; i < 300; ++i) {
        const Case c = random_case(random, 20, 20);
        const auto problem = c.problem();
        if (problem->shapes().empty()) continue;
        const Fleet& fleet = problem->fleet();
        const PoolState::Context context(*problem);
        for (std::size_t p = 0; p < fleet.pools().size(); ++p) {
            const Fleet::Pool& pool = fleet.pools()[p];
            std::vector<Amounts> left;  // slot by slot
            for (std::int64_t s = 0; s < pool.slots; ++s)
                left.push_back(fleet.capacity(pool, fleet.entry_of_slot(pool, s)));
            PoolState state(context, PoolId(p));
            for (int step = 0; step < 6; ++step) {
                const ShapeId id(random() % problem->shapes().size());
                const Amounts& demand = problem->shape(id).demand;
                const auto before = state.mark();
                std::vector<Filling> out;
                state.fill(context, id, demand, 0, static_cast<std::int64_t>(random() % 5), out);
                if (random() % 3 == 0) {
                    state.rewind(PoolState::Mark(before));
                    out.clear();
                }
                for (const Filling& f : out)
                    for (std::int64_t s = f.first; s < f.first + f.slots; ++s)
                        for (std::int64_t k = 0; k < f.per_slot; ++k)
                            CHECK(take(left[static_cast<std::size_t>(s)], demand));
                const auto from = static_cast<std::int64_t>(random() % 2);
                const std::int64_t most = 1 + static_cast<std::int64_t>(random() % 3);
                const std::vector<PoolState::Held> held{{1, 1}, {2, most}};
                std::vector<PoolState::Offer> offers;
                state.find_offers(context, demand, {}, from, most, held, 1000, offers);
                std::vector<std::int64_t> room(static_cast<std::size_t>(pool.slots));
                for (const PoolState::Offer& offer : offers)
                    for (std::int64_t s = offer.first; s < offer.first + offer.slots; ++s)
                        room[static_cast<std::size_t>(s)] += offer.fit;
                for (std::int64_t s = 0; s < pool.slots; ++s) {
                    Amounts copy = left[static_cast<std::size_t>(s)];
                    const std::int64_t limit = s < from ? 0 : most - (s == 1 ? 1 : s == 2 ? most : 0);
                    std::int64_t fits = 0;
                    while (fits < limit && take(copy, demand)) ++fits;
                    CHECK_EQ(room[static_cast<std::size_t>(s)], fits);
                }
            }
        }
    }
}
