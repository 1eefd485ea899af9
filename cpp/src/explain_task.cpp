#include "gigafleet/explain_task.hpp"

#include <optional>
#include <unordered_map>
#include <utility>

#include "gigafleet/fillings.hpp"
#include "gigafleet/gang_changes.hpp"
#include "gigafleet/inquiry.hpp"
#include "gigafleet/label_rule.hpp"
#include "gigafleet/objective.hpp"
#include "gigafleet/ways.hpp"

namespace gigafleet {

namespace {

constexpr std::uint32_t kNoSet = UINT32_MAX;
constexpr std::int64_t kPoolsAPoll = 256;

}  // namespace

TaskExplainer::TaskExplainer(std::shared_ptr<const Problem> problem, std::shared_ptr<const Solution> solution)
    : problem_(std::move(problem)),
      solution_(std::move(solution)),
      holdings_(*problem_, *solution_),
      leftovers_(*problem_, holdings_),
      models_(*problem_, *solution_),
      devices_(*problem_),
      spreads_(*problem_) {
    if (problem_->workload().has_bonds()) spreads_.add(*solution_);
    if (solution_->status == Status::kTimeLimit) reasons_ = solution_->reason;
}

TaskExplanation TaskExplainer::explain(ClassId id, std::int64_t count, bool one_bandwidth, Control& control) {
    BondsLeft bonds(*problem_, *solution_, spreads_, id);
    if (bonds.is_left_out()) {
        if (!gangs_) gangs_ = std::make_unique<GangSearch>(*problem_, *solution_, control);
        gangs_->start(id);
        bonds.ask(*gangs_);
    }
    Inquiry inquiry(*problem_, {solution_->loads, leftovers_, models_, bonds, devices_}, id, one_bandwidth);
    const auto pools = static_cast<std::int64_t>(problem_->fleet().pools().size());
    for (std::int64_t p = 0; p < pools; ++p) {
        if (p % kPoolsAPoll == 0) control.poll("explain", p, pools);
        inquiry.look_at(PoolId(static_cast<std::size_t>(p)));
    }
    std::optional<GangFound> gang;
    if (bonds.is_in_gang()) gang = look_at_gang(id, count, bonds, inquiry.findings(), control);
    std::vector<NearMiss> beside;
    if (!inquiry.any_open() && bonds.is_left_out() && count > 0) {
        const GangChanges::Left left{solution_->loads, holdings_, models_, spreads_};
        GangChanges(
            *problem_, left, id, count,
            {routes_without(id, kTransitRequire, control), routes_without(id, kTransitForbid, control)},
            control)
            .offer(one_bandwidth, inquiry.findings(), control);
        if (const auto nearly = gangs_->nearly(id, count, control))
            beside = look_beside(id, *nearly, inquiry.findings());
    }
    if (!inquiry.any_open() && !bonds.is_left_out())
        for (const auto& [role, of] : {std::pair{kTransitRequire, Change::Of::kTransitRequire},
                                       {kTransitForbid, Change::Of::kTransitForbid}})
            if (const auto routes = routes_without(id, role, control))
                inquiry.try_routes(*routes, of, names(id, role));
    TaskExplanation found = inquiry.finish();
    found.gang = gang;
    if (bonds.is_left_out()) found.nearest = std::move(beside);
    return found;
}

GangFound TaskExplainer::look_at_gang(ClassId id, std::int64_t count, const BondsLeft& bonds,
                                      Findings& findings, Control& control) {
    const std::int64_t members = bonds.gang_members();
    if (!bonds.is_left_out()) {
        NodeAt node;
        if (members > 0) node = findings.node({bonds.gang_pool(), bonds.gang_slot()});
        return {bonds.level(), members, members, members, node};
    }
    GangFound found{bonds.level(), members, 0, 0, {}};
    if (const auto most = gangs_->nearest(control)) {
        found.fits = most->number;
        found.node = findings.node({most->pool, most->slot});
    }
    if (findings.any_open()) return found;
    if (const auto fewer = gangs_->fewer(id, count, control))
        findings.offer(Change::Of::kCount, 0, count, fewer->number, {fewer->pool, fewer->slot});
    if (const auto wider = gangs_->wider(control))
        findings.offer_level(Change::Of::kGangLevel, bonds.level(), static_cast<BondLevel>(wider->number),
                             {wider->pool, wider->slot});
    return found;
}

/// The plan, and members of a gang in a domain: what is at its sites, and a spread group wherever it is.
Solution TaskExplainer::with(const GangSearch::Arranged& nearly, std::uint32_t spread) const {
    const auto& classes = problem_->workload().classes();
    Solution all{{}, {}, std::vector<std::int64_t>(classes.size()), {}, solution_->loads};
    std::vector<std::vector<Filling>> more(classes.size());
    Ways ways(*problem_, all.loads);
    std::size_t first = 0;
    for (const Ledger::Entry& entry : nearly.placed.entries)
        for (; first < entry.last; ++first) {
            const Filling& filling = nearly.placed.fillings[first];
            ways.of(entry.of, filling.pool).reserve(all.loads, members(filling));
            more[entry.of.at()].push_back(filling);
        }
    for (std::size_t c = 0; c < classes.size(); ++c) {
        const std::size_t begin = all.fillings.size();
        const bool is_of_group = spread != Bond::kNone && problem_->bond(ClassId(c)).spread == spread;
        for (const Filling& filling : solution_->of(ClassId(c)))
            if (is_of_group || gangs_->is_in_domain(filling.pool, nearly.pool))
                all.fillings.push_back(filling);
        all.fillings.insert(all.fillings.end(), more[c].begin(), more[c].end());
        all.of_class.push_back({begin, all.fillings.size()});
        all.placed[c] = members(std::span(all.fillings).subspan(begin));
    }
    return all;
}

/// Near misses of one more of a class in the domain where nearly all of its gang would be; what lets the last
/// one in lets the gang in.
std::vector<NearMiss> TaskExplainer::look_beside(ClassId id, const GangSearch::Arranged& nearly,
                                                 Findings& findings) {
    const Solution solution = with(nearly, problem_->bond(id).spread);
    const Leftovers leftovers(*problem_, Holdings(*problem_, solution));
    const ModelsLeft models(*problem_, solution);
    DevicesLeft devices(*problem_);
    SpreadCounts spreads = spreads_;
    std::size_t first = 0;
    for (const Ledger::Entry& entry : nearly.placed.entries)
        for (; first < entry.last; ++first)
            if (const Bond bond = problem_->bond(entry.of); bond.spread != Bond::kNone)
                spreads.add(bond.spread, nearly.placed.fillings[first]);
    const BondsLeft bonds(*problem_, solution, spreads, id);
    Inquiry inquiry(*problem_, {solution.loads, leftovers, models, bonds, devices}, id, false);
    for (std::size_t p = 0; p < problem_->fleet().pools().size(); ++p)
        if (gangs_->is_in_domain(PoolId(p), nearly.pool)) inquiry.look_at(PoolId(p));
    if (inquiry.any_open()) return {};  // members that differ may be packed another way
    if (nearly.lacking == 1) findings.offer_beside(inquiry.findings());
    return inquiry.finish().nearest;
}

const std::vector<std::string>& TaskExplainer::names(ClassId id, LabelRole role) const {
    const Workload& workload = problem_->workload();
    const ShapeId shape = workload.classes()[id.at()].shape;
    return workload.label_sets()[workload.shapes()[shape.at()].label_set[role]];
}

/// Routes of the transit policy of a class with one of its two columns empty; none where that is so.
std::shared_ptr<const Routes> TaskExplainer::routes_without(ClassId id, LabelRole role, Control& control) {
    if (names(id, role).empty()) return nullptr;
    const Network& network = problem_->network();
    const Workload& workload = problem_->workload();
    const auto& set = workload.shapes()[workload.classes()[id.at()].shape.at()].label_set;
    const bool keeps_require = role == kTransitForbid;
    const std::pair key{keeps_require ? set[kTransitRequire] : kNoSet,
                        keeps_require ? kNoSet : set[kTransitForbid]};
    std::shared_ptr<const Routes>& routes = without_[key];
    if (routes) return routes;
    const auto bit_of = [&](std::string_view name) { return network.site_label_bit(name); };
    const std::vector<std::string> none;
    const auto terms = [&](std::uint32_t number, const char* argument) {
        return LabelTerms(number == kNoSet ? none : workload.label_sets()[number], network, bit_of, argument);
    };
    const TransitRule rule{terms(key.first, "transit_require"), terms(key.second, "transit_forbid")};
    routes = std::make_shared<const Routes>(
        problem_->policies().front()->network_ptr(),
        rule.is_free() ? std::vector<std::uint8_t>{} : rule.allowed(network), 1, control);
    return routes;
}

double TaskExplainer::cost(ClassId id, std::span<const std::int64_t> node_rows,
                           std::span<const std::int64_t> members) const {
    const Fleet& fleet = problem_->fleet();
    const Workload::Class& of = problem_->workload().classes()[id.at()];
    const Problem::Shape& shape = problem_->shape(of.shape);
    std::unordered_map<std::int64_t, double> each;  // by node row
    for (const std::int64_t row : node_rows) each[row] = 0;
    for (const Filling& filling : solution_->of(id)) {
        const Fleet::Pool& pool = fleet.pools()[filling.pool.at()];
        const std::int64_t last = fleet.entry_of_slot(pool, filling.first + filling.slots - 1);
        for (std::int64_t e = fleet.entry_of_slot(pool, filling.first); e <= last; ++e)
            if (const auto it = each.find(fleet.row_of_entry(e)); it != each.end())
                it->second = pair_cost(*problem_, shape, of.origin, pool) +
                             risk_cost(*problem_, shape, fleet.available_ns(pool, e));
    }
    double cost = 0;
    for (std::size_t i = 0; i < node_rows.size(); ++i)
        cost += each[node_rows[i]] * static_cast<double>(members[i]);
    return cost;
}

}  // namespace gigafleet
