#include "gigafleet/tenant_parts.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "gigafleet/local_search.hpp"

namespace gigafleet {

namespace {

constexpr double kEqual = 1e-9;  // shares that differ by less, relative, are the same
constexpr int kMostTries = 256;  // sets of tasks that are asked to leave one slot
constexpr std::size_t kMostLeave = 12;
constexpr int kMostRounds = 64;

class FairExchange {
public:
    FairExchange(const Tenancy& tenancy, std::span<const std::uint32_t> tenant_of_class, SlotTable& table,
                 const ExchangeOptions& options, Control& control)
        : tenancy_(tenancy),
          table_(table),
          open_(table),
          budget_({options.steps, 0, options.time_limit_s, options.stage}, control),
          shares_(tenancy),
          used_(tenancy.tenants()) {
        const std::vector<std::size_t> level_of_shape = levels_of_shapes(problem());
        for (std::uint32_t c = 0; c < market().classes().size(); ++c) {
            const ShapeId shape = market().shape(table.shape(c));
            tenant_.push_back(tenant_of_class[market().classes()[c].id.at()]);
            level_.push_back(level_of_shape[shape.at()]);
            levels_ = std::max(levels_, level_.back() + 1);
            take(c, placed(c));
        }
    }

    bool run() {
        for (int round = 0; round < kMostRounds; ++round) {
            bool changed = false;
            shares_.clear();
            for (std::size_t level = 0; level < levels_; ++level) {
                for (std::uint32_t c = 0; c < level_.size(); ++c)
                    if (level_[c] == level) shares_.add(tenant_[c], demand(c), placed(c));
                while (pass(level)) changed = true;
            }
            if (!changed) break;
        }
        place_rest();
        table_.settle();
        return !budget_.is_late();
    }

private:
    const Market& market() const { return table_.market(); }
    const Problem& problem() const { return market().problem(); }
    const Amounts& demand(std::uint32_t c) const {
        return problem().shape(market().shape(table_.shape(c))).demand;
    }
    std::int64_t placed(std::uint32_t c) const {
        return problem().workload().classes()[market().classes()[c].id.at()].members - table_.left(c);
    }
    /// What the tenant holds of all levels: for its quota.
    void take(std::uint32_t c, std::int64_t members) {
        for (std::size_t r = 0; r < tenancy_.resources(); ++r)
            used_[tenant_[c]][r] += WideQuantity{demand(c)[r]} * members;
    }
    bool quota_holds(std::uint32_t c) const {
        const Amounts& quota = tenancy_.quota(tenant_[c]);
        for (std::size_t r = 0; r < tenancy_.resources(); ++r)
            if (quota[r] != kUnlimited && used_[tenant_[c]][r] + demand(c)[r] > quota[r]) return false;
        return true;
    }
    void add(std::uint32_t c, std::size_t slot) {
        table_.add(c, slot);
        take(c, 1);
        shares_.add(tenant_[c], demand(c), 1);
    }
    void remove(std::uint32_t c, std::size_t slot) {
        table_.remove(c, slot);
        take(c, -1);
        shares_.add(tenant_[c], demand(c), -1);
    }

    /// Of one level, each class in the order of its tenant's share. True where something changed.
    bool pass(std::size_t level) {
        std::vector<std::pair<double, std::uint32_t>> order;
        for (std::uint32_t c = 0; c < level_.size(); ++c)
            if (level_[c] == level && table_.left(c) > 0) order.emplace_back(shares_.of(tenant_[c]), c);
        std::ranges::sort(order);
        bool changed = false;
        for (const auto& [share, c] : order)
            while (budget_.is_left() && table_.left(c) > 0 && quota_holds(c)) {
                if (!insert(c) && !exchange(c)) break;
                table_.settle();
                changed = true;
            }
        return changed && budget_.is_left();
    }

    bool insert(std::uint32_t c) {
        for (const auto& [cost, pool] : open_.of(c)) {
            budget_.spend(1);
            const auto slot = table_.find(table_.shape(c), pool);
            if (!slot || !table_.links_hold(c, pool)) continue;
            add(c, *slot);
            return true;
        }
        return false;
    }
    void place_rest() {
        for (std::size_t level = 0; level < levels_; ++level)
            for (std::uint32_t c = 0; c < level_.size(); ++c)
                while (level_[c] == level && table_.left(c) > 0 && quota_holds(c) && insert(c)) {}
    }

    bool exchange(std::uint32_t c) {
        const double after = shares_.with(tenant_[c], demand(c), 1);
        if (!(after > shares_.of(tenant_[c]) * (1 + kEqual)))
            return false;  // it takes nothing that is shared
        bool any = false;  // richer tenant
        for (std::uint32_t t = 0; t < tenancy_.tenants() && !any; ++t)
            any = t != tenant_[c] && shares_.of(t) > after * (1 - kEqual);
        if (!any) return false;
        for (const auto& [cost, pool] : open_.of(c))
            for (std::size_t slot = table_.first_slot(pool); slot < table_.first_slot(pool + 1); ++slot) {
                budget_.spend(1);
                if (!table_.stays(table_.shape(c), slot)) continue;
                tries_ = kMostTries;
                gone_.clear();
                if (!make_room(c, slot, pool, after)) continue;
                bring_back(c, slot, pool);
                return true;
            }
        return false;
    }

    bool has_room(std::uint32_t c, std::size_t slot, std::size_t pool) {
        return table_.fits(table_.shape(c), slot) && table_.links_hold(c, pool);
    }

    /// Sends tasks away until there is room for one of class `c`, which then has it. Tries sets in depth.
    bool make_room(std::uint32_t c, std::size_t slot, std::size_t pool, double after) {
        if (has_room(c, slot, pool)) {
            add(c, slot);
            return true;
        }
        if (gone_.size() == kMostLeave) return false;
        const std::vector<std::uint32_t> may = who_may_leave(c, slot, after);
        for (const std::uint32_t other : may) {
            if (--tries_ < 0) return false;
            remove(other, slot);
            gone_.push_back(other);
            if (make_room(c, slot, pool, after)) return true;
            gone_.pop_back();
            add(other, slot);
        }
        return false;
    }

    /// Classes in the slot, those of the largest shares first, one task of which may leave it.
    std::vector<std::uint32_t> who_may_leave(std::uint32_t c, std::size_t slot, double after) const {
        std::vector<std::pair<double, std::uint32_t>> found;
        for (const SlotTable::Entry& entry : table_.at(slot)) {
            const std::uint32_t other = entry.of;
            if (tenant_[other] == tenant_[c] || level_[other] != level_[c]) continue;
            if (!gone_.empty() && other < gone_.back()) continue;  // one order of each set will do
            const double then = shares_.with(tenant_[other], demand(other), -1);
            if (then >= after * (1 - kEqual)) found.emplace_back(-then, other);
        }
        std::ranges::sort(found);
        std::vector<std::uint32_t> classes;
        for (const auto& [share, other] : found) classes.push_back(other);
        return classes;
    }

    /// Those sent away stay after all where they are not in the way, or go elsewhere.
    void bring_back(std::uint32_t c, std::size_t slot, std::size_t pool) {
        for (const std::uint32_t other : gone_) {
            if (other != c && has_room(other, slot, pool))
                add(other, slot);
            else
                insert(other);
        }
    }

    const Tenancy& tenancy_;
    SlotTable& table_;
    OpenPools open_;
    SearchBudget budget_;
    TenantShares shares_;                                         // at the level at hand, with those above
    std::vector<std::array<WideQuantity, kMaxDimensions>> used_;  // by tenant
    std::vector<std::uint32_t> tenant_;                           // by class
    std::vector<std::size_t> level_;                              // by class
    std::size_t levels_ = 0;
    std::vector<std::uint32_t> gone_;
    int tries_ = 0;
};

}  // namespace

bool exchange_for_fairness(const Tenancy& tenancy, std::span<const std::uint32_t> tenant_of_class,
                           SlotTable& table, const ExchangeOptions& options, Control& control) {
    return FairExchange(tenancy, tenant_of_class, table, options, control).run();
}

}  // namespace gigafleet
