#include "gigafleet/problem.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <string>
#include <string_view>

#include "gigafleet/error.hpp"
#include "gigafleet/parallel.hpp"

namespace gigafleet {

namespace {

constexpr std::size_t kFewShapes = 10'000;  // read before a thread has started
constexpr std::int64_t kShards = 64;
constexpr std::string_view kOfEachDevice = "device.";  // begins the names of resources that each device has

/// The argument that a demand comes from.
std::string argument_of(const std::string& resource) {
    if (resource == "devices") return resource;
    if (resource.starts_with(kOfEachDevice))
        return "device_demand['" + resource.substr(kOfEachDevice.size()) + "']";
    return "demand['" + resource + "']";
}

}  // namespace

Problem::Problem(std::shared_ptr<const Network> network, std::shared_ptr<const Fleet> fleet,
                 std::shared_ptr<const Workload> workload, const Objective& objective,
                 unsigned disabled_rules, int threads, Control& control, const ModelTable* models,
                 const Problem* beside)
    : network_(std::move(network)),
      fleet_(std::move(fleet)),
      workload_(std::move(workload)),
      objective_(objective),
      disabled_rules_(disabled_rules) {
    if (beside != nullptr) {
        device_demands_ = beside->device_demands_;
        share_weights_ = beside->share_weights_;
    }
    read_shapes(threads);
    read_device_demands();
    weigh_shares();
    if (models != nullptr && (disabled_rules & kRuleModel) == 0) read_models(*models, threads);
    resolve_labels();
    check_totals();
    const Stopwatch watch;
    prepare_routes(transit_, threads, control);
    route_seconds_ = watch.seconds();
}

Problem::Problem(const Problem& of, std::shared_ptr<const Workload> workload, std::span<const Shape> shapes,
                 More more)
    : network_(of.network_),
      fleet_(of.fleet_),
      workload_(std::move(workload)),
      objective_(of.objective_),
      disabled_rules_(of.disabled_rules_),
      models_(of.models_),
      shapes_(shapes.begin(), shapes.end()),
      device_demands_(of.device_demands_),
      rules_(of.rules_),
      policies_(of.policies_) {
    for (NodeRule& rule : more.rules) rules_.push_back(std::move(rule));
    for (auto& routes : more.policies) policies_.push_back(std::move(routes));
}

Problem::Problem(const Problem& of, std::shared_ptr<const Fleet> fleet, bool charge_loads) : Problem(of) {
    fleet_ = std::move(fleet);
    charge_loads_ = charge_loads;
    if (models_ != nullptr) models_ = std::make_shared<const Models>(*models_, *fleet_);
}

void Problem::read_shapes(int threads) {
    const Schema& schema = fleet_->schema();
    const auto& names = workload_->resources();
    std::vector<std::size_t> dimension_of;
    std::vector<std::string> arguments;
    for (const std::string& name : names) {
        const auto it = std::ranges::find(schema.resources, name, &Resource::name);
        if (it == schema.resources.end())
            throw InputError(argument_of(name), kNoRow, "a resource that no node has",
                             "a resource of the nodes");
        dimension_of.push_back(static_cast<std::size_t>(it - schema.resources.begin()));
        arguments.push_back(argument_of(name));
    }
    const auto off = [&](unsigned rule) { return (disabled_rules_ & rule) != 0; };
    const auto read = [&](ShapeId id) {
        const Workload::Shape& raw = workload_->shapes()[id.at()];
        const std::span<const double> demand = workload_->demand(id);
        Shape shape{};
        for (std::size_t i = 0; i < names.size(); ++i) {
            const Resource& resource = schema.resources[dimension_of[i]];
            if (off(schema.is_of_devices(dimension_of[i]) ? kRuleDevices : kRuleCapacity)) continue;
            if (resource.consumable && raw.duration_ns == 0) continue;
            shape.demand[dimension_of[i]] =
                quantise(demand[i], resource.resolution, Rounding::kUp, false, arguments[i], raw.first_row);
        }
        if (!off(kRuleLine)) {
            shape.demand[schema.line_down()] = raw.uplink;
            shape.demand[schema.line_up()] = raw.downlink;
        }
        shape.uplink = raw.uplink;
        shape.downlink = raw.downlink;
        shape.max_rtt_ns = off(kRuleLatency) ? kUnlimited : raw.max_rtt_ns;
        shape.duration_ns = raw.duration_ns;
        shape.tau_s = raw.duration_ns == 0 ? objective_.horizon_s
                                           : static_cast<double>(raw.duration_ns) * kTimeResolutionS;
        shape.weight = raw.weight;
        shape.priority = raw.priority;
        shape.model = kNoModel;
        shape.max_wait_ns = raw.max_wait_ns;
        return shape;
    };
    shapes_.resize(workload_->shapes().size());
    const std::int64_t shards = shapes_.size() < kFewShapes ? 1 : kShards;
    parallel_for(threads, shards, [&](std::int64_t shard) {
        const auto [first, last] = shard_range(static_cast<std::int64_t>(shapes_.size()), shards, shard);
        for (auto s = static_cast<std::size_t>(first); s < static_cast<std::size_t>(last); ++s)
            shapes_[s] = read(ShapeId(s));
    });
}

/// Demands of devices were read as they came, of each device: numbers those that differ, and sums them up.
void Problem::read_device_demands() {
    const Schema& schema = fleet_->schema();
    if (!schema.has_devices()) return;
    std::map<DeviceDemand, std::uint32_t> numbers;
    for (std::size_t i = 1; i < device_demands_.size(); ++i)
        numbers.emplace(device_demands_[i], static_cast<std::uint32_t>(i));
    for (std::size_t s = 0; s < shapes_.size(); ++s) {
        Shape& shape = shapes_[s];
        const Quantity share = shape.demand[schema.devices];
        if (share > kWholeDevice && share % kWholeDevice != 0)
            throw InputError(argument_of("devices"), workload_->shapes()[s].first_row,
                             std::to_string(static_cast<double>(share) / kWholeDevice),
                             "a share of one device, or a whole number of them");
        DeviceDemand demand{share, {}};
        for (std::size_t d = schema.devices + 1; d < schema.resources.size(); ++d) {
            demand.each[d] = share == 0 ? 0 : shape.demand[d];
            if (share > 0 && demand.each[d] > kLargest / devices_used(share))
                throw InputError(argument_of(schema.resources[d].name), workload_->shapes()[s].first_row,
                                 "more than 2^61 multiples of the resolution over all devices", "less");
            shape.demand[d] = demand.each[d] * devices_used(share);
        }
        if (share == 0) continue;
        const auto [it, fresh] = numbers.try_emplace(demand, device_demands_.size());
        if (fresh) device_demands_.push_back(demand);
        shape.device_demand = it->second;
    }
}

/// Sizes are shares rounded down, so that what the weights prove holds for bounds, too.
void Problem::weigh_shares() {
    const Schema& schema = fleet_->schema();
    if (device_demands_.size() == 1 || !schema.has_device_weights()) return;
    const auto column = std::ranges::find(workload_->resources(), schema.resources[schema.devices].name) -
                        workload_->resources().begin();
    std::vector<Quantity> size_of(shapes_.size(), 0), sizes(kWholeDevice);
    std::vector<double> members(kWholeDevice, 0);
    std::iota(sizes.begin(), sizes.end(), 0);
    for (std::size_t s = 0; s < shapes_.size(); ++s)
        if (shapes_[s].device_demand != 0 && shapes_[s].demand[schema.devices] < kWholeDevice)
            size_of[s] = quantise(workload_->demand(ShapeId(s))[static_cast<std::size_t>(column)],
                                  schema.resources[schema.devices].resolution, Rounding::kDown, false,
                                  "devices", workload_->shapes()[s].first_row);
    for (const Workload::Class& c : workload_->classes())
        members[static_cast<std::size_t>(size_of[c.shape.at()])] += static_cast<double>(c.members);
    if (share_weights_.empty()) share_weights_ = device_weights(sizes, members);
    for (std::size_t s = 0; s < shapes_.size(); ++s) {
        if (shapes_[s].device_demand == 0) continue;
        const Quantity share = shapes_[s].demand[schema.devices];
        shapes_[s].demand[schema.device_weights()] =
            share < kWholeDevice ? share_weights_[static_cast<std::size_t>(size_of[s])]
                                 : share / kWholeDevice * kDeviceWeight;
    }
}

bool Problem::devices_hold(const DeviceDemand& demand, const Fleet::Kind& kind) const {
    return devices_used(demand.share) <= kind.devices && holds(fleet_->each_device(kind), demand.each);
}

NodeRule Problem::rule_of(const std::vector<std::string>& require, const std::vector<std::string>& any_of,
                          const std::vector<std::string>& forbid) const {
    const auto bit_of = [&](std::string_view name) { return fleet_->label_bit(name); };
    return {{require, *network_, bit_of, "require"},
            {any_of, *network_, bit_of, "any_of"},
            {forbid, *network_, bit_of, "forbid"}};
}

void Problem::resolve_labels() {
    const auto& sets = workload_->label_sets();
    const std::vector<std::string> none;
    const auto site_bit = [&](std::string_view name) { return network_->site_label_bit(name); };
    std::map<std::array<std::uint32_t, 3>, std::uint32_t> rule_numbers;
    std::map<std::array<std::uint32_t, 2>, std::uint32_t> policy_numbers;
    for (std::size_t s = 0; s < shapes_.size(); ++s) {
        const auto& set = workload_->shapes()[s].label_set;
        if (s > 0 && set == workload_->shapes()[s - 1].label_set) {
            shapes_[s].rule = shapes_[s - 1].rule;
            shapes_[s].policy = shapes_[s - 1].policy;
            continue;
        }
        const auto names = [&](LabelRole role, unsigned rule) -> const std::vector<std::string>& {
            return disabled_rules_ & rule ? none : sets[set[role]];
        };
        const auto [rule, new_rule] =
            rule_numbers.try_emplace({set[kRequire], set[kAnyOf], set[kForbid]}, rules_.size());
        if (new_rule)
            rules_.push_back(
                rule_of(names(kRequire, kRuleLabel), names(kAnyOf, kRuleLabel), names(kForbid, kRuleLabel)));
        const auto [policy, new_policy] =
            policy_numbers.try_emplace({set[kTransitRequire], set[kTransitForbid]}, transit_.size());
        if (new_policy)
            transit_.push_back(
                {{names(kTransitRequire, kRuleTransit), *network_, site_bit, "transit_require"},
                 {names(kTransitForbid, kRuleTransit), *network_, site_bit, "transit_forbid"}});
        shapes_[s].rule = rule->second;
        shapes_[s].policy = policy->second;
    }
}

bool Problem::may_take(const Shape& shape, KindId id) const {
    const Fleet::Kind& kind = fleet_->kinds()[id.at()];
    const NodeRule& rule = rules_[shape.rule];
    if (!rule.depends_on_site() && !rule.passes(kind.labels, *network_, SiteId())) return false;
    for (std::size_t d = 0; d < fleet_->schema().dimensions(); ++d)
        if (!fleet_->is_varied(d) && kind.capacity[d] < shape.demand[d]) return false;
    if (shape.model != kNoModel && !may_use_model(shape, id)) return false;
    return devices_hold(shape, id);
}

void Problem::read_models(const ModelTable& table, int threads) {
    models_ = std::make_shared<const Models>(table, *fleet_, objective_.load_window_s, objective_.load_share,
                                             threads);
    for (std::size_t s = 0; s < shapes_.size(); ++s) {
        const Workload::Shape& raw = workload_->shapes()[s];
        shapes_[s].model = models_->model_of(raw.model, raw.first_row);
    }
}

Problem::LoadCharge Problem::load_charge(const Shape& shape) const {
    if (!charge_loads_ || shape.model == kNoModel) return {};
    return {objective_.load_eur_per_gb * models_->weight_gb(shape.model) * 3600 / shape.tau_s,
            models_->bit_of(shape.model)};
}

bool Problem::may_use_model(const Shape& shape, KindId id) const {
    const Fleet::Kind& kind = fleet_->kinds()[id.at()];
    const std::size_t memory = models_->memory(), line = fleet_->schema().line_down();
    const Quantity asked = shape.demand[memory] + models_->weight(shape.model);
    if (!fleet_->is_varied(memory) && kind.capacity[memory] < asked) return false;
    return has(models_->held_by(id), shape.model) || fleet_->is_varied(line) ||
           models_->loads_in(shape.model, kind.capacity[line], shape.max_wait_ns);
}

void Problem::check_totals() const {
    WideQuantity up = 0, down = 0;
    for (const Workload::Class& c : workload_->classes()) {
        const Shape& shape = shapes_[c.shape.at()];
        up += WideQuantity{shape.uplink} * c.members;
        down += WideQuantity{shape.downlink} * c.members;
        // A site's access carries both when origin and node share it.
        if (up + down > kLargest)
            throw InputError("uplink_mbps + downlink_mbps", c.first_row,
                             "more than 2.3e12 Mbps over all tasks", "less");
    }
}

void Problem::prepare_routes(const std::vector<TransitRule>& rules, int threads, Control& control) {
    for (std::size_t p = 0; p < rules.size(); ++p) {
        const auto made = std::make_shared<Routes>(
            network_, rules[p].is_free() ? std::vector<std::uint8_t>{} : rules[p].allowed(*network_), threads,
            control);
        policies_.push_back(made);
        const Routes& routes = *made;
        std::vector<std::uint8_t> wanted(routes.core_count());
        const auto want = [&](SiteId site) {
            if (const std::uint32_t core = routes.core_index(site); core != kNoCore) wanted[core] = 1;
        };
        for (const Workload::Class& c : workload_->classes())
            if (shapes_[c.shape.at()].policy == p) want(c.origin);
        if (network_->directed())
            for (const Fleet::Pool& pool : fleet_->pools()) want(pool.site);
        std::vector<std::uint32_t> cores;
        for (std::uint32_t core = 0; core < wanted.size() && cores.size() < routes.row_capacity(); ++core)
            if (wanted[core]) cores.push_back(core);
        routes.prepare(cores, control);
    }
}

std::vector<std::size_t> levels_of_shapes(const Problem& problem) {
    std::vector<std::int64_t> priorities;
    for (const Problem::Shape& shape : problem.shapes())
        if (std::ranges::find(priorities, -shape.priority) == priorities.end())
            priorities.push_back(-shape.priority);
    std::ranges::sort(priorities);
    std::vector<std::size_t> result;
    result.reserve(problem.shapes().size());
    for (const Problem::Shape& shape : problem.shapes())
        result.push_back(
            static_cast<std::size_t>(std::ranges::find(priorities, -shape.priority) - priorities.begin()));
    return result;
}

std::vector<std::int64_t> members_of_classes(const Problem& problem) {
    std::vector<std::int64_t> members;
    members.reserve(problem.workload().classes().size());
    for (const Workload::Class& c : problem.workload().classes()) members.push_back(c.members);
    return members;
}

std::vector<WideQuantity> weight_by_level(const Problem& problem, std::span<const std::int64_t> members) {
    const std::vector<std::size_t> level_of = levels_of_shapes(problem);
    std::vector<WideQuantity> weight(level_of.empty() ? 0 : *std::ranges::max_element(level_of) + 1);
    for (std::size_t c = 0; c < members.size(); ++c) {
        const ShapeId shape = problem.workload().classes()[c].shape;
        weight[level_of[shape.at()]] += WideQuantity{problem.shape(shape).weight} * members[c];
    }
    return weight;
}

std::optional<std::vector<double>> ranked_weights(const Problem& problem) {
    struct Level {
        double all = 0, least = std::numeric_limits<double>::infinity();
    };
    const std::vector<std::size_t> level_of = levels_of_shapes(problem);
    std::vector<Level> levels(level_of.empty() ? 0 : *std::ranges::max_element(level_of) + 1);
    for (const Workload::Class& c : problem.workload().classes()) {
        if (c.members == 0) continue;
        Level& level = levels[level_of[c.shape.at()]];
        const auto weight = static_cast<double>(problem.shape(c.shape).weight);
        level.all += weight * static_cast<double>(c.members);
        level.least = std::min(level.least, weight);
    }
    std::vector<double> unit(levels.size(), 1);
    double below = 0, least = 1;
    for (std::size_t l = levels.size(); l-- > 0;) {
        if (levels[l].all == 0) continue;
        if (below == 0)
            least = levels[l].least;
        else
            unit[l] = std::ceil(2 * below / levels[l].least);
        below += unit[l] * levels[l].all;
    }
    if (below > 0x1p52 * least) return std::nullopt;
    std::vector<double> weights;
    for (std::size_t s = 0; s < level_of.size(); ++s)
        weights.push_back(unit[level_of[s]] * static_cast<double>(problem.shapes()[s].weight));
    return weights;
}

}  // namespace gigafleet
