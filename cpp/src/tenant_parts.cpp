#include "gigafleet/tenant_parts.hpp"

#include <algorithm>
#include <utility>

#include "gigafleet/fillings.hpp"
#include "gigafleet/parallel.hpp"

namespace gigafleet {

namespace {

// Deals of all classes, each in view of the others as they were dealt last; of many parts a few will do.
constexpr int kDeals = 32, kDealsOfMany = 3;
constexpr std::size_t kMany = 100'000;
constexpr int kHalvings = 60;  // of a level of shares
constexpr std::int64_t kFewSeats = 64;

/// One class's parts.
struct Hand {
    std::size_t first, last;
    std::int64_t seats;
};

/// Deals the classes of one level.
class Dealer {
public:
    Dealer(const Tenancy& tenancy, TenantShares& shares, std::vector<TenantPart>& parts)
        : tenancy_(tenancy), shares_(shares), parts_(parts) {}

    /// False where all was dealt like this before.
    bool deal(const Hand& hand) {
        const Amounts& demand = demand_of(hand);
        std::int64_t left = hand.seats;
        before_.clear();
        for (std::size_t i = hand.first; i < hand.last; ++i) {
            TenantPart& part = parts_[i];
            shares_.add(part.tenant, demand, -part.placed);
            before_.push_back(std::exchange(part.placed, 0));
        }
        if (left > kFewSeats) left -= fill_to_level(hand, demand);
        while (left > 0) {  // one by one, the least share first
            std::size_t least = hand.last;
            double least_share = 0;
            for (std::size_t i = hand.first; i < hand.last; ++i) {
                if (parts_[i].placed == parts_[i].admitted) continue;
                const double share = shares_.of(parts_[i].tenant);
                if (least != hand.last && !(share < least_share)) continue;
                least = i;
                least_share = share;
            }
            if (least == hand.last) break;
            give(parts_[least], demand, 1);
            --left;
        }
        for (std::size_t i = hand.first; i < hand.last; ++i)
            if (parts_[i].placed != before_[i - hand.first]) return true;
        return false;
    }

private:
    const Amounts& demand_of(const Hand& hand) const {
        const Problem& problem = tenancy_.problem();
        return problem.shape(problem.workload().classes()[parts_[hand.first].of.at()].shape).demand;
    }
    void give(TenantPart& part, const Amounts& demand, std::int64_t seats) {
        part.placed += seats;
        shares_.add(part.tenant, demand, seats);
    }
    std::int64_t seats_at(double level, const Hand& hand, const Amounts& demand) const {
        WideQuantity sum = 0;
        for (std::size_t i = hand.first; i < hand.last; ++i)
            sum += shares_.members_to(level, parts_[i].tenant, demand, parts_[i].admitted);
        return static_cast<std::int64_t>(std::min<WideQuantity>(sum, INT64_MAX));
    }
    /// All parts up to one share, the largest for which there are seats enough.
    std::int64_t fill_to_level(const Hand& hand, const Amounts& demand) {
        double low = 0, high = 0;
        for (std::size_t i = hand.first; i < hand.last; ++i)
            high = std::max(high,
                            shares_.with(parts_[i].tenant, demand, static_cast<double>(parts_[i].admitted)));
        for (int k = 0; k < kHalvings; ++k) {
            const double middle = (low + high) / 2;
            (seats_at(middle, hand, demand) <= hand.seats ? low : high) = middle;
        }
        std::int64_t given = 0;
        if (seats_at(low, hand, demand) > hand.seats) return given;  // shares do not tell tenants apart
        for (std::size_t i = hand.first; i < hand.last; ++i) {
            TenantPart& part = parts_[i];
            const std::int64_t seats = shares_.members_to(low, part.tenant, demand, part.admitted);
            give(part, demand, seats);
            given += seats;
        }
        return given;
    }

    const Tenancy& tenancy_;
    TenantShares& shares_;
    std::vector<TenantPart>& parts_;
    std::vector<std::int64_t> before_;
};

}  // namespace

void add_held(const Tenancy& tenancy, std::span<const TenantPart> parts, std::size_t first, std::size_t last,
              TenantShares& shares) {
    for (std::size_t level = first; level < last; ++level)
        for (std::uint32_t t = 0; t < tenancy.tenants(); ++t)
            for (std::size_t r = 0; r < tenancy.resources(); ++r)
                shares.add(t, r, static_cast<double>(tenancy.asked(level, t, r)));
    const Problem& problem = tenancy.problem();
    for (const TenantPart& part : parts) {
        const std::size_t level = tenancy.level(part.of);
        if (level < first || level >= last) continue;
        const ShapeId shape = problem.workload().classes()[part.of.at()].shape;
        shares.add(part.tenant, problem.shape(shape).demand, part.placed - part.members);
    }
}

void deal(const Tenancy& tenancy, std::span<const std::int64_t> placed, std::vector<TenantPart>& parts) {
    std::vector<std::vector<Hand>> by_level(tenancy.levels());
    for (std::size_t first = 0, last = 0; first < parts.size(); first = last) {
        while (last < parts.size() && parts[last].of == parts[first].of) parts[last++].placed = 0;
        by_level[tenancy.level(parts[first].of)].push_back({first, last, placed[parts[first].of.at()]});
    }
    TenantShares shares(tenancy);
    for (std::size_t level = 0; level < by_level.size(); ++level) {
        add_held(tenancy, parts, level, level + 1, shares);
        // The large ones first: the small ones then level what they leave uneven.
        std::ranges::stable_sort(by_level[level], std::ranges::greater{}, &Hand::seats);
        Dealer dealer(tenancy, shares, parts);
        int deals = parts.size() < kMany ? kDeals : kDealsOfMany;
        for (bool changed = true; changed && deals > 0; --deals) {
            changed = false;
            for (const Hand& hand : by_level[level])
                if (hand.seats > 0) changed |= dealer.deal(hand);
        }
    }
}

namespace {

/// What classes become.
struct Pieces {
    struct Piece {
        std::uint32_t number;      ///< of the class, or of that of its first part
        std::uint32_t first_part;  ///< its parts end where those of the next begin; none: it stays whole
    };
    Buffer<Piece> of_class;  ///< and one more
    std::vector<std::uint32_t> tenant_of_part;
};

/// Tells the rows of one shard apart, and what it becomes.
RowGroups::Shard tell_apart(const Tenancy& tenancy, const Pieces& pieces, const RowGroups::Shard& old,
                            std::span<std::uint32_t> numbers) {
    /// A number whose class is taken apart: its parts, and the number of the first.
    struct Apart {
        std::uint32_t first_part, parts, number;
    };
    const Workload& workload = tenancy.problem().workload();
    RowGroups::Shard own{old.first, old.last, {}, old.rows};
    // Classes that stay keep their numbers; those of the parts of others come after them.
    own.group.reserve(old.group.size() + pieces.tenant_of_part.size());
    std::vector<Apart> apart{{}};
    std::vector<std::uint32_t> apart_of(old.group.size(), 0);  // into `apart`; 0: stays
    std::vector<bool> is_apart(old.group.size());  // the same, so small that it stays in the cache
    for (std::size_t g = 0; g < old.group.size(); ++g) {
        const auto [number, first_part] = pieces.of_class[old.group[g]];
        own.group.push_back(number);
        const std::uint32_t parts = pieces.of_class[old.group[g] + 1].first_part - first_part;
        if (parts == 0) continue;
        apart_of[g] = static_cast<std::uint32_t>(apart.size());
        is_apart[g] = true;
        apart.push_back({first_part, parts, number});
    }
    for (std::size_t g = 0; g < old.group.size(); ++g)
        if (is_apart[g]) own.rows[g] = 0;
    for (Apart& a : apart) {
        const std::uint32_t first = std::exchange(a.number, static_cast<std::uint32_t>(own.group.size()));
        for (std::uint32_t k = 0; k < a.parts; ++k) own.group.push_back(first + k);
    }
    own.rows.resize(own.group.size());
    const std::span<const std::uint32_t> was = workload.class_of_row().numbers();
    constexpr std::int64_t kAhead = 16;  // rows, of which memory is asked for early
    tenancy.for_rows(old.first, old.last, [&](std::int64_t row, std::uint32_t tenant) {
        if (row + 2 * kAhead < old.last) {  // one address leads to the next
            const std::uint32_t later = was[static_cast<std::size_t>(row + 2 * kAhead)];
            if (is_apart[later]) __builtin_prefetch(&apart_of[later]);
            const std::uint32_t soon = was[static_cast<std::size_t>(row + kAhead)];
            if (is_apart[soon]) __builtin_prefetch(&apart[apart_of[soon]]);
        }
        std::uint32_t is = was[static_cast<std::size_t>(row)];
        if (is_apart[is]) {
            const Apart& a = apart[apart_of[is]];
            const std::uint32_t* tenants = pieces.tenant_of_part.data() + a.first_part;
            std::uint32_t k = 0;
            while (k + 1 < a.parts && tenants[k] < tenant) ++k;
            // A row of count 0 may be the only one of its tenant: it is of no account.
            is = a.number + k;
            own.rows[is] += workload.count(row) > 0;
        }
        numbers[static_cast<std::size_t>(row)] = is;
    });
    return own;
}

}  // namespace

Split split(const Tenancy& tenancy, std::span<const TenantPart> parts, int threads) {
    const Problem& problem = tenancy.problem();
    const Workload& workload = problem.workload();
    const auto& classes = workload.classes();
    Split split;
    std::vector<Workload::Class> made;
    std::vector<Bond> bonds;
    Pieces pieces;
    made.reserve(classes.size() + parts.size());
    split.tenant_of_class.reserve(made.capacity());
    pieces.of_class.reserve(classes.size() + 1);
    pieces.tenant_of_part.reserve(parts.size());
    if (workload.has_bonds()) bonds.reserve(made.capacity());
    const auto make = [&](std::size_t c, const Workload::Class& own, std::uint32_t tenant) {
        made.push_back(own);
        split.tenant_of_class.push_back(tenant);
        if (workload.has_bonds()) bonds.push_back(workload.bond(ClassId(c)));
    };
    std::size_t at = 0;
    for (std::size_t c = 0; c < classes.size(); ++c) {
        pieces.of_class.push_back({static_cast<std::uint32_t>(made.size()), static_cast<std::uint32_t>(at)});
        if (at == parts.size() || parts[at].of.at() != c) make(c, classes[c], Split::kMixed);
        for (; at < parts.size() && parts[at].of.at() == c; ++at) {
            split.class_of_part.emplace_back(made.size());
            pieces.tenant_of_part.push_back(parts[at].tenant);
            make(c, {classes[c].shape, classes[c].origin, parts[at].members, parts[at].first_row},
                 parts[at].tenant);
        }
    }
    pieces.of_class.push_back({static_cast<std::uint32_t>(made.size()), static_cast<std::uint32_t>(at)});

    const RowGroups& rows = workload.class_of_row();
    std::vector<RowGroups::Shard> shards(rows.shards().size());
    Buffer<std::uint32_t> numbers(rows.numbers().size());
    parallel_for(threads, std::ssize(shards), [&](std::int64_t s) {
        const auto i = static_cast<std::size_t>(s);
        shards[i] = tell_apart(tenancy, pieces, rows.shards()[i], numbers);
    });
    auto apart = std::make_shared<const Workload>(
        workload, std::move(made), RowGroups(std::move(numbers), std::move(shards)), std::move(bonds));
    split.problem = std::make_shared<const Problem>(problem, std::move(apart), problem.shapes());
    return split;
}

std::shared_ptr<const Problem> with_members(const Problem& problem, std::span<const std::int64_t> members,
                                            bool rows) {
    const Workload& workload = problem.workload();
    std::vector<Workload::Class> classes = workload.classes();
    for (std::size_t c = 0; c < classes.size(); ++c) classes[c].members = members[c];
    if (rows) {
        std::vector<Bond> bonds;
        for (std::size_t c = 0; workload.has_bonds() && c < classes.size(); ++c)
            bonds.push_back(workload.bond(ClassId(c)));
        auto made = std::make_shared<const Workload>(workload, std::move(classes), workload.class_of_row(),
                                                     std::move(bonds));
        return std::make_shared<const Problem>(problem, std::move(made), problem.shapes());
    }
    std::vector<Bond> bonds;
    for (std::size_t c = 0; c < classes.size() && workload.has_bonds(); ++c)
        bonds.push_back(workload.bond(ClassId(c)));
    Buffer<double> demand;
    for (std::size_t s = 0; s < workload.shapes().size(); ++s) {
        const auto own = workload.demand(ShapeId(s));
        demand.insert(demand.end(), own.begin(), own.end());
    }
    auto made = std::make_shared<const Workload>(workload, workload.shapes(), std::move(demand),
                                                 std::move(classes), std::move(bonds));
    return std::make_shared<const Problem>(problem, std::move(made), problem.shapes());
}

Solution split_solution(const Split& split, std::span<const TenantPart> parts, const Solution& solution) {
    const auto& classes = split.problem->workload().classes();
    Solution made{{}, {}, {}, {}, solution.loads, solution.cost, solution.status};
    made.fillings.reserve(solution.fillings.size() + parts.size());
    made.of_class.reserve(classes.size());
    made.placed.reserve(classes.size());
    made.reason.reserve(classes.size());
    const auto close = [&](std::size_t first, std::int64_t placed, Reason reason) {
        const bool whole = placed == classes[made.placed.size()].members;
        const Reason left = reason == Reason::kPlaced ? Reason::kCapacity : reason;
        made.of_class.push_back({first, made.fillings.size()});
        made.placed.push_back(placed);
        made.reason.push_back(whole ? Reason::kPlaced : left);
    };
    std::size_t at = 0;
    std::vector<Filling> own;
    for (std::size_t c = 0; c < solution.placed.size(); ++c) {
        const std::span<const Filling> fillings = solution.of(ClassId(c));
        const std::size_t first = made.fillings.size();
        const auto is_of_class = [&](std::size_t i) { return i < parts.size() && parts[i].of.at() == c; };
        if (!is_of_class(at + 1)) {  // nobody shares the seats: they stay as they were cut
            at += is_of_class(at);
            for (const Filling& filling : fillings) made.fillings.push_back(filling);
            close(first, solution.placed[c], solution.reason[c]);
            continue;
        }
        Seats seats(fillings);
        for (; at < parts.size() && parts[at].of.at() == c; ++at) {
            const std::size_t begin = made.fillings.size();
            own.clear();
            seats.take(parts[at].placed, [&](const Filling& some) { append(own, some); });
            made.fillings.insert(made.fillings.end(), own.begin(), own.end());
            close(begin, parts[at].placed, solution.reason[c]);
        }
    }
    return made;
}

}  // namespace gigafleet
