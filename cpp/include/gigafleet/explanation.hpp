// What is found out about why one more task of a class finds no place: nodes by the gate that keeps each out,
// the nearest miss of each gate, and the least change of each column. docs/semantics.md, "Explanations".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gigafleet/bonds.hpp"
#include "gigafleet/fleet.hpp"
#include "gigafleet/ratio.hpp"
#include "gigafleet/solution.hpp"

namespace gigafleet {

/// The gates in use, in their order.
inline constexpr std::array kGates{Reason::kLabel, Reason::kTooBig,  Reason::kTime, Reason::kModel,
                                   Reason::kRoute, Reason::kRtt,     Reason::kGang, Reason::kSpread,
                                   Reason::kLink,  Reason::kCapacity};

struct NodeAt {
    std::int64_t row = -1, instance = -1;
};

/// What a task needs more of than there is.
struct Shortfall {
    enum class Of : std::uint8_t {
        kNode,       ///< dimension `at` of the node
        kDevice,     ///< dimension `at` of one device, or how many are empty
        kStay,       ///< ns that the node stays
        kWait,       ///< ns to load the model; `has`: the task's limit
        kWindow,     ///< 1e-6 Mb that site `at` may load
        kSpread,     ///< members of the group in the domain of level `at`; `has`: how many there may be
        kRoundTrip,  ///< ns; `needed` by the way, `has`: the task's limit
        kArc,        ///< room on arc `at`
        kAccessUp,   ///< on the access of site `at`
        kAccessDown
    };
    Of of;
    std::uint32_t at;
    Quantity needed, has;
    std::int32_t device = -1;  ///< of the node, where it is of one
};

/// A node that `gate` alone keeps out (and kCapacity, where it must).
struct NearMiss {
    Reason gate;
    double size;  ///< the largest (needed - has) / needed
    NodeAt node;
    std::vector<Shortfall> shortfalls;
};

/// One column of one row changed, all else as it is, so that the node `node` takes the task.
struct Change {
    enum class Of : std::uint8_t {
        kDemand,  ///< of the task, dimension `at`; of devices: how many, or what of each
        kUplink,
        kDownlink,
        kBandwidth,  ///< up and down in one column
        kMaxRtt,
        kMaxWait,
        kCount,        ///< fewer members
        kSpreadMax,    ///< of the whole group
        kSpreadLevel,  ///< of the whole group; levels
        kGangLevel,    ///< of the whole gang; levels
        kDuration,
        kRequire,
        kAnyOf,
        kForbid,
        kTransitRequire,
        kTransitForbid,
        kCapacity,   ///< of the node, dimension `at`; of devices likewise
        kAvailable,  ///< of the node
        kHeld,       ///< of the node: model `at` more
        kLink,       ///< capacity of link `at`
        kAccessUp,   ///< of site `at`
        kAccessDown
    };
    Of of;
    std::uint32_t at;
    Quantity from, to;                 ///< multiples, ns
    std::vector<std::string> dropped;  ///< names, from a column of labels
    double size;                       ///< |from - to| / the larger; of labels, models and levels how many
    NodeAt node;
};

/// The gang of a task.
struct GangFound {
    BondLevel level;
    std::int64_t members, placed;
    std::int64_t fits;  ///< members that the domain of `node` holds; where it is left out, the most of any
    NodeAt node;        ///< row -1: of none
};

struct TaskExplanation {
    std::array<std::int64_t, kGates.size()> counts{};  ///< nodes by the first gate that keeps them out
    std::int64_t open = 0;                             ///< nodes that would take one more task
    std::vector<NearMiss> nearest;                     ///< one a gate that has any, the nearest first
    /// The smallest change of each column that does, the smallest first. None where `open`.
    std::vector<Change> of_task, of_fleet;
    std::optional<GangFound> gang;
};

/// Collects, slot by slot, what a TaskExplanation tells.
class Findings {
public:
    struct Slot {
        PoolId pool;
        std::int64_t slot = 0;
    };

    static constexpr Quantity kMostSettable = kLargest / 2;  ///< of what a column is raised to

    /// Keeps a reference.
    explicit Findings(const Fleet& fleet) : fleet_(fleet) {}

    /// So many slots that `gate` is the first to keep out; kPlaced: that none does.
    void count(Reason gate, std::int64_t slots);
    bool any_open() const { return found_.open > 0; }
    /// A slot that `gate` alone keeps out; one where nothing can be measured is no near miss. Keeps the first
    /// of the nearest.
    void miss(Reason gate, Slot slot, std::vector<Shortfall> shortfalls);
    /// A change that would do. Keeps the first of the smallest of each column, of equals that by the least;
    /// dimensions are columns.
    void offer(Change::Of of, std::size_t at, Quantity from, Quantity to, Slot slot);
    /// The same of a gang that may be wider apart, or a group that may be closer together.
    void offer_level(Change::Of of, BondLevel from, BondLevel to, Slot slot);
    /// The same of a node that holds a model more.
    void offer_held(std::int32_t model, Slot slot);
    /// The same of a column of labels, so many names less: where they go if it is kept, else null.
    std::vector<std::string>* offer_names(Change::Of of, std::size_t names, Slot slot);
    /// All changes of the fleet and of spread groups that another one was offered.
    void offer_beside(const Findings& other);

    TaskExplanation finish();
    NodeAt node(Slot slot) const;

private:
    struct Miss {
        Ratio size;
        Slot slot;
        std::vector<Shortfall> shortfalls;
    };
    struct Offer {
        Ratio size;
        Change::Of of;
        std::uint32_t at;
        Quantity from, to;
        Slot slot;
        std::vector<std::string> names;
    };
    static constexpr std::size_t kColumns = static_cast<std::size_t>(Change::Of::kAccessDown) + 1;

    Offer* keep(const Offer& offer);

    const Fleet& fleet_;
    std::array<Miss, kGates.size()> misses_;  ///< nearest, by gate
    std::array<std::optional<Offer>, 2 * kMaxDimensions + kColumns> offers_;
    TaskExplanation found_;
};

}  // namespace gigafleet
