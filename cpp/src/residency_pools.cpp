// Pools split by what their nodes hold, and back.
#include <algorithm>

#include "gigafleet/model_deal.hpp"
#include "gigafleet/residency.hpp"

namespace gigafleet {

namespace {

constexpr std::size_t kMostSplit = 4, kFewSplit = 4096;  // pools by what they hold: these times, and so many

/// The slots of a fleet whose pools were split by what nodes hold, as they are numbered in the whole pools.
class WholePools {
public:
    WholePools(const Fleet& whole, const Fleet& split, std::span<const std::uint32_t> entry_of)
        : whole_(whole), split_(split), entry_of_(entry_of) {
        std::uint32_t number = 0;
        for (const Fleet::Pool& pool : split.pools()) {
            while (pool.entries > 0 && !is_in(whole.pools()[number], entry_of[at(pool.first_entry)]))
                ++number;
            pool_of_.emplace_back(number);
        }
    }

    /// Appends what a filling is there.
    void append(const Filling& filling, std::vector<Filling>& out) const {
        const Fleet::Pool& own = split_.pools()[filling.pool.at()];
        const PoolId id = pool_of_[filling.pool.at()];
        const Fleet::Pool& pool = whole_.pools()[id.at()];
        std::int64_t slot = filling.first, left = filling.slots;
        const std::size_t begin = out.size();
        for (std::int64_t entry = split_.entry_of_slot(own, slot); left > 0; ++entry) {
            const std::int64_t first = split_.slot_of_entry(own, entry);
            const bool more = entry + 1 < own.first_entry + own.entries;
            const std::int64_t last = more ? split_.slot_of_entry(own, entry + 1) : own.slots;
            const std::int64_t slots = std::min(left, last - slot);
            const std::int64_t at_whole = whole_.slot_of_entry(pool, entry_of_[at(entry)]) + slot - first;
            if (out.size() > begin && out.back().first + out.back().slots == at_whole)
                out.back().slots += slots;
            else
                out.push_back({id, at_whole, slots, filling.per_slot});
            slot += slots;
            left -= slots;
        }
    }

private:
    static std::size_t at(std::int64_t entry) { return static_cast<std::size_t>(entry); }
    static bool is_in(const Fleet::Pool& pool, std::int64_t entry) {
        return pool.first_entry <= entry && entry < pool.first_entry + pool.entries;
    }

    const Fleet& whole_;
    const Fleet& split_;
    std::span<const std::uint32_t> entry_of_;
    std::vector<PoolId> pool_of_;
};

}  // namespace

NoModels::NoModels(const Problem& problem, int threads) : problem_(problem) {
    const Fleet& fleet = problem.fleet();
    const std::size_t most = kMostSplit * fleet.pools().size() + kFewSplit;
    if (!fleet.all_hold_alike() && fleet.pools_by_models(most) <= most) {
        auto split = std::make_shared<const Fleet>(fleet, entry_of_);
        coarse_ = without_models(Problem(problem, std::move(split), true), threads);
    } else {
        coarse_ = without_models(problem, threads);
    }
    if (entry_of_.empty()) return;
    joined_ = coarse_;
    joined_.problem = std::make_shared<const Problem>(*coarse_.problem, problem.fleet_ptr(), false);
}

void NoModels::join(Solution& plan) const {
    if (entry_of_.empty()) return;
    const WholePools whole(problem_.fleet(), coarse_.problem->fleet(), entry_of_);
    std::vector<Filling> fillings;
    fillings.reserve(plan.fillings.size());
    for (Solution::Span& span : plan.of_class) {
        const std::size_t first = fillings.size();
        for (std::size_t i = span.first; i < span.last; ++i) whole.append(plan.fillings[i], fillings);
        span = {first, fillings.size()};
    }
    plan.fillings = std::move(fillings);
}

}  // namespace gigafleet
