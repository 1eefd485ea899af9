#include "gigafleet/network_ascent.hpp"

#include <algorithm>
#include <cmath>

#include "gigafleet/one_place.hpp"
#include "gigafleet/parallel.hpp"
#include "gigafleet/relaxed.hpp"

namespace gigafleet {

namespace {

constexpr std::size_t kShards = 4;  // each adds up what is asked for by itself
constexpr int kRoundsAtOneTau = 5;
constexpr double kMost = 0.2;    // of the scale: what a link's price may move at first
constexpr double kFull = 0.005;  // of a capacity: as good as full
constexpr double kLonger = 1.3, kShorter = 0.5,
                 kLeast = 0.1;    // what a link's price may move, from round to round
constexpr double kMeanOf = 0.15;  // of the rounds
constexpr double kFree = std::numeric_limits<double>::infinity();

}  // namespace

NetworkAscent::NetworkAscent(const NetworkMarket& market, std::span<const double> shares, int threads)
    : market_(market), threads_(threads), kernels_(market, threads) {
    const Problem& problem = market.problem();
    const std::size_t carriers = problem.network().arc_count() + 2 * problem.network().site_count();
    groups_ = {0, market.groups() * market.dimensions()};
    carriers_ = {groups_.last, groups_.last + carriers};
    levels_ = {carriers_.last, carriers_.last + market.spare_weight().size()};
    for (std::size_t i = 0; i < groups_.last; ++i)
        capacity_.push_back(market.capacity()[i] * shares[i / market.dimensions()]);
    for (std::size_t c = 0; c < carriers; ++c) {
        const auto limit = relaxed_carrier(problem, c);
        capacity_.push_back(limit ? static_cast<double>(*limit) / market.bandwidth_unit() : kFree);
    }
    for (const auto& spare : market.spare_weight()) capacity_.push_back(spare.value_or(kFree));
    std::vector<double> first(capacity_.size());
    rose_.assign(capacity_.size(), 1);
    most_.assign(capacity_.size(), kMost * market.scale());
    for (std::size_t s = 0; s < std::min(kShards, market.blocks().size()); ++s)
        flows_.emplace_back(market, kernels_);
    asked_.resize(flows_.size());
    const OnePlace start = prices_of_one_place(market, std::span(capacity_).first(groups_.last));
    for (std::size_t i = 0; i < groups_.last; ++i)
        if (capacity_[i] < kFree) first[i] = start.group[i];
    for (std::size_t l = 0; l < start.level.size(); ++l)
        if (capacity_[levels_.first + l] < kFree) first[levels_.first + l] = start.level[l];
    price_ = DualPrices(std::move(first));
}

bool NetworkAscent::run(const Schedule& schedule, double time_limit_s, std::string_view stage,
                        Control& control) {
    const Stopwatch watch;
    // The dual is concave: the mean of the last prices is no worse than they are in the mean.
    const int last = std::max(1, static_cast<int>(kMeanOf * schedule.rounds));
    std::vector<double> mean(price_.size());
    price_.restart();
    for (int round = 0; round < schedule.rounds; ++round) {
        control.poll(stage, round, schedule.rounds);
        if (watch.seconds() > time_limit_s) return false;
        price_.begin_round();
        const double at = static_cast<double>(round / kRoundsAtOneTau * kRoundsAtOneTau) / schedule.rounds;
        const double tau = market_.scale() * schedule.from * std::pow(schedule.to / schedule.from, at);
        look(tau);
        step(tau);
        if (round < schedule.rounds - last) continue;
        for (std::size_t i = 0; i < price_.size(); ++i) mean[i] += price_.now()[i] / last;
    }
    price_ = DualPrices(std::move(mean));
    return true;
}

NetworkPrices NetworkAscent::split(std::span<const double> prices) const {
    const auto part = [&](Part p) {
        return std::vector<double>(prices.begin() + static_cast<std::ptrdiff_t>(p.first),
                                   prices.begin() + static_cast<std::ptrdiff_t>(p.last));
    };
    NetworkPrices split{part(groups_), part(carriers_), part(levels_)};
    for (double& price : split.carrier) price /= market_.bandwidth_unit();
    return split;
}

void NetworkAscent::look(double tau) {
    const NetworkPrices prices = split(price_.ahead());
    const bool with_core = kernels_.any_limited();
    kernels_.make(tau, prices.carrier);
    parallel_for(threads_, static_cast<std::int64_t>(flows_.size()), [&](std::int64_t n) {
        const auto shard = static_cast<std::size_t>(n);
        asked_[shard].clear(market_, with_core);
        for (std::size_t b = shard; b < market_.blocks().size(); b += flows_.size())
            flows_[shard].ask(market_.blocks()[b], prices, tau, asked_[shard]);
    });
    Asked& all = asked_[0];
    for (std::size_t s = 1; s < asked_.size(); ++s) all.add(asked_[s]);
    for (std::uint32_t p = 0; with_core && p < market_.policies().size(); ++p) {
        std::vector<double> load(market_.problem().network().arc_count());
        kernels_.add_loads(p, all.core_out[p], all.core_back[p], load);
        for (std::size_t a = 0; a < load.size(); ++a) all.carrier[a] += load[a];
    }
}

/// One round of all prices, from what the last look found.
void NetworkAscent::step(double tau) {
    const Asked& asked = asked_[0];
    price_.begin_moves();
    const double unit = market_.bandwidth_unit();
    for (std::size_t i = 0; i < price_.size(); ++i) {
        if (capacity_[i] == kFree) continue;
        const double load = i < groups_.last     ? asked.group[i]
                            : i < carriers_.last ? asked.carrier[i - carriers_.first] / unit
                                                 : asked.out[i - levels_.first];
        if (load == 0 && price_.ahead()[i] == 0 && price_.now()[i] == 0) continue;
        if (i >= groups_.last) {
            // Behind a link there may be no way but to stay out: all or nothing, so no slope is to be
            // trusted.
            if (std::abs(load - capacity_[i]) <= kFull * capacity_[i]) continue;
            const bool rises = load > capacity_[i];
            most_[i] =
                std::max(rises == (rose_[i] != 0) ? kLonger * most_[i] : kShorter * most_[i], kLeast * tau);
            rose_[i] = rises;
            price_.set(i, price_.now()[i] + (rises ? most_[i] : -most_[i]));
            most_[i] = std::min(most_[i], kMost * std::max(market_.scale(), price_.now()[i]));
        } else {
            price_.move(i, price_step(load, asked.group_bend[i], capacity_[i], tau));
        }
    }
}

Prices NetworkAscent::prices() const {
    const Problem& problem = market_.problem();
    Prices prices = Prices::zero(problem);
    const std::size_t all = problem.fleet().schema().dimensions(), dimensions = market_.dimensions();
    for (std::size_t p = 0; p < problem.fleet().pools().size(); ++p) {
        const std::uint32_t g = market_.group_of(PoolId(p));
        for (std::size_t d = 0; g != kNoCore && d < dimensions; ++d)
            prices.pool[p * all + market_.dimension(d)] = price_.now()[g * dimensions + d] / market_.unit(d);
    }
    for (std::size_t c = 0; c < prices.carrier.size(); ++c)
        prices.carrier[c] = price_.now()[carriers_.first + c] / market_.bandwidth_unit();
    return prices;
}

std::vector<double> NetworkAscent::worth() const {
    std::vector<double> worth(market_.problem().shapes().size(), kFree);
    for (const NetworkMarket::Kin& kin : market_.kins()) {
        const std::size_t level = levels_.first + kin.level;
        const double priced = capacity_[level] < kFree ? price_.now()[level] * kin.weight : 0;
        for (const ShapeId shape : kin.of) worth[shape.at()] = kin.penalty + priced;
    }
    return worth;
}

}  // namespace gigafleet
