#include "gigafleet/leftovers.hpp"

#include <array>

#include "gigafleet/hash.hpp"
#include "gigafleet/interner.hpp"

namespace gigafleet {

/// From fillings that overlap to runs that do not, pool by pool.
class Leftovers::Sweep {
public:
    Sweep(const Problem& problem, Leftovers& to) : problem_(problem), to_(to) {}

    void add(const Filling& filling, ShapeId shape) {
        edges_.push_back({filling.first, shape, filling.per_slot});
        edges_.push_back({filling.first + filling.slots, shape, -filling.per_slot});
    }

    /// Writes the runs of a pool with what was added, and forgets that.
    void finish(const Fleet::Pool& pool) {
        std::ranges::sort(edges_, {}, &Edge::slot);
        used_ = {};
        std::int64_t slot = 0;
        bool fresh = true;
        for (const Edge& edge : edges_) {
            if (slot < edge.slot) write(slot, fresh);
            slot = edge.slot;
            const Amounts& demand = problem_.shape(edge.shape).demand;
            for (std::size_t d = 0; d < to_.dimensions_; ++d)
                used_[d] += WideQuantity{demand[d]} * edge.tasks;
        }
        if (slot < pool.slots) write(slot, fresh);
        edges_.clear();
    }

private:
    struct Edge {
        std::int64_t slot;
        ShapeId shape;
        std::int64_t tasks;  ///< from this slot on
    };

    /// A run from `slot` on, unless it continues the one before.
    void write(std::int64_t slot, bool& fresh) {
        Amounts amounts{};
        for (std::size_t d = 0; d < to_.dimensions_; ++d)  // of what has no limit there may be any amount
            amounts[d] = static_cast<Quantity>(std::min<WideQuantity>(used_[d], kUnlimited));
        const std::uint32_t number = number_of(amounts);
        if (fresh || to_.runs_.back().used != number) to_.runs_.push_back({slot, number});
        fresh = false;
    }

    std::uint32_t number_of(const Amounts& amounts) {
        const std::size_t n = to_.dimensions_;
        for (std::uint64_t salt = 0;; ++salt) {  // two amounts may share a hash, but not with every salt
            std::uint64_t key = salt;
            for (std::size_t d = 0; d < n; ++d) key = mix(key, static_cast<std::uint64_t>(amounts[d]));
            const std::uint32_t known = numbers_.size(), number = numbers_.intern(key);
            if (number == known) {
                to_.used_.insert(to_.used_.end(), amounts.begin(),
                                 amounts.begin() + static_cast<std::ptrdiff_t>(n));
                return number;
            }
            if (std::equal(amounts.begin(), amounts.begin() + static_cast<std::ptrdiff_t>(n),
                           to_.used_.begin() + static_cast<std::ptrdiff_t>(number * n)))
                return number;
        }
    }

    const Problem& problem_;
    Leftovers& to_;
    std::vector<Edge> edges_;
    std::array<WideQuantity, kMaxDimensions> used_{};
    Interner numbers_;
};

Leftovers::Leftovers(const Problem& problem, const Solution& solution)
    : fleet_(problem.fleet()), dimensions_(fleet_.schema().dimensions()) {
    struct Part {
        const Filling* filling;
        ShapeId shape;
    };
    const std::size_t pools = fleet_.pools().size();
    std::vector<std::size_t> next(pools + 1, 0);
    for (const Filling& filling : solution.fillings) ++next[filling.pool.at() + 1];
    for (std::size_t p = 0; p < pools; ++p) next[p + 1] += next[p];
    const std::vector<std::size_t> first(next);
    std::vector<Part> parts(solution.fillings.size());
    for (std::size_t c = 0; c < solution.of_class.size(); ++c)
        for (const Filling& filling : solution.of(ClassId(c)))
            parts[next[filling.pool.at()]++] = {&filling, problem.workload().classes()[c].shape};
    Sweep sweep(problem, *this);
    first_run_.reserve(pools + 1);
    for (std::size_t p = 0; p < pools; ++p) {
        first_run_.push_back(runs_.size());
        for (std::size_t i = first[p]; i < next[p]; ++i) sweep.add(*parts[i].filling, parts[i].shape);
        sweep.finish(fleet_.pools()[p]);
    }
    first_run_.push_back(runs_.size());
}

}  // namespace gigafleet
