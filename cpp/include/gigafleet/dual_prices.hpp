// Prices in ascent on a dual: Newton's steps with momentum.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace gigafleet {

/// Prices of at least 0 that are asked a little ahead of where they are, in the direction in which they move:
/// the gradient method of Nesterov (1983), begun anew every 20 rounds, as O'Donoghue and Candès (2015)
/// advise.
class DualPrices {
public:
    explicit DualPrices(std::vector<double> start = {}) : now_(std::move(start)), ahead_(now_) {}

    std::size_t size() const { return now_.size(); }
    std::span<const double> now() const { return now_; }
    /// Where the next round is to ask.
    std::span<const double> ahead() const { return ahead_; }

    /// Forgets in which direction prices moved.
    void restart();
    /// Once a round, before it asks.
    void begin_round();
    /// Once a round, before prices move.
    void begin_moves();
    /// From where it was asked; ahead of it lies what it has moved since the last round, or nearly as much.
    void move(std::size_t i, double by) {
        const double price = std::max(0.0, ahead_[i] + by);
        ahead_[i] = std::max(0.0, price + carry_ * (price - now_[i]));
        now_[i] = price;
    }
    /// Where it is, without momentum.
    void set(std::size_t i, double price) { now_[i] = ahead_[i] = std::max(0.0, price); }

private:
    std::vector<double> now_, ahead_;
    double momentum_ = 1, carry_ = 0;
    int rounds_ = 0;  ///< since the last start
};

/// Newton's step for log(load) = log(capacity) at temperature `tau`, at most `tau`; `bend`: τ times the slope
/// of the load.
double price_step(double load, double bend, double capacity, double tau);

}  // namespace gigafleet
