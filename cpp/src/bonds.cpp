#include "gigafleet/bonds.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "gigafleet/error.hpp"
#include "gigafleet/interner.hpp"
#include "gigafleet/parallel.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kBlock = 4096;
constexpr std::int64_t kFewRows = 1 << 15;  // read before a thread has started
constexpr std::int64_t kShards = 64;

bool is_none(const Column& ids) { return ids.is_scalar() && ids.as_int64(0) == -1; }

[[noreturn]] void refuse(const Column& column, std::int64_t row, const std::string& wanted) {
    throw InputError(column.name(), column.error_row(row), column.integer_text(row), wanted);
}

void read(const Column& column, std::int64_t row, std::int64_t n, std::int64_t* out) {
    column.for_integers(row, n, [&](std::int64_t at, std::int64_t value) { out[at - row] = value; });
}

class Reader {
public:
    Reader(const Network& network, const BondColumns& columns) : network_(network), columns_(columns) {}

    /// Number of a gang (a spread group) that a row names.
    std::uint32_t gang(std::int64_t id, std::int64_t row) {
        const auto [it, fresh] = gang_of_.try_emplace(id, bonds.gangs.size());
        const BondLevel own = level(columns_.gang_level, row);
        if (fresh) bonds.gangs.push_back({id, own});
        if (bonds.gangs[it->second].level != own)
            differs(columns_.gang_level, row, std::string(kBondLevels[own]), "gang", id);
        return it->second;
    }
    std::uint32_t spread(std::int64_t id, std::int64_t row) {
        const auto [it, fresh] = spread_of_.try_emplace(id, bonds.spreads.size());
        const BondLevel own = level(columns_.spread_level, row);
        const std::int64_t most = columns_.spread_max.as_int64(row);
        if (most < 1) refuse(columns_.spread_max, row, "an integer >= 1");
        if (fresh) bonds.spreads.push_back({id, own, most});
        const Bonds::Spread& known = bonds.spreads[it->second];
        if (known.level != own)
            differs(columns_.spread_level, row, std::string(kBondLevels[own]), "spread group", id);
        if (known.most != most) differs(columns_.spread_max, row, std::to_string(most), "spread group", id);
        return it->second;
    }

    Bonds bonds;

private:
    BondLevel level(const Column& column, std::int64_t row) {
        const std::int64_t number = column.as_int64(row);
        if (number < 0 || number >= std::ssize(kBondLevels))
            refuse(column, row, "a level from 0 to " + std::to_string(kBondLevels.size() - 1));
        const auto level = static_cast<BondLevel>(number);
        if (domain_count(network_, level) == 0 && network_.site_count() > 0)
            throw InputError(column.name(), column.error_row(row), std::string(kBondLevels[level]),
                             "one of the network's levels: " + levels());
        return level;
    }
    std::string levels() const {
        std::string names(kBondLevels[kNodeLevel]);
        for (std::size_t at = kSiteLevel; at < kBondLevels.size(); ++at)
            if (domain_count(network_, static_cast<BondLevel>(at)) > 0)
                names += ", " + std::string(kBondLevels[at]);
        return names;
    }
    [[noreturn]] static void differs(const Column& column, std::int64_t row, const std::string& came,
                                     const char* what, std::int64_t id) {
        throw InputError(column.name(), column.error_row(row), came,
                         std::string("the same in all rows of ") + what + " " + std::to_string(id));
    }

    const Network& network_;
    const BondColumns& columns_;
    std::unordered_map<std::int64_t, std::uint32_t> gang_of_, spread_of_;
};

}  // namespace

Column BondPlaces::column(const Column& origin) const {
    const auto* data = reinterpret_cast<const std::byte*>(of_row.data());
    return {origin.name(), DType::kU32, {{data, sizeof(std::uint32_t), std::ssize(of_row)}}, false};
}

std::optional<BondPlaces> read_bonds(const Network& network, std::int64_t rows, const Column& origin,
                                     const BondColumns& columns, int threads, Control& control) {
    if (rows == 0 || (is_none(columns.gang) && is_none(columns.spread))) return {};
    const auto sites = static_cast<std::int64_t>(network.site_count());
    BondPlaces places;
    places.of_row.resize(static_cast<std::size_t>(rows));
    struct Row {
        std::int64_t row, gang, spread;
    };
    std::vector<std::vector<Row>> bound(static_cast<std::size_t>(rows < kFewRows ? 1 : kShards));
    control.poll("bonds", 0, 2);
    parallel_for(threads, std::ssize(bound), [&](std::int64_t shard) {
        const auto [begin, end] = shard_range(rows, std::ssize(bound), shard);
        std::vector<Row>& found = bound[static_cast<std::size_t>(shard)];
        std::array<std::int64_t, kBlock> site, gang, spread;
        for (std::int64_t first = begin; first < end; first += kBlock) {
            const std::int64_t n = std::min(kBlock, end - first);
            read(origin, first, n, site.data());
            read(columns.gang, first, n, gang.data());
            read(columns.spread, first, n, spread.data());
            for (std::int64_t i = 0; i < n; ++i) {
                if (site[i] < 0 || site[i] >= sites)
                    refuse(origin, first + i, "a site position from 0 to " + std::to_string(sites - 1));
                places.of_row[static_cast<std::size_t>(first + i)] = static_cast<std::uint32_t>(site[i]);
                if (gang[i] != -1 || spread[i] != -1) found.push_back({first + i, gang[i], spread[i]});
            }
        }
    });
    control.poll("bonds", 1, 2);
    Reader reader(network, columns);
    Interner bond_of, place_of;  // pairs of a gang and a spread group; of a site and a bond
    for (const auto& found : bound)
        for (const auto& [row, gang, spread] : found) {
            if (gang < -1) refuse(columns.gang, row, "an integer >= 0, or -1 for none");
            if (spread < -1) refuse(columns.spread, row, "an integer >= 0, or -1 for none");
            Bond bond;
            if (gang >= 0) bond.gang = reader.gang(gang, row);
            if (spread >= 0) bond.spread = reader.spread(spread, row);
            std::uint32_t& place = places.of_row[static_cast<std::size_t>(row)];
            const std::uint32_t number = bond_of.intern(std::uint64_t{bond.gang} << 32 | bond.spread);
            const std::uint32_t at = place_of.intern(std::uint64_t{number} << 32 | place);
            if (at == places.beyond.size()) places.beyond.emplace_back(SiteId(place), bond);
            place = static_cast<std::uint32_t>(sites) + at;
        }
    places.bonds = std::move(reader.bonds);
    return places;
}

}  // namespace gigafleet
