// What a plan without models leaves to be dealt: classes without their models, and their seats site by site.
#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "gigafleet/fillings.hpp"
#include "gigafleet/hash.hpp"
#include "gigafleet/model_deal.hpp"
#include "gigafleet/parallel.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kShards = 64;  // of classes: more than threads, for balance
constexpr std::size_t kAhead = 8;     // classes, of which memory is asked for early

/// All that tells shapes apart, but for their models: of these a hash of the kinds that may run them.
using AllButModel = std::tuple<Amounts, Quantity, Quantity, std::int64_t, std::int64_t, Quantity,
                               std::int64_t, std::array<std::uint32_t, 3>, bool, std::uint64_t>;

AllButModel all_but_model(const Problem& problem, const Problem::Shape& s) {
    std::uint64_t kinds = 0;
    const std::uint64_t bit = problem.load_charge(s).unless;
    for (std::size_t k = 0; s.model != kNoModel && k < problem.fleet().kinds().size(); ++k)
        kinds = mix(kinds, problem.may_use_model(s, KindId(k)) +
                               2 * ((problem.fleet().kinds()[k].models & bit) != 0));
    return {s.demand,
            s.uplink,
            s.downlink,
            s.max_rtt_ns,
            s.duration_ns,
            s.weight,
            s.priority,
            {s.rule, s.policy, s.device_demand},
            s.model == kNoModel,
            kinds};
}

/// What a share says of the shape of its tasks.
struct ModelOfShape {
    std::int64_t max_wait_ns;
    std::int32_t model;
};

/// Cuts the seats of coarse classes to shares, one class after the other, and appends these to `out`.
class ShareOut {
public:
    ShareOut(const Problem& problem, const Coarse& coarse, const Solution& plan,
             std::span<const ModelOfShape> model_of_shape, std::span<std::int64_t> left,
             std::vector<ModelShare>& out)
        : problem_(problem),
          coarse_(coarse),
          plan_(plan),
          model_of_shape_(model_of_shape),
          left_(left),
          out_(out) {}

    /// Asks for the memory that a coming class needs. Inlined, since a compiler may drop a call that only
    /// prefetches.
    [[gnu::always_inline]] void look_ahead(std::size_t k) const {
        for (const ClassId c : coarse_.of(k)) {
            __builtin_prefetch(&problem_.workload().classes()[c.at()]);
            __builtin_prefetch(&left_[c.at()], 1);
        }
        for (const Filling& filling : plan_.of(ClassId(k)))
            __builtin_prefetch(&problem_.fleet().pools()[filling.pool.at()]);
    }

    void run(ClassId k) {
        const auto& classes = problem_.workload().classes();
        in_order_.clear();
        for (const ClassId c : coarse_.of(k.at()))
            in_order_.emplace_back(model_of_shape_[classes[c.at()].shape.at()].model, c);
        std::ranges::sort(in_order_);
        const std::size_t begin = out_.size();
        auto next = in_order_.begin();
        for (const Filling& filling : plan_.of(k)) {
            const std::uint32_t site = problem_.fleet().pools()[filling.pool.at()].site.value;
            for (std::int64_t seats = members(filling); seats > 0;) {
                const auto [model, of] = *next;
                std::int64_t& left = left_[of.at()];
                const std::int64_t tasks = std::min(seats, left);
                if (out_.size() > begin && out_.back().site == site && out_.back().of == of)
                    out_.back().tasks += tasks;
                else
                    out_.push_back({site, k, of, model, max_wait_ns(of), tasks});
                seats -= tasks;
                left -= tasks;
                if (left == 0) ++next;
            }
        }
    }

private:
    std::int64_t max_wait_ns(ClassId of) const {
        return model_of_shape_[problem_.workload().classes()[of.at()].shape.at()].max_wait_ns;
    }

    const Problem& problem_;
    const Coarse& coarse_;
    const Solution& plan_;
    std::span<const ModelOfShape> model_of_shape_;
    std::span<std::int64_t> left_;
    std::vector<ModelShare>& out_;
    std::vector<std::pair<std::int32_t, ClassId>> in_order_;
};

}  // namespace

Coarse without_models(const Problem& problem, int threads) {
    std::map<AllButModel, std::uint32_t> cells;
    std::vector<std::uint32_t> cell_of_shape;
    for (const Problem::Shape& shape : problem.shapes())
        cell_of_shape.push_back(cells.try_emplace(all_but_model(problem, shape), cells.size()).first->second);
    return coarsen_alike(problem, members_of_classes(problem), cell_of_shape, threads);
}

ModelShares::ModelShares(const Problem& problem, const Coarse& coarse, const Solution& plan,
                         std::span<std::int64_t> left, int threads)
    : first_(problem.network().site_count() + 1, 0) {
    std::vector<ModelOfShape> model_of_shape;
    for (const Problem::Shape& shape : problem.shapes())
        model_of_shape.push_back({shape.max_wait_ns, shape.model});
    std::vector<std::vector<ModelShare>> all(kShards);
    parallel_for(threads, kShards, [&](std::int64_t shard) {
        const auto [first, last] =
            shard_range(static_cast<std::int64_t>(plan.of_class.size()), kShards, shard);
        std::size_t most = 0;
        for (auto k = static_cast<std::size_t>(first); k < static_cast<std::size_t>(last); ++k)
            most += plan.of(ClassId(k)).size() + coarse.of(k).size();
        auto& own = all[static_cast<std::size_t>(shard)];
        own.reserve(most);
        ShareOut share_out(problem, coarse, plan, model_of_shape, left, own);
        for (auto k = static_cast<std::size_t>(first); k < static_cast<std::size_t>(last); ++k) {
            if (k + kAhead < static_cast<std::size_t>(last)) share_out.look_ahead(k + kAhead);
            share_out.run(ClassId(k));
        }
    });
    for (const auto& some : all)
        for (const ModelShare& share : some) ++first_[share.site + 1];
    for (std::size_t s = 0; s + 1 < first_.size(); ++s) first_[s + 1] += first_[s];
    shares_.resize(first_.back());
    std::vector<std::size_t> next(first_.begin(), first_.end() - 1);
    for (const auto& some : all)
        for (const ModelShare& share : some) shares_[next[share.site]++] = share;
}

}  // namespace gigafleet
