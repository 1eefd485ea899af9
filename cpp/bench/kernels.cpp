// The hot parts of the core, each on a case of fixed size, on one thread: `kernels NAME` runs one and tells
// how many items it had, `kernels` runs all. bench/instructions.py counts what each takes.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "country.hpp"
#include "gigafleet/bound.hpp"
#include "gigafleet/eject.hpp"
#include "gigafleet/exchange.hpp"
#include "gigafleet/explain.hpp"
#include "gigafleet/flow.hpp"
#include "gigafleet/greedy.hpp"
#include "gigafleet/near.hpp"
#include "gigafleet/network_ascent.hpp"
#include "gigafleet/price_ascent.hpp"
#include "gigafleet/relocate.hpp"
#include "gigafleet/repack.hpp"
#include "gigafleet/seating.hpp"
#include "gigafleet/seats.hpp"
#include "gigafleet/stream.hpp"

namespace bench {

/// What is counted: what runs in here. Apart and not inlined, for callgrind to find.
[[gnu::noinline]] void measured(const std::function<void()>& work) {
    work();
    asm volatile("" ::: "memory");
}

}  // namespace bench

namespace {

using namespace gigafleet;
using bench::measured;
using bench::quiet;
using bench::Stand;

/// A kernel that does next to nothing measures nothing.
void need(bool condition, const char* what) {
    if (!condition) throw std::runtime_error(what);
}

std::int64_t sum(const std::vector<std::int64_t>& values) {
    std::int64_t all = 0;
    for (const std::int64_t value : values) all += value;
    return all;
}

std::int64_t workload() {
    const auto rows = bench::country();
    const auto network = rows.network();
    const auto columns = rows.task_columns();
    std::size_t classes = 0;
    measured(
        [&] { classes = Workload(*network, std::ssize(rows.tasks), columns, 1, quiet).classes().size(); });
    need(classes > 5000, "rows do not fold into many classes");
    return std::ssize(rows.tasks);
}

std::int64_t fleet() {
    const auto rows = bench::country();
    const auto network = rows.network();
    const auto columns = rows.node_columns();
    std::size_t pools = 0;
    measured([&] {
        pools = Fleet(*network, rows.schema(), std::ssize(rows.nodes), columns, 1, quiet).pools().size();
    });
    need(pools > 4000, "rows do not fold into many pools");
    return std::ssize(rows.nodes);
}

/// All routes between core sites, and round trips between cells.
std::int64_t routes() {
    const auto network = bench::country().network();
    const std::size_t sites = network->site_count();
    std::int64_t trips = 0;
    measured([&] {
        const Routes routes(network, {}, 1, quiet);
        for (std::size_t from = 0; from < sites; from += 3)
            for (std::size_t to = 0; to < sites; ++to)
                trips += routes.rtt_ns(SiteId(from), SiteId(to)) != kUnreachable;
    });
    need(trips > 200'000, "few routes");
    return trips;
}

std::int64_t groundwork() {
    const Stand stand;
    std::size_t shares = 0;
    measured([&] { shares = Groundwork(*stand.problem, quiet).shares.size(); });
    need(shares == 12, "not all shapes have a share");
    return std::ssize(stand.problem->fleet().pools());
}

std::int64_t near() {
    const Stand stand;
    const auto order = placing_order(stand.ground, stand.ground.suggested);
    Placement placement(*stand.problem);
    std::vector<Ledger> ledgers;
    measured([&] {
        place_at_home(stand.ground, order, placement, ledgers, {}, quiet);
        place_in_trees(stand.ground, order, placement, ledgers, {}, quiet);
    });
    const Solution solution = placement.finish(ledgers, 1);
    need(sum(solution.placed) > 6000, "little is placed nearby");
    return std::ssize(stand.problem->workload().classes());
}

/// By Candidates alone: nothing nearby is placed before.
std::int64_t greedy() {
    const Stand stand;
    std::int64_t placed = 0;
    measured(
        [&] { placed = sum(place_greedily(stand.ground, {.order = stand.ground.suggested}, quiet).placed); });
    need(placed > 18'000, "little is placed");
    return std::ssize(stand.problem->workload().classes());
}

/// Each shape into each pool that may take it, a few tasks at a time.
std::int64_t fill_pools(const Stand& stand) {
    Placement placement(*stand.problem);
    std::vector<Filling> fillings;
    std::int64_t fills = 0, placed = 0;
    measured([&] {
        for (std::size_t turn = 0; turn < 3; ++turn)
            for (std::size_t s = 0; s < stand.problem->shapes().size(); ++s)
                for (std::size_t p = 0; p < stand.problem->fleet().pools().size(); ++p, ++fills) {
                    fillings.clear();
                    placed += placement.fill(ShapeId(s), PoolId(p), 2, fillings);
                }
    });
    need(placed > 20'000, "little fits");
    return fills;
}

std::int64_t pool_state() { return fill_pools(Stand()); }

std::int64_t pool_state_varied() { return fill_pools(Stand(bench::no_two_nodes_alike(bench::country()))); }

/// Prices of pools, on a country small enough for a Market.
struct Priced {
    Priced()
        : stand(bench::country(240)),
          market(Market::make(stand.ground, placing_order(stand.ground, stand.ground.suggested),
                              Placement(*stand.problem), 1)) {
        need(market.has_value(), "no market");
        ascent.emplace(*market, std::vector<double>(market->pools().size(), 1.0), 1);
    }
    void climb() { ascent->run({kRounds, kRounds, 0.2, 0.02, 0.01}, problem_cases::kInf, "prices", quiet); }

    static constexpr int kRounds = 2;
    Stand stand;
    std::optional<Market> market;
    std::optional<PriceAscent> ascent;
};

std::int64_t price_ascent() {
    Priced priced;
    measured([&] { priced.climb(); });
    const auto prices = priced.ascent->prices();
    need(std::ranges::any_of(prices, [](double price) { return price > 0; }), "nothing is scarce");
    return 2 * Priced::kRounds;
}

std::int64_t flow() {
    Priced priced;
    priced.climb();
    const double tau = 0.02 * priced.market->scale();
    std::size_t flows = 0;
    measured([&] {
        const Choices choices = find_choices(*priced.market, priced.ascent->prices(), 10 * tau, 1);
        flows = whole_flows(*priced.market, priced.ascent->prices(), choices, tau, 1).size();
    });
    need(flows > 4000, "few flows");
    return std::ssize(priced.market->classes());
}

std::int64_t network_ascent() {
    const Stand stand;
    const auto market = NetworkMarket::make(stand.ground, placing_order(stand.ground, stand.ground.suggested),
                                            Placement(*stand.problem), Aim::kCost, {}, 1);
    need(market.has_value(), "no market");
    constexpr int kRounds = 2;
    NetworkAscent ascent(*market, std::vector<double>(market->groups(), 1.0), 1);
    measured([&] { ascent.run({kRounds, 0.2, 0.02}, problem_cases::kInf, "prices", quiet); });
    need(!ascent.prices().carrier.empty(), "links have no prices");
    return kRounds;
}

/// Prices that are neither 0 nor alike.
Prices some_prices(const Problem& problem) {
    Prices prices = Prices::zero(problem);
    for (std::size_t i = 0; i < prices.pool.size(); ++i) prices.pool[i] = 1e-6 * static_cast<double>(i % 13);
    for (std::size_t i = 0; i < prices.carrier.size(); ++i)
        prices.carrier[i] = 1e-10 * static_cast<double>(i % 7);
    return usable_prices(problem, prices, 1, "prices");
}

std::int64_t least_prices() {
    const Stand stand;
    const LeastPrices least(*stand.problem, 1, quiet, Look::kExactly);
    const Prices prices = some_prices(*stand.problem);
    std::vector<double> found;
    measured([&] { found = least.find(prices, true, quiet); });
    need(found.size() > 5000, "few classes");
    return std::ssize(found);
}

std::int64_t bound() {
    const Stand stand;
    const Prices prices = some_prices(*stand.problem);
    double cost = 0;
    measured([&] {
        const Bound bound(*stand.problem, std::vector<WideQuantity>{1'000'000'000}, 1, quiet, Look::kByReach);
        cost = bound.cost(prices, quiet);
    });
    need(cost > 0, "nothing is proven");
    return std::ssize(stand.problem->workload().classes());
}

std::int64_t local_search() {
    constexpr std::int64_t kSteps = 20'000;
    const Priced priced;
    SlotTable table(priced.stand.ground, *priced.market, priced.stand.solution());
    measured([&] {
        make_cheaper(table, {.steps = kSteps / 2}, quiet);
        repack(table, problem_cases::kInf, "repack", quiet);
        place_rest(table, {.steps = kSteps / 2}, quiet);
    });
    need(sum(table.solution(1).placed) > 6000, "little is placed");
    return kSteps;
}

/// Tasks of which no two are alike take the seats of a plan for cells of them.
std::int64_t seats() {
    const Stand stand(bench::no_two_tasks_alike(bench::country()));
    Seats seats(*stand.problem);
    const Coarse coarse = coarsen(*stand.problem, seats.left(), {64, 1.25}, gigafleet::Stand::kMean, 1);
    const Groundwork ground(*coarse.problem, quiet);
    const Solution rough = place_greedily(ground, {.first = First::kNear}, quiet);
    measured([&] { seats.deal(coarse, rough, 1); });
    const auto all = std::ssize(stand.rows.tasks);
    std::int64_t left = 0;
    for (const std::int64_t members : seats.left()) left += members;
    need(4 * left < all, "few get a seat");
    return all;
}

std::int64_t explain() {
    const Stand stand;
    const Solution solution = stand.solution();
    std::vector<Reason> reasons;
    measured([&] { reasons = explain_unplaced(stand.ground, solution, quiet); });
    need(std::ssize(reasons) == std::ssize(solution.placed), "no reasons");
    return std::ssize(reasons);
}

std::int64_t stream() {
    const Stand stand;
    const Solution solution = stand.solution();
    std::vector<std::int64_t> node(stand.rows.tasks.size()), instance(node.size());
    measured([&] { stream_nodes(*stand.problem, solution, 1, node, instance); });
    need(sum(instance) > 0, "all instances are 0");
    return std::ssize(node);
}

/// An hour later, with where tasks ran before.
struct Later {
    Later() : now(bench::an_hour_later(bench::country())) {
        const Stand before;
        runs = stream_assignments(*before.problem, before.solution());
    }
    Previous previous() const {
        return {*now.problem,
                {runs.task, runs.node, runs.first_instance, runs.instances, runs.per_instance},
                1,
                quiet};
    }
    Solution reopened(const Previous& previous) const {
        return place_greedily(now.ground, {.first = First::kNear, .previous = &previous}, quiet);
    }

    Stand now;
    Assignments runs;
};

std::int64_t reopen() {
    const Later later;
    std::int64_t placed = 0;
    measured([&] { placed = sum(later.reopened(later.previous()).placed); });
    need(placed > 17'000, "little is placed again");
    return std::ssize(later.runs.task);
}

std::int64_t seating() {
    const Later later;
    const Previous previous = later.previous();
    const Solution solution = later.reopened(previous);
    Moves moves;
    measured([&] { moves = moves_of(*later.now.problem, previous, solution, 1); });
    need(moves.tasks > 0, "nobody moves");
    return std::ssize(later.runs.task);
}

std::int64_t relocate_tasks() {
    const Later later;
    const Previous previous = later.previous();
    Solution solution = later.reopened(previous);
    bool any = false;
    measured([&] { any = relocate(later.now.ground, previous, solution, {}, quiet).any; });
    need(any, "nothing pays for its move");
    return std::ssize(later.now.problem->workload().classes());
}

struct Kernel {
    const char *name, *item;
    std::int64_t (*run)();
};
constexpr Kernel kKernels[] = {
    {"workload", "row", workload},
    {"fleet", "row", fleet},
    {"routes", "round trip", routes},
    {"groundwork", "pool", groundwork},
    {"near", "class", near},
    {"greedy", "class", greedy},
    {"pool_state", "fill", pool_state},
    {"pool_state_varied", "fill", pool_state_varied},
    {"price_ascent", "round", price_ascent},
    {"flow", "class", flow},
    {"network_ascent", "round", network_ascent},
    {"least_prices", "class", least_prices},
    {"bound", "class", bound},
    {"local_search", "step", local_search},
    {"seats", "task", seats},
    {"explain", "class", explain},
    {"stream", "row", stream},
    {"reopen", "run", reopen},
    {"seating", "run", seating},
    {"relocate", "class", relocate_tasks},
};

}  // namespace

/// Prints a line a kernel: its name, what its items are, how many there were. `--compiler`: what built it.
/// Ends with 1 where a kernel measures nothing, with 2 where there is none of that name.
int main(int argc, char** argv) {
    const std::string_view wanted = argc > 1 ? argv[1] : "";
    if (wanted == "--compiler") {
        std::puts(__VERSION__);
        return 0;
    }
    int known = 0;
    for (const Kernel& kernel : kKernels) {
        if (!wanted.empty() && kernel.name != wanted) continue;
        ++known;
        try {
            const std::int64_t items = kernel.run();
            std::printf("%s\t%s\t%lld\n", kernel.name, kernel.item, static_cast<long long>(items));
        } catch (const std::exception& e) {
            std::fprintf(stderr, "%s: %s\n", kernel.name, e.what());
            return 1;
        }
    }
    return known > 0 ? 0 : 2;
}
