#include "gigafleet/reopen.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "gigafleet/fillings.hpp"
#include "gigafleet/parallel.hpp"
#include "gigafleet/stay_gates.hpp"
#include "gigafleet/ways.hpp"

namespace gigafleet {

namespace {

constexpr std::int64_t kShards = 64;       // fixed: ledgers are cut the same way for any threads
constexpr std::int64_t kAhead = 4;         // classes: memory is asked for so long before
constexpr std::size_t kFewClasses = 1000;  // done before a thread has started

/// Members of a class that are to go back to one pool: fillings [first, last) of its shard.
struct Group {
    ClassId of;
    PoolId pool;
    double cost;  ///< EUR/h of one
    std::size_t first, last;
};

/// What the classes of a shard want, in order.
struct Wishes {
    std::vector<Filling> fillings;
    std::vector<ClassId> of;  ///< by filling
    std::vector<Group> groups;
};

class Reopener {
public:
    Reopener(const Groundwork& ground, const Previous& previous, std::span<const ShapeId> order,
             Placement& placement, int threads, Control& control)
        : ground_(ground),
          problem_(ground.problem),
          previous_(previous),
          placement_(placement),
          control_(control),
          shards_(kShards) {
        for (const ShapeId shape : order)
            for (const ClassId id : ground.by_shape.classes(shape))
                if (placement.left(id) > 0 && previous.ran(id) > 0) classes_.push_back(id);
        threads_ = classes_.size() < kFewClasses ? 1 : threads;
    }

    void run(std::vector<Ledger>& ledgers) {
        if (classes_.empty()) return;
        wish();
        control_.poll("previous", 1, 3);
        relieve_links();
        seat();
        control_.poll("previous", 2, 3);
        write_down(ledgers);
    }

private:
    const Workload::Class& class_of(ClassId id) const { return problem_.workload().classes()[id.at()]; }

    /// Gathers what may go back, and reserves its ways.
    void wish() {
        // One set of loads a thread; they are sums of integers, so it does not show in the result.
        const std::int64_t workers = std::min<std::int64_t>(threads_, kShards);
        const Network& network = problem_.network();
        std::vector<Loads> loads(static_cast<std::size_t>(workers), Loads(network, false, false));
        parallel_for(threads_, workers, [&](std::int64_t w) {
            for (std::int64_t s = w; s < kShards; s += workers) wish(s, loads[static_cast<std::size_t>(w)]);
        });
        const std::size_t carriers = network.arc_count() + 2 * network.site_count();
        for (const Loads& part : loads)
            for (std::uint32_t carrier = 0; carrier < carriers; ++carrier)
                placement_.loads().add(carrier, part.load(carrier));
    }

    void wish(std::int64_t s, Loads& loads) {
        Wishes& shard = shards_[static_cast<std::size_t>(s)];
        const StayGates gates(ground_);
        Ways ways(problem_, loads);
        std::vector<Filling> own;
        const auto [first, last] = shard_range(static_cast<std::int64_t>(classes_.size()), kShards, s);
        for (std::int64_t i = first; i < last; ++i) {
            const ClassId id = classes_[static_cast<std::size_t>(i)];
            if (i + kAhead < last) look_ahead(classes_[static_cast<std::size_t>(i + kAhead)]);
            const Workload::Class& c = class_of(id);
            const std::size_t groups = shard.groups.size();
            std::int64_t room = placement_.left(id);
            own.clear();
            StayGates::Pass pass{};
            PoolId asked;
            const auto close = [&] {
                if (own.empty()) return;
                flatten(own);
                add(shard, id, pass.cost, own, room);
                own.clear();
            };
            for (const Previous::Run& run : previous_.runs(id)) {
                if (!run.pool.valid() || room == 0) break;
                if (asked != run.pool) {
                    close();
                    pass = gates.ask(c, asked = run.pool);
                }
                const std::int64_t begin = std::max(run.first, pass.first_slot);
                if (begin < run.last()) append(own, {run.pool, begin, run.last() - begin, run.per_slot});
            }
            close();
            for (std::size_t g = groups; g < shard.groups.size(); ++g) {
                const Group& group = shard.groups[g];
                ways.of(id, group.pool).reserve(loads, members(fillings(shard, group)));
            }
        }
    }

    /// Classes lie site by site, and are asked for shape by shape.
    [[gnu::always_inline]] void look_ahead(ClassId id) const {
        constexpr std::size_t kLine = 64 / sizeof(Previous::Run), kMost = 16 * kLine;
        const std::span<const Previous::Run> runs = previous_.runs(id);
        for (std::size_t r = 0; r < std::min(runs.size(), kMost); r += kLine) __builtin_prefetch(&runs[r]);
    }

    /// A group of a class that has `room` members without a place.
    static void add(Wishes& shard, ClassId id, double cost, std::span<Filling> own, std::int64_t& room) {
        std::vector<Filling> more;
        const std::int64_t over = members(own) - room;
        if (over > 0) take_last(own, over, more);
        const std::size_t first = shard.fillings.size();
        for (const auto& part : {std::span<const Filling>(own), std::span<const Filling>(more)})
            for (const Filling& filling : part)
                if (filling.slots > 0) shard.fillings.push_back(filling);
        shard.of.resize(shard.fillings.size(), id);
        shard.groups.push_back({id, own.front().pool, cost, first, shard.fillings.size()});
        room -= members(fillings(shard, shard.groups.back()));
    }

    static std::span<Filling> fillings(Wishes& shard, const Group& group) {
        return {shard.fillings.data() + group.first, group.last - group.first};
    }

    bool any_overloaded() const {
        const Network& network = problem_.network();
        const std::size_t carriers = network.arc_count() + 2 * network.site_count();
        for (std::uint32_t carrier = 0; carrier < carriers; ++carrier)
            if (placement_.loads().room(carrier) < 0) return true;
        return false;
    }

    /// Calls f(group, its shard, its way).
    template <class F>
    void for_groups_backwards(F&& f) {
        Ways ways(problem_, placement_.loads());
        for (std::size_t s = shards_.size(); s-- > 0;)
            for (std::size_t g = shards_[s].groups.size(); g-- > 0;) {
                const Group& group = shards_[s].groups[g];
                f(group, shards_[s], ways.of(group.of, group.pool));
            }
    }

    /// Members leave overloaded links, those of the last groups first.
    void relieve_links() {
        if (!any_overloaded()) return;
        for_groups_backwards([&](const Group& group, Wishes& shard, Path& path) {
            const auto own = fillings(shard, group);
            const std::int64_t tasks = std::min(path.excess(), members(own));
            if (tasks == 0) return;
            path.reserve(placement_.loads(), -tasks);
            std::vector<Filling> more;
            take_last(own, tasks, more);
            for (const Filling& part : more) extra_.push_back({group.of, part});
        });
    }

    struct Extra {
        ClassId of;
        Filling filling;
    };
    /// Fillings are numbered shard by shard; then comes extra_.
    static std::size_t number(std::size_t shard, std::size_t at) { return shard << 32 | at; }
    std::pair<ClassId, Filling*> seat_of(std::size_t number) {
        const std::size_t shard = number >> 32, at = number & UINT32_MAX;
        if (shard == shards_.size()) return {extra_[at].of, &extra_[at].filling};
        return {shards_[shard].of[at], &shards_[shard].fillings[at]};
    }

    /// Seats pool by pool what has its way; takes back what the slots have no room for.
    void seat() {
        const std::size_t pools = problem_.fleet().pools().size();
        std::vector<std::uint32_t> next(pools + 1, 0);
        const auto for_seats = [&](auto&& f) {
            for (std::size_t s = 0; s < shards_.size(); ++s)
                for (std::size_t i = 0; i < shards_[s].fillings.size(); ++i)
                    f(shards_[s].fillings[i], number(s, i));
            for (std::size_t i = 0; i < extra_.size(); ++i) f(extra_[i].filling, number(shards_.size(), i));
        };
        for_seats([&](const Filling& filling, std::size_t) { ++next[filling.pool.at() + 1]; });
        for (std::size_t p = 0; p < pools; ++p) next[p + 1] += next[p];
        const std::vector<std::uint32_t> first_of(next);
        Buffer<std::size_t> numbers(next[pools]);
        for_seats([&](const Filling& filling, std::size_t own) { numbers[next[filling.pool.at()]++] = own; });
        std::vector<std::vector<PoolState::Refusal>> refused(kShards);
        parallel_for(threads_, kShards, [&](std::int64_t s) {
            const auto [first, last] = shard_range(static_cast<std::int64_t>(pools), kShards, s);
            std::vector<PoolState::Wish> wishes;
            for (auto p = static_cast<std::size_t>(first); p < static_cast<std::size_t>(last); ++p) {
                wishes.clear();
                for (std::uint32_t i = first_of[p]; i < first_of[p + 1]; ++i) {
                    const auto [of, own] = seat_of(numbers[i]);
                    if (own->slots == 0) continue;
                    wishes.push_back({own->first, own->slots, own->per_slot,
                                      &problem_.shape(class_of(of).shape), numbers[i]});
                }
                if (wishes.empty()) continue;
                std::ranges::sort(wishes, [](const PoolState::Wish& a, const PoolState::Wish& b) {
                    return std::tie(a.first, a.number) < std::tie(b.first, b.number);
                });
                placement_.seat(PoolId(p), wishes, refused[static_cast<std::size_t>(s)]);
            }
        });
        std::vector<PoolState::Refusal> all;
        for (const auto& part : refused) all.insert(all.end(), part.begin(), part.end());
        take_back(all);
    }

    /// Refusals of one seat by slot, those of later seats after them.
    void take_back(std::vector<PoolState::Refusal>& refused) {
        std::ranges::sort(refused, {}, [](const auto& r) { return std::tuple(r.number, r.first); });
        Ways ways(problem_, placement_.loads());
        for (std::size_t i = 0; i < refused.size();) {
            const std::size_t own_number = refused[i].number;
            const auto [of, own] = seat_of(own_number);
            const Filling before = *own;
            own->slots = 0;
            std::int64_t tasks = 0, slot = before.first;
            const auto add = [&](std::int64_t until, std::int64_t per_slot) {
                if (until > slot && per_slot > 0)
                    extra_.push_back({of, {before.pool, slot, until - slot, per_slot}});
                slot = until;
            };
            for (; i < refused.size() && refused[i].number == own_number; ++i) {
                const PoolState::Refusal& r = refused[i];
                add(r.first, before.per_slot);
                add(r.first + r.slots, before.per_slot - r.per_slot);
                tasks += r.slots * r.per_slot;
            }
            add(before.first + before.slots, before.per_slot);
            ways.of(of, before.pool).reserve(placement_.loads(), -tasks);
        }
    }

    /// One ledger a shard, so that they are the same on any number of threads.
    void write_down(std::vector<Ledger>& ledgers) {
        const std::size_t before = ledgers.size();
        ledgers.resize(before + shards_.size() + 1);
        parallel_for(threads_, kShards, [&](std::int64_t s) {
            const Wishes& shard = shards_[static_cast<std::size_t>(s)];
            Ledger& ledger = ledgers[before + static_cast<std::size_t>(s)];
            double cost = 0;
            for (std::size_t g = 0; g < shard.groups.size(); ++g) {
                const Group& group = shard.groups[g];
                std::int64_t tasks = 0;
                for (std::size_t i = group.first; i < group.last; ++i) {
                    if (shard.fillings[i].slots == 0) continue;
                    ledger.fillings.push_back(shard.fillings[i]);
                    tasks += members(shard.fillings[i]);
                }
                placement_.left(group.of) -= tasks;
                cost += group.cost * static_cast<double>(tasks);
                if (g + 1 < shard.groups.size() && shard.groups[g + 1].of == group.of) continue;
                ledger.close(group.of, std::exchange(cost, 0));
            }
        });
        Ledger& last = ledgers.back();
        for (const Extra& extra : extra_) {
            if (extra.filling.slots == 0) continue;
            last.fillings.push_back(extra.filling);
            placement_.left(extra.of) -= members(extra.filling);
            last.close(extra.of);
        }
    }

    const Groundwork& ground_;
    const Problem& problem_;
    const Previous& previous_;
    Placement& placement_;
    Control& control_;
    int threads_ = 1;
    std::vector<ClassId> classes_;
    std::vector<Wishes> shards_;
    std::vector<Extra> extra_;  ///< parts of fillings that were cut
};

}  // namespace

void reopen(const Groundwork& ground, const Previous& previous, std::span<const ShapeId> order,
            Placement& placement, std::vector<Ledger>& ledgers, int threads, Control& control) {
    Reopener(ground, previous, order, placement, threads, control).run(ledgers);
}

}  // namespace gigafleet
