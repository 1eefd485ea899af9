#include "gigafleet/rest.hpp"

#include <algorithm>
#include <vector>

#include "gigafleet/candidates.hpp"
#include "gigafleet/greedy.hpp"

namespace gigafleet {

namespace {

constexpr Grain kFine{4096, 1.02};
constexpr std::int64_t kPollClasses = 64;

std::int64_t sum(std::span<const std::int64_t> left) {
    std::int64_t total = 0;
    for (const std::int64_t members : left) total += members;
    return total;
}

/// Sets to 0 what is left of classes of which no slot has room for a task.
class Hopeless {
public:
    Hopeless(const Problem& problem, const Held& held, std::vector<std::int64_t>& left, Control& control)
        : problem_(problem), held_(held), left_(left), control_(control) {}

    void drop(const RestOptions& options) {
        const Coarse least = coarsen(problem_, left_, kFine, Stand::kLeast, options.threads);
        const Problem& problem = *least.problem;
        const Groundwork ground(problem, control_, options.threads);
        Placement placement(problem, &held_);
        PoolRooms rooms(problem);
        for (std::size_t p = 0; p < problem.fleet().pools().size(); ++p)
            rooms.set(PoolId(p), placement.room(PoolId(p)));
        std::vector<Candidates> searches;
        searches.reserve(ground.views.size());
        for (const PoolView& view : ground.views)
            searches.emplace_back(problem, view, placement.loads(), rooms);
        std::int64_t done = 0;
        for (std::size_t s = 0; s < problem.shapes().size(); ++s) {
            const ShapeId shape(s);
            Candidates& search = searches[problem.shape(shape).policy];
            search.start(shape);
            for (const ClassId c : ground.by_shape.classes(shape)) {
                if (++done % kPollClasses == 0)
                    control_.poll(options.stage, done,
                                  static_cast<std::int64_t>(problem.workload().classes().size()));
                bool found = false;
                search.place(problem.workload().classes()[c.at()].origin, 1,
                             [&](PoolId pool, std::int64_t) -> std::int64_t {
                                 found = placement.has_room(shape, pool);
                                 return found ? Candidates::kStop : 0;
                             });
                if (found) continue;
                for (const ClassId member : least.of(c.at())) left_[member.at()] = 0;
            }
        }
    }

private:
    const Problem& problem_;
    const Held& held_;
    std::vector<std::int64_t>& left_;
    Control& control_;
};

}  // namespace

bool seat_rest(const Problem& problem, Seats& seats, const RestOptions& options, Control& control) {
    const Stopwatch watch;
    std::vector<std::int64_t> left(seats.left().begin(), seats.left().end());
    Grain grain = kFine;
    for (std::int64_t before = sum(left); before > 0;) {
        const Coarse most = coarsen(problem, left, grain, Stand::kMost, options.threads);
        const Groundwork ground(*most.problem, control, options.threads);
        GreedyOptions how{.order = ground.suggested};
        how.held = &seats.held();
        how.threads = options.threads;
        how.time_limit_s = options.time_limit_s - watch.seconds();
        how.stage = options.stage;
        const Solution found = place_greedily(ground, how, control);
        seats.deal(most, found, options.threads);
        if (found.status == Status::kTimeLimit) return false;
        for (std::size_t c = 0; c < left.size(); ++c) left[c] = std::min(left[c], seats.left()[c]);
        if (most.exact) break;
        Hopeless(problem, seats.held(), left, control).drop(options);
        const std::int64_t now = sum(left);
        if (now > before / 2) grain.most = SIZE_MAX;
        before = now;
    }
    return true;
}

}  // namespace gigafleet
