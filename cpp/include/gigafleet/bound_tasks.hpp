// Gangs and spread groups, placed before the other tasks of their level of priority.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "gigafleet/bond_trial.hpp"
#include "gigafleet/control.hpp"
#include "gigafleet/open_search.hpp"
#include "gigafleet/previous.hpp"

namespace gigafleet {

/// Large gangs come first. A gang goes to the domain of its cheapest pool that holds it whole; domains that
/// the largest gang of the levels of priority below could use are left to that while there are others, and
/// then filled one after the other. Then come tasks that are spread but in no gang, each to its cheapest
/// pools whose domains have room for its group. Gangs that are alike (same shapes and numbers) come one after
/// the other, so that a domain which does not hold one is not asked by the next. What is placed stays where
/// it is.
///
/// Whether a domain holds a gang is exact where all members ask for the same and the ways within the domain
/// are those of a tree (BondTrial::Order); else members are put in by size, the largest first, then each kind
/// of member first, and what none of these holds counts as not held.
class BoundTasks {
public:
    using Spreads = BondTrial::Spreads;
    using Parts = std::span<const BondTrial::Part>;

    /// Takes all bound tasks out of what is left in `slots`: nobody else places them. `placed`: what these
    /// hold already.
    BoundTasks(const ShapeGroundwork& ground, BondSlots& slots, const Solution* placed,
               Spreads spreads = Spreads::kKept);

    /// The same beside these members of spread groups.
    BoundTasks(const Groundwork& ground, BondSlots& slots, const SpreadCounts& placed);

    bool is_none() const { return units_.empty(); }
    /// Bound tasks of a priority (none: of all) go back to where they ran; a gang whole: if its domain holds
    /// it yet, with members beside where they were, if need be.
    void go_back(const Previous& previous, std::optional<std::int64_t> priority, std::vector<Ledger>& ledgers,
                 Control& control);
    /// Places what is left of a priority. False where the time limit cut it off.
    bool place(std::int64_t priority, std::vector<Ledger>& ledgers, double time_limit_s,
               std::string_view stage, Control& control);
    /// Gives what is left back to the slots.
    void finish();

    /// A gang, or a class that is in none.
    struct Unit {
        std::int64_t priority;
        std::uint32_t gang;  ///< Bond::kNone
        BondLevel level;     ///< of the gang
        double size;         ///< of what can take it: the sum of its members' shares
        std::size_t first, last;
    };
    std::span<const Unit> units() const { return units_; }
    /// The classes of a unit, the largest members first.
    std::span<const BondTrial::Part> parts(const Unit& unit) const {
        return {parts_.data() + unit.first, parts_.data() + unit.last};
    }
    /// Whether the domain of a pool holds a gang as things are; kNotFromHere: perhaps one of other origins.
    /// Changes nothing.
    enum class Held : std::uint8_t { kUnknown, kNo, kNotFromHere, kYes };
    Held holds(const Unit& unit, PoolId pool) { return holds(parts(unit), unit.level, pool); }
    /// The same of any parts, as of a gang of that level.
    Held holds(Parts parts, BondLevel level, PoolId pool);
    /// Where they would be in the domain of a pool that holds them; nowhere if it does not. Changes nothing.
    Ledger arrange(Parts parts, BondLevel level, PoolId pool);
    /// BondTrial::ask_instead.
    void ask_instead(ClassId of, const Problem::Shape& shape) {
        trial_.ask_instead(of, shape);
        choices_of_ = {};
    }
    /// Slots of a pool each of which has room for all of them, ways aside. Good until the next call.
    std::span<const PoolState::Offer> slots_for(Parts parts, PoolId pool) {
        return trial_.slots_for(parts, pool, INT64_MAX);
    }
    /// Whether a pool takes one task of a class as things are. Changes nothing.
    bool takes(ClassId of, PoolId pool);
    bool are_alike(const Unit& a, const Unit& b) const;
    /// Puts as many gangs more like one as there is room for, at most `most`: into the domain of its cheapest
    /// pool, then of the next. Their spread groups are their own. Who is left to be placed does not matter.
    /// Returns how many. O(pools · log + domains · (pools of one) · log of the gangs it holds), at the level
    /// of nodes O(slots that take some).
    std::int64_t repeat(const Unit& unit, std::int64_t most, Ledger& ledger);

private:
    using Choice = BondTrial::Choice;
    using Order = BondTrial::Order;
    struct ChoicesOf {
        ShapeId shape;
        SiteId origin;
        Order order = Order::kByCost;
        const PoolId* domain = nullptr;
        bool operator==(const ChoicesOf&) const = default;
    };
    /// Pools of each domain of a level.
    struct Domains {
        std::vector<std::size_t> first;
        std::vector<PoolId> pools;
    };

    void take_out();
    void find_units();
    const Domains& domains(BondLevel level);
    std::span<const PoolId> pools_with(BondLevel level, PoolId pool);
    const std::vector<Choice>& choices(ClassId of, BondLevel level, PoolId pool, Order order);
    bool try_in(Parts own, BondLevel level, PoolId pool);
    bool try_in(const Unit& unit, PoolId pool) { return try_in(parts(unit), unit.level, pool); }
    std::int64_t repeat_in(const Unit& unit, PoolId pool, std::int64_t most, Ledger& ledger);
    bool fill(BondTrial::Part part, BondLevel level, PoolId pool, Order order);
    void look_around();
    void place_gang(const Unit& unit, Ledger& ledger);
    void take_from_large(const Unit& unit, Ledger& ledger);
    void place_apart(const Unit& unit, Ledger& ledger);
    void go_back(const Unit& unit, const Previous& previous, Ledger& ledger);
    void keep(const Unit& unit, Ledger& ledger);
    std::int64_t hold(const Unit& large, PoolId pool);
    Candidates& start(ClassId of);
    void skip(ClassId of, BondLevel level, PoolId pool);

    const ShapeGroundwork& ground_;
    const Problem& problem_;
    BondSlots& slots_;
    SpreadCounts counts_;
    BondTrial trial_;
    std::vector<Unit> units_;             ///< by priority from the highest, then in the order they are placed
    std::vector<BondTrial::Part> parts_;  ///< unit by unit
    std::vector<std::int64_t> left_;      ///< by class; 0 where it is not bound
    std::array<std::optional<Domains>, kBondLevels.size()> domains_;

    std::optional<OpenPools> pools_;
    std::optional<OpenSearch> search_;                            ///< in pools_
    using Ranges = std::vector<std::vector<PoolView::Range>>;     ///< by domain
    std::vector<std::array<Ranges, kBondLevels.size()>> ranges_;  ///< by transit policy and level, in search_
    ShapeId started_;              ///< what search_ was started with and may go on with
    const Unit* large_ = nullptr;  ///< the largest gang of the levels below, if one shape
    std::vector<PoolId> wanted_;   ///< in domains that hold the kind at hand, and such a gang, but not both
    PoolId taken_;                 ///< in the last one that was taken all the same
    std::vector<std::uint32_t> shut_for_;  ///< by domain (or pool): the kind of gang that is not to ask again
    std::uint32_t kind_ = 0;               ///< of the gang at hand, counted
    std::vector<Choice> choices_;
    ChoicesOf choices_of_;
    bool choices_cut_short_ = false;  ///< some pools are too far
};

}  // namespace gigafleet
