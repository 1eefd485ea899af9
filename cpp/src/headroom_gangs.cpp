// HeadroomSearch: whole gangs; and rows, which may share a gang.
#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <thread>

#include "gigafleet/bound_tasks.hpp"
#include "gigafleet/fillings.hpp"
#include "gigafleet/headroom.hpp"
#include "gigafleet/model_bonds.hpp"
#include "gigafleet/objective.hpp"
#include "gigafleet/parallel.hpp"

namespace gigafleet {

/// 1e-6 Mb of a model that nodes of a pool load, with all that is `there` (sorted).
Quantity HeadroomSearch::megabits_of(std::int32_t model, PoolId pool,
                                     std::span<const PoolState::Wish> there) const {
    Quantity sum = 0;
    for (const Stretch& on : stretches_of(profiles_.fleet().pools()[pool.at()].slots, there))
        sum += megabits_loaded(profiles_, pool, on.first, on.first + on.slots, on.in_use & only(model));
    return sum;
}

/// What nodes load for members of a class beside what is there and `before`, which they join.
void HeadroomSearch::count_loads(ClassId id, ByPool& before, Headroom& found) const {
    const Problem::Shape& shape = profiles_.shape(profiles_.workload().classes()[id.at()].shape);
    const Quantity each = shape.model == kNoModel ? 0 : profiles_.models()->megabits(shape.model);
    if (each == 0) return;
    for (std::size_t i = 0; i < found.fillings.size();) {
        const PoolId pool = found.fillings[i].pool;
        Wishes& own = before[pool.value];
        Wishes there = wishes(pool);
        const auto with_own = [&] {
            Wishes all = there;
            all.insert(all.end(), own.begin(), own.end());
            sort_wishes(all);
            return megabits_of(shape.model, pool, all);
        };
        const Quantity without = with_own();
        for (; i < found.fillings.size() && found.fillings[i].pool == pool; ++i)
            own.push_back(wish(shape, found.fillings[i]));
        const Quantity more = with_own() - without;
        if (more == 0) continue;
        found.loads.emplace_back(profiles_.fleet().pools()[pool.at()].site, more);
        found.cost += load_cost(shape) * static_cast<double>(more / each);
    }
}

void HeadroomSearch::price(std::span<OfClass> together) const {
    std::vector<OfClass*> order;
    for (OfClass& own : together) order.push_back(&own);
    std::ranges::stable_sort(order, std::greater<>(), [&](const OfClass* own) {
        return profiles_.shape(profiles_.workload().classes()[own->first.at()].shape).tau_s;
    });
    ByPool before;
    for (auto* const own : order) {
        own->second.loads.clear();
        own->second.cost = cost_of(own->first, own->second.fillings);
        count_loads(own->first, before, own->second);
    }
}

/// EUR/h of members of a class that are somewhere, loads aside.
double HeadroomSearch::cost_of(ClassId id, std::span<const Filling> fillings) const {
    const Asked asked = ask(id);
    const Problem::Shape& shape = asked.gates.shape();
    const KindCost on_kind(profiles_, shape);
    double cost = 0;
    for (const Filling& filling : fillings) {
        const Fleet::Pool& pool = profiles_.fleet().pools()[filling.pool.at()];
        const double each =
            on_kind(profiles_.fleet().kinds()[pool.kind.at()]) +
            way_cost(profiles_, shape, asked.profile.origin, pool.site, asked.gates.rtt_ns(pool.site));
        cost += each * static_cast<double>(members(filling)) + risk_of(shape, filling);
    }
    return cost;
}

std::vector<HeadroomSearch::OfClass> HeadroomSearch::find_gang(std::uint32_t gang) const {
    const std::unique_ptr<BondSlots> slots = slots_beside(
        profiles_, [&](PoolId pool) { return wishes(pool); }, loads_,
        [&](SiteId site) { return window_[site.at()]; });
    BoundTasks tasks(*ground_, *slots, nullptr);
    const auto unit = std::ranges::find(tasks.units(), gang, &BoundTasks::Unit::gang);
    if (unit == tasks.units().end()) return {};
    std::vector<OfClass> all;
    WideQuantity size = 0, mbps = 0;
    for (const BondTrial::Part& part : tasks.parts(*unit)) {
        const Problem::Shape& shape = profiles_.shape(profiles_.workload().classes()[part.of.at()].shape);
        size += part.members;
        mbps += WideQuantity{part.members} * (shape.uplink + shape.downlink);
        all.push_back({part.of, {}});
    }
    const auto most = static_cast<std::int64_t>(
        std::min<WideQuantity>(most_ / size, kLargest / std::max<WideQuantity>(mbps, 1)));
    std::int64_t bound = most;
    for (const BondTrial::Part& part : tasks.parts(*unit)) {
        const Asked asked = ask(part.of);
        bound = std::min(bound, bound_of(asked, choose(asked)) / part.members);
    }
    Ledger ledger;
    const std::int64_t gangs = tasks.repeat(*unit, most, ledger);
    std::size_t first = 0;
    for (const Ledger::Entry& entry : ledger.entries) {
        const auto own = std::ranges::find(all, entry.of, &OfClass::first);
        own->second.fillings.insert(own->second.fillings.end(), ledger.fillings.begin() + first,
                                    ledger.fillings.begin() + entry.last);
        first = entry.last;
    }
    for (OfClass& own : all) flatten(own.second.fillings);
    price(all);
    GangSearch gates(ground_);
    gates.start(all.front().first);
    for (std::size_t i = 0; i < all.size(); ++i) {
        Headroom& found = all[i].second;
        found.gangs = gangs;
        found.fits = members(found.fillings);
        found.bound = bound * tasks.parts(*unit)[i].members;
        Asked asked = ask(all[i].first);
        asked.open = gangs == most ? Reason::kPlaced : Reason::kCapacity;
        look_at_rest(asked, slots->loads(), all, &gates, found);
    }
    return all;
}

namespace {

/// Rows that are asked for together: one, or those of a gang.
struct Job {
    std::uint32_t gang;
    std::vector<std::int64_t> rows;
};

std::vector<Job> jobs_of(const Problem& profiles) {
    const Workload& asked = profiles.workload();
    std::vector<Job> jobs;
    std::map<std::uint32_t, std::size_t> of_gang;
    for (std::int64_t row = 0; row < asked.rows(); ++row) {
        const std::uint32_t gang = profiles.bond(asked.class_of_row(row)).gang;
        if (gang != Bond::kNone) {
            const auto [known, fresh] = of_gang.try_emplace(gang, jobs.size());
            if (!fresh) {
                jobs[known->second].rows.push_back(row);
                continue;
            }
        }
        jobs.push_back({gang, {row}});
    }
    return jobs;
}

/// Rows of one class have their members one after the other.
void find_rows(const HeadroomSearch& search, const Workload& asked, const Job& job,
               std::vector<Headroom>& found) {
    if (job.gang == Bond::kNone) {
        const std::int64_t row = job.rows.front();
        found[static_cast<std::size_t>(row)] = search.find(asked.class_of_row(row));
        return;
    }
    std::vector<HeadroomSearch::OfClass> parts;
    std::vector<std::int64_t> rows;
    for (auto& [of, own] : search.find_gang(job.gang)) {
        Seats seats(own.fillings);
        const std::int64_t in_class = asked.classes()[of.at()].members;
        for (const std::int64_t row : job.rows) {
            if (asked.class_of_row(row) != of) continue;
            rows.push_back(row);
            Headroom& part = parts.emplace_back(of, own).second;
            const std::int64_t each = asked.count(row);
            part.fillings.clear();
            part.fits = own.gangs * each;
            part.bound = own.bound / in_class * each;
            seats.take(part.fits, [&](const Filling& filling) { part.fillings.push_back(filling); });
        }
    }
    search.price(parts);
    for (std::size_t i = 0; i < rows.size(); ++i)
        found[static_cast<std::size_t>(rows[i])] = std::move(parts[i].second);
}

}  // namespace

std::vector<Headroom> find_headroom(const Problem& problem, const Solution& solution, const Problem& profiles,
                                    bool together, int threads, Control& control) {
    const Workload& asked = profiles.workload();
    std::vector<Headroom> found(static_cast<std::size_t>(asked.rows()));
    HeadroomSearch search(problem, solution, profiles);
    const std::vector<Job> jobs = jobs_of(profiles);
    const auto total = static_cast<std::int64_t>(jobs.size());
    control.poll("capacity", 0, total);
    if (together) {
        for (std::int64_t i = 0; i < total; ++i) {
            const Job& job = jobs[static_cast<std::size_t>(i)];
            find_rows(search, asked, job, found);
            for (const std::int64_t row : job.rows)
                search.keep(asked.class_of_row(row), found[static_cast<std::size_t>(row)]);
            control.poll("capacity", i + 1, total);
        }
        return found;
    }
    const std::thread::id caller = std::this_thread::get_id();
    std::atomic<std::int64_t> done{0};
    parallel_for(threads, total, [&](std::int64_t i) {
        find_rows(search, asked, jobs[static_cast<std::size_t>(i)], found);
        const std::int64_t now = done.fetch_add(1) + 1;
        if (std::this_thread::get_id() == caller) control.poll("capacity", now, total);
    });
    return found;
}

}  // namespace gigafleet
