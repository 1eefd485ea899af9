#include "gigafleet/coarse.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "gigafleet/buffer.hpp"
#include "gigafleet/parallel.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kShards = 16;  // fixed, so that sums of doubles are the same on any number of threads
constexpr std::size_t kUplink = kMaxDimensions, kDownlink = kUplink + 1, kLimit = kUplink + 2,
                      kDuration = kUplink + 3, kWeight = kUplink + 4, kQuantities = kUplink + 5;

/// What a shape asks, in one row.
std::array<Quantity, kQuantities> quantities(const Problem::Shape& shape) {
    std::array<Quantity, kQuantities> all;
    std::ranges::copy(shape.demand, all.begin());
    all[kUplink] = shape.uplink;
    all[kDownlink] = shape.downlink;
    all[kLimit] = shape.max_rtt_ns;
    all[kDuration] = shape.duration_ns;
    all[kWeight] = shape.weight;
    return all;
}

/// What the tasks of a cell ask.
struct Cell {
    ShapeId like;  ///< one of their shapes
    bool several = false;
    double members = 0;
    std::array<double, kQuantities> sum{};
    std::array<Quantity, kQuantities> least{}, most{};
    Quantity weight_unit = 0;

    void add(const Problem& problem, ShapeId id, double n) {
        const auto all = quantities(problem.shape(id));
        if (!like.valid()) {
            like = id;
            least = most = all;
        }
        several = several || like != id;
        members += n;
        weight_unit = std::gcd(weight_unit, all[kWeight]);
        for (std::size_t i = 0; i < kQuantities; ++i) {
            sum[i] += static_cast<double>(all[i]) * n;
            least[i] = std::min(least[i], all[i]);
            most[i] = std::max(most[i], all[i]);
        }
    }
    void add(const Cell& other) {
        if (!other.like.valid()) return;
        if (!like.valid()) {
            *this = other;
            return;
        }
        several = several || other.several || like != other.like;
        members += other.members;
        weight_unit = std::gcd(weight_unit, other.weight_unit);
        for (std::size_t i = 0; i < kQuantities; ++i) {
            sum[i] += other.sum[i];
            least[i] = std::min(least[i], other.least[i]);
            most[i] = std::max(most[i], other.most[i]);
        }
    }

    Problem::Shape shape(const Problem& problem, Stand stand) const {
        Problem::Shape shape = problem.shape(like);
        if (!several) return shape;
        const auto size = [&](std::size_t i) {
            if (stand == Stand::kMost) return most[i];
            if (stand == Stand::kLeast) return least[i];
            return std::clamp(static_cast<Quantity>(std::ceil(sum[i] / members)), least[i], most[i]);
        };
        for (std::size_t d = 0; d < kMaxDimensions; ++d) shape.demand[d] = size(d);
        shape.uplink = size(kUplink);
        shape.downlink = size(kDownlink);
        const bool loosest = stand == Stand::kLeast;
        shape.max_rtt_ns = loosest ? most[kLimit] : least[kLimit];
        shape.duration_ns = loosest ? least[kDuration] : most[kDuration];
        if (most[kDuration] > 0) shape.tau_s = static_cast<double>(most[kDuration]) * kTimeResolutionS;
        shape.weight = std::clamp(static_cast<Quantity>(std::ceil(sum[kWeight] / members)), least[kWeight],
                                  most[kWeight]);
        if (loosest) shape.weight = most[kWeight];
        return shape;
    }
};

/// The cell of each of the classes, numbered without gaps. True where every cell is one shape.
bool find_cells(const Problem& problem, std::span<const ClassId> classes, const Grain& grain, int threads,
                std::span<std::uint32_t> cell_of) {
    std::vector<std::uint32_t> number(problem.shapes().size(), UINT32_MAX);
    std::vector<ShapeId> shapes;
    for (const ClassId c : classes) {
        const ShapeId shape = problem.workload().classes()[c.at()].shape;
        if (std::exchange(number[shape.at()], 0) != 0) shapes.push_back(shape);
    }
    const bool exact = shapes.size() <= grain.most;
    if (exact) {
        for (std::uint32_t s = 0; s < shapes.size(); ++s) number[shapes[s].at()] = s;
    } else {
        const ShapeCells cells(problem, shapes, grain);
        parallel_for(threads, kShards, [&](std::int64_t shard) {
            const auto [first, last] = shard_range(static_cast<std::int64_t>(shapes.size()), kShards, shard);
            for (auto s = static_cast<std::size_t>(first); s < static_cast<std::size_t>(last); ++s)
                number[shapes[s].at()] = cells.of(problem.shape(shapes[s]));
        });
    }
    std::vector<std::uint32_t> order;  // of cells, as they first come: none is empty
    std::uint32_t cells = 0;
    for (const ShapeId shape : shapes) {
        std::uint32_t& cell = number[shape.at()];
        if (cell >= order.size()) order.resize(cell + 1, UINT32_MAX);
        if (order[cell] == UINT32_MAX) order[cell] = cells++;
        cell = order[cell];
    }
    for (std::size_t i = 0; i < classes.size(); ++i)
        cell_of[i] = number[problem.workload().classes()[classes[i].at()].shape.at()];
    return exact;
}

/// Adds up what each cell's classes ask: shape by shape, as they first come, each of which is in one cell.
std::vector<Cell> add_up(const Problem& problem, std::span<const std::int64_t> left,
                         std::span<const ClassId> classes, std::span<const std::uint32_t> cell_of,
                         int threads) {
    struct Asked {
        ShapeId shape;
        std::uint32_t cell;
    };
    std::vector<std::int64_t> members(problem.shapes().size(), 0);
    std::vector<Asked> shapes;
    std::size_t cells = 0;
    for (std::size_t i = 0; i < classes.size(); ++i) {
        const ShapeId shape = problem.workload().classes()[classes[i].at()].shape;
        if (members[shape.at()] == 0) {
            shapes.push_back({shape, cell_of[i]});
            cells = std::max(cells, cell_of[i] + std::size_t{1});
        }
        members[shape.at()] += left[classes[i].at()];
    }
    std::vector<Cell> all(cells);
    const std::int64_t shards = shapes.size() < 64 * cells ? 1 : kShards;
    std::vector<std::vector<Cell>> parts(static_cast<std::size_t>(shards));
    parallel_for(threads, shards, [&](std::int64_t shard) {
        std::vector<Cell>& part = parts[static_cast<std::size_t>(shard)];
        part.resize(cells);
        const auto [first, last] = shard_range(static_cast<std::int64_t>(shapes.size()), shards, shard);
        for (auto s = static_cast<std::size_t>(first); s < static_cast<std::size_t>(last); ++s)
            part[shapes[s].cell].add(problem, shapes[s].shape,
                                     static_cast<double>(members[shapes[s].shape.at()]));
    });
    for (const auto& part : parts)
        for (std::size_t k = 0; k < cells; ++k) all[k].add(part[k]);
    return all;
}

/// As in a table of tasks.
Workload::Shape raw(const Problem& problem, const Problem::Shape& shape, const Cell& cell, Stand stand,
                    Buffer<double>& demand) {
    const Schema& schema = problem.fleet().schema();
    Workload::Shape raw = problem.workload().shapes()[cell.like.at()];
    if (!cell.several) {
        const auto own = problem.workload().demand(cell.like);
        demand.insert(demand.end(), own.begin(), own.end());
        return raw;
    }
    const Quantity up = stand == Stand::kLeast ? 1 : 0;  // before it was rounded up, it was less
    const auto floor = [&](Quantity q) { return std::max<Quantity>(0, q - up); };
    for (const std::string& name : problem.workload().resources()) {
        const auto r = static_cast<std::size_t>(std::ranges::find(schema.resources, name, &Resource::name) -
                                                schema.resources.begin());
        demand.push_back(static_cast<double>(floor(shape.demand[r])) * schema.resources[r].resolution);
    }
    raw.uplink = shape.uplink;
    raw.downlink = shape.downlink;
    raw.uplink_floor = floor(shape.uplink);
    raw.downlink_floor = floor(shape.downlink);
    raw.max_rtt_ns = shape.max_rtt_ns;
    raw.duration_ns = shape.duration_ns;
    raw.weight = shape.weight;
    raw.weight_unit = cell.weight_unit;
    return raw;
}

/// Classes that have something left.
std::vector<ClassId> kept_of(std::span<const std::int64_t> left) {
    std::vector<ClassId> kept;
    for (std::size_t c = 0; c < left.size(); ++c)
        if (left[c] > 0) kept.emplace_back(c);
    return kept;
}

/// `group_of`: the cell of each that is kept; becomes its class. `bound_apart`: classes that are bound stay
/// so, each by itself.
Coarse gather(const Problem& problem, std::span<const std::int64_t> left, std::span<const ClassId> kept,
              std::span<std::uint32_t> group_of, Stand stand, bool bound_apart, int threads) {
    const auto& classes = problem.workload().classes();
    Coarse coarse;
    const std::vector<Cell> cells = add_up(problem, left, kept, group_of, threads);

    // Classes of one cell at one site are one; those of a site stand together.
    std::vector<Workload::Class> groups;
    groups.reserve(kept.size());
    coarse.first.reserve(kept.size() + 1);
    std::vector<std::uint32_t> group_of_cell(cells.size());
    std::vector<SiteId> site_of_cell(cells.size());
    std::vector<Bond> bonds;  // by group, where some are bound
    if (bound_apart) bonds.reserve(kept.size());
    for (std::size_t i = 0; i < kept.size(); ++i) {
        const Workload::Class& c = classes[kept[i].at()];
        const std::uint32_t cell = group_of[i];
        const bool is_apart = bound_apart && problem.is_bound(kept[i]);
        group_of[i] = static_cast<std::uint32_t>(groups.size());
        if (!is_apart && site_of_cell[cell] == c.origin) {
            group_of[i] = group_of_cell[cell];
        } else {
            groups.push_back({ShapeId(cell), c.origin, 0, c.first_row});
            coarse.first.push_back(0);
            if (bound_apart) bonds.push_back(problem.workload().bond(kept[i]));
        }
        if (!is_apart) {
            site_of_cell[cell] = c.origin;
            group_of_cell[cell] = group_of[i];
        }
        groups[group_of[i]].members += left[kept[i].at()];
        ++coarse.first[group_of[i]];
    }
    coarse.first.push_back(0);
    std::size_t sum = 0;
    for (std::size_t& first : coarse.first) sum += std::exchange(first, sum);
    coarse.members.resize(kept.size());
    std::vector<std::size_t> next(coarse.first.begin(), coarse.first.end() - 1);
    for (std::size_t i = 0; i < kept.size(); ++i) coarse.members[next[group_of[i]]++] = kept[i];

    std::vector<Problem::Shape> shapes;
    std::vector<Workload::Shape> raws;
    Buffer<double> demand;
    for (const Cell& cell : cells) {
        shapes.push_back(cell.shape(problem, stand));
        raws.push_back(raw(problem, shapes.back(), cell, stand, demand));
    }
    auto workload = std::make_shared<const Workload>(problem.workload(), raws, std::move(demand),
                                                     std::move(groups), std::move(bonds));
    coarse.problem = std::make_shared<const Problem>(problem, std::move(workload), shapes);
    return coarse;
}

}  // namespace

Coarse coarsen(const Problem& problem, std::span<const std::int64_t> left, const Grain& grain, Stand stand,
               int threads) {
    const std::vector<ClassId> kept = kept_of(left);
    Buffer<std::uint32_t> cell_of(kept.size());
    const bool exact = find_cells(problem, kept, grain, threads, cell_of);
    Coarse coarse = gather(problem, left, kept, cell_of, stand, false, threads);
    coarse.exact = exact;
    return coarse;
}

Coarse coarsen_alike(const Problem& problem, std::span<const std::int64_t> left,
                     std::span<const std::uint32_t> cell_of_shape, int threads) {
    const std::vector<ClassId> kept = kept_of(left);
    Buffer<std::uint32_t> cell_of(kept.size());
    std::vector<std::uint32_t> number(cell_of_shape.size(), UINT32_MAX);  // none is empty
    std::uint32_t cells = 0;
    for (std::size_t i = 0; i < kept.size(); ++i) {
        std::uint32_t& cell = number[cell_of_shape[problem.workload().classes()[kept[i].at()].shape.at()]];
        if (cell == UINT32_MAX) cell = cells++;
        cell_of[i] = cell;
    }
    return gather(problem, left, kept, cell_of, Stand::kMean, problem.workload().has_bonds(), threads);
}

}  // namespace gigafleet
