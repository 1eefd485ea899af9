#include "gigafleet/one_place.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "gigafleet/dual_prices.hpp"

namespace gigafleet {

namespace {

constexpr int kRounds = 300;
constexpr double kFrom = 0.3, kTo = 0.01;  // τ, in NetworkMarket::scale
constexpr double kWeightFrom = 0.03,
                 kWeightTo = 0.002;  // the same: where nodes cost nothing, prices need not part them
constexpr double kFree = std::numeric_limits<double>::infinity();

class Place {
public:
    Place(const NetworkMarket& market, std::span<const double> capacity)
        : market_(market), dimensions_(market.dimensions()), levels_(market.spare_weight().size()) {
        std::map<KindId, std::size_t> known;
        for (std::size_t g = 0; g < market.groups(); ++g)
            kind_.push_back(known.try_emplace(market.kind(g), known.size()).first->second);
        kinds_ = known.size();
        capacity_.assign(kinds_ * dimensions_ + levels_, 0);
        size_.assign(kinds_, 0);
        own_.assign(market.kins().size() * kinds_, kFree);
        for (std::size_t g = 0; g < market.groups(); ++g) {
            double tasks = kFree;
            for (std::size_t d = 0; d < dimensions_; ++d) {
                capacity_[kind_[g] * dimensions_ + d] += capacity[g * dimensions_ + d];
                tasks = std::min(tasks, capacity[g * dimensions_ + d]);
            }
            size_[kind_[g]] += tasks < kFree ? tasks : 1e6;
        }
        for (std::size_t l = 0; l < levels_; ++l)
            capacity_[kinds_ * dimensions_ + l] = market.spare_weight()[l].value_or(kFree);
        for (const NetworkMarket::Block& block : market.blocks())
            for (std::size_t g = 0; g < market.groups(); ++g)
                for (std::size_t l = 0; l < block.lanes; ++l) {
                    double& own = own_[block.kin[l] * kinds_ + kind_[g]];
                    own = std::min(own, static_cast<double>(block.own[g * kLanes + l]));
                }
        price_ = DualPrices(std::vector<double>(capacity_.size()));
    }

    OnePlace run() {
        for (int round = 0; round < kRounds; ++round) {
            price_.begin_round();
            const double at = std::min(1.0, round / (0.8 * kRounds));
            const double from = market_.aim() == Aim::kCost ? kFrom : kWeightFrom;
            const double to = market_.aim() == Aim::kCost ? kTo : kWeightTo;
            const double tau = market_.scale() * from * std::pow(to / from, at);
            look(tau);
            price_.begin_moves();
            for (std::size_t i = 0; i < price_.size(); ++i)
                if (capacity_[i] != kFree) price_.move(i, price_step(load_[i], bend_[i], capacity_[i], tau));
        }
        OnePlace found;
        const std::span<const double> price = price_.now();
        for (const std::size_t k : kind_)
            for (std::size_t d = 0; d < dimensions_; ++d) found.group.push_back(price[k * dimensions_ + d]);
        found.level.assign(price.end() - static_cast<std::ptrdiff_t>(levels_), price.end());
        return found;
    }

private:
    void look(double tau) {
        load_.assign(price_.size(), 0);
        bend_.assign(price_.size(), 0);
        std::vector<double> cost(kinds_);
        const std::span<const double> price = price_.ahead();
        for (std::size_t s = 0; s < market_.kins().size(); ++s) {
            const NetworkMarket::Kin& kin = market_.kins()[s];
            const std::size_t out = kinds_ * dimensions_ + kin.level;
            const double penalty = kin.penalty + price[out] * kin.weight;
            double least = penalty;
            for (std::size_t k = 0; k < kinds_; ++k) {
                cost[k] = own_[s * kinds_ + k];
                for (std::size_t d = 0; d < dimensions_; ++d)
                    cost[k] += price[k * dimensions_ + d] * kin.demand[d];
                least = std::min(least, cost[k]);
            }
            // Sizes are shares of what may take it, so that they do not compete with the penalty.
            double all = 0;
            for (std::size_t k = 0; k < kinds_; ++k) all += cost[k] < kFree ? size_[k] : 0;
            double total = std::exp((least - penalty) / tau);
            const double stays_out = total;
            for (std::size_t k = 0; k < kinds_; ++k) {
                cost[k] = cost[k] < kFree ? size_[k] / all * std::exp((least - cost[k]) / tau) : 0;
                total += cost[k];
            }
            const double left = kin.members * stays_out / total;
            load_[out] += left * kin.weight;
            bend_[out] += left * (1 - stays_out / total) * kin.weight * kin.weight;
            for (std::size_t k = 0; k < kinds_; ++k) {
                if (cost[k] == 0) continue;
                const double share = cost[k] / total, members = kin.members * share;
                for (std::size_t d = 0; d < dimensions_; ++d) {
                    load_[k * dimensions_ + d] += members * kin.demand[d];
                    bend_[k * dimensions_ + d] += members * (1 - share) * kin.demand[d] * kin.demand[d];
                }
            }
        }
    }

    const NetworkMarket& market_;
    std::size_t dimensions_, levels_, kinds_ = 0;
    std::vector<std::size_t> kind_;               // by group
    std::vector<double> size_;                    // by kind: how many mean tasks it holds
    std::vector<double> own_;                     // by kin and kind
    std::vector<double> capacity_, load_, bend_;  // by kind and dimension, then by level
    DualPrices price_;                            // the same
};

}  // namespace

OnePlace prices_of_one_place(const NetworkMarket& market, std::span<const double> capacity) {
    return Place(market, capacity).run();
}

}  // namespace gigafleet
