#include "gigafleet/dual_prices.hpp"

#include <cmath>

namespace gigafleet {

namespace {

constexpr int kRestart = 20;       // rounds
constexpr double kNewton = 0.5;    // of a full step, since neighbours move too
constexpr double kDamping = 0.01;  // of the slope at most
constexpr double kNothing = 1e-9;  // of a capacity

}  // namespace

void DualPrices::restart() {
    ahead_ = now_;
    momentum_ = 1;
    rounds_ = 0;
}

void DualPrices::begin_round() {
    if (++rounds_ > kRestart) restart();
}

void DualPrices::begin_moves() {
    const double next = (1 + std::sqrt(1 + 4 * momentum_ * momentum_)) / 2;
    carry_ = (momentum_ - 1) / next;
    momentum_ = next;
}

double price_step(double load, double bend, double capacity, double tau) {
    if (capacity <= 0) return tau;
    if (!(load > kNothing * capacity)) return -tau;
    return std::clamp(kNewton * load * std::log(load / capacity) / (bend / tau + kDamping * load / tau), -tau,
                      tau);
}

}  // namespace gigafleet
