#include "definition.hpp"

#include <algorithm>
#include <functional>
#include <iterator>

#include "gigafleet/stream.hpp"

namespace definition {

Quantity down(double value, double resolution) {
    return quantise(value, resolution, Rounding::kDown, true, "", 0);
}

Quantity up(double value, double resolution) {
    return quantise(value, resolution, Rounding::kUp, false, "", 0);
}

Amounts Definition::demand(const TaskRow& t) const {
    return {up(t.compute, c_.compute_resolution), t.duration_s == 0 ? 0 : up(t.energy_wh, 1e-6),
            up(t.uplink_mbps, 1e-6), up(t.downlink_mbps, 1e-6)};
}

Amounts Definition::capacity(const NodeRow& n) const {
    return {down(n.compute, c_.compute_resolution), down(n.energy_wh, 1e-6), down(n.link_down_mbps, 1e-6),
            down(n.link_up_mbps, 1e-6)};
}

bool Definition::labels_pass(const TaskRow& t, const NodeRow& n) const {
    const auto has = [&](std::size_t name) {
        if (name < 2) return (n.labels >> name & 1) != 0;
        return name < 4 && country(n.site) == static_cast<int>(name) - 2;
    };
    bool all = true, any = t.any_of == 0, none = true;
    for (std::size_t name = 0; name < 5; ++name) {
        if (t.require >> name & 1) all = all && has(name);
        if (t.any_of >> name & 1) any = any || has(name);
        if (t.forbid >> name & 1) none = none && !has(name);
    }
    return all && any && none;
}

std::vector<std::uint8_t> Definition::allowed(const TaskRow& t) const {
    std::vector<std::uint8_t> sites;
    for (std::size_t s = 0; s < net_->site_count(); ++s) {
        const std::uint64_t labels = c_.site_labels.empty() ? 0 : c_.site_labels[s];
        const std::uint64_t has = labels | (country(static_cast<std::int32_t>(s)) == 0 ? 4 : 0);
        sites.push_back((t.transit_require & ~has) == 0 && (t.transit_forbid & has) == 0);
    }
    return sites;
}

std::vector<ArcId> Definition::route(const TaskRow& t, SiteId from, SiteId to, bool& found) {
    auto key = std::tuple(t.transit_require, t.transit_forbid, from);
    auto it = routes_.find(key);
    if (it == routes_.end()) it = routes_.emplace(key, net_cases::Reference(*net_, from, allowed(t))).first;
    found = it->second.ns[to.at()] != kUnreachable;
    return found ? it->second.route(*net_, to) : std::vector<ArcId>{};
}

Definition::Trip Definition::trip(const TaskRow& t, std::int32_t site) {
    Trip trip;
    const SiteId a(static_cast<std::size_t>(t.origin)), b(static_cast<std::size_t>(site));
    trip.out = route(t, a, b, trip.exists);
    if (net_->directed()) {
        bool back = false;
        trip.back = route(t, b, a, back);
        trip.exists = trip.exists && back;
    } else {
        for (const ArcId arc : trip.out) trip.back.push_back(net_->mirror(arc));
    }
    for (const ArcId arc : trip.out) trip.rtt_ns += net_->latency_ns(arc);
    for (const ArcId arc : trip.back) trip.rtt_ns += net_->latency_ns(arc);
    return trip;
}

std::int64_t Definition::rtt_ns(const TaskRow& t, const NodeRow& n) {
    return trip(t, n.site).rtt_ns + up(n.access_rtt_ms, 1e-6);
}

Way Definition::way(const TaskRow& t, std::int32_t node_site) {
    const Quantity request = up(t.uplink_mbps, 1e-6), reply = up(t.downlink_mbps, 1e-6);
    const auto origin = static_cast<std::size_t>(t.origin), site = static_cast<std::size_t>(node_site);
    Way way;
    const Trip found = trip(t, node_site);
    for (const ArcId arc : found.out) way[{Of::kArc, arc.at()}] += request;
    for (const ArcId arc : found.back) way[{Of::kArc, arc.at()}] += reply;
    way[{Of::kUp, origin}] += request;
    way[{Of::kDown, origin}] += reply;
    way[{Of::kDown, site}] += request;
    way[{Of::kUp, site}] += reply;
    return way;
}

Quantity Definition::limit(const Carrier& carrier) const {
    const auto& [of, at] = carrier;
    if (of == Of::kArc) return net_->capacity(ArcId(at));
    return of == Of::kUp ? net_->access_up(SiteId(at)) : net_->access_down(SiteId(at));
}

bool Definition::fits(const Amounts& left, const TaskRow& t) const {
    const Amounts need = demand(t);
    for (std::size_t d = 0; d < 4; ++d)
        if (left[d] < need[d]) return false;
    return true;
}

bool Definition::devices_hold(const NodeRow& n, const std::vector<const TaskRow*>& tasks) const {
    struct Device {
        Quantity share, memory;
    };
    std::vector<Device> devices(static_cast<std::size_t>(n.devices), {1000, down(n.device_memory, 1e-6)});
    const std::function<bool(std::size_t)> place = [&](std::size_t at) {
        if (at == tasks.size()) return true;
        const Quantity share = up(tasks[at]->devices, 1e-3), memory = up(tasks[at]->device_memory, 1e-6);
        if (share >= 1000) {  // they come first: any that are left are empty and alike
            const auto k = static_cast<std::size_t>(share / 1000);
            if (devices.size() < k || (!devices.empty() && devices.back().memory < memory)) return false;
            const std::vector<Device> before = devices;
            devices.resize(devices.size() - k);
            if (place(at + 1)) return true;
            devices = before;
            return false;
        }
        for (Device& device : devices) {
            if (device.share < share || device.memory < memory) continue;
            const Device before = device;
            device.share -= share;
            if (device.memory != kUnlimited) device.memory -= memory;
            if (place(at + 1)) return true;
            device = before;
        }
        return false;
    };
    return place(0);
}

bool Definition::stays(const TaskRow& t, const NodeRow& n) const {
    return t.duration_s == 0 || up(t.duration_s, 1e-9) <= down(n.available_s, 1e-9);
}

double Definition::cost(const TaskRow& t, const NodeRow& n) {
    const double tau = t.duration_s == 0 ? c_.objective.horizon_s : t.duration_s;
    const Amounts need = demand(t);
    const Quantity share = c_.has_devices() ? up(t.devices, 1e-3) : 0;
    const double devices = share == 0 ? 0 : static_cast<double>(std::max<Quantity>(share / 1000, 1));
    double cost = n.price_energy * (static_cast<double>(share) * 1e-3 + devices * t.device_memory) +
                  n.price_compute * static_cast<double>(need[0]) * c_.compute_resolution +
                  n.price_energy * static_cast<double>(need[1]) * 1e-6 * 3600 / tau +
                  c_.objective.rtt_price * static_cast<double>(rtt_ns(t, n)) * 1e-6;
    const Trip found = trip(t, n.site);
    for (const ArcId arc : found.out) cost += net_->price(arc) * t.uplink_mbps;
    for (const ArcId arc : found.back) cost += net_->price(arc) * t.downlink_mbps;
    if (t.duration_s == 0 && n.available_s < c_.objective.horizon_s) cost += c_.objective.risk_price;
    return cost;
}

int Definition::country(std::int32_t site) const {
    return c_.country.empty() ? -1 : c_.country[static_cast<std::size_t>(site)];
}

State::State(Definition& definition, const Case& c) : definition_(definition), c_(c) {
    for (const NodeRow& n : c.nodes)
        left_.emplace_back(static_cast<std::size_t>(n.count), definition.capacity(n));
    for (const NodeRow& n : c.nodes) on_devices_.emplace_back(static_cast<std::size_t>(n.count));
}

namespace {

/// What there is and some of one task more, whole devices first.
std::vector<const TaskRow*> with(std::vector<const TaskRow*> tasks, const TaskRow& t, std::int64_t members) {
    if (t.devices > 0) tasks.insert(tasks.end(), static_cast<std::size_t>(members), &t);
    std::ranges::stable_sort(tasks, std::greater<>(), [](const TaskRow* task) { return task->devices; });
    return tasks;
}

}  // namespace

bool State::put(const TaskRow& t, std::size_t node, std::size_t instance, std::int64_t members) {
    const NodeRow& n = definition_.node(node);
    if (instance >= left_[node].size()) return false;
    bool kept = definition_.labels_pass(t, n) && definition_.stays(t, n) &&
                definition_.trip(t, n.site).exists && definition_.rtt_ns(t, n) <= down(t.max_rtt_ms, 1e-6);
    const Amounts need = definition_.demand(t);
    for (std::size_t d = 0; d < 4; ++d) {
        Quantity& left = left_[node][instance][d];
        if (left == kUnlimited) continue;
        left -= need[d] * members;
        kept = kept && left >= 0;
    }
    std::vector<const TaskRow*>& on_devices = on_devices_[node][instance];
    on_devices = with(std::move(on_devices), t, members);
    kept = kept && definition_.devices_hold(n, on_devices);
    for (const auto& [carrier, amount] : definition_.way(t, n.site)) {
        load_[carrier] += amount * members;
        kept = kept && (amount == 0 || load_[carrier] <= definition_.limit(carrier));
    }
    return kept;
}

Quantity State::load(Of of, std::size_t at) const {
    const auto it = load_.find({of, at});
    return it == load_.end() ? 0 : it->second;
}

bool State::way_open(const TaskRow& t, const NodeRow& n) {
    for (const auto& [carrier, amount] : definition_.way(t, n.site)) {
        const Quantity limit = definition_.limit(carrier);
        if (limit != kUnlimited && amount > 0 && limit - load(carrier.first, carrier.second) < amount)
            return false;
    }
    return true;
}

bool State::room_on(const TaskRow& t, std::size_t node) const {
    for (std::size_t i = 0; i < left_[node].size(); ++i)
        if (definition_.fits(left_[node][i], t) &&
            definition_.devices_hold(definition_.node(node), with(on_devices_[node][i], t, 1)))
            return true;
    return false;
}

Reason State::first_gate(const TaskRow& t) {
    constexpr Reason kGates[] = {Reason::kLabel, Reason::kTooBig, Reason::kTime,    Reason::kRoute,
                                 Reason::kRtt,   Reason::kLink,   Reason::kCapacity};
    std::size_t furthest = 0;
    for (std::size_t i = 0; i < c_.nodes.size(); ++i) {
        const NodeRow& n = c_.nodes[i];
        if (n.count == 0) continue;
        const auto trip = definition_.trip(t, n.site);
        const bool passes[] = {
            definition_.labels_pass(t, n),
            definition_.fits(definition_.capacity(n), t) && definition_.devices_hold(n, with({}, t, 1)),
            definition_.stays(t, n),
            trip.exists,
            definition_.rtt_ns(t, n) <= down(t.max_rtt_ms, 1e-6),
            way_open(t, n),
            room_on(t, i)};
        std::size_t passed = 0;
        while (passed < std::size(passes) && passes[passed]) ++passed;
        furthest = std::max(furthest, passed);
    }
    return furthest == std::size(kGates) ? Reason::kPlaced : kGates[furthest];
}

Played play(const Case& c, const Problem& problem, const Solution& solution, Definition& definition,
            State& state) {
    Played played;
    const Assignments runs = stream_assignments(problem, solution);
    played.placed.assign(c.tasks.size(), 0);
    for (std::size_t r = 0; r < runs.task.size(); ++r) {
        const auto task = static_cast<std::size_t>(runs.task[r]),
                   node = static_cast<std::size_t>(runs.node[r]);
        for (std::int64_t i = 0; i < runs.instances[r]; ++i)
            played.kept = state.put(c.tasks[task], node, static_cast<std::size_t>(runs.first_instance[r] + i),
                                    runs.per_instance[r]) &&
                          played.kept;
        const std::int64_t members = runs.instances[r] * runs.per_instance[r];
        played.placed[task] += members;
        played.cost += definition.cost(c.tasks[task], c.nodes[node]) * static_cast<double>(members);
    }
    return played;
}

bool keeps_rules(const Case& c, const Problem& problem, const Solution& solution) {
    Definition definition(c);
    State state(definition, c);
    return play(c, problem, solution, definition, state).kept;
}

bool same(const Solution& a, const Solution& b) {
    const auto key = [](const Solution& s) {
        std::vector<std::tuple<std::uint32_t, std::int64_t, std::int64_t, std::int64_t>> fillings;
        for (const Filling& f : s.fillings) fillings.emplace_back(f.pool.value, f.first, f.slots, f.per_slot);
        std::vector<std::size_t> ends;
        for (const Solution::Span& span : s.of_class) ends.insert(ends.end(), {span.first, span.last});
        std::vector<Quantity> loads;
        for (std::uint32_t i = 0; i < s.loads.arc_count() + 2 * s.loads.site_count(); ++i)
            loads.push_back(s.loads.load(i));
        return std::tuple(fillings, ends, loads, s.placed, s.reason, s.status);
    };
    return key(a) == key(b);
}

}  // namespace definition
