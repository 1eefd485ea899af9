// Tasks, canonicalised: classes (a shape at an origin) and shapes (what a task asks for).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gigafleet/bonds.hpp"
#include "gigafleet/buffer.hpp"
#include "gigafleet/column.hpp"
#include "gigafleet/control.hpp"
#include "gigafleet/fold.hpp"
#include "gigafleet/ids.hpp"
#include "gigafleet/label_column.hpp"
#include "gigafleet/network.hpp"
#include "gigafleet/quantity.hpp"

namespace gigafleet {

/// The five label columns of a task, in the order of TaskColumns::labels.
enum LabelRole : std::size_t { kRequire, kAnyOf, kForbid, kTransitRequire, kTransitForbid, kLabelRoles };

inline constexpr std::size_t kMaxPriorities = 16;

/// The table of tasks as the caller holds it. Units as in the column names of `gigafleet.Tasks`.
struct TaskColumns {
    std::vector<std::string> resources;
    std::vector<Column> demand;  ///< one a resource
    Column origin, weight, priority, uplink_mbps, downlink_mbps, max_rtt_ms, duration_s, count;
    std::vector<LabelColumn> labels;        ///< one a LabelRole
    std::optional<BondColumns> bonds = {};  ///< none: no task is bound
    /// Models in use, numbers that a table of models gives a meaning, -1 for none. None: no task uses any.
    std::optional<Column> model = {}, max_wait_s = {};
};

class Workload {
public:
    struct Shape {
        Quantity uplink, downlink;              ///< 1e-6 Mbps
        Quantity uplink_floor, downlink_floor;  ///< rounded down: what bounds reckon with
        std::int64_t max_rtt_ns;                ///< kUnlimited: no limit
        std::int64_t duration_ns;               ///< 0: open-ended
        Quantity weight;                        ///< 1e-6
        Quantity weight_unit;                   ///< a multiple of which every task's weight is
        std::int64_t priority;
        std::array<std::uint32_t, kLabelRoles> label_set;  ///< into label_sets()
        std::int64_t first_row;
        std::int32_t model = -1;                ///< a number of the column; negative: none
        std::int64_t max_wait_ns = kUnlimited;  ///< for the model to be loaded
    };
    struct Class {
        ShapeId shape;
        SiteId origin;
        std::int64_t members;
        std::int64_t first_row;
    };

    /// Folds and checks the rows; keeps nothing of the columns but `count` (where it is not 1 for all rows).
    /// Throws InputError naming the column and the first bad row. O(rows · columns).
    Workload(const Network& network, std::int64_t rows, const TaskColumns& columns, int threads,
             Control& control);

    /// Of classes and shapes made from those of another one: no rows, the resources and label sets of `of`.
    /// `demand`: as demand(), shape by shape. `bond_of_class`: of the bonds of `of`; empty: none is bound.
    Workload(const Workload& of, std::span<const Shape> shapes, Buffer<double> demand,
             std::vector<Class> classes, std::vector<Bond> bond_of_class = {});
    /// The rows of another one in classes that tell more of them apart, or have fewer members: `classes` site
    /// by site, of the same shapes, with the bonds that they have in `of`.
    Workload(const Workload& of, std::vector<Class> classes, RowGroups class_of_row,
             std::vector<Bond> bond_of_class);

    std::int64_t rows() const { return rows_; }
    /// Sum of the counts.
    std::int64_t members() const { return members_; }
    const std::vector<std::string>& resources() const { return resources_; }
    std::span<const Shape> shapes() const { return shapes_; }
    /// What a shape demands, in units, one a resource of resources().
    std::span<const double> demand(ShapeId shape) const {
        return {demand_.data() + shape.at() * resources_.size(), resources_.size()};
    }
    /// Site by site.
    const std::vector<Class>& classes() const { return classes_; }
    const std::vector<std::vector<std::string>>& label_sets() const { return label_sets_; }
    /// Gangs and spread groups. Tasks of two bonds are of two classes.
    const Bonds& bonds() const { return bonds_; }
    bool has_bonds() const { return !bond_of_class_.empty(); }
    Bond bond(ClassId id) const { return bond_of_class_.empty() ? Bond{} : bond_of_class_[id.at()]; }
    ClassId class_of_row(std::int64_t row) const {
        return ClassId(class_of_row_[static_cast<std::size_t>(row)]);
    }
    const RowGroups& class_of_row() const { return class_of_row_; }
    /// True where every row stands for one task.
    bool single() const { return single_; }
    std::int64_t count(std::int64_t row) const { return single_ ? 1 : count_.as_int64(row); }

private:
    void read_shapes(const TaskColumns& columns, std::span<const std::int64_t> rows, int threads);
    static Shape read_shape(const TaskColumns& columns, std::int64_t row, const Shape* known);
    void intern_labels(const TaskColumns& columns);
    void check_gangs(const TaskColumns& columns) const;

    std::int64_t rows_;
    std::int64_t members_ = 0;
    bool single_ = false;
    Column count_;
    std::vector<std::string> resources_;
    Buffer<Shape> shapes_;
    Buffer<double> demand_;  // by shape and resource
    std::vector<Class> classes_;
    std::vector<std::vector<std::string>> label_sets_;
    RowGroups class_of_row_;
    Bonds bonds_;
    std::vector<Bond> bond_of_class_;  // empty where none is bound
};

}  // namespace gigafleet
