// What a network market asks for at given prices, pair by pair: what walks of the network are compared with.
#pragma once

#include <functional>
#include <optional>
#include <random>
#include <span>

#include "gigafleet/network_flows.hpp"
#include "market_cases.hpp"

namespace network_cases {

using namespace gigafleet;
using market_cases::quiet;
using market_cases::Stand;

std::optional<NetworkMarket> market_of(const Stand& stand, Aim aim = Aim::kCost,
                                       std::span<const WideQuantity> weight = {}, int threads = 1,
                                       std::optional<std::size_t> most_hubs = {});

/// Prices of all there is, many of them 0.
NetworkPrices random_prices(const NetworkMarket& market, std::mt19937& random);

/// Whether a pool is near enough to an origin for a block.
using Reach = std::function<bool(const NetworkMarket::Block&, SiteId origin, const NetworkMarket::Pool&)>;

/// Pair by pair. Loads between core sites are among the carriers.
Asked asked_by_pairs(const NetworkMarket& market, const NetworkPrices& prices, double tau,
                     const Reach& reach);

/// By walks of the network, loads between core sites added up.
Asked asked_by_walks(const NetworkMarket& market, const NetworkPrices& prices, double tau);

bool near(double a, double b, double all);

}  // namespace network_cases
