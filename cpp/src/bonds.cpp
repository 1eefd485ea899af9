#include "gigafleet/bonds.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>

#include "gigafleet/error.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kBlock = 4096;
constexpr std::int64_t kPollBlocks = 256;

bool is_none(const Column& ids) { return ids.is_scalar() && ids.as_int64(0) == -1; }

[[noreturn]] void refuse(const Column& column, std::int64_t row, const std::string& wanted) {
    throw InputError(column.name(), column.error_row(row), column.integer_text(row), wanted);
}

void read(const Column& column, std::int64_t row, std::int64_t n, std::int64_t* out) {
    with_type(column.type(), [&](auto zero) {
        using T = decltype(zero);
        column.for_pieces(row, n, [&](const std::byte* data, std::ptrdiff_t stride, std::int64_t count, auto) {
            for (std::int64_t i = 0; i < count; ++i, data += stride)
                *out++ = static_cast<std::int64_t>(Column::load<T>(data));
        });
    });
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
        if (known.most != most)
            differs(columns_.spread_max, row, std::to_string(most), "spread group", id);
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
                             "node, site, or a level of domains that the network has");
        return level;
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
                                     const BondColumns& columns, Control& control) {
    if (rows == 0 || (is_none(columns.gang) && is_none(columns.spread))) return {};
    const auto sites = static_cast<std::int64_t>(network.site_count());
    BondPlaces places;
    places.of_row.resize(static_cast<std::size_t>(rows));
    Reader reader(network, columns);
    std::map<std::pair<std::uint32_t, Bond>, std::uint32_t> number_of;
    std::array<std::int64_t, kBlock> site, gang, spread;
    for (std::int64_t first = 0; first < rows; first += kBlock) {
        if (first / kBlock % kPollBlocks == 0) control.poll("bonds", first, rows);
        const std::int64_t n = std::min(kBlock, rows - first);
        read(origin, first, n, site.data());
        read(columns.gang, first, n, gang.data());
        read(columns.spread, first, n, spread.data());
        for (std::int64_t i = 0; i < n; ++i) {
            const std::int64_t row = first + i;
            if (site[i] < 0 || site[i] >= sites)
                refuse(origin, row, "a site position from 0 to " + std::to_string(sites - 1));
            std::uint32_t& place = places.of_row[static_cast<std::size_t>(row)];
            place = static_cast<std::uint32_t>(site[i]);
            if (gang[i] == -1 && spread[i] == -1) continue;
            if (gang[i] < -1) refuse(columns.gang, row, "an integer >= 0, or -1 for none");
            if (spread[i] < -1) refuse(columns.spread, row, "an integer >= 0, or -1 for none");
            Bond bond;
            if (gang[i] >= 0) bond.gang = reader.gang(gang[i], row);
            if (spread[i] >= 0) bond.spread = reader.spread(spread[i], row);
            const auto number = static_cast<std::uint32_t>(network.site_count() + places.beyond.size());
            const auto [it, fresh] = number_of.try_emplace({place, bond}, number);
            if (fresh) places.beyond.emplace_back(SiteId(place), bond);
            place = it->second;
        }
    }
    places.bonds = std::move(reader.bonds);
    return places;
}

}  // namespace gigafleet
