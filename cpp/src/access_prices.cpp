#include "gigafleet/access_prices.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "gigafleet/relaxed.hpp"

namespace gigafleet {

namespace {

constexpr double kMust = std::numeric_limits<double>::infinity();  // what it is worth to be placed

/// A class that may run.
struct Stake {
    const Workload::Class* of;
    double pays, weight, worth;  ///< of a member
};

/// What a multiple of weight is worth where so much is needed: what the last of the cheapest pays for it.
double marginal(std::vector<Stake> stakes, WideQuantity needed) {
    std::ranges::sort(stakes, {}, [](const Stake& stake) { return stake.pays / stake.weight; });
    double left = static_cast<double>(needed);
    for (const Stake& stake : stakes) {
        left -= stake.weight * static_cast<double>(stake.of->members);
        if (left < 0) return std::max(0.0, stake.pays / stake.weight);
    }
    return kMust;
}

/// Classes by origin.
std::vector<std::vector<Stake>> stakes_of_sites(const Problem& problem, Aim aim, std::size_t levels,
                                                std::span<const WideQuantity> level_weight,
                                                std::span<const double> pays) {
    const std::vector<std::size_t> level_of = levels_of_shapes(problem);
    std::vector<std::vector<Stake>> by_level(levels);
    for (std::size_t c = 0; c < pays.size(); ++c) {
        const Workload::Class& of = problem.workload().classes()[c];
        const std::size_t level = level_of[of.shape.at()];
        if (level < levels && pays[c] != LeastPrices::kNever)
            by_level[level].push_back({&of, pays[c], static_cast<double>(problem.shape(of.shape).weight), 0});
    }
    std::vector<std::vector<Stake>> by_site(problem.network().site_count());
    for (std::size_t l = 0; l < levels; ++l) {
        const bool is_aim = aim == Aim::kWeight && l + 1 == levels;
        const double each = is_aim ? 1 : marginal(by_level[l], level_weight[l]);
        for (Stake& stake : by_level[l]) {
            stake.worth = each * stake.weight;
            by_site[stake.of->origin.at()].push_back(stake);
        }
    }
    return by_site;
}

/// The price of a carrier with so much room; `now` it is in what they pay. `use(stake)`: what a member takes
/// of it.
template <class Use>
double breaking_price(std::span<const Stake> stakes, Use&& use, double room, double now) {
    std::vector<std::pair<double, double>> leaving;  // price at which they leave, what they take
    for (const Stake& stake : stakes) {
        if (!(use(stake) > 0)) continue;
        const double at = now + (stake.worth - stake.pays) / use(stake);
        if (at > 0) leaving.emplace_back(at, use(stake) * static_cast<double>(stake.of->members));
    }
    std::ranges::sort(leaving, std::ranges::greater{});
    for (const auto& [at, load] : leaving) {
        room -= load;
        if (room < 0) return at < kMust ? at : now;
    }
    return 0;
}

}  // namespace

Prices with_access_prices(const LeastPrices& least, Aim aim, std::size_t levels,
                          std::span<const WideQuantity> level_weight, std::span<const double> pays,
                          const Prices& prices) {
    const Problem& problem = least.problem();
    const std::size_t arcs = problem.network().arc_count(), sites = problem.network().site_count();
    Prices found = prices;
    found.carrier.resize(arcs + 2 * sites);
    const double scale = aim == Aim::kWeight ? 1 / kDefaultResolution : 1;  // pays, beside prices
    auto by_site = stakes_of_sites(problem, aim, levels, level_weight, pays);
    for (std::size_t s = 0; s < sites; ++s)
        for (const bool up : {true, false}) {
            double& price = found.carrier[arcs + (up ? 0 : sites) + s];
            const auto room = relaxed_carrier(problem, arcs + (up ? 0 : sites) + s);
            if (!room || by_site[s].empty()) continue;
            const auto use = [&](const Stake& stake) {
                const RelaxedShape& takes = least.relaxed()[stake.of->shape.at()];
                return static_cast<double>(up ? takes.uplink : takes.downlink);
            };
            const double now = price * scale;
            const double next = breaking_price(by_site[s], use, static_cast<double>(*room), now);
            for (Stake& stake : by_site[s]) stake.pays += (next - now) * use(stake);
            price = next / scale;
        }
    return found;
}

}  // namespace gigafleet
