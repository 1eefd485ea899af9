#include "gigafleet/at_prices.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "gigafleet/flow.hpp"
#include "gigafleet/market.hpp"
#include "gigafleet/parallel.hpp"
#include "gigafleet/price_ascent.hpp"
#include "gigafleet/slot_patterns.hpp"
#include "gigafleet/ways.hpp"

namespace gigafleet {

namespace {

constexpr double kLeastShare = 0.5;
constexpr int kPasses = 2;
constexpr double kStayOut = 5e-5;  // of all tasks: worth a second turn

/// What part of each pool tasks will fill: the fewer a slot holds, the less.
std::vector<double> usable_shares(const Market& market, double waste) {
    std::vector<double> shares;
    for (const Market::Pool& pool : market.pools())
        shares.push_back(std::max(kLeastShare, 1 - waste / std::sqrt(std::max(pool.tasks_a_slot, 1.0))));
    return shares;
}

/// Puts flows into pools.
class Settlement {
public:
    Settlement(const Groundwork& ground, const Market& market, Placement& placement, Ledger& ledger)
        : problem_(ground.problem),
          market_(market),
          placement_(placement),
          ledger_(ledger),
          ways_(problem_, placement.loads()) {
        shape_of_class_.resize(market.classes().size());
        for (std::size_t s = 0; s < market.shapes(); ++s)
            std::fill(shape_of_class_.begin() + static_cast<std::ptrdiff_t>(market.first_class(s)),
                      shape_of_class_.begin() + static_cast<std::ptrdiff_t>(market.first_class(s + 1)),
                      static_cast<std::uint32_t>(s));
    }

    void settle(std::vector<Flow> flows, int threads) {
        reserve_links(flows);
        sort_by_pool(std::move(flows));
        std::vector<std::vector<Pattern>> patterns(market_.pools().size());
        parallel_for(threads, static_cast<std::int64_t>(patterns.size()), [&](std::int64_t p) {
            patterns[static_cast<std::size_t>(p)] = pack(static_cast<std::size_t>(p));
        });
        for (std::size_t p = 0; p < patterns.size(); ++p) commit(p, patterns[p]);
    }

private:
    /// Flows of one shape into one pool.
    struct Group {
        std::uint32_t shape;
        std::size_t first, last;  ///< of flows_
        std::int64_t members;
    };

    Path& path_of(const Flow& flow) {
        return ways_.of(market_.classes()[flow.of].id, market_.pools()[flow.pool].id);
    }

    /// Cuts flows down to what links have room for.
    void reserve_links(std::vector<Flow>& flows) {
        for (Flow& flow : flows) {
            Path& path = path_of(flow);
            flow.members = path.room(flow.members);
            if (flow.members > 0) path.reserve(placement_.loads(), flow.members);
        }
        std::erase_if(flows, [](const Flow& flow) { return flow.members == 0; });
    }
    void release(const Flow& flow, std::int64_t members) {
        if (members > 0) path_of(flow).reserve(placement_.loads(), -members);
    }

    /// Flows come by shape, then class; so do those of each pool.
    void sort_by_pool(std::vector<Flow> flows) {
        std::ranges::stable_sort(flows, {}, &Flow::pool);
        flows_ = std::move(flows);
        first_group_.assign(market_.pools().size() + 1, 0);
        for (std::size_t i = 0; i < flows_.size(); ++i) {
            const std::uint32_t shape = shape_of_class_[flows_[i].of];
            if (i == 0 || flows_[i - 1].pool != flows_[i].pool || groups_.back().shape != shape) {
                groups_.push_back({shape, i, i, 0});
                ++first_group_[flows_[i].pool + 1];
            }
            groups_.back().last = i + 1;
            groups_.back().members += flows_[i].members;
        }
        for (std::size_t p = 1; p < first_group_.size(); ++p) first_group_[p] += first_group_[p - 1];
    }
    std::span<const Group> groups_of(std::size_t pool) const {
        return {groups_.data() + first_group_[pool], groups_.data() + first_group_[pool + 1]};
    }

    const Fleet::Pool& fleet_pool(std::size_t p) const {
        return problem_.fleet().pools()[market_.pools()[p].id.at()];
    }

    /// Patterns over the groups of a pool; none where its slots differ.
    std::vector<Pattern> pack(std::size_t p) const {
        if (problem_.fleet().any_varied() || groups_of(p).empty()) return {};
        std::vector<Item> items;
        bool on_devices = false;
        for (const Group& group : groups_of(p)) {
            const Problem::Shape& shape = problem_.shape(market_.shape(group.shape));
            items.push_back({&shape.demand, group.members, shape.device_demand});
            on_devices = on_devices || shape.device_demand != 0;
        }
        std::optional<DeviceStates> devices;
        if (on_devices) devices.emplace(problem_, fleet_pool(p).kind);
        const Fleet::Kind& kind = problem_.fleet().kinds()[fleet_pool(p).kind.at()];
        const std::size_t dimensions = problem_.fleet().schema().dimensions();
        return SlotPacker(std::span(kind.capacity).first(dimensions), devices ? &*devices : nullptr)
            .pack(items, market_.pools()[p].slots);
    }

    std::int64_t from(std::size_t p, const Group& group) const {
        const std::int64_t needed = problem_.needed_ns(problem_.shape(market_.shape(group.shape)));
        return needed > 0 ? problem_.fleet().first_slot_staying(fleet_pool(p), needed) : 0;
    }

    void commit(std::size_t p, const std::vector<Pattern>& patterns) {
        const std::span<const Group> groups = groups_of(p);
        if (groups.empty()) return;
        taken_.assign(groups.size(), {});
        if (problem_.fleet().any_varied())
            fill_each(p);
        else
            open_patterns(p, patterns);
        for (std::size_t g = 0; g < groups.size(); ++g) deal(groups[g], taken_[g]);
    }

    void fill_each(std::size_t p) {
        const std::span<const Group> groups = groups_of(p);
        for (std::size_t g = 0; g < groups.size(); ++g)
            placement_.fill(market_.shape(groups[g].shape), market_.pools()[p].id, groups[g].members,
                            taken_[g]);
    }

    /// Patterns whose tasks stay longest first, for they have the fewest slots to choose from.
    void open_patterns(std::size_t p, const std::vector<Pattern>& patterns) {
        const std::span<const Group> groups = groups_of(p);
        std::vector<std::pair<std::int64_t, std::size_t>> order;
        for (std::size_t i = 0; i < patterns.size(); ++i) {
            std::int64_t first = 0;
            for (const Pattern::Part& part : patterns[i].parts)
                first = std::max(first, from(p, groups[part.item]));
            order.emplace_back(-first, i);
        }
        std::ranges::sort(order);
        std::vector<Filling> slots;
        for (const auto& [first, i] : order) {
            Amounts sum{};
            std::vector<DeviceStates::Part> devices;
            for (const Pattern::Part& part : patterns[i].parts) {
                const Problem::Shape& shape = problem_.shape(market_.shape(groups[part.item].shape));
                for (std::size_t d = 0; d < kMaxDimensions; ++d) sum[d] += shape.demand[d] * part.tasks;
                if (shape.device_demand != 0) devices.emplace_back(shape.device_demand, part.tasks);
            }
            slots.clear();
            placement_.open(market_.pools()[p].id, -first, patterns[i].slots, sum, devices, slots);
            for (const Filling& some : slots)
                for (const Pattern::Part& part : patterns[i].parts)
                    taken_[part.item].push_back({some.pool, some.first, some.slots, part.tasks});
        }
    }

    /// Hands the seats in `fillings` to the classes of a group, in their order.
    void deal(const Group& group, std::span<const Filling> fillings) {
        std::size_t at = group.first;
        std::int64_t wanted = flows_[at].members;
        const auto give = [&](const Filling& seats) {
            ledger_.fillings.push_back(seats);
            const ClassId id = market_.classes()[flows_[at].of].id;
            ledger_.close(id);
            placement_.left(id) -= seats.slots * seats.per_slot;
            wanted -= seats.slots * seats.per_slot;
        };
        const auto turn = [&] {
            while (wanted == 0 && ++at < group.last) wanted = flows_[at].members;
            return at < group.last;
        };
        for (Filling left : fillings) {
            while (left.slots > 0 && turn()) {
                if (const std::int64_t slots = std::min(left.slots, wanted / left.per_slot); slots > 0) {
                    give({left.pool, left.first, slots, left.per_slot});
                    left.first += slots;
                    left.slots -= slots;
                    continue;
                }
                // One slot, shared by several classes.
                for (std::int64_t seats = left.per_slot; seats > 0 && turn();) {
                    const std::int64_t tasks = std::min(seats, wanted);
                    give({left.pool, left.first, 1, tasks});
                    seats -= tasks;
                }
                ++left.first;
                --left.slots;
            }
        }
        for (; at < group.last; ++at) {
            release(flows_[at], wanted);
            if (at + 1 < group.last) wanted = flows_[at + 1].members;
        }
    }

    const Problem& problem_;
    const Market& market_;
    Placement& placement_;
    Ledger& ledger_;
    Ways ways_;
    std::vector<std::uint32_t> shape_of_class_;
    std::vector<Flow> flows_;
    std::vector<Group> groups_;
    std::vector<std::size_t> first_group_;     ///< by pool, and one more
    std::vector<std::vector<Filling>> taken_;  ///< by group of the pool at hand
};

}  // namespace

bool place_at_prices(const Groundwork& ground, std::span<const ShapeId> level, Placement& placement,
                     std::vector<Ledger>& ledgers, Prices& prices, const PricesOptions& options,
                     Control& control) {
    const Stopwatch watch;
    const PriceAscent::Schedule schedule;
    // Where some stay out, pools that are nearly the same to all fill up unevenly: once more for the rest.
    for (int pass = 0; pass < kPasses; ++pass) {
        const std::optional<Market> market = Market::make(ground, level, placement, options.threads);
        if (!market || market->dimensions() == 0) break;
        const int threads = market->workers(options.threads);
        PriceAscent ascent(*market, usable_shares(*market, options.waste), threads);
        const double left_s = options.time_limit_s - watch.seconds();
        if (!ascent.run(schedule, left_s, options.stage, control)) return false;
        if (pass == 0) prices = ascent.prices_by_pool();
        const double tau = schedule.sharp_to * market->scale();
        const Choices choices = find_choices(*market, ascent.prices(), 10 * tau, threads);
        control.poll(options.stage, 1, 1);
        if (watch.seconds() > options.time_limit_s) return false;
        ledgers.emplace_back();
        Settlement(ground, *market, placement, ledgers.back())
            .settle(whole_flows(*market, ascent.prices(), choices, tau, threads), threads);
        double members = 0;
        for (const Market::Class& c : market->classes()) members += c.members;
        if (ascent.left_out() < kStayOut * members) break;
    }
    return true;
}

}  // namespace gigafleet
