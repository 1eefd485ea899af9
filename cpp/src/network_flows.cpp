#include "gigafleet/network_flows.hpp"

#include <algorithm>
#include <cmath>

#include "gigafleet/loads.hpp"

namespace gigafleet {

namespace {

constexpr double kLargestExponent = 690;  // far beyond what anything is worth
constexpr double kLargestLift = 300;      // squares of what is worth most stay finite
constexpr double kNoWorth = 1e-290;

double sum_of(const double* lanes) {
    double sum = 0;
    for (std::size_t l = 0; l < kLanes; ++l) sum += lanes[l];
    return sum;
}

void add_to(std::vector<double>& to, const std::vector<double>& from) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i];
}

}  // namespace

void Asked::clear(const NetworkMarket& market, bool with_core) {
    const Network& network = market.problem().network();
    group.assign(market.groups() * market.dimensions(), 0);
    group_bend.assign(group.size(), 0);
    carrier.assign(network.arc_count() + 2 * network.site_count(), 0);
    out.assign(market.spare_weight().size(), 0);
    core_out.assign(market.policies().size(), {});
    core_back.assign(market.policies().size(), {});
    for (std::size_t p = 0; with_core && p < core_out.size(); ++p) {
        core_out[p].assign(market.policies()[p].from.size() * market.policies()[p].to.size(), 0);
        core_back[p].assign(core_out[p].size(), 0);
    }
}

void Asked::add(const Asked& other) {
    add_to(group, other.group);
    add_to(group_bend, other.group_bend);
    add_to(carrier, other.carrier);
    add_to(out, other.out);
    for (std::size_t p = 0; p < core_out.size(); ++p) {
        add_to(core_out[p], other.core_out[p]);
        add_to(core_back[p], other.core_back[p]);
    }
}

void NetworkFlows::ask(const NetworkMarket::Block& block, const NetworkPrices& prices, double tau,
                       Asked& asked) {
    block_ = &block;
    policy_ = &market_.policies()[block.policy];
    prices_ = &prices;
    asked_ = &asked;
    tau_ = tau;
    up_ = static_cast<double>(block.up);
    down_ = static_cast<double>(block.down);
    price_groups();
    price_links();
    gather();
    enter_core();
    descend();
    choose();
    ascend();
    return_through_core();
    spread();
    serve();
}

/// EUR/h for leaving a task of a lane out.
double NetworkFlows::penalty(std::size_t lane) const {
    const NetworkMarket::Kin& kin = market_.kins()[block_->kin[lane]];
    return kin.penalty + prices_->level[kin.level] * kin.weight;
}

void NetworkFlows::price_groups() {
    const std::size_t groups = market_.groups();
    price_.resize(groups * kLanes);
    pull_.resize(groups * kLanes);
    price_lanes(block_->own.data(), prices_->group.data(), block_->demand.data(), market_.dimensions(),
                groups, price_.data(), least_.data());
    exp_lanes(price_.data(), groups, least_.data(), static_cast<float>(1 / tau_), pull_.data());
    // What is far dearer than the cheapest group may still be worth it: half way to staying out is 1.
    for (std::size_t l = 0; l < kLanes; ++l) {
        lift_[l] = 0;
        if (l < block_->lanes && least_[l] < NetworkMarket::kOut)
            lift_[l] =
                std::clamp((penalty(l) - static_cast<double>(least_[l])) / tau_ / 2, 0.0, kLargestLift);
    }
    std::array<double, kLanes> lift{};
    for (std::size_t l = 0; l < kLanes; ++l) lift[l] = std::exp(lift_[l]);
    for (std::size_t g = 0; g < groups; ++g)
        for (std::size_t l = 0; l < kLanes; ++l) pull_[g * kLanes + l] *= lift[l];
}

void NetworkFlows::price_links() {
    const Problem& problem = market_.problem();
    const Network& network = problem.network();
    const ZoneForest& sites = policy_->sites;
    const bool with_cost = market_.aim() == Aim::kCost;
    const std::size_t places = policy_->sites.size();
    const std::uint32_t access_up = static_cast<std::uint32_t>(network.arc_count());
    const auto access_down = static_cast<std::uint32_t>(network.arc_count() + network.site_count());
    in_.assign(places, 0);
    out_.assign(places, 0);
    node_.resize(places);
    origin_.resize(places);
    const auto price = [&](ArcId arc) {
        return carrier(arc.value) + (with_cost ? network.price(arc) * kMbpsResolution : 0);
    };
    const auto factor = [&](double cost) { return std::exp(std::clamp(-cost / tau_, -700.0, 600.0)); };
    for (std::uint32_t i = 0; i < places; ++i) {
        const SiteId site = sites.site(i);
        const double up = carrier(access_up + site.value), down = carrier(access_down + site.value);
        origin_[i] = up * up_ + down * down_;
        const double node = down * up_ + up * down_;
        node_[i] = node == 0 ? 1 : factor(node);
        if (!sites.has_way(i)) continue;
        double out = 0, in = 0;
        for (const ArcId arc : sites.up(i)) {
            const double time = market_.rtt_price_ns() * static_cast<double>(network.latency_ns(arc));
            out += time + price(arc) * up_;
            in += time + price(arc) * down_;
        }
        for (const ArcId arc : sites.down(i)) {
            const double time = market_.rtt_price_ns() * static_cast<double>(network.latency_ns(arc));
            out += time + price(arc) * down_;
            in += time + price(arc) * up_;
        }
        out_[i] = factor(out);
        in_[i] = factor(in);
    }
}

/// What each subtree is worth.
void NetworkFlows::gather() {
    const std::size_t places = policy_->sites.size(), bands = block_->kernel.size();
    inside_.resize(bands);
    for (Lanes& lanes : inside_) lanes.assign(places * kLanes, 0);
    for (const NetworkMarket::Pool& pool : policy_->pools) {
        double* worth = at(inside_[block_->reach[pool.band]], pool.site);
        const double* pull = pull_.data() + pool.group * kLanes;
        const double size = static_cast<double>(pool.size) * node_[pool.site];
        for (std::size_t l = 0; l < kLanes; ++l) worth[l] += size * pull[l];
    }
    for (Lanes& lanes : inside_)
        for (std::uint32_t i = static_cast<std::uint32_t>(places); i-- > 0;) {
            if (policy_->sites.parent(i) == ZoneForest::kNone) continue;
            double* above = at(lanes, policy_->sites.parent(i));
            const double* below = at(lanes, i);
            for (std::size_t l = 0; l < kLanes; ++l) above[l] += below[l] * in_[i];
        }
}

/// What all other trees are worth, seen from each core site.
void NetworkFlows::enter_core() {
    const std::size_t places = policy_->sites.size(), bands = block_->kernel.size();
    const ZoneForest& sites = policy_->sites;
    outside_.resize(bands);
    hub_.resize(bands);
    for (std::size_t b = 0; b < bands; ++b) {
        outside_[b].assign(places * kLanes, 0);
        hub_[b].resize(policy_->to.size() * kLanes);
        for (std::size_t j = 0; j < policy_->to.size(); ++j)
            std::copy_n(at(inside_[b], sites.hub_of(policy_->to[j])), kLanes, at(hub_[b], j));
        for (std::size_t i = 0; i < policy_->from.size(); ++i) {
            double* worth = at(outside_[b], sites.hub_of(policy_->from[i]));
            sum_lanes(kernels_.row(block_->kernel[b], i), hub_[b].data(), policy_->to.size(), worth);
            const double nearest = kernels_.nearest(block_->kernel[b], i);
            for (std::size_t l = 0; l < kLanes; ++l) worth[l] *= nearest;
        }
    }
}

/// What lies outside each subtree is worth, seen from its top.
void NetworkFlows::descend() {
    for (std::size_t b = 0; b < inside_.size(); ++b)
        for (std::uint32_t i = 0; i < policy_->sites.size(); ++i) {
            if (policy_->sites.parent(i) == ZoneForest::kNone) continue;
            const double *beyond = at(outside_[b], policy_->sites.parent(i)),
                         *all = at(inside_[b], policy_->sites.parent(i));
            const double* own = at(inside_[b], i);
            double* worth = at(outside_[b], i);
            for (std::size_t l = 0; l < kLanes; ++l) {
                const double others = block_->in_tree[b] ? std::max(0.0, all[l] - own[l] * in_[i]) : 0;
                worth[l] = out_[i] * (beyond[l] + others);
            }
        }
}

/// Who stays out, and what a unit of worth gets of the others.
void NetworkFlows::choose() {
    const std::size_t places = policy_->sites.size();
    const ZoneForest& sites = policy_->sites;
    const auto access_up = static_cast<std::uint32_t>(market_.problem().network().arc_count());
    const auto access_down = static_cast<std::uint32_t>(access_up + market_.problem().network().site_count());
    sent_.assign(places * kLanes, 0);
    sent2_.assign(places * kLanes, 0);
    std::array<double, kLanes> ahead{}, left{};
    for (std::size_t l = 0; l < block_->lanes; ++l) {
        ahead[l] = least_[l] < NetworkMarket::kOut ? static_cast<double>(least_[l]) - penalty(l) : INFINITY;
    }
    for (std::size_t n = 0; n < policy_->origins.size(); ++n) {
        const std::uint32_t place = policy_->origins[n];
        const double* members = block_->members.data() + n * kLanes;
        double *sent = at(sent_, place), *sent2 = at(sent2_, place);
        double placed = 0;
        for (std::size_t l = 0; l < block_->lanes; ++l) {
            if (members[l] == 0) continue;
            double worth = 0;
            for (std::size_t b = 0; b < inside_.size(); ++b)
                worth += at(outside_[b], place)[l] + (block_->in_tree[b] ? at(inside_[b], place)[l] : 0);
            const double out =
                std::exp(std::min((ahead[l] + origin_[place]) / tau_ + lift_[l], kLargestExponent));
            const double total = worth + out;
            if (!(total > kNoWorth) || !(worth > 0)) {
                left[l] += members[l];
                continue;
            }
            sent[l] = members[l] / total;
            sent2[l] = members[l] / total / total;
            const double stays_out = out / total;
            left[l] += members[l] * stays_out;
            placed += members[l] * (1 - stays_out);
        }
        const SiteId site = sites.site(place);
        asked_->carrier[access_up + site.value] += placed * up_;
        asked_->carrier[access_down + site.value] += placed * down_;
    }
    for (std::size_t l = 0; l < block_->lanes; ++l) {
        const NetworkMarket::Kin& kin = market_.kins()[block_->kin[l]];
        asked_->out[kin.level] += left[l] * kin.weight;
    }
}

/// Who leaves each subtree.
void NetworkFlows::ascend() {
    const ZoneForest& sites = policy_->sites;
    for (std::uint32_t i = static_cast<std::uint32_t>(sites.size()); i-- > 0;) {
        if (policy_->sites.parent(i) == ZoneForest::kNone) continue;
        const double *sent = at(sent_, i), *sent2 = at(sent2_, i);
        double *above = at(sent_, policy_->sites.parent(i)), *above2 = at(sent2_, policy_->sites.parent(i));
        double leaving = 0;
        for (std::size_t l = 0; l < kLanes; ++l) {
            double worth = 0;
            for (const Lanes& outside : outside_) worth += outside[i * kLanes + l];
            leaving += sent[l] * worth;
            above[l] += out_[i] * sent[l];
            above2[l] += out_[i] * out_[i] * sent2[l];
        }
        if (leaving == 0) continue;
        for (const ArcId arc : sites.up(i)) asked_->carrier[arc.at()] += leaving * up_;
        for (const ArcId arc : sites.down(i)) asked_->carrier[arc.at()] += leaving * down_;
    }
}

/// From each core site into the other trees.
void NetworkFlows::return_through_core() {
    const ZoneForest& sites = policy_->sites;
    const std::size_t bands = inside_.size(), to = policy_->to.size();
    const bool with_core = !asked_->core_out[block_->policy].empty();
    back_.resize(bands);
    back2_.resize(bands);
    std::array<double, kLanes> sent{}, sent2{};
    for (std::size_t b = 0; b < bands; ++b) {
        back_[b].assign(to * kLanes, 0);
        back2_[b].assign(to * kLanes, 0);
        for (std::size_t i = 0; i < policy_->from.size(); ++i) {
            const std::uint32_t root = sites.hub_of(policy_->from[i]);
            const double nearest = kernels_.nearest(block_->kernel[b], i);
            for (std::size_t l = 0; l < kLanes; ++l) {
                sent[l] = nearest * at(sent_, root)[l];
                sent2[l] = nearest * nearest * at(sent2_, root)[l];
            }
            if (sum_of(sent.data()) == 0) continue;
            const float* row = kernels_.row(block_->kernel[b], i);
            add_lanes(row, sent.data(), sent2.data(), to, back_[b].data(), back2_[b].data());
            if (!with_core) continue;
            join_lanes(row, sent.data(), hub_[b].data(), to, up_, down_,
                       asked_->core_out[block_->policy].data() + i * to,
                       asked_->core_back[block_->policy].data() + i * to);
        }
    }
}

/// Down the trees again.
void NetworkFlows::spread() {
    const ZoneForest& sites = policy_->sites;
    const std::size_t places = policy_->sites.size();
    sent_in_.resize(inside_.size());
    sent2_in_.resize(inside_.size());
    for (std::size_t b = 0; b < inside_.size(); ++b) {
        sent_in_[b].assign(places * kLanes, 0);
        sent2_in_[b].assign(places * kLanes, 0);
        for (std::size_t j = 0; j < policy_->to.size(); ++j) {
            const std::uint32_t root = sites.hub_of(policy_->to[j]);
            std::copy_n(at(back_[b], j), kLanes, at(sent_in_[b], root));
            std::copy_n(at(back2_[b], j), kLanes, at(sent2_in_[b], root));
        }
        const double in_tree = block_->in_tree[b];
        for (std::uint32_t i = 0; i < places; ++i) {
            double *sent_in = at(sent_in_[b], i), *sent2_in = at(sent2_in_[b], i);
            const double *sent = at(sent_, i), *sent2 = at(sent2_, i);
            double entering = 0;
            if (policy_->sites.parent(i) != ZoneForest::kNone) {
                const double *above = at(sent_in_[b], policy_->sites.parent(i)), *worth = at(inside_[b], i);
                const double* above2 = at(sent2_in_[b], policy_->sites.parent(i));
                const double in2 = in_[i] * in_[i], out2 = in_tree * out_[i] * out_[i];
                for (std::size_t l = 0; l < kLanes; ++l) {
                    sent_in[l] = in_[i] * std::max(0.0, above[l] - in_tree * out_[i] * sent[l]);
                    sent2_in[l] = in2 * std::max(0.0, above2[l] - out2 * sent2[l]);
                    entering += sent_in[l] * worth[l];
                }
            }
            for (std::size_t l = 0; l < kLanes; ++l) {
                sent_in[l] += in_tree * sent[l];
                sent2_in[l] += in_tree * sent2[l];
            }
            if (entering == 0) continue;
            for (const ArcId arc : sites.down(i)) asked_->carrier[arc.at()] += entering * up_;
            for (const ArcId arc : sites.up(i)) asked_->carrier[arc.at()] += entering * down_;
        }
    }
}

/// What pools are asked for.
void NetworkFlows::serve() {
    const auto access_up = static_cast<std::uint32_t>(market_.problem().network().arc_count());
    const auto access_down = static_cast<std::uint32_t>(access_up + market_.problem().network().site_count());
    const ZoneForest& sites = policy_->sites;
    const std::size_t groups = market_.groups(), dimensions = market_.dimensions();
    served_.assign(groups * kLanes, 0);
    wavering_.assign(groups * kLanes, 0);
    for (const NetworkMarket::Pool& pool : policy_->pools) {
        const double* sent = at(sent_in_[block_->reach[pool.band]], pool.site);
        const double* pull = pull_.data() + pool.group * kLanes;
        const double* sent2 = at(sent2_in_[block_->reach[pool.band]], pool.site);
        double *served = at(served_, pool.group), *wavering = at(wavering_, pool.group);
        const double size = static_cast<double>(pool.size) * node_[pool.site];
        double all = 0;
        for (std::size_t l = 0; l < kLanes; ++l) {
            const double worth = size * pull[l], members = sent[l] * worth;
            const double wavers = std::max(0.0, members - sent2[l] * worth * worth);
            served[l] += members;
            wavering[l] += wavers;
            all += members;
        }
        const SiteId site = sites.site(pool.site);
        asked_->carrier[access_down + site.value] += all * up_;
        asked_->carrier[access_up + site.value] += all * down_;
    }
    for (std::size_t g = 0; g < groups; ++g) {
        const double *served = at(served_, g), *wavering = at(wavering_, g);
        for (std::size_t d = 0; d < dimensions; ++d) {
            const double* demand = block_->demand.data() + d * kLanes;
            double load = 0, bend = 0;
            for (std::size_t l = 0; l < kLanes; ++l) {
                load += served[l] * demand[l];
                bend += wavering[l] * demand[l] * demand[l];
            }
            asked_->group[g * dimensions + d] += load;
            asked_->group_bend[g * dimensions + d] += bend;
        }
    }
}

}  // namespace gigafleet
