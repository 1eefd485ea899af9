// What a solution has to load.
#include <algorithm>
#include <numeric>
#include <utility>

#include "gigafleet/buffer.hpp"
#include "gigafleet/parallel.hpp"
#include "gigafleet/residency.hpp"
#include "gigafleet/residents.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kShards = 64;      // of pools: more than threads, for balance
constexpr std::int64_t kSlotsAnEdge = 8;  // of a pool that are counted rather than sorted by

/// Slots of a filling, and the shape of its tasks.
struct Part {
    std::int64_t first, slots;
    ShapeId shape;
};

enum class Which : std::uint8_t { kLoaded, kInUse };

/// Who is on the slots of one pool after the other; `out(load)` is told of each model that is loaded, or in
/// use, there.
template <class Out>
class LoadSweep {
public:
    LoadSweep(const Problem& problem, Which which, Out out)
        : problem_(problem), which_(which), out_(std::move(out)) {}

    void sweep(PoolId pool, std::span<const Part> parts) {
        edges_.clear();
        for (const Part& part : parts) {
            edges_.push_back({part.first, part.shape, 1});
            edges_.push_back({part.first + part.slots, part.shape, -1});
        }
        sort_edges(problem_.fleet().pools()[pool.at()].slots);
        here_.clear();
        std::int64_t slot = 0;
        for (std::size_t e = 0; e < edges_.size();) {
            if (!here_.empty()) write(pool, slot, edges_[e].slot);
            for (slot = edges_[e].slot; e < edges_.size() && edges_[e].slot == slot; ++e) change(edges_[e]);
        }
    }

private:
    struct Edge {
        std::int64_t slot;
        ShapeId shape;
        int sign;
    };

    /// By slot: where slots are not many more, by counting.
    void sort_edges(std::int64_t slots) {
        if (slots > kSlotsAnEdge * std::ssize(edges_)) {
            std::ranges::sort(edges_, {}, &Edge::slot);
            return;
        }
        next_.assign(static_cast<std::size_t>(slots) + 2, 0);
        for (const Edge& edge : edges_) ++next_[static_cast<std::size_t>(edge.slot) + 1];
        std::partial_sum(next_.begin(), next_.end(), next_.begin());
        sorted_.resize(edges_.size());
        for (const Edge& edge : edges_) sorted_[next_[static_cast<std::size_t>(edge.slot)]++] = edge;
        std::swap(edges_, sorted_);
    }

    void change(const Edge& edge) {
        if (edge.sign > 0) {
            here_.push_back(edge.shape);
            return;
        }
        const auto it = std::ranges::find(here_, edge.shape);
        *it = here_.back();
        here_.pop_back();
    }

    void write(PoolId pool, std::int64_t first, std::int64_t last) {
        ModelSet in_use = 0;
        for (const ShapeId s : here_) in_use |= only(problem_.shape(s).model);
        for_alike_slots(problem_, pool, first, last, [&](const AlikeSlots& slots) {
            const ModelSet told = which_ == Which::kInUse ? in_use : in_use & ~slots.held;
            for_models(told, [&](std::int32_t model) {
                const Quantity line = slots.capacity[problem_.fleet().schema().line_down()];
                out_(ModelLoad{pool, slots.first, slots.last - slots.first, model, line, longest(model)});
            });
            return true;
        });
    }

    double longest(std::int32_t model) const {
        double most = 0;
        for (const ShapeId s : here_)
            if (problem_.shape(s).model == model) most = std::max(most, problem_.shape(s).tau_s);
        return most;
    }

    const Problem& problem_;
    Which which_;
    Out out_;
    std::vector<Edge> edges_, sorted_;
    std::vector<std::uint32_t> next_;
    std::vector<ShapeId> here_;
};

/// Calls `out(load)`, which `out_of(shard)` makes, for all loads of the pools of a shard, on any thread.
template <class OutOf>
void for_loads(const Problem& problem, const Solution& solution, Which which, int threads, OutOf&& out_of) {
    const std::size_t pools = problem.fleet().pools().size();
    const auto& classes = problem.workload().classes();
    std::vector<std::uint8_t> has_model;  // by shape
    for (const Problem::Shape& shape : problem.shapes()) has_model.push_back(shape.model != kNoModel);
    const auto for_parts = [&](auto&& f) {
        for (std::size_t c = 0; c < solution.of_class.size(); ++c)
            if (has_model[classes[c].shape.at()] != 0)
                for (const Filling& filling : solution.of(ClassId(c))) f(filling, classes[c].shape);
    };
    std::vector<std::size_t> first(pools + 1, 0);
    for_parts([&](const Filling& filling, ShapeId) { ++first[filling.pool.at() + 1]; });
    std::partial_sum(first.begin(), first.end(), first.begin());
    std::vector<std::size_t> next(first.begin(), first.end() - 1);
    Buffer<Part> parts(first.back());
    for_parts([&](const Filling& filling, ShapeId shape) {
        parts[next[filling.pool.at()]++] = {filling.first, filling.slots, shape};
    });
    parallel_for(threads, kShards, [&](std::int64_t shard) {
        LoadSweep sweep(problem, which, out_of(static_cast<std::size_t>(shard)));
        const auto [begin, end] = shard_range(static_cast<std::int64_t>(pools), kShards, shard);
        for (auto p = static_cast<std::size_t>(begin); p < static_cast<std::size_t>(end); ++p)
            sweep.sweep(PoolId(p), {parts.data() + first[p], parts.data() + first[p + 1]});
    });
}

std::vector<ModelLoad> list(const Problem& problem, const Solution& solution, Which which, int threads) {
    std::vector<std::vector<ModelLoad>> by_shard(kShards);
    for_loads(problem, solution, which, threads, [&](std::size_t shard) {
        return [&all = by_shard[shard]](const ModelLoad& load) { all.push_back(load); };
    });
    std::vector<ModelLoad> loads;
    for (const auto& some : by_shard) loads.insert(loads.end(), some.begin(), some.end());
    return loads;
}

}  // namespace

std::vector<ModelLoad> loads_of(const Problem& problem, const Solution& solution, int threads) {
    return list(problem, solution, Which::kLoaded, threads);
}

std::vector<ModelLoad> models_in_use(const Problem& problem, const Solution& solution, int threads) {
    return list(problem, solution, Which::kInUse, threads);
}

double load_cost(const Problem& problem, const Solution& solution, int threads) {
    const double price = problem.objective().load_eur_per_gb;
    if (price == 0) return 0;
    std::vector<double> costs(kShards, 0);
    for_loads(problem, solution, Which::kLoaded, threads, [&](std::size_t shard) {
        return [&, &cost = costs[shard]](const ModelLoad& load) {
            const double times = static_cast<double>(load.slots) * 3600 / load.longest_s;
            cost += price * problem.models()->weight_gb(load.model) * times;
        };
    });
    return std::accumulate(costs.begin(), costs.end(), 0.0);
}

}  // namespace gigafleet
