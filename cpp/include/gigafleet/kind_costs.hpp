// What each kind of node costs each shape: a table where that is small, else worked out when asked for.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <optional>
#include <vector>

#include "gigafleet/objective.hpp"
#include "gigafleet/problem.hpp"

namespace gigafleet {

class KindCosts {
public:
    static constexpr double kNever = std::numeric_limits<double>::infinity();
    static constexpr std::size_t kLargestTable = 1 << 20;

    /// O(shapes · kinds) where that is at most kLargestTable, else O(1).
    explicit KindCosts(const Problem& problem) : problem_(problem) {
        const std::size_t shapes = problem.shapes().size(), kinds = problem.fleet().kinds().size();
        if (shapes > kLargestTable / std::max<std::size_t>(kinds, 1)) return;
        table_.reserve(shapes * kinds);
        for (const Problem::Shape& shape : problem.shapes()) {
            const KindCost cost(problem, shape);
            for (std::size_t k = 0; k < kinds; ++k) table_.push_back(work_out(shape, cost, KindId(k)));
        }
    }

    /// The costs of one shape.
    class Row {
    public:
        Row(const KindCosts& all, ShapeId id) : all_(all), shape_(all.problem_.shape(id)) {
            if (all.table_.empty())
                cost_.emplace(all.problem_, shape_);
            else
                known_ = all.table_.data() + id.at() * all.problem_.fleet().kinds().size();
        }
        /// EUR/h without the way (kind_cost); kNever where no node of the kind could take the shape
        /// (Problem::may_take).
        double operator()(KindId kind) const {
            return known_ == nullptr ? all_.work_out(shape_, *cost_, kind) : known_[kind.at()];
        }

    private:
        const KindCosts& all_;
        const Problem::Shape& shape_;
        std::optional<KindCost> cost_;
        const double* known_ = nullptr;
    };
    Row of(ShapeId shape) const { return {*this, shape}; }

private:
    double work_out(const Problem::Shape& shape, const KindCost& cost, KindId kind) const {
        if (!problem_.may_take(shape, kind)) return kNever;
        return cost(problem_.fleet().kinds()[kind.at()]);
    }

    const Problem& problem_;
    std::vector<double> table_;  // by shape, then kind
};

}  // namespace gigafleet
