// What docs/semantics.md says of a pair of rows and of a finished plan, computed from the rows of a Case with
// no help from classes, pools or routes: what the tests of the algorithms compare with.
#pragma once

#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "gigafleet/solution.hpp"
#include "problem_cases.hpp"

namespace definition {

using namespace gigafleet;
using problem_cases::Case;
using problem_cases::NodeRow;
using problem_cases::TaskRow;

/// What carries bandwidth: an arc, a site's access up, a site's access down.
enum class Of { kArc, kUp, kDown };
using Carrier = std::pair<Of, std::size_t>;
using Way = std::map<Carrier, Quantity>;

Quantity down(double value, double resolution);
Quantity up(double value, double resolution);

class Definition {
public:
    explicit Definition(const Case& c) : c_(c), net_(c.network()) {}

    const Network& network() const { return *net_; }
    const TaskRow& task(std::size_t row) const { return c_.tasks[row]; }
    const NodeRow& node(std::size_t row) const { return c_.nodes[row]; }

    // Compute, energy, line down, line up.
    Amounts demand(const TaskRow& t) const;
    Amounts capacity(const NodeRow& n) const;

    bool labels_pass(const TaskRow& t, const NodeRow& n) const;
    std::vector<std::uint8_t> allowed(const TaskRow& t) const;

    /// Arcs of the route; `found` tells whether there is one.
    std::vector<ArcId> route(const TaskRow& t, SiteId from, SiteId to, bool& found);
    struct Trip {
        bool exists = false;
        std::vector<ArcId> out, back;
        std::int64_t rtt_ns = 0;  ///< without the node's access
    };
    Trip trip(const TaskRow& t, std::int32_t site);
    std::int64_t rtt_ns(const TaskRow& t, const NodeRow& n);
    /// What one member reserves.
    Way way(const TaskRow& t, std::int32_t node_site);
    Quantity limit(const Carrier& carrier) const;

    bool fits(const Amounts& left, const TaskRow& t) const;
    /// Whether the devices of a node hold the tasks all at once; by trying every way.
    bool devices_hold(const NodeRow& n, const std::vector<const TaskRow*>& tasks) const;
    bool stays(const TaskRow& t, const NodeRow& n) const;
    /// EUR/h, risk included.
    double cost(const TaskRow& t, const NodeRow& n);

private:
    int country(std::int32_t site) const;

    const Case& c_;
    std::shared_ptr<const Network> net_;
    std::map<std::tuple<std::uint8_t, std::uint8_t, SiteId>, net_cases::Reference> routes_;
};

/// What a plan leaves: residuals by node row and instance, loads by carrier.
class State {
public:
    State(Definition& definition, const Case& c);

    /// Puts members of a task row on an instance; false where a hard rule breaks (it is done all the same).
    bool put(const TaskRow& t, std::size_t node, std::size_t instance, std::int64_t members);
    Quantity load(Of of, std::size_t at) const;
    bool way_open(const TaskRow& t, const NodeRow& n);
    bool room_on(const TaskRow& t, std::size_t node) const;
    /// What an instance of a node row has left.
    const Amounts& left(std::size_t node, std::size_t instance) const { return left_[node][instance]; }
    /// The first gate, in the order of the semantics, that no node row passes; kPlaced where one passes all.
    Reason first_gate(const TaskRow& t);

private:
    Definition& definition_;
    const Case& c_;
    std::vector<std::vector<Amounts>> left_;
    std::vector<std::vector<std::vector<const TaskRow*>>> on_devices_;  ///< by node row and instance
    std::map<Carrier, Quantity> load_;
};

/// Puts the members that a solution places where it says; members by task row and what they cost come back.
struct Played {
    bool kept = true;  ///< no hard rule is broken
    std::vector<std::int64_t> placed;
    double cost = 0;
};
Played play(const Case& c, const Problem& problem, const Solution& solution, Definition& definition,
            State& state);

/// Whether a solution keeps all rules, played task by task.
bool keeps_rules(const Case& c, const Problem& problem, const Solution& solution);

/// Same fillings for the same classes, same loads, same reasons.
bool same(const Solution& a, const Solution& b);

}  // namespace definition
