#include "gigafleet/evictions.hpp"

#include <algorithm>
#include <span>
#include <vector>

#include "gigafleet/fillings.hpp"
#include "gigafleet/greedy.hpp"
#include "gigafleet/placement.hpp"
#include "gigafleet/seating.hpp"
#include "gigafleet/ways.hpp"

namespace gigafleet {

namespace {

/// Members evicted, by level of priority.
std::vector<std::int64_t> evicted_by_level(const Problem& problem, const Previous& previous,
                                           const Solution& solution) {
    const std::vector<std::size_t> level_of = levels_of_shapes(problem);
    std::vector<std::int64_t> evicted_at;
    for (std::size_t c = 0; c < solution.placed.size(); ++c) {
        const std::int64_t members = evicted(previous, solution, ClassId(c));
        if (members == 0 || problem.is_bound(ClassId(c))) continue;
        const std::size_t level = level_of[problem.workload().classes()[c].shape.at()];
        if (evicted_at.size() <= level) evicted_at.resize(level + 1, 0);
        evicted_at[level] += members;
    }
    return evicted_at;
}

}  // namespace

Solution without_newcomers(const Problem& problem, const Previous& previous, const Solution& solution,
                           std::size_t level, int threads) {
    const std::vector<std::size_t> level_of = levels_of_shapes(problem);
    const auto& classes = problem.workload().classes();
    std::vector<std::int64_t> left(classes.size());
    Loads loads = solution.loads;
    Ways ways(problem, loads);
    std::vector<Ledger> ledgers(1);
    std::vector<Filling>& kept = ledgers.front().fillings;
    Seating seating(problem, previous);
    std::vector<Filling> places, parts;
    for (std::size_t c = 0; c < classes.size(); ++c) {
        const ClassId id(c);
        const std::int64_t ran = std::min(previous.ran(id), solution.placed[c]);
        const bool is_cut =
            level_of[classes[c].shape.at()] >= level && solution.placed[c] > ran && !problem.is_bound(id);
        left[c] = classes[c].members - (is_cut ? ran : solution.placed[c]);
        const std::span<const Filling> own = solution.of(id);
        if (!is_cut) {
            kept.insert(kept.end(), own.begin(), own.end());
        } else {
            // Who has moved is among the rest, like those that did not run: the last of it go.
            seating.match(id, own);
            places.assign(seating.rest().begin(), seating.rest().end());
            parts.clear();
            take_last(places, solution.placed[c] - ran, parts);
            const auto reserve = [&](PoolId pool, std::int64_t tasks) {
                if (tasks != 0) ways.of(id, pool).reserve(loads, tasks);
            };
            for (std::size_t i = 0; i < places.size(); ++i)
                reserve(places[i].pool, members(places[i]) - members(seating.rest()[i]));
            for (const Filling& part : parts) reserve(part.pool, members(part));
            places.insert(places.end(), parts.begin(), parts.end());
            std::erase_if(places, [](const Filling& filling) { return filling.slots == 0; });
            for (const Seating::Kept& stays : seating.kept()) places.push_back(stays.at);
            flatten(places);
            kept.insert(kept.end(), places.begin(), places.end());
        }
        ledgers.front().close(id);
    }
    return solution_of(problem, ledgers, left, std::move(loads), threads);
}

void give_back(const Groundwork& ground, const Previous& previous, Solution& solution, int threads,
               Control& control) {
    const Problem& problem = ground.problem;
    const std::vector<std::int64_t> before = evicted_by_level(problem, previous, solution);
    for (std::size_t level = 0; level < before.size(); ++level) {
        if (before[level] == 0) continue;
        const Solution start = without_newcomers(problem, previous, solution, level, threads);
        GreedyOptions how{.order = ground.suggested, .first = First::kNear, .start = &start};
        how.ran = &previous;
        how.threads = threads;
        how.stage = "previous";
        Solution found = place_greedily(ground, how, control);
        const std::vector<std::int64_t> after = evicted_by_level(problem, previous, found);
        if (level < after.size() && after[level] == before[level]) continue;  // nobody fits all the same
        found.status = solution.status;
        solution = std::move(found);
        return;  // it took care of the levels below, too
    }
}

void give_back(const Problem& problem, const Previous& previous, Solution& solution,
               const ResidencyOptions& options, Control& control) {
    const std::vector<std::size_t> level_of = levels_of_shapes(problem);
    const auto& classes = problem.workload().classes();
    const std::size_t levels = level_of.empty() ? 0 : std::ranges::max(level_of) + 1;
    const std::vector<std::int64_t> before = evicted_by_level(problem, previous, solution);
    for (std::size_t level = 0; level < before.size(); ++level) {
        if (before[level] == 0 || solution.status == Status::kTimeLimit) continue;
        Solution found = without_newcomers(problem, previous, solution, level, options.threads);
        found.status = Status::kComplete;
        for (std::size_t at = level; at < levels; ++at)
            for (const bool is_ran : {true, false}) {
                std::vector<std::int64_t> more(classes.size(), 0);
                for (std::size_t c = 0; c < classes.size(); ++c) {
                    if (level_of[classes[c].shape.at()] != at || problem.is_bound(ClassId(c))) continue;
                    more[c] =
                        is_ran ? evicted(previous, found, ClassId(c)) : classes[c].members - found.placed[c];
                }
                if (std::ranges::any_of(more, [](std::int64_t members) { return members > 0; }))
                    found = place_beside(problem, found, std::move(more), options, control);
            }
        const std::vector<std::int64_t> after = evicted_by_level(problem, previous, found);
        if (level < after.size() && after[level] == before[level]) continue;  // nobody fits all the same
        solution = std::move(found);
        return;  // it took care of the levels below, too
    }
}

}  // namespace gigafleet
