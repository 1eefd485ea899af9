#include "gigafleet/least_prices.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "gigafleet/directed.hpp"
#include "gigafleet/exact_search.hpp"
#include "gigafleet/parallel.hpp"
#include "gigafleet/reach_search.hpp"

namespace gigafleet {

namespace {

constexpr std::size_t kMostSteps = 6'000'000'000;  // of half a nanosecond to one and a half
constexpr std::size_t kStepsAPool = 16;            // to price a pool, or a kind, for a shape
constexpr std::size_t kStepsAnArc = 32;            // to search it
constexpr std::int64_t kMostShards = 64;           // each has tables of its own

}  // namespace

LeastPrices::LeastPrices(const Problem& problem, int threads, Control& control, std::optional<Look> look)
    : problem_(problem), threads_(threads), by_shape_(problem), relaxed_(relaxed_shapes(problem)) {
    control.poll("bound", 0, 1);
    for (const auto& routes : problem.policies())
        policies_.push_back(std::make_unique<Policy>(problem, *routes));
    look_ = look.value_or(affordable());
    for (std::uint32_t p = 0; look_ == Look::kExactly && p < policies_.size(); ++p)
        make_lists(*policies_[p], p);
}

/// Steps of each look, before anything is made for it.
Look LeastPrices::affordable() const {
    const std::size_t sites = problem_.network().site_count();
    std::size_t exact = 0, reach = 0;
    bool keeps_all = true;
    std::vector<std::size_t> from(policies_.size());
    for (std::size_t s = 0; s < problem_.shapes().size(); ++s) {
        const PoolView& view = policies_[problem_.shapes()[s].policy]->view;
        const std::size_t classes = by_shape_.classes(ShapeId(s)).size();
        from[problem_.shapes()[s].policy] += classes;
        exact += kStepsAPool * view.size() + sites + 2 * classes * view.cores().size();
        reach += kStepsAPool * view.size() + kStepsAnArc * (sites + problem_.network().arc_count());
    }
    for (std::size_t p = 0; p < policies_.size(); ++p) {
        const Routes& routes = policies_[p]->view.routes();
        keeps_all = keeps_all && routes.keeps_all() &&
                    std::min(from[p], routes.core_count()) <=
                        CoreSums::kMostPairs / std::max<std::size_t>(policies_[p]->view.cores().size(), 1);
    }
    if (keeps_all && exact <= kMostSteps) return Look::kExactly;
    if (reach <= kMostSteps) return Look::kByReach;
    const std::size_t kinds = std::max<std::size_t>(problem_.fleet().kinds().size(), 1);
    return problem_.shapes().size() <= kMostSteps / kStepsAPool / kinds ? Look::kByKind : Look::kFloor;
}

void LeastPrices::make_lists(Policy& policy, std::uint32_t number) {
    const Forest& forest = policy.view.routes().forest();
    std::vector<std::uint8_t> wanted(problem_.network().site_count()), cores(forest.core_count());
    for (const Workload::Class& c : problem_.workload().classes()) {
        if (problem_.shape(c.shape).policy != number || forest.core_index(c.origin) == kNoCore) continue;
        cores[forest.core_index(c.origin)] = 1;
        for (SiteId at = c.origin; at.valid() && !wanted[at.at()]; at = forest.parent(at))
            wanted[at.at()] = 1;
    }
    for (std::uint32_t core = 0; core < cores.size(); ++core)
        if (cores[core]) policy.origins.push_back(core);
    policy.lists.emplace(problem_, policy.view, wanted);
}

std::vector<CoreSums> LeastPrices::core_sums(const WayPrices& ways) const {
    std::vector<CoreSums> sums;
    for (const auto& policy : policies_)
        sums.emplace_back(problem_, policy->view.routes(), ways, policy->origins, policy->view.cores(),
                          threads_);
    return sums;
}

class LeastPrices::Searches {
public:
    Searches(const LeastPrices& all, const PriceQuestion& question, const WayPrices& ways,
             std::span<const CoreSums> sums, std::span<double> by_class)
        : all_(all),
          question_(question),
          ways_(ways),
          sums_(sums),
          by_class_(by_class),
          exact_(all.policies_.size()),
          reach_(all.policies_.size()) {}

    void find(ShapeId shape) {
        const std::uint32_t p = all_.problem_.shape(shape).policy;
        const Policy& policy = *all_.policies_[p];
        if (all_.look_ == Look::kByKind || all_.look_ == Look::kFloor)
            return find_without_way(shape, policy.view.routes());
        if (all_.look_ == Look::kByReach) {
            if (!reach_[p]) reach_[p] = std::make_unique<ReachSearch>(question_, ways_, policy.view);
            return reach_[p]->find(shape, all_.by_shape_, by_class_);
        }
        if (!exact_[p])
            exact_[p] =
                std::make_unique<ExactSearch>(question_, ways_, *policy.lists, policy.origins, sums_[p]);
        exact_[p]->find(shape, all_.by_shape_, by_class_);
    }

private:
    double least_of_kinds(ShapeId id) {
        nodes_->start(id);
        const auto& kinds = all_.problem_.fleet().kinds();
        double least = kNever;
        for (std::size_t k = 0; k < kinds.size(); ++k)
            if (const double price = nodes_->price(KindId(k)); price != kNever)
                least = std::min(least, below(price + ways_.step({}, 0, 0, kinds[k].access_rtt_ns)));
        return least;
    }

    void find_without_way(ShapeId id, const Routes& routes) {
        if (all_.by_shape_.classes(id).empty()) return;
        if (!nodes_) nodes_.emplace(question_);
        double least = all_.look_ == Look::kFloor ? nodes_->floor(id) : least_of_kinds(id);
        const auto bandwidth = ways_.bandwidth(all_.problem_.shape(id), all_.relaxed_[id.at()]);
        if (least != kNever)
            least = below(below(least + below(ways_.negative() * above(bandwidth.up + bandwidth.down))) +
                          bandwidth.correction);
        const auto classes = all_.by_shape_.classes(id);
        const auto origins = all_.by_shape_.origins(id);
        for (std::size_t i = 0; i < classes.size(); ++i)
            if (least != kNever && routes.allowed(origins[i]))
                by_class_[classes[i].at()] =
                    below(least + ways_.at_origin(all_.relaxed_[id.at()], origins[i]));
    }

    const LeastPrices& all_;
    const PriceQuestion& question_;
    const WayPrices& ways_;
    std::span<const CoreSums> sums_;
    std::span<double> by_class_;
    std::vector<std::unique_ptr<ExactSearch>> exact_;  // by policy, made when needed
    std::vector<std::unique_ptr<ReachSearch>> reach_;
    std::optional<NodePrices> nodes_;
};

std::vector<double> LeastPrices::find(const Prices& usable, bool with_cost, Control& control) const {
    const PriceQuestion question{problem_, relaxed_, usable, with_cost};
    const WayPrices ways(question);
    const std::vector<CoreSums> sums = look_ == Look::kExactly ? core_sums(ways) : std::vector<CoreSums>{};
    std::vector<double> by_class(problem_.workload().classes().size(), kNever);
    const auto shapes = static_cast<std::int64_t>(problem_.shapes().size());
    const std::int64_t shards = std::min(shapes, kMostShards);
    const std::thread::id caller = std::this_thread::get_id();
    std::atomic<std::int64_t> done{0};
    parallel_for(threads_, shards, [&](std::int64_t shard) {
        Searches searches(*this, question, ways, sums, by_class);
        for (std::int64_t s = shard; s < shapes; s += shards) {
            searches.find(ShapeId(static_cast<std::size_t>(s)));
            const std::int64_t now = done.fetch_add(1) + 1;
            if (std::this_thread::get_id() == caller) control.poll("bound", now, shapes);
        }
    });
    return by_class;
}

}  // namespace gigafleet
