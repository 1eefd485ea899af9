// Whoever has no seat at a site tries the other sites in the origin's tree of the network. Neither touches
// what another tree uses, so each is a small problem of its own (near.hpp).
#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "gigafleet/kind_costs.hpp"
#include "gigafleet/model_deal.hpp"
#include "gigafleet/parallel.hpp"
#include "gigafleet/path.hpp"
#include "gigafleet/pool_view.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kShards = 64;           // of trees: more than threads, for balance
constexpr std::size_t kMostPoolsATree = 1024;  // more are for a search

/// Classes with tasks left, by the core site of their origin: the higher priority first, then the heavier.
std::vector<std::vector<ClassId>> left_by_tree(const Problem& problem, std::size_t policy,
                                               std::span<const std::int64_t> left) {
    const Forest& forest = problem.policies()[policy]->forest();
    const auto& classes = problem.workload().classes();
    std::vector<std::vector<ClassId>> by_tree(forest.core_count());
    for (std::size_t c = 0; c < classes.size(); ++c) {
        if (left[c] == 0 || problem.shape(classes[c].shape).policy != policy) continue;
        const std::uint32_t core = forest.core_index(classes[c].origin);
        if (core != kNoCore && problem.policies()[policy]->allowed(classes[c].origin))
            by_tree[core].emplace_back(c);
    }
    const auto worth = [&](ClassId c) {
        const Problem::Shape& shape = problem.shape(classes[c.at()].shape);
        return std::pair(shape.priority, shape.weight);
    };
    for (auto& tree : by_tree)
        std::ranges::stable_sort(tree, [&](ClassId a, ClassId b) { return worth(a) > worth(b); });
    return by_tree;
}

/// Works on one tree after the other.
class TreeDealer {
public:
    TreeDealer(const Problem& problem, const KindCosts& costs, const PoolView& view, Residents& residents,
               ModelDeal& dealt, Ledger& ledger)
        : problem_(problem),
          costs_(costs),
          view_(view),
          residents_(residents),
          dealt_(dealt),
          ledger_(ledger),
          path_(problem, view.routes(), dealt.loads) {}

    void deal(std::uint32_t core, std::span<const ClassId> classes) {
        const PoolView::Range range = view_.of_core(core);
        pools_.clear();
        for (std::size_t i = range.first; i < range.last; ++i)
            if (residents_.is_open(view_[i].pool)) pools_.push_back(view_[i]);
        if (pools_.size() > kMostPoolsATree) return;
        for (const ClassId c : classes) place(c);
    }

private:
    struct Offer {
        double cost;
        std::size_t pool;  ///< of pools_
        auto operator<=>(const Offer&) const = default;
    };

    void place(ClassId of) {
        const Workload::Class& c = problem_.workload().classes()[of.at()];
        const Problem::Shape& shape = problem_.shape(c.shape);
        std::int64_t& left = dealt_.left[of.at()];
        find_offers(c, shape);
        SiteId full;
        for (const Offer& offer : offers_) {
            if (left == 0) break;
            const PoolView::Item& item = pools_[offer.pool];
            if (item.site == full) continue;
            path_.build(shape, c.origin, item.site);
            const std::int64_t room = path_.room(left);
            if (room == 0) full = item.site;
            if (room == 0) continue;
            const std::int64_t placed = residents_.fill(shape, item.pool, room, ledger_.fillings);
            path_.reserve(dealt_.loads, placed);
            left -= placed;
        }
        ledger_.close(of);
    }

    void find_offers(const Workload::Class& c, const Problem::Shape& shape) {
        const KindCosts::Row cost = costs_.of(c.shape);
        const std::int64_t needed = problem_.needed_ns(shape);
        SiteId at;
        std::int64_t rtt_ns = 0;
        double way = 0;
        offers_.clear();
        for (std::size_t i = 0; i < pools_.size(); ++i) {
            const auto& [id, kind, site] = pools_[i];
            const Fleet::Pool& pool = problem_.fleet().pools()[id.at()];
            const double here = cost(kind);
            if (here == KindCosts::kNever || pool.available_max_ns < needed ||
                !residents_.may_take(shape, id) || !problem_.labels_pass(shape, pool))
                continue;
            if (at != site) {
                at = site;
                rtt_ns = view_.routes().rtt_ns(c.origin, site);
                way = rtt_ns == kUnreachable ? 0 : way_cost(problem_, shape, c.origin, site, rtt_ns);
            }
            const std::int64_t access_ns = problem_.fleet().kinds()[kind.at()].access_rtt_ns;
            if (rtt_ns != kUnreachable && rtt_ns + access_ns <= shape.max_rtt_ns)
                offers_.push_back({here + way, i});
        }
        std::ranges::sort(offers_);
    }

    const Problem& problem_;
    const KindCosts& costs_;
    const PoolView& view_;
    Residents& residents_;
    ModelDeal& dealt_;
    Ledger& ledger_;
    Path path_;
    std::vector<PoolView::Item> pools_;  ///< open ones of the tree at hand
    std::vector<Offer> offers_;
};

}  // namespace

void deal_in_trees(const Problem& problem, Residents& residents, ModelDeal& dealt, int threads) {
    if (std::ranges::none_of(dealt.left, [](std::int64_t left) { return left > 0; })) return;
    const KindCosts costs(problem);
    for (std::size_t policy = 0; policy < problem.policies().size(); ++policy) {  // their trees may overlap
        const auto by_tree = left_by_tree(problem, policy, dealt.left);
        const PoolView view(problem, *problem.policies()[policy]);
        const std::size_t before = dealt.ledgers.size();
        dealt.ledgers.resize(before + kShards);
        parallel_for(threads, kShards, [&](std::int64_t shard) {
            const auto [first, last] = shard_range(static_cast<std::int64_t>(by_tree.size()), kShards, shard);
            std::optional<TreeDealer> dealer;
            for (auto core = static_cast<std::uint32_t>(first); core < last; ++core) {
                if (by_tree[core].empty()) continue;
                if (!dealer)
                    dealer.emplace(problem, costs, view, residents, dealt,
                                   dealt.ledgers[before + static_cast<std::size_t>(shard)]);
                dealer->deal(core, by_tree[core]);
            }
        });
    }
}

}  // namespace gigafleet
