#include "gigafleet/fingerprint.hpp"

#include <bit>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "gigafleet/hash.hpp"

namespace gigafleet {

namespace {

/// Values in order. A double counts by its bits.
class Hash {
public:
    template <class T>
        requires std::is_integral_v<T>
    Hash& add(T value) {
        state_ = mix(state_, static_cast<std::uint64_t>(value));
        return *this;
    }
    Hash& add(double value) { return add(std::bit_cast<std::uint64_t>(value)); }
    Hash& add(std::string_view text) {
        for (const char letter : text) add(static_cast<unsigned char>(letter));
        return add(text.size());
    }
    Hash& add(const Amounts& amounts, std::size_t dimensions) {
        for (std::size_t d = 0; d < dimensions; ++d) add(amounts[d]);
        return *this;
    }
    std::uint64_t get() const { return state_; }

private:
    std::uint64_t state_ = 1;
};

/// Names that are a set: their order does not count.
std::uint64_t hash_of(const std::vector<std::string>& names, std::uint64_t bits) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < names.size(); ++i)
        if (bits >> i & 1) sum += Hash().add(names[i]).get();
    return sum;
}

std::uint64_t hash_of(const std::vector<std::string>& names) {
    std::uint64_t sum = 0;
    for (const std::string& name : names) sum += Hash().add(name).get();
    return sum;
}

std::uint64_t hash_of(const Network& network) {
    Hash hash;
    hash.add(network.site_count()).add(network.directed());
    for (std::size_t a = 0; a < network.arc_count(); ++a) {
        const ArcId arc(a);
        hash.add(network.tail(arc).value).add(network.head(arc).value).add(network.latency_ns(arc));
        hash.add(network.capacity(arc)).add(network.price(arc));
    }
    for (std::size_t s = 0; s < network.site_count(); ++s) {
        const SiteId site(s);
        hash.add(network.access_up(site)).add(network.access_down(site));
        if (const std::uint64_t labels = network.site_labels(site))
            hash.add(hash_of(network.label_vocabulary(), labels));
        for (int level = 0; level < static_cast<int>(kDomainLevels.size()); ++level)
            if (const std::int32_t code = network.domain(level, site); code >= 0)
                hash.add(network.domain_names(level)[static_cast<std::size_t>(code)]).add(level);
    }
    return hash.get();
}

}  // namespace

std::vector<std::uint64_t> shape_fingerprints(const Problem& problem) {
    const Workload& workload = problem.workload();
    const std::size_t dimensions = problem.fleet().schema().dimensions();
    std::vector<std::uint64_t> of_set, of_shape;
    for (const auto& set : workload.label_sets()) of_set.push_back(hash_of(set));
    for (std::size_t s = 0; s < problem.shapes().size(); ++s) {
        const Problem::Shape& shape = problem.shapes()[s];
        Hash hash;
        hash.add(shape.demand, dimensions).add(shape.uplink).add(shape.downlink).add(shape.max_rtt_ns);
        hash.add(shape.duration_ns).add(shape.weight).add(shape.priority);
        if (shape.model != kNoModel) hash.add(problem.models()->name(shape.model)).add(shape.max_wait_ns);
        const DeviceDemand& devices = problem.device_demands()[shape.device_demand];
        hash.add(devices.share).add(devices.each, dimensions);
        for (const std::uint32_t set : workload.shapes()[s].label_set) hash.add(of_set[set]);
        of_shape.push_back(hash.get());
    }
    return of_shape;
}

namespace {

void add_bond(Hash& hash, const Bonds& bonds, const Bond& bond) {
    if (bond.gang != Bond::kNone) {
        const Bonds::Gang& gang = bonds.gangs[bond.gang];
        hash.add(1).add(gang.id).add(int{gang.level});
    }
    if (bond.spread != Bond::kNone) {
        const Bonds::Spread& spread = bonds.spreads[bond.spread];
        hash.add(2).add(spread.id).add(int{spread.level}).add(spread.most);
    }
}

std::uint64_t hash_of_tasks(const Problem& problem) {
    const Workload& workload = problem.workload();
    const std::vector<std::uint64_t> of_shape = shape_fingerprints(problem);
    std::uint64_t sum = 0;
    for (std::size_t k = 0; k < workload.classes().size(); ++k) {
        const Workload::Class& c = workload.classes()[k];
        Hash hash;
        hash.add(of_shape[c.shape.at()]).add(c.origin.value);
        add_bond(hash, workload.bonds(), workload.bond(ClassId(k)));
        sum += hash.get() * static_cast<std::uint64_t>(c.members);
    }
    return sum;
}

/// Node by node, so that it does not show how nodes fold into pools.
std::uint64_t hash_of(const Fleet& fleet, const Fleet::Pool& pool, std::uint64_t of_kind) {
    const std::size_t dimensions = fleet.schema().dimensions();
    const std::uint64_t common = Hash().add(of_kind).add(pool.site.value).get();
    std::uint64_t sum = 0, of_node = 0;
    std::int64_t stays = -1;
    std::uint64_t models = 0;
    for (std::int64_t e = pool.first_entry; e < pool.first_entry + pool.entries; ++e) {
        if (fleet.any_varied() || fleet.available_ns(pool, e) != stays || fleet.models(e) != models) {
            stays = fleet.available_ns(pool, e);
            models = fleet.models(e);
            Hash hash;
            hash.add(common).add(stays).add(fleet.capacity(pool, e), dimensions);
            if (models != 0) hash.add(hash_of(fleet.model_vocabulary(), models));
            of_node = hash.get();
        }
        const bool more = e + 1 < pool.first_entry + pool.entries;
        const std::int64_t end = more ? fleet.slot_of_entry(pool, e + 1) : pool.slots;
        sum += of_node * static_cast<std::uint64_t>(end - fleet.slot_of_entry(pool, e));
    }
    return sum;
}

/// Of models, and of what nodes hold as their table says: what an earlier plan has loaded is another matter.
std::uint64_t hash_of(const Problem& problem) {
    const Models& models = *problem.models();
    const Objective& objective = problem.objective();
    Hash hash;
    hash.add(objective.load_eur_per_gb).add(objective.load_window_s).add(objective.load_share);
    for (std::size_t m = 0; m < models.size(); ++m) {
        const auto model = static_cast<std::int32_t>(m);
        hash.add(models.name(model)).add(models.weight(model)).add(models.megabits(model));
    }
    return hash.add(models.memory()).get();
}

std::uint64_t hash_of(const Fleet& fleet) {
    const Schema& schema = fleet.schema();
    std::vector<std::uint64_t> of_kind;
    for (const Fleet::Kind& kind : fleet.kinds()) {
        Hash hash;
        hash.add(hash_of(fleet.vocabulary(), kind.labels)).add(kind.access_rtt_ns);
        hash.add(kind.devices);
        for (std::size_t r = 0; r < schema.resources.size(); ++r) hash.add(kind.price[r]);
        of_kind.push_back(hash.get());
    }
    std::uint64_t sum = 0;
    for (const Fleet::Pool& pool : fleet.pools()) sum += hash_of(fleet, pool, of_kind[pool.kind.at()]);
    Hash hash;
    for (const Resource& resource : schema.resources)
        hash.add(resource.name).add(resource.resolution).add(resource.consumable);
    return hash.add(sum).get();
}

}  // namespace

std::uint64_t fingerprint(const Problem& problem) {
    const Objective& objective = problem.objective();
    Hash hash;
    hash.add(hash_of(problem.network()))
        .add(hash_of(problem.fleet()))
        .add(hash_of_tasks(problem))
        .add(objective.rtt_price)
        .add(objective.horizon_s)
        .add(objective.risk_price)
        .add(objective.move_cost)
        .add(objective.evict_cost);
    return problem.models() == nullptr ? hash.get() : hash.add(hash_of(problem)).get();
}

}  // namespace gigafleet
