#include "gigafleet/price_ascent.hpp"

#include <algorithm>
#include <cmath>

#include "gigafleet/parallel.hpp"
#include "gigafleet/wide.hpp"

namespace gigafleet {

namespace {

constexpr int kRoundsAtOneTau = 10;  // broad: the kernels are made anew then
constexpr int kRoundsAList = 15;     // sharp: lists are made anew then
constexpr double kSlackInTau = 9;    // exp(−9): what else there is does not matter
constexpr double kLeastSlack = 0.1;  // of the scale: room for prices to move until lists are made anew
constexpr double kTogetherTo = 0.02, kTogetherFall = 0.98;  // temperatures of start_together
constexpr double kNoMass = 1e-290;
constexpr double kLargestExponent = 600;
constexpr float kNegligible = 20;  // exponents beyond this count as 0

}  // namespace

PriceAscent::PriceAscent(const Market& market, std::vector<double> shares, int threads)
    : market_(market),
      shares_(std::move(shares)),
      threads_(market.workers(threads)),
      pools_(market.pools().size()),
      dimensions_(market.dimensions()),
      stride_((market.spots() + kLanes - 1) / kLanes * kLanes),
      price_(std::vector<double>(pools_ * dimensions_)),
      members_(market.shapes() * pools_),
      spread_(market.shapes() * pools_),
      left_out_by_shape_(market.shapes()) {
    start_together();
}

bool PriceAscent::run(const Schedule& schedule, double time_limit_s, std::string_view stage,
                      Control& control) {
    const Stopwatch watch;
    const double scale = market_.scale();
    const int rounds = schedule.broad_rounds + schedule.sharp_rounds;
    price_.restart();
    for (int round = 0; round < rounds; ++round) {
        control.poll(stage, round, rounds);
        if (watch.seconds() > time_limit_s) return false;
        price_.begin_round();
        double tau;
        if (round < schedule.broad_rounds) {
            const int at = round / kRoundsAtOneTau * kRoundsAtOneTau;
            tau = scale * schedule.broad_from *
                  std::pow(schedule.broad_to / schedule.broad_from,
                           at / static_cast<double>(schedule.broad_rounds));
            if (at == round) make_kernels(tau);
            look_broadly(tau);
        } else {
            const int at = round - schedule.broad_rounds;
            tau = scale * schedule.broad_to *
                  std::pow(schedule.sharp_to / schedule.broad_to,
                           std::min(1.0, at / (0.7 * schedule.sharp_rounds)));
            if (at % kRoundsAList == 0) {
                choices_ = find_choices(market_, price_.now(),
                                        std::max(kSlackInTau * tau, kLeastSlack * scale), threads_);
                price_.restart();
            }
            look_sharply(tau);
        }
        step(tau);
    }
    return true;
}

Prices PriceAscent::prices_by_pool() const {
    Prices prices = Prices::zero(market_.problem());
    const std::size_t all = market_.problem().fleet().schema().dimensions();
    for (std::size_t p = 0; p < pools_; ++p)
        for (std::size_t d = 0; d < dimensions_; ++d)
            prices.pool[market_.pools()[p].id.at() * all + market_.dimension(d)] =
                price_.now()[p * dimensions_ + d] / market_.unit(d);
    return prices;
}

void PriceAscent::make_kernels(double tau) {
    kernels_.resize(market_.groups());
    for (auto& kernel : kernels_) kernel.assign(market_.origins() * stride_, 0);
    nearest_.assign(market_.groups() * market_.origins(), 0);
    parallel_for(threads_, static_cast<std::int64_t>(market_.origins()), [&](std::int64_t o) {
        const auto origin = static_cast<std::size_t>(o);
        for (std::size_t g = 0; g < kernels_.size(); ++g) {
            const std::span<const float> way = market_.ways(g, origin);
            const float least = *std::ranges::min_element(way);
            if (least == Market::kOut) continue;
            nearest_[g * market_.origins() + origin] = least;
            double* row = kernels_[g].data() + origin * stride_;
            for (std::size_t h = 0; h < way.size(); ++h)
                row[h] = way[h] == Market::kOut ? 0 : std::exp(static_cast<double>(least - way[h]) / tau);
        }
    });
}

void PriceAscent::look_broadly(double tau) {
    parallel_for(threads_, static_cast<std::int64_t>(market_.shapes()),
                 [&](std::int64_t s) { broad_shape(tau, static_cast<std::size_t>(s)); });
}

void PriceAscent::broad_shape(double tau, std::size_t s) {
    std::vector<float> cost(pools_);
    price_pools(market_, price_.ahead(), s, cost);
    const double least = *std::ranges::min_element(cost);
    double* members = members_.data() + s * pools_;
    double* spread = spread_.data() + s * pools_;
    std::fill_n(members, pools_, 0.0);
    std::fill_n(spread, pools_, 0.0);
    left_out_by_shape_[s] = 0;
    if (!(least < Market::kOut)) return;
    std::vector<double> pull(pools_), at_spot(stride_), mass(stride_), mass2(stride_);
    for (std::size_t p = 0; p < pools_; ++p) {
        if (cost[p] == Market::kOut) continue;
        pull[p] = std::exp((least - static_cast<double>(cost[p])) / tau);
        at_spot[market_.pools()[p].spot] += pull[p];
    }
    const double* kernel = kernels_[market_.group(s)].data();
    const float* nearest = nearest_.data() + market_.group(s) * market_.origins();
    for (std::size_t c = market_.first_class(s); c < market_.first_class(s + 1); ++c) {
        const Market::Class& from = market_.classes()[c];
        const double* row = kernel + from.origin * stride_;
        const double ahead = least + static_cast<double>(nearest[from.origin]) - market_.penalty(s);
        const double out = std::exp(std::min(ahead / tau, kLargestExponent));
        const double total = dot(row, at_spot.data(), stride_) + out;
        if (total < kNoMass) continue;
        const double w = from.members / total;
        left_out_by_shape_[s] += w * out;
        add_row(row, w, w / total, mass.data(), mass2.data(), stride_);
    }
    for (std::size_t p = 0; p < pools_; ++p) {
        if (pull[p] == 0) continue;
        const std::uint32_t h = market_.pools()[p].spot;
        members[p] = mass[h] * pull[p];
        spread[p] = members[p] - mass2[h] * pull[p] * pull[p];
    }
}

void PriceAscent::look_sharply(double tau) {
    parallel_for(threads_, static_cast<std::int64_t>(market_.shapes()),
                 [&](std::int64_t s) { sharp_shape(tau, static_cast<std::size_t>(s)); });
}

void PriceAscent::sharp_shape(double tau, std::size_t s) {
    double* members = members_.data() + s * pools_;
    double* spread = spread_.data() + s * pools_;
    std::fill_n(members, pools_, 0.0);
    std::fill_n(spread, pools_, 0.0);
    left_out_by_shape_[s] = 0;
    std::vector<float> price(pools_), weight;
    find_payments(market_, price_.ahead(), s, price);
    const auto per_tau = static_cast<float>(1 / tau);
    const auto penalty = static_cast<float>(market_.penalty(s));
    for (std::size_t c = market_.first_class(s); c < market_.first_class(s + 1); ++c) {
        const std::span<const Choices::Choice> list = choices_.of(c);
        if (list.empty()) continue;
        weight.resize(list.size());
        float least = penalty;
        for (std::size_t i = 0; i < list.size(); ++i) {
            weight[i] = list[i].cost + price[list[i].pool];
            least = std::min(least, weight[i]);
        }
        const float out = std::exp((least - penalty) * per_tau);
        const float total = out + exp_and_sum(weight, least, per_tau, kNegligible);
        const double each = market_.classes()[c].members / static_cast<double>(total);
        left_out_by_shape_[s] += each * static_cast<double>(out);
        for (std::size_t i = 0; i < list.size(); ++i) {
            if (weight[i] == 0) continue;
            const double n = each * static_cast<double>(weight[i]);
            members[list[i].pool] += n;
            spread[list[i].pool] += n * (1 - static_cast<double>(weight[i] / total));
        }
    }
}

/// One round of all prices, from what the last look found.
void PriceAscent::step(double tau) {
    std::vector<double> load(price_.size()), bend(price_.size());
    left_out_ = 0;
    for (std::size_t s = 0; s < market_.shapes(); ++s) {
        left_out_ += left_out_by_shape_[s];
        const std::span<const double> demand = market_.demand(s);
        const double *members = members_.data() + s * pools_, *spread = spread_.data() + s * pools_;
        for (std::size_t p = 0; p < pools_; ++p) {
            if (members[p] == 0) continue;
            for (std::size_t d = 0; d < dimensions_; ++d) {
                load[p * dimensions_ + d] += members[p] * demand[d];
                bend[p * dimensions_ + d] += spread[p] * demand[d] * demand[d];
            }
        }
    }
    price_.begin_moves();
    for (std::size_t i = 0; i < price_.size(); ++i)
        if (const double capacity = usable(i); capacity < std::numeric_limits<double>::infinity())
            price_.move(i, price_step(load[i], bend[i], capacity, tau));
}

/// Where not everything fits, prices have far to rise before anybody stays out, and each alone drives tasks
/// from pool to pool only. So all start at what they would be were the whole fleet one pool.
void PriceAscent::start_together() {
    std::vector<double> members(market_.shapes()), room(dimensions_), price(dimensions_);
    for (std::size_t s = 0; s < members.size(); ++s)
        for (std::size_t c = market_.first_class(s); c < market_.first_class(s + 1); ++c)
            members[s] += market_.classes()[c].members;
    for (std::size_t i = 0; i < price_.size(); ++i) room[i % dimensions_] += usable(i);
    for (double tau = market_.scale(); tau > kTogetherTo * market_.scale(); tau *= kTogetherFall) {
        std::vector<double> load(dimensions_), bend(dimensions_);
        for (std::size_t s = 0; s < members.size(); ++s) {
            const std::span<const double> demand = market_.demand(s);
            double pays = 0;
            for (std::size_t d = 0; d < dimensions_; ++d) pays += price[d] * demand[d];
            const double stays = 1 / (1 + std::exp((pays - market_.penalty(s)) / tau));
            for (std::size_t d = 0; d < dimensions_; ++d) {
                load[d] += members[s] * stays * demand[d];
                bend[d] += members[s] * stays * (1 - stays) * demand[d] * demand[d];
            }
        }
        for (std::size_t d = 0; d < dimensions_; ++d)
            if (room[d] > 0) price[d] = std::max(0.0, price[d] + price_step(load[d], bend[d], room[d], tau));
    }
    for (std::size_t i = 0; i < price_.size(); ++i)
        if (usable(i) < std::numeric_limits<double>::infinity()) price_.set(i, price[i % dimensions_]);
}

}  // namespace gigafleet
