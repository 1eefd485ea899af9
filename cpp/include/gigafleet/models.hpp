// Models with weights: what a node must hold before a task can use a model, and what it takes to load it.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "gigafleet/fleet.hpp"
#include "gigafleet/network.hpp"
#include "gigafleet/quantity.hpp"
#include "gigafleet/schema.hpp"

namespace gigafleet {

/// A bit a model, by its position in the table.
using ModelSet = std::uint64_t;

inline constexpr std::size_t kMaxModels = 64;
inline constexpr std::int32_t kNoModel = -1;

inline bool has(ModelSet set, std::int32_t model) { return set >> model & 1; }
inline ModelSet only(std::int32_t model) { return ModelSet{1} << model; }

/// Calls `f(model)` for each of a set, in the order of the table.
template <class F>
void for_models(ModelSet set, F&& f) {
    for (; set != 0; set &= set - 1) f(static_cast<std::int32_t>(std::countr_zero(set)));
}

/// Models that an earlier plan had in use on nodes, which hold them since: piece i tells of `instances[i]`
/// instances of node `node[i]`, by id, from `first_instance[i]` on.
struct ModelsInUse {
    std::span<const std::int64_t> node, first_instance, instances, model;
    std::span<const std::int64_t> node_id = {};  ///< of the rows; empty: the row numbers
};

/// The table as the caller holds it. Units as in the parameters of `gigafleet.Models`.
struct ModelTable {
    std::vector<std::string> names;  ///< at most kMaxModels, all different
    std::vector<double> weights_gb;
    std::string resource = "memory_gb";  ///< of nodes: what weights occupy
    /// What numbers in the tasks' column stand for, positions or kNoModel; empty: positions themselves.
    std::vector<std::int32_t> of_code = {};
    ModelsInUse before = {};
};

/// The table in the terms of a fleet.
class Models {
public:
    static constexpr Quantity kMegabitsAGigabyte = 8000;

    /// `load_window_s`, `load_share`: see Objective. Throws InputError where a table is too long, a number is
    /// out of its range, or nodes hold a model that is not in it. O(nodes) where they do not all hold alike,
    /// or an earlier plan had some in use, and what that takes to sort.
    Models(const ModelTable& table, const Fleet& fleet, double load_window_s, double load_share, int threads);

    /// The same table for the same nodes in other pools.
    Models(const Models& of, const Fleet& fleet);

    std::size_t size() const { return names_.size(); }
    const std::string& name(std::int32_t model) const { return names_[at(model)]; }
    /// The model that a number in the tasks' column stands for. `row`: for the error where there is none.
    std::int32_t model_of(std::int64_t code, std::int64_t row) const;

    /// Its bit in Fleet::model_vocabulary(); 0 where no node holds it.
    std::uint64_t bit_of(std::int32_t model) const;

    /// The dimension of nodes that weights take.
    std::size_t memory() const { return memory_; }
    /// What they take of it.
    Quantity weight(std::int32_t model) const { return weight_[at(model)]; }
    /// What all weights of a set take.
    Quantity weight_of(ModelSet set) const {
        Quantity sum = 0;
        for_models(set, [&](std::int32_t model) { sum += weight(model); });
        return sum;
    }
    double weight_gb(std::int32_t model) const { return static_cast<double>(gigabytes_[at(model)]) * 1e-6; }
    /// What loading them takes of a line and of an access, in 1e-6 Mb.
    Quantity megabits(std::int32_t model) const { return gigabytes_[at(model)] * kMegabitsAGigabyte; }

    /// Seconds of a load over a line of so many 1e-6 Mbps; infinite where it has none.
    double load_seconds(std::int32_t model, Quantity line) const;
    /// Whether a load over such a line is done in time. Exact.
    bool loads_in(std::int32_t model, Quantity line, std::int64_t wait_ns) const;
    /// The least time, ns, and the least line in which a load is done in time; kUnlimited where none is.
    std::int64_t least_wait_ns(std::int32_t model, Quantity line) const;
    Quantity least_line(std::int32_t model, std::int64_t wait_ns) const;
    /// 1e-6 Mb that nodes at a site may load together; kUnlimited where its access has no limit.
    Quantity allowance(const Network& network, SiteId site) const;
    /// The least access of a site that allows so many; kUnlimited where none does.
    Quantity least_access(Quantity allowance) const;

    /// What the nodes of an entry hold at the start, what was in use before aside.
    ModelSet held(std::int64_t entry) const { return translate(fleet_.models(entry)); }
    /// What nodes of a pool, or of a kind, hold together; of a kind maybe more than they do.
    ModelSet held_in(PoolId pool) const {
        return held_in_pool_.empty() ? held_by_all_ : held_in_pool_[pool.at()];
    }
    ModelSet held_by(KindId kind) const {
        return (held_by_kind_.empty() ? held_by_all_ : held_by_kind_[kind.at()]) | in_use_elsewhere_;
    }
    /// Whether all nodes hold the same, what was in use before aside.
    bool all_hold_alike() const { return fleet_.all_hold_alike(); }
    /// Calls `f(first, last, models)` for the slots [first, last) of a pool, in order, with what was in use
    /// on them before; ends where f returns false, and returns that. O(log + pieces).
    template <class F>
    bool for_in_use(PoolId pool, std::int64_t first, std::int64_t last, F&& f) const {
        if (in_use_.empty()) return f(first, last, ModelSet{0});
        const auto all = std::span(in_use_).subspan(first_in_use_[pool.at()], pieces_of(pool));
        for (auto it = std::ranges::upper_bound(all, first, {}, &Piece::last); first < last;) {
            const bool inside = it != all.end() && it->first <= first;
            const std::int64_t next = it == all.end() ? last : std::min(last, inside ? it->last : it->first);
            if (!f(first, next, inside ? it->models : 0)) return false;
            first = next;
            it += inside;
        }
        return true;
    }

private:
    /// Slots side by side.
    struct Piece {
        std::int64_t first, last;
        ModelSet models;
    };
    static std::size_t at(std::int32_t model) { return static_cast<std::size_t>(model); }
    std::size_t pieces_of(PoolId pool) const {
        return first_in_use_[pool.at() + 1] - first_in_use_[pool.at()];
    }
    void read_held();
    void read_in_use(const ModelsInUse& before, int threads);
    ModelSet translate(std::uint64_t bits) const;

    const Fleet& fleet_;
    std::vector<std::string> names_;
    std::vector<Quantity> weight_, gigabytes_;  ///< multiples of the resource; of 1e-6 GB
    std::vector<std::int32_t> of_code_;
    std::size_t memory_;
    std::int64_t window_ns_;            ///< of the whole access: window times share
    std::vector<ModelSet> set_of_bit_;  ///< of Fleet::model_vocabulary(); empty: the bits are positions
    ModelSet held_by_all_ = 0;
    std::vector<ModelSet> held_in_pool_, held_by_kind_;  ///< empty: all hold alike
    std::vector<std::size_t> first_in_use_;              ///< by pool, and one more
    std::vector<Piece> in_use_;                          ///< before, pool by pool, by slot
    ModelSet in_use_elsewhere_ = 0;                      ///< before, on slots of another fleet
};

}  // namespace gigafleet
