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

void share_out(const Problem& problem, const Coarse& coarse, const Solution& plan, ClassId k,
               std::vector<ModelShare>& out) {
    const auto of_coarse = coarse.of(k.at());
    std::vector<ClassId> in_order(of_coarse.begin(), of_coarse.end());
    const auto shape = [&](ClassId c) -> const Problem::Shape& {
        return problem.shape(problem.workload().classes()[c.at()].shape);
    };
    std::ranges::stable_sort(in_order, {}, [&](ClassId c) { return shape(c).model; });
    const std::size_t begin = out.size();
    std::size_t at = 0;
    std::int64_t given = 0;  // of the one at hand
    for (const Filling& filling : plan.of(k)) {
        const std::uint32_t site = problem.fleet().pools()[filling.pool.at()].site.value;
        for (std::int64_t seats = members(filling); seats > 0;) {
            const ClassId of = in_order[at];
            const std::int64_t all = problem.workload().classes()[of.at()].members;
            const std::int64_t tasks = std::min(seats, all - given);
            if (out.size() > begin && out.back().site == site && out.back().of == of)
                out.back().tasks += tasks;
            else
                out.push_back({site, k, of, shape(of).model, shape(of).max_wait_ns, tasks});
            seats -= tasks;
            given += tasks;
            if (given < all) continue;
            given = 0;
            ++at;
        }
    }
}

}  // namespace

Coarse without_models(const Problem& problem, int threads) {
    std::map<AllButModel, std::uint32_t> cells;
    std::vector<std::uint32_t> cell_of_shape;
    for (const Problem::Shape& shape : problem.shapes())
        cell_of_shape.push_back(cells.try_emplace(all_but_model(problem, shape), cells.size()).first->second);
    return coarsen_alike(problem, members_of_classes(problem), cell_of_shape, threads);
}

ModelShares::ModelShares(const Problem& problem, const Coarse& coarse, const Solution& plan, int threads)
    : first_(problem.network().site_count() + 1, 0) {
    std::vector<std::vector<ModelShare>> all(kShards);
    parallel_for(threads, kShards, [&](std::int64_t shard) {
        const auto [first, last] =
            shard_range(static_cast<std::int64_t>(plan.of_class.size()), kShards, shard);
        for (std::int64_t k = first; k < last; ++k)
            share_out(problem, coarse, plan, ClassId(static_cast<std::size_t>(k)),
                      all[static_cast<std::size_t>(shard)]);
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
