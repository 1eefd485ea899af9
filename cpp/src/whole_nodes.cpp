#include "gigafleet/whole_nodes.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "gigafleet/directed.hpp"
#include "gigafleet/parallel.hpp"

namespace gigafleet {

namespace {

constexpr double kNoLess = std::numeric_limits<double>::infinity();
constexpr double kWorthIt = 1e-3;                         // of price · capacity
constexpr int kMostSteps = 20'000;                        // a search
constexpr std::size_t kMostPairs = std::size_t{1} << 26;  // of shapes and kinds with different prices
constexpr std::int64_t kShards = 64;
constexpr double kRoundings = 0x1p-40;  // of sums and products of a search, against the bound

/// What a task may pay in the node, and takes of it.
struct Item {
    double pays;
    double efficiency;  ///< pays / (price · demand), at most 1
    const Amounts* demand;
};

/// The best set of whole items in one node, by bounded depth-first search.
class NodeSearch {
public:
    NodeSearch(std::span<const double> prices, std::vector<Item> items)
        : prices_(prices), items_(std::move(items)) {
        std::ranges::sort(items_, [](const Item& a, const Item& b) {
            return std::pair(b.efficiency, b.pays) < std::pair(a.efficiency, a.pays);
        });
    }

    /// Infinite where the best is not below `full`, or cannot be told.
    double run(const Amounts& capacity, double full) {
        enough_ = full * (1 - kWorthIt);
        search(0, 0, capacity);
        return steps_ > kMostSteps || best_ >= enough_ ? kNoLess : best_;
    }

private:
    void search(std::size_t at, double paid, const Amounts& left) {
        best_ = std::max(best_, paid);
        double hope = 0;  // no more than that for what is left
        for (std::size_t d = 0; d < prices_.size(); ++d)
            if (prices_[d] > 0) hope += prices_[d] * static_cast<double>(left[d]);
        for (; at < items_.size(); ++at) {
            if (++steps_ > kMostSteps || best_ >= enough_) return;
            const Item& item = items_[at];
            if (paid + hope * item.efficiency * (1 + kRoundings) <= best_) return;
            if (!holds(left, *item.demand)) continue;
            Amounts less = left;
            for (std::size_t d = 0; d < less.size(); ++d)
                if (less[d] != kUnlimited) less[d] -= (*item.demand)[d];
            search(at, above(paid + item.pays), less);
        }
    }

    std::span<const double> prices_;
    std::vector<Item> items_;
    double enough_ = 0, best_ = 0;
    int steps_ = 0;
};

/// What all pools of a kind with the same prices have in common.
struct Alike {
    KindId kind;
    std::span<const double> prices;
    Amounts capacity;  ///< the most of any
    double most = kNoLess;
};

/// What each shape costs on each kind, by shape; kNever where it cannot run.
std::vector<double> costs_by_kind(const PriceQuestion& question, std::span<const double> rents, int threads) {
    const std::size_t kinds = question.problem.fleet().kinds().size();
    std::vector<double> costs(rents.size() * kinds, NodePrices::kNever);
    parallel_for(threads, kShards, [&](std::int64_t shard) {
        NodePrices nodes(question);
        for (auto s = static_cast<std::size_t>(shard); s < rents.size(); s += kShards) {
            nodes.start(ShapeId(s));
            for (std::size_t k = 0; k < kinds; ++k) costs[s * kinds + k] = nodes.cost(KindId(k));
        }
    });
    return costs;
}

/// `cost(s)`: of a shape on the kind.
template <class Cost>
double most_paid(const LeastPrices& least, std::span<const double> rents, const Alike& alike, Cost&& cost) {
    std::vector<Item> items;
    for (std::size_t s = 0; s < rents.size(); ++s) {
        const Amounts& demand = least.relaxed()[s].demand;
        if (rents[s] == -kNoLess || cost(s) == NodePrices::kNever || !holds(alike.capacity, demand)) continue;
        double takes = 0;
        for (std::size_t d = 0; d < alike.prices.size(); ++d)
            takes += alike.prices[d] * static_cast<double>(demand[d]);
        takes *= 1 + kRoundings;
        const double pays = std::min(takes, above(rents[s] - cost(s)));
        if (pays > 0) items.push_back({pays, pays / takes * (1 + kRoundings), &demand});
    }
    double full = 0;
    for (std::size_t d = 0; d < alike.prices.size(); ++d)
        if (alike.prices[d] > 0) full += alike.prices[d] * static_cast<double>(alike.capacity[d]);
    return NodeSearch(alike.prices, std::move(items)).run(alike.capacity, full);
}

}  // namespace

std::vector<double> most_paid_in_nodes(const LeastPrices& least, const Prices& usable, bool with_cost,
                                       std::span<const double> rents, int threads) {
    const Problem& problem = least.problem();
    const auto& pools = problem.fleet().pools();
    std::vector<double> most(pools.size(), kNoLess);
    if (usable.pool.empty()) return most;
    const std::size_t dimensions = problem.fleet().schema().dimensions();
    std::map<std::pair<KindId, std::vector<double>>, std::size_t> known;
    std::vector<Alike> all;
    std::vector<std::size_t> of_pool(pools.size(), SIZE_MAX);
    for (std::size_t p = 0; p < pools.size(); ++p) {
        const std::span<const double> prices(usable.pool.data() + p * dimensions, dimensions);
        if (pools[p].slots == 0 || std::ranges::all_of(prices, [](double price) { return price == 0; }))
            continue;
        const auto [it, fresh] =
            known.try_emplace({pools[p].kind, std::vector(prices.begin(), prices.end())}, all.size());
        if (fresh) all.push_back({pools[p].kind, prices, {}, kNoLess});
        of_pool[p] = it->second;
        Amounts& capacity = all[it->second].capacity;
        for (std::size_t d = 0; d < dimensions; ++d)
            capacity[d] = std::max(capacity[d], relaxed_most(problem, pools[p], d));
    }
    const std::size_t kinds = problem.fleet().kinds().size();
    if (rents.size() > kMostPairs / std::max(all.size() + kinds, std::size_t{1})) return most;
    const std::vector<double> costs =
        costs_by_kind({problem, least.relaxed(), usable, with_cost}, rents, threads);
    parallel_for(threads, static_cast<std::int64_t>(all.size()), [&](std::int64_t i) {
        Alike& alike = all[static_cast<std::size_t>(i)];
        alike.most =
            most_paid(least, rents, alike, [&](std::size_t s) { return costs[s * kinds + alike.kind.at()]; });
    });
    for (std::size_t p = 0; p < pools.size(); ++p)
        if (of_pool[p] != SIZE_MAX) most[p] = all[of_pool[p]].most;
    return most;
}

}  // namespace gigafleet
