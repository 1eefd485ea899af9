#include "gigafleet/model_deal.hpp"

#include <algorithm>
#include <numeric>

#include "check.hpp"
#include "gigafleet/fillings.hpp"
#include "gigafleet/greedy.hpp"
#include "gigafleet/path.hpp"
#include "problem_cases.hpp"

using namespace gigafleet;
using problem_cases::Case;

namespace {

struct Made {
    std::shared_ptr<const Problem> problem;
    Coarse coarse;
    Solution plan;

    explicit Made(const Case& c)
        : problem(c.problem()), coarse(without_models(*problem, 1)), plan(place(*coarse.problem)) {}

    static Solution place(const Problem& problem) {
        NoControl quiet;
        return place_greedily(Groundwork(problem, quiet), {}, quiet);
    }
};

std::int64_t sum(const std::vector<std::int64_t>& values) {
    return std::accumulate(values.begin(), values.end(), std::int64_t{0});
}

}  // namespace

TEST(classes_that_differ_in_their_model_alone_are_one) {
    Case c = Case::one_site();
    c.weights = {1, 1, 3.5};
    c.nodes = {{.compute = 4}};
    c.tasks = {{.model = 0}, {.model = 1}, {.model = 2}, {}, {.compute = 2, .model = 0}};
    const auto problem = c.problem();
    const Coarse coarse = without_models(*problem, 1);
    CHECK_EQ(coarse.problem->workload().classes().size(), 4u);  // 2 fits on no node: by itself
    std::vector<std::size_t> sizes;
    for (std::size_t k = 0; k < 4; ++k) sizes.push_back(coarse.of(k).size());
    CHECK_EQ(std::ranges::count(sizes, 2u), 1);
    CHECK_EQ(std::ranges::count(sizes, 1u), 3);
}

TEST(seats_are_dealt_so_that_slots_need_few_weights) {
    Case c = Case::one_site();
    c.weights = {4, 4, 4};
    c.nodes = {{.compute = 8, .count = 300}};  // four tasks and one model
    for (int m = 0; m < 3; ++m) c.tasks.push_back({.compute = 1, .count = 300, .model = m});
    const Made made(c);
    Residents residents(*made.problem);
    const ModelDeal dealt = deal_models(*made.problem, made.coarse, made.plan, residents, 1);
    CHECK_EQ(sum(dealt.left), 0);  // eight a slot were planned, of which four give way to weights
    std::size_t fillings = 0;
    for (const Ledger& ledger : dealt.ledgers) fillings += ledger.fillings.size();
    CHECK(fillings <= 12);
}

TEST(shares_of_a_site_are_its_seats) {
    std::mt19937 random(3);
    for (int i = 0; i < 100; ++i) {
        const Made made(problem_cases::random_model_case(random, 10, 14));
        std::vector<std::int64_t> left = members_of_classes(*made.problem);
        ModelShares shares(*made.problem, made.coarse, made.plan, left, 2);
        CHECK_EQ(sum(left) + members(made.plan.fillings), sum(members_of_classes(*made.problem)));
        std::vector<std::int64_t> seats(made.problem->network().site_count());
        for (const Filling& filling : made.plan.fillings)
            seats[made.problem->fleet().pools()[filling.pool.at()].site.at()] += members(filling);
        for (std::size_t s = 0; s < seats.size(); ++s) {
            std::int64_t tasks = 0;
            for (const ModelShare& share : shares.of(SiteId(s))) {
                tasks += share.tasks;
                left[share.of.at()] += share.tasks;
            }
            CHECK_EQ(tasks, seats[s]);
        }
        CHECK(left == members_of_classes(*made.problem));
    }
}

TEST(loads_are_of_those_who_have_a_seat_and_the_others_are_left) {
    std::mt19937 random(4);
    for (int i = 0; i < 200; ++i) {
        const Made made(problem_cases::random_model_case(random, 10, 14));
        Residents residents(*made.problem), again(*made.problem);
        const ModelDeal dealt = deal_models(*made.problem, made.coarse, made.plan, residents, 1);
        CHECK(deal_models(*made.problem, made.coarse, made.plan, again, 4).left == dealt.left);
        Loads loads(*made.problem);
        std::vector<std::int64_t> left = members_of_classes(*made.problem);
        for (const Ledger& ledger : dealt.ledgers) {
            std::size_t at = 0;
            for (const Ledger::Entry& entry : ledger.entries)
                for (; at < entry.last; ++at) {
                    const Workload::Class& c = made.problem->workload().classes()[entry.of.at()];
                    const Problem::Shape& shape = made.problem->shape(c.shape);
                    Path path(*made.problem, *made.problem->policies()[shape.policy], loads);
                    const Filling& filling = ledger.fillings[at];
                    path.build(shape, c.origin, made.problem->fleet().pools()[filling.pool.at()].site);
                    path.reserve(loads, members(filling));
                    left[entry.of.at()] -= members(filling);
                }
        }
        CHECK(left == dealt.left);
        for (std::uint32_t k = 0; k < loads.arc_count() + 2 * loads.site_count(); ++k)
            CHECK_EQ(loads.load(k), dealt.loads.load(k));
    }
}

TEST(devices_are_told_of_what_is_dealt) {
    Case c = Case::one_site();
    c.weights = {4, 4};
    c.nodes = {{.compute = 8, .count = 100, .devices = 4}};
    for (int m = 0; m < 2; ++m) c.tasks.push_back({.compute = 1, .count = 200, .devices = 1, .model = m});
    c.tasks.push_back({.compute = 0, .count = 400, .devices = 0.5});
    const Made made(c);
    Residents residents(*made.problem);
    const ModelDeal dealt = deal_models(*made.problem, made.coarse, made.plan, residents, 1);
    std::int64_t shares = 0;
    for (const Ledger& ledger : dealt.ledgers)
        for (std::size_t e = 0, at = 0; e < ledger.entries.size(); ++e)
            for (; at < ledger.entries[e].last; ++at)
                if (ledger.entries[e].of == made.problem->workload().class_of_row(2))
                    shares += members(ledger.fillings[at]);
    std::vector<Filling> more;
    const auto& last = made.problem->workload().classes()[made.problem->workload().class_of_row(2).at()];
    const std::int64_t whole = 400 - dealt.left[0] - dealt.left[1];
    CHECK_EQ(residents.fill(made.problem->shape(last.shape), PoolId(0), 1'000, more),
             2 * (400 - whole) - shares);
}
