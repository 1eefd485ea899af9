#include "gigafleet/models.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "gigafleet/error.hpp"
#include "gigafleet/error_text.hpp"
#include "gigafleet/node_slots.hpp"
#include "gigafleet/row_of_id.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kNsASecond = 1'000'000'000;

/// Tables are checked where they are made; here, that they are of one piece.
void check(const ModelTable& table) {
    if (table.names.size() > kMaxModels)
        throw InputError("models", kNoRow, std::to_string(table.names.size()) + " models", "at most 64");
    if (table.weights_gb.size() != table.names.size())
        throw InputError("weights_gb", kNoRow, std::to_string(table.weights_gb.size()) + " values",
                         std::to_string(table.names.size()));
}

/// The least number that times `other` is `amount` seconds' worth, or kUnlimited.
Quantity least_factor(Quantity amount, Quantity other) {
    if (amount == 0) return 0;
    if (other == 0) return kUnlimited;
    const WideQuantity least = (WideQuantity{amount} * kNsASecond + other - 1) / other;
    return least > kLargest ? kUnlimited : static_cast<Quantity>(least);
}

}  // namespace

Models::Models(const ModelTable& table, const Fleet& fleet, double load_window_s, double load_share,
               int threads)
    : fleet_(fleet), names_(table.names), of_code_(table.of_code) {
    check(table);
    const auto& resources = fleet.schema().resources;
    const auto memory = std::ranges::find(resources, table.resource, &Resource::name);
    if (memory == resources.end() ||
        fleet.schema().is_of_devices(static_cast<std::size_t>(memory - resources.begin())))
        throw InputError("models.resource", kNoRow, "'" + table.resource + "'", "a resource of the nodes");
    memory_ = static_cast<std::size_t>(memory - resources.begin());
    constexpr Quantity kMost = kLargest / (static_cast<Quantity>(kMaxModels) * kMegabitsAGigabyte);
    for (std::size_t m = 0; m < names_.size(); ++m) {
        const auto row = static_cast<std::int64_t>(m);
        const auto read = [&](double resolution) {
            const Quantity amount =
                quantise(table.weights_gb[m], resolution, Rounding::kUp, false, "models.weights_gb", row);
            if (amount > kMost)
                throw InputError("models.weights_gb", row, std::to_string(table.weights_gb[m]), "less");
            return amount;
        };
        weight_.push_back(read(memory->resolution));
        gigabytes_.push_back(read(kDefaultResolution));
    }
    window_ns_ = quantise(load_window_s * load_share, kTimeResolutionS, Rounding::kDown, true,
                          "load_window_s * load_share", kNoRow);
    const auto& vocabulary = fleet.model_vocabulary();
    for (const std::string& name : vocabulary) {
        const auto it = std::ranges::find(names_, name);
        if (it == names_.end())
            throw InputError("nodes.models", kNoRow, "'" + name + "'", "a name of models");
        set_of_bit_.push_back(only(static_cast<std::int32_t>(it - names_.begin())));
    }
    read_held();
    if (!table.before.node.empty()) read_in_use(table.before, threads);
}

Models::Models(const Models& of, const Fleet& fleet)
    : fleet_(fleet),
      names_(of.names_),
      weight_(of.weight_),
      gigabytes_(of.gigabytes_),
      of_code_(of.of_code_),
      memory_(of.memory_),
      window_ns_(of.window_ns_),
      set_of_bit_(of.set_of_bit_),
      in_use_elsewhere_(of.in_use_elsewhere_) {
    read_held();
    for (const Piece& piece : of.in_use_) in_use_elsewhere_ |= piece.models;
}

void Models::read_held() {
    if (fleet_.all_hold_alike()) {
        held_by_all_ = translate(fleet_.models(0));
        return;
    }
    held_by_kind_.resize(fleet_.kinds().size());
    for (const Fleet::Pool& pool : fleet_.pools()) {
        std::uint64_t bits = 0;
        for (std::int64_t e = pool.first_entry; e < pool.first_entry + pool.entries; ++e)
            bits |= fleet_.models(e);
        held_in_pool_.push_back(translate(bits));
        held_by_kind_[pool.kind.at()] |= held_in_pool_.back();
    }
}

void Models::read_in_use(const ModelsInUse& before, int threads) {
    struct Edge {
        std::uint32_t pool;
        std::int32_t model, sign;
        std::int64_t slot;
    };
    const RowOfId row_of(before.node_id, fleet_.rows());
    const NodeSlots nodes(fleet_, threads);
    std::vector<Edge> edges;
    for (std::size_t i = 0; i < before.node.size(); ++i) {
        const std::uint32_t row = row_of(before.node[i]);
        if (row == RowOfId::kNone) continue;
        std::int64_t first = 0, slots = 0;
        const PoolId pool = nodes.find(row, first, slots);
        const std::int64_t begin = std::min(before.first_instance[i], slots);
        const std::int64_t end = begin + std::min(before.instances[i], slots - begin);
        if (begin == end) continue;
        const auto model = static_cast<std::int32_t>(before.model[i]);
        edges.push_back({pool.value, model, 1, first + begin});
        edges.push_back({pool.value, model, -1, first + end});
    }
    std::ranges::sort(edges, {}, [](const Edge& edge) { return std::pair(edge.pool, edge.slot); });
    if (held_in_pool_.empty()) held_in_pool_.assign(fleet_.pools().size(), held_by_all_);
    if (held_by_kind_.empty()) held_by_kind_.assign(fleet_.kinds().size(), held_by_all_);
    first_in_use_.assign(fleet_.pools().size() + 1, 0);
    std::array<std::int32_t, kMaxModels> times{};  // that pieces say so at the slot at hand
    ModelSet here = 0;
    for (std::size_t e = 0; e < edges.size();) {
        const std::uint32_t pool = edges[e].pool;
        const std::int64_t slot = edges[e].slot;
        for (; e < edges.size() && edges[e].pool == pool && edges[e].slot == slot; ++e) {
            const std::int32_t model = edges[e].model;
            times[at(model)] += edges[e].sign;
            here = times[at(model)] > 0 ? here | only(model) : here & ~only(model);
        }
        if (here == 0) continue;
        in_use_.push_back({slot, edges[e].slot, here});
        ++first_in_use_[pool + 1];
        held_in_pool_[pool] |= here;
        held_by_kind_[fleet_.pools()[pool].kind.at()] |= here;
    }
    std::partial_sum(first_in_use_.begin(), first_in_use_.end(), first_in_use_.begin());
}

ModelSet Models::translate(std::uint64_t bits) const {
    ModelSet set = 0;
    for_models(bits, [&](std::int32_t bit) { set |= set_of_bit_[at(bit)]; });
    return set;
}

std::uint64_t Models::bit_of(std::int32_t model) const {
    const auto it = std::ranges::find(set_of_bit_, only(model));
    return it == set_of_bit_.end() ? 0 : std::uint64_t{1} << (it - set_of_bit_.begin());
}

std::int32_t Models::model_of(std::int64_t code, std::int64_t row) const {
    if (code < 0) return kNoModel;
    if (!of_code_.empty()) return of_code_.at(static_cast<std::size_t>(code));
    if (code >= static_cast<std::int64_t>(names_.size()))
        throw InputError("tasks.model", row, std::to_string(code),
                         position_wanted("a model", std::ssize(names_)));
    return static_cast<std::int32_t>(code);
}

double Models::load_seconds(std::int32_t model, Quantity line) const {
    const Quantity amount = megabits(model);
    if (amount == 0 || line == kUnlimited) return 0;
    if (line == 0) return std::numeric_limits<double>::infinity();
    return static_cast<double>(amount) / static_cast<double>(line);
}

bool Models::loads_in(std::int32_t model, Quantity line, std::int64_t wait_ns) const {
    const Quantity amount = megabits(model);
    if (amount == 0 || line == kUnlimited) return true;
    if (line == 0) return false;
    if (wait_ns == kUnlimited) return true;
    return WideQuantity{amount} * kNsASecond <= WideQuantity{wait_ns} * line;
}

std::int64_t Models::least_wait_ns(std::int32_t model, Quantity line) const {
    if (loads_in(model, line, 0)) return 0;
    return line == 0 ? kUnlimited : least_factor(megabits(model), line);
}

Quantity Models::least_line(std::int32_t model, std::int64_t wait_ns) const {
    if (megabits(model) == 0) return 0;
    return wait_ns == kUnlimited ? 1 : least_factor(megabits(model), wait_ns);
}

Quantity Models::allowance(const Network& network, SiteId site) const {
    const Quantity access = network.access_down(site);
    if (access == kUnlimited || window_ns_ == kUnlimited) return kUnlimited;
    const WideQuantity most = WideQuantity{window_ns_} * access / kNsASecond;
    return static_cast<Quantity>(std::min<WideQuantity>(most, kLargest));
}

Quantity Models::least_access(Quantity allowance) const {
    return window_ns_ == kUnlimited ? (allowance > 0 ? 1 : 0) : least_factor(allowance, window_ns_);
}

}  // namespace gigafleet
