#include "gigafleet/relaxed.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "gigafleet/directed.hpp"
#include "gigafleet/error.hpp"

namespace gigafleet {

namespace {

/// Position among the demands of a Workload::Shape of each resource of the fleet; none where tasks ask none.
std::vector<std::optional<std::size_t>> asked(const Problem& problem) {
    std::vector<std::optional<std::size_t>> positions;
    const auto& names = problem.workload().resources();
    for (const Resource& resource : problem.fleet().schema().resources) {
        const auto it = std::ranges::find(names, resource.name);
        positions.emplace_back();
        if (it != names.end()) positions.back() = static_cast<std::size_t>(it - names.begin());
    }
    return positions;
}

std::optional<WideQuantity> limit(Quantity capacity, bool rounded, bool lifted) {
    if (capacity == kUnlimited || lifted) return std::nullopt;
    return WideQuantity{capacity} + (rounded ? 1 : 0);
}

std::vector<double> checked(const std::vector<double>& prices, std::size_t size, double scale,
                            const std::string& argument) {
    if (!prices.empty() && prices.size() != size)
        throw InputTypeError(argument, kNoRow, std::to_string(prices.size()) + " prices",
                             std::to_string(size));
    std::vector<double> scaled;
    scaled.reserve(prices.size());
    for (const double price : prices) {
        if (!(price >= 0 && std::isfinite(price * scale)))
            throw InputError(argument, static_cast<std::int64_t>(scaled.size()), std::to_string(price),
                             "a finite number >= 0");
        scaled.push_back(price * scale);
    }
    return scaled;
}

/// Adds a part; false where the sum is too large.
bool add(std::optional<WideQuantity> part, WideQuantity& sum) {
    constexpr WideQuantity kMost = WideQuantity{1} << 125;
    if (part) sum += *part;
    return part && sum < kMost;
}

}  // namespace

std::vector<RelaxedShape> relaxed_shapes(const Problem& problem) {
    const Schema& schema = problem.fleet().schema();
    const auto positions = asked(problem);
    std::vector<RelaxedShape> result;
    result.reserve(problem.shapes().size());
    for (std::size_t s = 0; s < problem.shapes().size(); ++s) {
        const Problem::Shape& shape = problem.shapes()[s];
        const Workload::Shape& raw = problem.workload().shapes()[s];
        RelaxedShape relaxed{shape.demand, raw.uplink_floor, raw.downlink_floor};
        for (std::size_t r = 0; r < positions.size(); ++r) {
            if (!positions[r] || shape.demand[r] == 0) continue;
            relaxed.demand[r] =
                quantise(problem.workload().demand(ShapeId(s))[*positions[r]], schema.resources[r].resolution,
                         Rounding::kDown, false, "demand", raw.first_row);
            if (schema.is_of_devices(r) && r != schema.devices)
                relaxed.demand[r] *= devices_used(shape.demand[schema.devices]);
        }
        if (shape.demand[schema.line_down()] > 0) relaxed.demand[schema.line_down()] = raw.uplink_floor;
        if (shape.demand[schema.line_up()] > 0) relaxed.demand[schema.line_up()] = raw.downlink_floor;
        result.push_back(relaxed);
    }
    return result;
}

std::optional<WideQuantity> relaxed_sum(const Fleet& fleet, const Fleet::Pool& pool, std::size_t d) {
    if (pool.capacity_max[d] == kUnlimited) return std::nullopt;
    WideQuantity sum = 0;
    if (!fleet.is_varied(d)) {
        sum = WideQuantity{pool.capacity_max[d]} * pool.slots;
    } else {
        const std::int64_t end = pool.first_entry + pool.entries;
        for (std::int64_t e = pool.first_entry; e < end; ++e) {
            const std::int64_t last = e + 1 < end ? fleet.slot_of_entry(pool, e + 1) : pool.slots;
            sum += WideQuantity{fleet.capacity(pool, e)[d]} * (last - fleet.slot_of_entry(pool, e));
        }
    }
    return sum + WideQuantity{fleet.rounded_off(fleet.kinds()[pool.kind.at()], d)} * pool.slots;
}

std::optional<WideQuantity> relaxed_total(const Problem& problem, std::size_t d) {
    const Fleet& fleet = problem.fleet();
    WideQuantity total = fleet.total_capacity()[d];
    for (const Fleet::Pool& pool : fleet.pools()) {
        if (pool.slots == 0) continue;
        if (pool.capacity_max[d] == kUnlimited) return std::nullopt;
        total += WideQuantity{fleet.rounded_off(fleet.kinds()[pool.kind.at()], d)} * pool.slots;
    }
    return total;
}

std::optional<WideQuantity> relaxed_carrier(const Problem& problem, std::size_t carrier) {
    const Network& network = problem.network();
    const std::size_t arcs = network.arc_count(), sites = network.site_count();
    const bool no_access = problem.disabled_rules() & kRuleAccess;
    if (carrier < arcs)
        return limit(network.capacity(ArcId(carrier)), network.links_rounded(),
                     problem.disabled_rules() & kRuleLink);
    const std::size_t site = carrier - arcs;
    if (site < sites) return limit(network.access_up(SiteId(site)), network.access_rounded(), no_access);
    return limit(network.access_down(SiteId(site - sites)), network.access_rounded(), no_access);
}

bool may_take_relaxed(const Problem& problem, const Problem::Shape& shape, const RelaxedShape& relaxed,
                      const Fleet::Pool& pool) {
    if (pool.slots == 0 || pool.available_max_ns < problem.needed_ns(shape)) return false;
    for (std::size_t d = 0; d < problem.fleet().schema().dimensions(); ++d)
        if (relaxed_most(problem, pool, d) < relaxed.demand[d]) return false;
    return problem.labels_pass(shape, pool);
}

Prices usable_prices(const Problem& problem, const Prices& prices, double scale, const char* argument) {
    const std::size_t dimensions = problem.fleet().schema().dimensions();
    const auto& pools = problem.fleet().pools();
    const std::size_t carriers = problem.network().arc_count() + 2 * problem.network().site_count();
    Prices usable{checked(prices.pool, pools.size() * dimensions, scale, std::string(argument) + ".pool"),
                  checked(prices.carrier, carriers, scale, std::string(argument) + ".carrier")};
    for (std::size_t i = 0; i < usable.pool.size(); ++i)
        if (pools[i / dimensions].capacity_max[i % dimensions] == kUnlimited) usable.pool[i] = 0;
    for (std::size_t i = 0; i < usable.carrier.size(); ++i)
        if (!relaxed_carrier(problem, i)) usable.carrier[i] = 0;
    return usable;
}

std::optional<WideQuantity> worth(const Problem& problem, const Prices& usable, int exponent,
                                  std::span<const double> most_a_node) {
    const std::size_t dimensions = problem.fleet().schema().dimensions();
    const auto& pools = problem.fleet().pools();
    WideQuantity sum = 0;
    for (std::size_t p = 0; p < pools.size() && !usable.pool.empty(); ++p) {
        std::optional<WideQuantity> part = 0;
        for (std::size_t d = 0; part && d < dimensions; ++d) {
            const double price = usable.pool[p * dimensions + d];
            if (price == 0) continue;
            const auto all =
                scaled_product_above(price, *relaxed_sum(problem.fleet(), pools[p], d), exponent);
            part = all ? std::optional(*part + *all) : std::nullopt;
        }
        if (!most_a_node.empty() && std::isfinite(most_a_node[p]))
            if (const auto most = scaled_product_above(most_a_node[p], pools[p].slots, exponent))
                part = part ? std::min(*part, *most) : *most;
        if (!add(part, sum)) return std::nullopt;
    }
    for (std::size_t i = 0; i < usable.carrier.size(); ++i)
        if (usable.carrier[i] != 0 &&
            !add(scaled_product_above(usable.carrier[i], *relaxed_carrier(problem, i), exponent), sum))
            return std::nullopt;
    return sum;
}

}  // namespace gigafleet
