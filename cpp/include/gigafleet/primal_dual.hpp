// Multipliers of a small linear program, by a primal-dual method.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "gigafleet/control.hpp"

namespace gigafleet {

/// The least of cost · x over 0 <= x <= 1 where each row, a sum of its entries times x, is at most its limit.
struct LinearProgram {
    struct Entry {
        std::uint32_t row;
        double value;
    };
    std::vector<double> limit;             ///< by row
    std::vector<double> cost;              ///< by column
    std::vector<std::size_t> first = {0};  ///< by column, and one more: into `entries`
    std::vector<Entry> entries;

    std::size_t rows() const { return limit.size(); }
    std::size_t columns() const { return cost.size(); }
    /// Ends a column whose entries have been added.
    void add_column(double column_cost) {
        cost.push_back(column_cost);
        first.push_back(entries.size());
    }
};

struct Multipliers {
    std::vector<double> row;  ///< what a unit more of the limit takes off the least, >= 0
    double bound;             ///< no x within the limits costs less: the Lagrangian's value there
    /// Some x costs no more than that above `bound`, as a share of it, and is as little beyond any limit.
    double gap;
};

/// Steps of x and multipliers in turn, preconditioned by row and column, reflected and drawn back to where
/// they last started anew: Lu and Yang, "Restarted Halpern PDHG for linear programming" (arXiv 2407.16144).
/// Ends when `gap` is reached. O(rounds · entries). Polls `control` with stage "bound".
Multipliers find_multipliers(const LinearProgram& program, double gap, int rounds, Control& control);

}  // namespace gigafleet
