#include "gigafleet/pair_prices.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "gigafleet/loads.hpp"
#include "gigafleet/objective.hpp"
#include "gigafleet/primal_dual.hpp"
#include "gigafleet/relaxed.hpp"

namespace gigafleet {

namespace {

constexpr std::size_t kMostEntries = std::size_t{1} << 16;
constexpr double kSteps = 1e8;  // rounds · entries, some nanoseconds each
constexpr int kMostRounds = 200'000;
constexpr double kGap = 1e-6, kGoodEnough = 1e-3;
constexpr std::uint32_t kNone = UINT32_MAX;

double in_units(WideQuantity weight) { return static_cast<double>(weight) * kDefaultResolution; }

/// A column a pair of class and pool: which part of the class runs there. A row a capacity (of pools, then of
/// carriers), a row a level that is to have its weight, a row a class.
class PairProgram {
public:
    PairProgram(const Problem& problem, Aim aim, std::size_t levels,
                std::span<const WideQuantity> level_weight)
        : problem_(problem),
          aim_(aim),
          levels_(levels),
          asked_(level_weight),
          dimensions_(problem.fleet().schema().dimensions()),
          relaxed_(relaxed_shapes(problem)),
          level_of_(levels_of_shapes(problem)),
          loads_(problem) {
        for (const Fleet::Pool& pool : problem.fleet().pools())
            for (std::size_t d = 0; d < dimensions_; ++d) add_limit(relaxed_sum(problem.fleet(), pool, d));
        first_carrier_ = rows_.size();
        const std::size_t carriers = problem.network().arc_count() + 2 * problem.network().site_count();
        for (std::size_t c = 0; c < carriers; ++c) add_limit(relaxed_carrier(problem, c));
        first_level_ = rows_.size();
        rows_.resize(first_level_ + levels);
    }

    /// False where there are too many.
    bool add_pairs() {
        const auto& classes = problem_.workload().classes();
        const auto& pools = problem_.fleet().pools();
        for (std::uint32_t c = 0; c < classes.size(); ++c) {
            if (classes[c].members == 0 || level_of_[classes[c].shape.at()] >= levels_) continue;
            for (std::uint32_t p = 0; p < pools.size(); ++p)
                if (may_run(classes[c], pools[p])) add_pair(c, p);
            if (entries_.size() > kMostEntries) return false;
        }
        return true;
    }

    /// Without the rows that cannot bind. Once.
    LinearProgram program() {
        LinearProgram out;
        for (std::size_t r = 0; r < rows_.size(); ++r) {
            Row& row = rows_[r];
            if (r < first_level_ ? row.sum <= row.limit : row.sum == 0) continue;
            row.number = static_cast<std::uint32_t>(out.rows());
            out.limit.push_back(r < first_level_ ? row.limit : -in_units(asked_[r - first_level_]));
        }
        for (std::size_t j = 0; j < pairs_.size(); ++j) {
            const std::size_t last = j + 1 < pairs_.size() ? pairs_[j + 1].first : entries_.size();
            for (std::size_t e = pairs_[j].first; e < last; ++e)
                if (const Row& row = rows_[entries_[e].row]; row.number != kNone)
                    out.entries.push_back({row.number, entries_[e].value});
            if (j == 0 || pairs_[j].of != pairs_[j - 1].of) out.limit.push_back(1);
            out.entries.push_back({static_cast<std::uint32_t>(out.rows() - 1), 1});
            out.add_column(pairs_[j].cost);
        }
        return out;
    }

    Prices prices(std::span<const double> multipliers) const {
        Prices prices = Prices::zero(problem_);
        for (std::size_t r = 0; r < first_level_; ++r) {
            if (rows_[r].number == kNone) continue;
            const double price = multipliers[rows_[r].number];
            (r < first_carrier_ ? prices.pool[r] : prices.carrier[r - first_carrier_]) = price;
        }
        return prices;
    }

private:
    static constexpr double kFree = std::numeric_limits<double>::infinity();
    struct Row {
        double limit = kFree;
        double sum = 0;                ///< the most that all classes together can take
        std::uint32_t of = kNone;      ///< last class that was added
        double most = 0;               ///< that it can take
        std::uint32_t number = kNone;  ///< in the program
    };
    struct Pair {
        std::uint32_t of;
        double cost;
        std::size_t first;  ///< of its entries
    };

    void add_limit(std::optional<WideQuantity> limit) {
        rows_.emplace_back();
        if (limit) rows_.back().limit = static_cast<double>(*limit);
    }

    bool may_run(const Workload::Class& c, const Fleet::Pool& pool) const {
        const Problem::Shape& shape = problem_.shape(c.shape);
        if (!may_take_relaxed(problem_, shape, relaxed_[c.shape.at()], pool)) return false;
        const std::int64_t ns = problem_.policies()[shape.policy]->rtt_ns(c.origin, pool.site);
        return ns != kUnreachable &&
               ns + problem_.fleet().kinds()[pool.kind.at()].access_rtt_ns <= shape.max_rtt_ns;
    }

    void add_pair(std::uint32_t number, std::uint32_t p) {
        const Workload::Class& c = problem_.workload().classes()[number];
        const Fleet::Pool& pool = problem_.fleet().pools()[p];
        const Problem::Shape& shape = problem_.shape(c.shape);
        const std::size_t level = level_of_[c.shape.at()];
        const auto members = static_cast<double>(c.members);
        const double weight = members * in_units(shape.weight);
        double cost = 0;
        if (aim_ == Aim::kCost)
            cost = members * (pair_cost(problem_, shape, c.origin, pool) +
                              risk_cost(problem_, shape, pool.available_max_ns));
        else if (level + 1 == levels_)
            cost = -weight;
        pairs_.push_back({number, cost, entries_.size()});
        for (std::size_t d = 0; d < dimensions_; ++d)
            add(p * dimensions_ + d, members * static_cast<double>(relaxed_[c.shape.at()].demand[d]));
        add_way(c, pool.site, members);
        if (asked_[level] > 0 && (aim_ == Aim::kCost || level + 1 < levels_))
            add(first_level_ + level, -weight);
        merge();
    }

    void add_way(const Workload::Class& c, SiteId site, double members) {
        const RelaxedShape& relaxed = relaxed_[c.shape.at()];
        const double up = members * static_cast<double>(relaxed.uplink);
        const double down = members * static_cast<double>(relaxed.downlink);
        const auto carry = [&](std::uint32_t carrier, double amount) {
            add(first_carrier_ + carrier, amount);
        };
        const Routes& routes = *problem_.policies()[problem_.shape(c.shape).policy];
        carry(loads_.of_access_up(c.origin), up);
        carry(loads_.of_access_down(c.origin), down);
        carry(loads_.of_access_down(site), up);
        carry(loads_.of_access_up(site), down);
        if (up > 0) routes.for_each_arc(c.origin, site, [&](ArcId a) { carry(loads_.of_arc(a), up); });
        if (down > 0)
            routes.for_each_arc_back(c.origin, site, [&](ArcId a) { carry(loads_.of_arc(a), down); });
    }

    void add(std::size_t row, double value) {
        if (value != 0 && (row >= first_level_ || rows_[row].limit < kFree))
            entries_.push_back({static_cast<std::uint32_t>(row), value});
    }

    /// Entries of the last pair in one row become one; what the class can take of each row.
    void merge() {
        const auto first = entries_.begin() + static_cast<std::ptrdiff_t>(pairs_.back().first);
        std::sort(first, entries_.end(), [](const auto& a, const auto& b) { return a.row < b.row; });
        auto kept = first;
        for (auto e = first; e != entries_.end(); ++e)
            if (kept != first && (kept - 1)->row == e->row)
                (kept - 1)->value += e->value;
            else
                *kept++ = *e;
        entries_.erase(kept, entries_.end());
        for (auto e = first; e != entries_.end(); ++e) {
            Row& row = rows_[e->row];
            if (row.of != pairs_.back().of) {
                row.of = pairs_.back().of;
                row.most = 0;
            }
            const double more = std::max(0.0, std::abs(e->value) - row.most);
            row.most += more;
            row.sum += more;
        }
    }

    const Problem& problem_;
    Aim aim_;
    std::size_t levels_;
    std::span<const WideQuantity> asked_;
    std::size_t dimensions_, first_carrier_ = 0, first_level_ = 0;
    std::vector<RelaxedShape> relaxed_;
    std::vector<std::size_t> level_of_;
    Loads loads_;
    std::vector<Row> rows_;
    std::vector<Pair> pairs_;
    std::vector<LinearProgram::Entry> entries_;
};

}  // namespace

std::optional<Prices> find_pair_prices(const Problem& problem, Aim aim, std::size_t levels,
                                       std::span<const WideQuantity> level_weight, Control& control) {
    const std::size_t pools = std::max<std::size_t>(problem.fleet().pools().size(), 1);
    if (problem.workload().classes().size() > kMostEntries / pools) return std::nullopt;
    PairProgram pairs(problem, aim, levels, level_weight);
    if (!pairs.add_pairs()) return std::nullopt;
    const LinearProgram program = pairs.program();
    const double rounds = kSteps / static_cast<double>(std::max<std::size_t>(program.entries.size(), 1));
    const Multipliers found =
        find_multipliers(program, kGap, static_cast<int>(std::min<double>(rounds, kMostRounds)), control);
    if (found.gap > kGoodEnough) return std::nullopt;
    return pairs.prices(found.row);
}

}  // namespace gigafleet
