// Whoever has no seat at a site tries the other sites in the origin's tree of the network. Neither touches
// what another tree uses, so each is a small problem of its own (near.hpp).
#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "gigafleet/kin_pools.hpp"
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
class LeftByTree {
public:
    LeftByTree(const Problem& problem, std::uint32_t policy, std::span<const ClassId> left)
        : first_(problem.policies()[policy]->core_count() + 1, 0) {
        const Routes& routes = *problem.policies()[policy];
        const auto& classes = problem.workload().classes();
        const auto for_classes = [&](auto&& f) {
            for (const ClassId c : left) {
                if (problem.shape(classes[c.at()].shape).policy != policy) continue;
                const std::uint32_t core = routes.core_index(classes[c.at()].origin);
                if (core != kNoCore) f(core, c);
            }
        };
        for_classes([&](std::uint32_t core, ClassId) { ++first_[core + 1]; });
        std::partial_sum(first_.begin(), first_.end(), first_.begin());
        classes_.resize(first_.back());
        std::vector<std::size_t> next(first_.begin(), first_.end() - 1);
        for_classes([&](std::uint32_t core, ClassId c) { classes_[next[core]++] = c; });
        const auto worth = [&](ClassId c) {
            const Problem::Shape& shape = problem.shape(classes[c.at()].shape);
            return std::pair(shape.priority, shape.weight);
        };
        const auto more = [&](ClassId a, ClassId b) { return worth(a) > worth(b); };
        for (std::uint32_t core = 0; core < trees(); ++core) {
            const std::span tree{classes_.data() + first_[core], classes_.data() + first_[core + 1]};
            if (!std::ranges::is_sorted(tree, more)) std::ranges::stable_sort(tree, more);
        }
    }
    std::uint32_t trees() const { return static_cast<std::uint32_t>(first_.size() - 1); }
    std::span<const ClassId> of(std::uint32_t core) const {
        return {classes_.data() + first_[core], classes_.data() + first_[core + 1]};
    }

private:
    std::vector<std::size_t> first_;  ///< by tree, and one more
    std::vector<ClassId> classes_;
};

/// Works on one tree after the other.
class TreeDealer {
public:
    TreeDealer(const Problem& problem, const KindCosts& costs, std::span<const std::uint32_t> kin,
               const PoolView& view, Residents& residents, ModelDeal& dealt, Ledger& ledger)
        : problem_(problem),
          costs_(costs),
          view_(view),
          residents_(residents),
          pools_(problem, residents, kin),
          dealt_(dealt),
          ledger_(ledger),
          path_(problem, view.routes(), dealt.loads) {}

    void deal(std::uint32_t core, std::span<const ClassId> classes) {
        range_ = view_.of_core(core);
        if (range_.size() == 0 || range_.size() > kMostPoolsATree) return;
        pools_.clear();
        for (std::size_t i = range_.first; i < range_.last; ++i) pools_.add(view_[i].pool);
        for (const ClassId c : classes) place(c);
    }

private:
    struct Offer {
        double cost;
        std::uint32_t pool;  ///< of pools_
        auto operator<=>(const Offer&) const = default;
    };

    void place(ClassId of) {
        const Workload::Class& c = problem_.workload().classes()[of.at()];
        const Problem::Shape& shape = problem_.shape(c.shape);
        std::vector<std::uint32_t>& open = pools_.open(c.shape);
        if (open.empty()) return;
        std::int64_t& left = dealt_.left[of.at()];
        find_offers(c, shape, open);
        SiteId full;
        double cost = 0;
        for (const Offer& offer : offers_) {
            if (left == 0) break;
            const PoolView::Item& item = view_[range_.first + offer.pool];
            if (item.site == full) continue;
            path_.build(shape, c.origin, item.site);
            const std::int64_t room = path_.room(left);
            if (room == 0) full = item.site;
            if (room == 0) continue;
            const std::int64_t placed = residents_.fill(shape, item.pool, room, ledger_.fillings);
            path_.reserve(dealt_.loads, placed);
            left -= placed;
            cost += offer.cost * static_cast<double>(placed);
            if (placed < room) std::erase(open, offer.pool);
        }
        ledger_.close(of, cost);
    }

    void find_offers(const Workload::Class& c, const Problem::Shape& shape,
                     std::span<const std::uint32_t> open) {
        const KindCosts::Row cost = costs_.of(c.shape);
        SiteId at;
        std::int64_t rtt_ns = 0;
        double way = 0;
        offers_.clear();
        for (const std::uint32_t i : open) {
            const auto& [id, kind, site] = view_[range_.first + i];
            const double here = cost(kind);
            if (here == KindCosts::kNever || !residents_.may_take(shape, id) ||
                !problem_.labels_pass(shape, problem_.fleet().pools()[id.at()]))
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
    KinPools pools_;  ///< open ones of the tree at hand
    ModelDeal& dealt_;
    Ledger& ledger_;
    Path path_;
    PoolView::Range range_{0, 0};  ///< of these, in view_
    std::vector<Offer> offers_;
};

}  // namespace

void deal_in_trees(const Problem& problem, Residents& residents, ModelDeal& dealt, int threads) {
    std::vector<ClassId> left;
    for (std::size_t c = 0; c < dealt.left.size(); ++c)
        if (dealt.left[c] > 0) left.emplace_back(c);
    if (left.empty()) return;
    const KindCosts costs(problem);
    const std::vector<std::uint32_t> kin = kin_of_shapes(problem);
    std::vector<std::uint8_t> is_open(problem.fleet().pools().size());
    for (std::size_t p = 0; p < is_open.size(); ++p) is_open[p] = residents.is_open(PoolId(p));
    for (std::uint32_t policy = 0; policy < problem.policies().size(); ++policy) {  // their trees may overlap
        const LeftByTree by_tree(problem, policy, left);
        const PoolView view(problem, *problem.policies()[policy], is_open);
        const std::size_t before = dealt.ledgers.size();
        dealt.ledgers.resize(before + kShards);
        parallel_for(threads, kShards, [&](std::int64_t shard) {
            const auto [first, last] = shard_range(by_tree.trees(), kShards, shard);
            std::optional<TreeDealer> dealer;
            for (auto core = static_cast<std::uint32_t>(first); core < last; ++core) {
                if (by_tree.of(core).empty()) continue;
                if (!dealer)
                    dealer.emplace(problem, costs, kin, view, residents, dealt,
                                   dealt.ledgers[before + static_cast<std::size_t>(shard)]);
                dealer->deal(core, by_tree.of(core));
            }
        });
    }
}

}  // namespace gigafleet
