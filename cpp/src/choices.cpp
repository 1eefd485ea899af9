#include "gigafleet/choices.hpp"

#include <algorithm>

#include "gigafleet/parallel.hpp"
#include "gigafleet/wide.hpp"

namespace gigafleet {

namespace {

/// The lists of one shape's classes; `sizes` by class.
std::vector<Choices::Choice> choices_of_shape(const Market& market, std::span<const double> prices,
                                              double slack, std::size_t s, std::size_t* sizes) {
    std::vector<Choices::Choice> found;
    std::vector<float> at_pool(market.pools().size()), at_spot(market.spots()), total(market.spots());
    price_pools(market, prices, s, at_pool);
    for (std::size_t h = 0; h < market.spots(); ++h)
        at_spot[h] =
            *std::min_element(at_pool.begin() + static_cast<std::ptrdiff_t>(market.first_pool(h)),
                              at_pool.begin() + static_cast<std::ptrdiff_t>(market.first_pool(h + 1)));
    const std::span<const float> own = market.own_cost(s);
    for (std::size_t c = market.first_class(s); c < market.first_class(s + 1); ++c) {
        const auto way = market.ways(market.group(s), market.classes()[c].origin);
        const float least = add_and_find_least(at_spot, way, total.data());
        const std::size_t before = found.size();
        if (least < Market::kOut) {
            const float limit = least + static_cast<float>(slack);
            for (std::size_t h = 0; h < market.spots(); ++h) {
                if (!(total[h] <= limit)) continue;
                for (std::size_t p = market.first_pool(h); p < market.first_pool(h + 1); ++p)
                    if (at_pool[p] + way[h] <= limit)
                        found.push_back({static_cast<std::uint32_t>(p), own[p] + way[h]});
            }
        }
        sizes[c] = found.size() - before;
    }
    return found;
}

}  // namespace

void price_pools(const Market& market, std::span<const double> prices, std::size_t s, std::span<float> out) {
    const std::span<const float> own = market.own_cost(s);
    const std::span<const double> demand = market.demand(s);
    const std::size_t dimensions = market.dimensions();
    const double* price = prices.data();
    for (std::size_t p = 0; p < out.size(); ++p, price += dimensions) {
        double cost = own[p];
        for (std::size_t d = 0; d < dimensions; ++d) cost += price[d] * demand[d];
        out[p] = static_cast<float>(cost);
    }
}

void find_payments(const Market& market, std::span<const double> prices, std::size_t s,
                   std::span<float> out) {
    const std::span<const double> demand = market.demand(s);
    const double* price = prices.data();
    for (std::size_t p = 0; p < out.size(); ++p, price += demand.size()) {
        double pays = 0;
        for (std::size_t d = 0; d < demand.size(); ++d) pays += price[d] * demand[d];
        out[p] = static_cast<float>(pays);
    }
}

Choices find_choices(const Market& market, std::span<const double> prices, double slack, int threads) {
    Choices choices;
    std::vector<std::size_t> sizes(market.classes().size());
    std::vector<std::vector<Choices::Choice>> parts(market.shapes());
    parallel_for(threads, static_cast<std::int64_t>(market.shapes()), [&](std::int64_t s) {
        parts[static_cast<std::size_t>(s)] =
            choices_of_shape(market, prices, slack, static_cast<std::size_t>(s), sizes.data());
    });
    choices.first.reserve(sizes.size() + 1);
    choices.first.push_back(0);
    for (const std::size_t size : sizes) choices.first.push_back(choices.first.back() + size);
    choices.all.reserve(choices.first.back());
    for (const auto& part : parts) choices.all.insert(choices.all.end(), part.begin(), part.end());
    return choices;
}

}  // namespace gigafleet
