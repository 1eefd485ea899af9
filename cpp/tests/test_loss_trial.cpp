#include "gigafleet/loss_trial.hpp"

#include <map>
#include <set>

#include "check.hpp"
#include "definition.hpp"
#include "gigafleet/fillings.hpp"
#include "gigafleet/greedy.hpp"
#include "gigafleet/stream.hpp"
#include "loss_cases.hpp"

using namespace gigafleet;
using definition::Definition;
using definition::State;
using problem_cases::Case;
using problem_cases::TaskRow;

namespace {

NoControl quiet;

/// Gangs of one or two rows and spread groups of one, within nodes, sites or countries.
Case bond_case(std::mt19937& random) {
    Case c = problem_cases::random_case(random, 20, 20, 1);
    const auto below = [&](std::size_t n) { return static_cast<std::int64_t>(random() % n); };
    std::int64_t next = 0;
    for (std::size_t t = 0; t < c.tasks.size(); ++t) {
        TaskRow& task = c.tasks[t];
        task.spread_level = static_cast<std::int8_t>(below(2));
        if (below(3) == 0) task.spread = static_cast<std::int64_t>(t), task.spread_max = 1 + below(2);
        if (below(2) == 0) continue;
        const bool joins = t > 0 && c.tasks[t - 1].gang >= 0 && below(3) == 0;
        task.gang = joins ? c.tasks[t - 1].gang : next++;
        task.gang_level = joins ? c.tasks[t - 1].gang_level : static_cast<std::int8_t>(below(3) == 0 ? 0 : 1);
        if (joins) task.priority = c.tasks[t - 1].priority;
    }
    return c;
}

/// Who runs after it, by row: node row and instance, and how many.
using Where = std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t>;

}  // namespace

TEST(gangs_run_on_whole_and_groups_apart) {
    std::mt19937 random(1);
    int whole = 0, dropped = 0, apart = 0;
    for (int i = 0; i < 400 / check::kShare; ++i) {
        const Case c = bond_case(random);
        if (!c.has_bonds()) continue;
        const auto problem = c.problem();
        const Groundwork ground(*problem, quiet);
        const Solution solution = place_greedily(ground, {}, quiet);
        Elements all{static_cast<std::uint32_t>(c.links.sites), {}, {}};
        for (std::uint32_t s = 0; s < all.count; ++s) all.of_site.push_back(s);
        const LossTrial::Shared shared(ground, solution, all);
        LossTrial trial(ground, solution, shared);
        for (std::uint32_t lost = 0; lost < all.count; ++lost) {
            if (shared.crossings.of(lost).empty()) continue;
            Aftermath after;
            const Loss loss = trial.lose(lost, &after);
            CHECK_EQ(loss.carried, loss.cut_off + loss.rerouted + loss.displaced);
            const Case rest = loss_cases::Lost(c, {SiteId(lost)}, {}).rest(c);
            Definition definition(rest);
            State state(definition, rest);
            std::map<std::uint32_t, std::int64_t> left(after.left.begin(), after.left.end());
            std::vector<std::vector<Filling>> now(solution.of_class.size());
            for (std::size_t k = 0; k < now.size(); ++k)
                for (std::size_t f = solution.of_class[k].first; f < solution.of_class[k].last; ++f) {
                    std::vector<Filling> some{solution.fillings[f]}, more;
                    take_last(some, left[static_cast<std::uint32_t>(f)], more);
                    now[k].insert(now[k].end(), some.begin(), some.end());
                    now[k].insert(now[k].end(), more.begin(), more.end());
                }
            for (const auto& [of, filling] : after.placed) now[of.at()].push_back(filling);
            std::map<std::uint32_t, std::set<std::pair<std::int64_t, std::int64_t>>> domains;  // of gangs
            std::map<std::uint32_t, std::set<std::int64_t>> shares;  // of members that run: none, all
            for (std::size_t k = 0; k < now.size(); ++k) {
                const Workload::Class& own = problem->workload().classes()[k];
                const TaskRow& task = c.tasks[static_cast<std::size_t>(own.first_row)];
                const Bond bond = problem->bond(ClassId(k));
                Assignments runs;
                for (const Filling& filling : now[k])
                    if (filling.slots > 0) runs.add(problem->fleet(), 0, filling);
                Where where;
                std::int64_t sum = 0;
                for (std::size_t r = 0; r < runs.node.size(); ++r)
                    for (std::int64_t at = 0; at < runs.instances[r]; ++at) {
                        const auto node = static_cast<std::size_t>(runs.node[r]);
                        const std::int64_t instance = runs.first_instance[r] + at;
                        CHECK(
                            state.put(task, node, static_cast<std::size_t>(instance), runs.per_instance[r]));
                        sum += runs.per_instance[r];
                        const std::int64_t site = c.nodes[node].site;
                        if (bond.gang != Bond::kNone)
                            domains[bond.gang].insert(task.gang_level == kNodeLevel
                                                          ? std::pair(runs.node[r], instance)
                                                          : std::pair(site, std::int64_t{-1}));
                        if (bond.spread != Bond::kNone)
                            where[task.spread_level == kNodeLevel ? std::pair(runs.node[r], instance)
                                                                  : std::pair(site, std::int64_t{-1})] +=
                                runs.per_instance[r];
                    }
                for (const auto& [at, members] : where) CHECK(members <= task.spread_max);
                apart += where.size() > 1;
                if (bond.gang == Bond::kNone || own.members == 0) continue;
                CHECK(sum == 0 || sum == own.members);
                shares[bond.gang].insert(sum / own.members);
            }
            for (const auto& [gang, share] : shares) {
                CHECK_EQ(share.size(), 1u);
                whole += *share.begin() == 1;
                dropped += *share.begin() == 0;
            }
            for (const auto& [gang, own] : domains) CHECK_EQ(own.size(), 1u);
        }
    }
    CHECK(whole > 200 / check::kShare);
    CHECK(dropped > 200 / check::kShare);
    CHECK(apart > 20 / check::kShare);
}
