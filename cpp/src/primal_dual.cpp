#include "gigafleet/primal_dual.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace gigafleet {

namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr int kCheck = 40;                                   // rounds from one look at the gap to the next
constexpr double kMuch = 0.2, kSome = 0.8, kLongest = 0.36;  // when to restart, as in the paper
constexpr double kLeastMove = 1e-20;                         // squared, to learn from

struct Point {
    std::vector<double> x, y;
};

/// Each round steps from `at_` to `next_`, then goes twice as far, and part of the way back to `anchor_`,
/// where it last started anew: the longer ago, the less.
class Ascent {
public:
    explicit Ascent(LinearProgram program)
        : program_(std::move(program)),
          at_{std::vector<double>(program_.columns()), std::vector<double>(program_.rows())},
          next_(at_),
          anchor_(at_),
          best_{at_.y, -kInfinite, kInfinite},
          scale_(program_.rows()),
          column_(program_.columns()),
          row_(program_.rows()) {
        scale_rows();
        double cost = 0, limit = 0;
        for (std::size_t j = 0; j < program_.columns(); ++j) {
            for_each_entry(j, [&](std::uint32_t r, double value) {
                column_[j] += std::abs(value);
                row_[r] += std::abs(value);
            });
            if (column_[j] > 0) cost += program_.cost[j] * program_.cost[j] / column_[j];
        }
        for (std::size_t r = 0; r < row_.size(); ++r)
            if (row_[r] > 0) limit += program_.limit[r] * program_.limit[r] / row_[r];
        if (cost > 0 && limit > 0) weight_ = std::sqrt(cost / limit);
    }

    Multipliers run(double gap, int rounds, Control& control) {
        double first = kInfinite, last = kInfinite;  // moves since the last start
        int since = 0;
        for (int round = 1; round <= rounds && best_.gap > gap; ++round) {
            const double move = step();
            if (since == 0) first = move;
            bool anew = false;
            if (round % kCheck == 0 || round == 1) {
                control.poll("bound", round, rounds);
                look();
                anew = move <= kMuch * first || (move <= kSome * first && move > last) ||
                       since >= kLongest * round;
                last = move;
            }
            if (anew) {
                start_anew();
                since = 0;
                last = kInfinite;
            } else {
                go_on(static_cast<double>(since + 1) / (since + 2));
                ++since;
            }
        }
        for (std::size_t r = 0; r < scale_.size(); ++r) best_.row[r] /= scale_[r];
        return std::move(best_);
    }

private:
    /// Calls `f(row, value)` for each entry of a column.
    template <class F>
    void for_each_entry(std::size_t column, F&& f) const {
        for (std::size_t e = program_.first[column]; e < program_.first[column + 1]; ++e)
            f(program_.entries[e].row, program_.entries[e].value);
    }

    /// The largest entry of each row becomes 1.
    void scale_rows() {
        for (const auto& [row, value] : program_.entries)
            scale_[row] = std::max(scale_[row], std::abs(value));
        for (double& scale : scale_)
            if (scale == 0) scale = 1;
        for (auto& [row, value] : program_.entries) value /= scale_[row];
        for (std::size_t r = 0; r < scale_.size(); ++r) program_.limit[r] /= scale_[r];
    }

    double slope(std::size_t column, const std::vector<double>& y) const {
        double sum = program_.cost[column];
        for_each_entry(column, [&](std::uint32_t r, double value) { sum += value * y[r]; });
        return sum;
    }

    /// All of x down its slope, then all of y up by what is beyond where x is going. How far it went.
    double step() {
        load_.assign(row_.size(), 0);
        double moved_x = 0, moved_y = 0;
        for (std::size_t j = 0; j < column_.size(); ++j) {
            const double down = slope(j, at_.y), size = weight_ * column_[j];
            next_.x[j] = size > 0 ? std::clamp(at_.x[j] - down / size, 0.0, 1.0) : (down < 0 ? 1.0 : 0.0);
            const double move = next_.x[j] - at_.x[j], ahead = next_.x[j] + move;
            moved_x += column_[j] * move * move;
            for_each_entry(j, [&](std::uint32_t r, double value) { load_[r] += value * ahead; });
        }
        for (std::size_t r = 0; r < row_.size(); ++r) {
            if (row_[r] == 0) continue;
            next_.y[r] = std::max(0.0, at_.y[r] + weight_ / row_[r] * (load_[r] - program_.limit[r]));
            const double move = next_.y[r] - at_.y[r];
            moved_y += row_[r] * move * move;
        }
        return std::sqrt(weight_ * moved_x + moved_y / weight_);
    }

    void go_on(double share) {
        const auto mix = [&](std::vector<double>& at, const std::vector<double>& next,
                             const std::vector<double>& anchor) {
            for (std::size_t i = 0; i < at.size(); ++i)
                at[i] = share * (2 * next[i] - at[i]) + (1 - share) * anchor[i];
        };
        mix(at_.x, next_.x, anchor_.x);
        mix(at_.y, next_.y, anchor_.y);
    }

    /// Steps of x and of y are to be as long as the ways that they have gone.
    void start_anew() {
        double x = 0, y = 0;
        for (std::size_t j = 0; j < column_.size(); ++j)
            x += column_[j] * (next_.x[j] - anchor_.x[j]) * (next_.x[j] - anchor_.x[j]);
        for (std::size_t r = 0; r < row_.size(); ++r)
            y += row_[r] * (next_.y[r] - anchor_.y[r]) * (next_.y[r] - anchor_.y[r]);
        if (x > kLeastMove && y > kLeastMove) weight_ = std::sqrt(weight_ * std::sqrt(y / x));
        at_ = anchor_ = next_;
    }

    /// What `next_` proves; the best is kept.
    void look() {
        load_.assign(row_.size(), 0);
        double paid = 0, bound = 0, beyond = 0;
        for (std::size_t j = 0; j < column_.size(); ++j) {
            paid += program_.cost[j] * next_.x[j];
            bound += std::min(0.0, slope(j, next_.y));
            for_each_entry(j, [&](std::uint32_t r, double value) { load_[r] += value * next_.x[j]; });
        }
        for (std::size_t r = 0; r < row_.size(); ++r) {
            bound -= next_.y[r] * program_.limit[r];
            const double limit = std::abs(program_.limit[r]);
            beyond = std::max(beyond, (load_[r] - program_.limit[r]) / (limit > 0 ? limit : 1));
        }
        if (bound > best_.bound) {
            best_.bound = bound;
            best_.row = next_.y;
        }
        const double apart = std::max(0.0, paid - best_.bound);
        const double share = apart > 0 ? apart / std::max(std::abs(paid), std::abs(best_.bound)) : 0;
        best_.gap = std::min(best_.gap, std::max(share, beyond));
    }

    LinearProgram program_;
    Point at_, next_, anchor_;
    Multipliers best_;
    std::vector<double> scale_, column_, row_, load_;  // column_, row_: sums of entries without their signs
    double weight_ = 1;                                // long steps of y, short ones of x
};

}  // namespace

Multipliers find_multipliers(const LinearProgram& program, double gap, int rounds, Control& control) {
    return Ascent(program).run(gap, rounds, control);
}

}  // namespace gigafleet
