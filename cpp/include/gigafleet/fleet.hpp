// Nodes, canonicalised: pools (a kind at a site), kinds (what a node offers), and the slots of each pool.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gigafleet/buffer.hpp"
#include "gigafleet/column.hpp"
#include "gigafleet/control.hpp"
#include "gigafleet/device_weights.hpp"
#include "gigafleet/fold.hpp"
#include "gigafleet/ids.hpp"
#include "gigafleet/label_column.hpp"
#include "gigafleet/network.hpp"
#include "gigafleet/schema.hpp"

namespace gigafleet {

inline constexpr std::size_t kMaxLabels = 64;
inline constexpr std::int64_t kMaxDevices = 64;  ///< of a node

/// The table of nodes as the caller holds it. Units as in the column names of `gigafleet.Nodes`.
struct NodeColumns {
    std::vector<Column> capacity, price;  ///< one a resource of the schema
    Column site, access_rtt_ms, link_up_mbps, link_down_mbps, available_s, count;
    LabelColumn labels;
    std::optional<LabelColumn> models = {};  ///< held at the start; none: nothing
};

/// A dimension in which (nearly) every node differs, such as what is left in a battery, does not split kinds:
/// it is "varied", kept slot by slot, and the pool knows its largest. The time a node stays never splits
/// kinds: the entries of a pool are sorted by it, so that "stays long enough" is a suffix of the pool.
///
/// An entry is a node row of a pool; a slot is one node (an instance of a row). Slots are numbered within
/// their pool from 0; where no row has a count, slot and entry are the same number.
class Fleet {
public:
    struct Kind {
        Amounts capacity;                         ///< where a dimension is varied: 0, ask the pool
        std::array<double, kMaxResources> price;  ///< EUR/h per unit; EUR per unit of a consumable
        std::uint64_t labels;                     ///< bits of vocabulary()
        std::int64_t access_rtt_ns;
        /// A bit a dimension: 1 where the capacity was rounded down, so that nodes have up to a multiple
        /// more. Where a dimension is varied: whether that of any node of the fleet was.
        unsigned rounded;
        std::int64_t devices;  ///< at most kMaxDevices; in their dimensions `capacity` is of all together
        std::uint64_t models;  ///< held, bits of model_vocabulary(), where kinds are split by that; else 0
    };
    struct Pool {
        SiteId site;
        KindId kind;
        std::int64_t first_entry, entries;
        std::int64_t slots;
        std::uint32_t first_stretch, stretches;  ///< see Stretch
        Amounts capacity_max;                    ///< per dimension, over the pool's slots
        std::int64_t available_max_ns;           ///< kUnlimited: some node never leaves
    };

    /// Folds, checks and sorts the rows; keeps nothing of the columns.
    /// Throws InputError naming the column and the first bad row it meets. O(rows · log(rows a pool)).
    Fleet(const Network& network, Schema schema, std::int64_t rows, const NodeColumns& columns, int threads,
          Control& control);

    /// The same nodes with kinds split by the models that they hold, pools likewise. `entry_of`: for each
    /// entry the one of `of` that it is. O(rows).
    Fleet(const Fleet& of, Buffer<std::uint32_t>& entry_of);
    /// Pools that this would make, or the number after `most`. O(rows).
    std::size_t pools_by_models(std::size_t most) const;

    const Schema& schema() const { return schema_; }
    std::int64_t rows() const { return rows_; }
    /// Sum of the counts.
    std::int64_t members() const { return members_; }
    const std::vector<Kind>& kinds() const { return kinds_; }
    const std::vector<Pool>& pools() const { return pools_; }
    const std::vector<std::string>& vocabulary() const { return vocabulary_; }
    /// The bit of a label; none where no node has it. O(labels).
    std::optional<int> label_bit(std::string_view name) const;
    /// Sum over all nodes, per dimension; kUnlimited dimensions count as 0.
    const std::array<WideQuantity, kMaxDimensions>& total_capacity() const { return total_; }

    bool is_varied(std::size_t dimension) const { return varied_mask_ >> dimension & 1; }
    bool any_varied() const { return varied_mask_ != 0; }

    /// Node row of an entry (numbered over all pools).
    std::int64_t row_of_entry(std::int64_t entry) const {
        return rows_by_pool_[static_cast<std::size_t>(entry)];
    }
    /// Asks for the memory that tells the row of a slot, ahead of time.
    [[gnu::always_inline]] void prefetch_slot(const Pool& pool, std::int64_t slot) const {
        __builtin_prefetch(rows_by_pool_.data() + pool.first_entry + (slot_begin_.empty() ? slot : 0));
    }
    /// How long the node of an entry stays, in ns. O(stretches of the pool).
    std::int64_t available_ns(const Pool& pool, std::int64_t entry) const {
        if (!available_.empty()) return available_[static_cast<std::size_t>(entry)];
        const Stretch* stretch = &stretches_[pool.first_stretch];
        while (entry >= stretch->end) ++stretch;
        return stretch->available_ns;
    }

    /// True where every row that has nodes is one node: slots and entries are then the same.
    bool single() const { return slot_begin_.empty(); }
    /// Entry that holds a slot of a pool.
    std::int64_t entry_of_slot(const Pool& pool, std::int64_t slot) const {
        return slot_begin_.empty() ? pool.first_entry + slot : entry_of_counted_slot(pool, slot);
    }
    /// First slot of an entry of `pool`.
    std::int64_t slot_of_entry(const Pool& pool, std::int64_t entry) const {
        return slot_begin_.empty() ? entry - pool.first_entry : slot_begin_[static_cast<std::size_t>(entry)];
    }
    /// Calls `f(entry, slot, slots)` for the entries that hold slots [first, last) of a pool, in order: those
    /// of its slots that are among them. O(entries).
    template <class F>
    void for_entries(const Pool& pool, std::int64_t first, std::int64_t last, F&& f) const {
        for (std::int64_t entry = entry_of_slot(pool, first); first < last; ++entry) {
            const bool more = entry + 1 < pool.first_entry + pool.entries;
            const std::int64_t end = std::min(last, more ? slot_of_entry(pool, entry + 1) : pool.slots);
            f(entry, first, end - first);
            first = end;
        }
    }
    /// First slot of the pool whose node stays at least `duration_ns`; pool.slots where none does.
    std::int64_t first_slot_staying(const Pool& pool, std::int64_t duration_ns) const;
    /// Capacity of one entry's node(s) in a varied dimension.
    Quantity varied(std::size_t dimension, std::int64_t entry) const {
        return varied_[dimension][static_cast<std::size_t>(entry)];
    }
    /// Multiples of a dimension that nodes of a kind may have beyond their capacity, which was rounded down.
    Quantity rounded_off(const Kind& kind, std::size_t dimension) const {
        if (!(kind.rounded >> dimension & 1)) return 0;
        return schema_.is_of_devices(dimension) ? kind.devices : 1;
    }
    /// What each device of such a node has, in the dimensions of devices.
    Amounts each_device(const Kind& kind) const;
    /// Models that the nodes of an entry hold at the start, bits of model_vocabulary(). No kind is split by
    /// it: where nodes hold different ones, those of a pool that leave together and hold the same are
    /// neighbours.
    std::uint64_t models(std::int64_t entry) const {
        return models_.empty() ? models_of_all_ : models_[static_cast<std::size_t>(entry)];
    }
    bool all_hold_alike() const { return models_.empty(); }
    const std::vector<std::string>& model_vocabulary() const { return model_vocabulary_; }
    /// Capacity of one entry's node(s), exact in every dimension.
    Amounts capacity(const Pool& pool, std::int64_t entry) const;

private:
    /// Entries of a pool that stay as long as each other, up to entry `end`.
    struct Stretch {
        std::int64_t end, available_ns;
    };

    std::int64_t entry_of_counted_slot(const Pool& pool, std::int64_t slot) const;

    /// Rows that are folded together: of one kind, and leaving at one time where there are few times.
    struct Whats {
        std::vector<std::uint32_t> kind;
        std::vector<std::int64_t> available_ns;
    };
    /// Where the rows of each group go among the entries.
    struct Layout {
        std::vector<std::uint32_t> first_entry;  ///< of each group
        /// First and last entry of groups that leave together although the bits of their columns differ.
        std::vector<std::pair<std::uint32_t, std::uint32_t>> ties;
    };

    /// A column kept entry by entry: where it comes from and goes.
    struct Kept {
        const Column* from;
        double resolution;
        Quantity* to;
        unsigned bit;  ///< of the dimension; 0 for the time a node stays
    };

    void detect_varied(const NodeColumns& columns);
    std::vector<const Column*> kind_columns(const NodeColumns& columns) const;
    Whats read_whats(const NodeColumns& columns, std::span<const std::int64_t> first_rows, bool few_stays,
                     Control& control);
    void read_kinds(const NodeColumns& columns, std::span<const std::int64_t> first_rows);
    void read_devices(const NodeColumns& columns, std::int64_t row, Kind& kind) const;
    Layout lay_out(const Fold& fold, const Whats& whats, std::size_t sites, const Column& count);
    std::vector<Kept> kept_columns(const NodeColumns& columns);
    void scatter_rows(const NodeColumns& columns, const RowGroups& groups, const Layout& layout, int threads,
                      Control& control);
    void finish_pools(const Column& count, int threads, Control& control);
    void read_models(const LabelColumn& column, bool sort_by_them);
    void add_pool(const Fleet& of, const Pool& pool, KindId kind, std::uint64_t models,
                  Buffer<std::uint32_t>& entry_of);
    const Column& dimension_column(const NodeColumns& columns, std::size_t dimension) const;
    double dimension_resolution(std::size_t dimension) const;
    /// Dimensions that a column tells.
    std::size_t told_dimensions() const { return schema_.resources.size() + 2; }

    Schema schema_;
    std::int64_t rows_;
    std::int64_t members_ = 0;
    unsigned varied_mask_ = 0;
    std::vector<Kind> kinds_;
    std::vector<Pool> pools_;
    std::vector<std::string> vocabulary_;
    std::array<WideQuantity, kMaxDimensions> total_{};
    Buffer<std::uint32_t> rows_by_pool_;                   // by entry
    std::vector<Stretch> stretches_;                       // where few times of leaving differ
    Buffer<std::int64_t> available_;                       // by entry, ns, where many do
    Buffer<std::int64_t> slot_begin_;                      // by entry; empty: every count is 1
    std::array<Buffer<Quantity>, kMaxDimensions> varied_;  // by entry
    std::vector<std::string> model_vocabulary_;
    std::uint64_t models_of_all_ = 0;
    Buffer<std::uint64_t> models_;  // by entry; empty: all hold the same
};

}  // namespace gigafleet
