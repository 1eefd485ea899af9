// Classes taken apart by tenant: who is admitted, who of them is placed, and who changes places with whom.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "gigafleet/control.hpp"
#include "gigafleet/groundwork.hpp"
#include "gigafleet/problem.hpp"
#include "gigafleet/slot_table.hpp"
#include "gigafleet/solution.hpp"
#include "gigafleet/tenancy.hpp"

namespace gigafleet {

/// Shares what is placed of each class among its parts, so that the least weighted shares become as large as
/// can be: members of a class are alike, whoever they belong to, so any of them may have the seats. Level by
/// level; at most what is admitted of each part. `placed`: by class. `parts`: all of the classes that are
/// not placed in full. The same on any number of threads. O(parts · log).
void deal(const Tenancy& tenancy, std::span<const std::int64_t> placed, std::vector<TenantPart>& parts);

/// Adds what tenants hold at the levels from `first` to `last` (not included), the highest of which is 0.
/// `parts` as for deal, dealt.
void add_held(const Tenancy& tenancy, std::span<const TenantPart> parts, std::size_t first, std::size_t last,
              TenantShares& shares);

/// Parts as classes.
struct Split {
    std::shared_ptr<const Problem> problem;
    std::vector<std::uint32_t> tenant_of_class;  ///< kMixed where a class was not taken apart
    std::vector<ClassId> class_of_part;

    static constexpr std::uint32_t kMixed = UINT32_MAX;
};

/// Each of `parts`, all those of some classes, becomes a class. Rows that are alike and of one tenant stay
/// one. O(rows).
Split split(const Tenancy& tenancy, std::span<const TenantPart> parts, int threads);

/// The solution in terms of the split problem, the seats of a class dealt to its parts in their order.
Solution split_solution(const Split& split, std::span<const TenantPart> parts, const Solution& solution);

// Quotas.

/// Whether some tenant asks for more than its quota.
bool any_over_quota(const Tenancy& tenancy);

/// Before whom those that ran are admitted.
enum class RanFirst : std::uint8_t {
    kOfTheirLevel,
    kOfAllLevels  ///< what higher levels left to them may be theirs still
};

/// Sets `admitted` of all parts there are: of a tenant that asks for more than its quota, higher levels
/// first, at a level the shapes of most weight for what they take of the quota, and of a shape the same share
/// of each class.
/// Gangs whole or not at all, before other tasks of their level but for those that ran. O(parts · log).
/// `ran`: by part, members that ran before; empty: none did.
void admit(const Tenancy& tenancy, std::vector<TenantPart>& parts, std::span<const std::int64_t> ran = {},
           RanFirst first = RanFirst::kOfTheirLevel);

/// What quotas leave once some of those admitted found no room: of each part members more, as `admit` takes
/// them. None of classes that are `full`, nor of gangs with such a class. `parts`: dealt. O(parts · log).
std::vector<std::int64_t> admit_more(const Tenancy& tenancy, std::span<const TenantPart> parts,
                                     std::span<const std::uint8_t> full);

/// Takes off what is `wanted` beyond what is placed (by part, of all parts there are) so much that all that
/// is wanted together keeps to the quotas: what an admitted task left may have gone to others since. Shapes
/// of most weight for what they take of the quota keep theirs first. O(parts · log).
void keep_to_quotas(const Tenancy& tenancy, std::span<const TenantPart> parts,
                    std::span<std::int64_t> wanted);

/// The same problem with so many members of each class; `rows`: which keeps its rows. O(classes + shapes).
std::shared_ptr<const Problem> with_members(const Problem& problem, std::span<const std::int64_t> members,
                                            bool rows = false);

/// What is admitted but finds no room leaves something of the quota to others of the tenant: places, beside
/// `solution`, what fits its quota and somewhere else. `parts`: dealt; `full`: by class, whether no room is
/// left for it. Afterwards none of `parts` fits both. False where time ran out.
bool top_up(const Tenancy& tenancy, const Groundwork& ground, std::vector<TenantPart>& parts,
            std::vector<std::uint8_t> full, int threads, double time_limit_s, Solution& solution,
            Control& control);

// Fair shares beyond what dealing can do.

/// How near the weighted shares of one level are to what they would be, were all that is placed shared out as
/// in one pool of divisible tasks: each tenant what it wants, at most the water level.
struct Fairness {
    std::vector<double> wanted, held;  ///< by tenant: weighted shares, levels above included
    double water = 0;                  ///< level

    /// By what share of its part the tenant that lacks most falls short of it, as shares are `now`.
    double shortness(const Fairness& now) const;
};

/// By level. `parts`: of all classes that are not placed in full; `wanted`: members of each that are placed,
/// or could be.
std::vector<Fairness> fairness_of(const Tenancy& tenancy, std::span<const TenantPart> parts,
                                  std::span<const std::int64_t> wanted);

/// A problem whose levels of priority are bands of shares: the tasks of a tenant, shapes with most weight for
/// what they take first, belong to the band in which its share is when they come in.
struct Banded {
    std::shared_ptr<const Problem> problem;
    std::vector<ClassId> class_of;   ///< by class of `problem`
    std::vector<std::int64_t> kept;  ///< by class of `problem`: all its members, or 0
};
/// `parts`: of all classes; `kept`: members of each that keep their seats, whatever comes.
Banded in_bands(const Tenancy& tenancy, std::span<const TenantPart> parts,
                std::span<const std::int64_t> wanted, std::span<const std::int64_t> kept,
                std::span<const Fairness> fairness);

/// A solution of the banded problem in which those that keep their seats have them, and nobody else any.
Solution kept_seats(const Banded& banded, const Solution& solution, int threads);

/// What was placed band by band, by class again.
Solution joined(const Banded& banded, const Problem& problem, Solution&& solution);

struct ExchangeOptions {
    std::int64_t steps = 0;  ///< budget of work: slots looked at
    double time_limit_s = std::numeric_limits<double>::infinity();
    std::string_view stage = "tenants";  ///< as reported to Control
};

/// Until there is no more to do, or the budget is spent: level by level, a task left over, of the tenant with
/// the least weighted share first, goes where there is room; or onto a node of which tasks of its level leave
/// whose tenants then still have no smaller a share than its own with it. Each such step raises the smallest
/// share of those it changes, so they come to an end. Quotas are kept. Afterwards no task left over that its
/// quota admits fits anywhere. `tenant_of_class`: by class of the problem. False where time ran out.
bool exchange_for_fairness(const Tenancy& tenancy, std::span<const std::uint32_t> tenant_of_class,
                           SlotTable& table, const ExchangeOptions& options, Control& control);

}  // namespace gigafleet
