// LossTrial: members of the trips that need what is lost.
#include <algorithm>

#include "gigafleet/fillings.hpp"
#include "gigafleet/loss_trial.hpp"

namespace gigafleet {

/// What the trips that come next touch lies far apart: it is asked for some trips ahead, in steps.
void LossTrial::ask_ahead(std::span<const std::uint32_t> trips) const {
    const auto trip = [&](std::size_t i) { return shared_.trips[trips[std::min(i, trips.size() - 1)]]; };
    __builtin_prefetch(&shared_.trips[trips[std::min(3 * kAhead, trips.size() - 1)]]);
    const std::span<const Trips::Part> later = shared_.trips.parts(trip(2 * kAhead));
    __builtin_prefetch(&later.front());
    __builtin_prefetch(&later.back());
    for (const Trips::Part& part : shared_.trips.parts(trip(kAhead)))
        __builtin_prefetch(&left_[part.filling], 1);
}

void LossTrial::leave(const Trips::Trip& trip) {
    Path& before = *policies_[trip.policy].before;
    const bool cut_off = lost_[trip.origin.at()] != 0, gone = lost_[trip.site.at()] != 0;
    const std::int64_t rtt_ns =
        cut_off || gone ? kUnreachable : policy(trip.policy).now->rtt_ns(trip.origin, trip.site);
    Problem::Shape all;  // whose bandwidth is that of all together
    all.uplink = all.downlink = 0;
    for (const auto& [of, filling, id, kind, tasks] : shared_.trips.parts(trip)) {
        const Problem::Shape& shape = problem_.shape(id);
        all.uplink += shape.uplink * tasks;
        all.downlink += shape.downlink * tasks;
        loss_.carried += tasks;
        const Group group{shared_.rank_of[id.at()], of, filling, tasks};
        if (cut_off) {
            loss_.cut_off += tasks;
            loss_.cut_off_weight[shared_.level_of[id.at()]] += weight_of(id, tasks);
            go(group, tasks);
            lose_one(of, true);
        } else if (rtt_ns != kUnreachable &&
                   rtt_ns <= shape.max_rtt_ns - problem_.fleet().kinds()[kind.at()].access_rtt_ns) {
            staying_.push_back(group);
            if (bonds_) stays_[filling] = 1;
        } else {
            displace(group, tasks);
            lose_one(of, false);
        }
    }
    before.build(all, trip.origin, trip.site);
    before.reserve(trial_.loads(), -1);
}

void LossTrial::go(const Group& group, std::int64_t tasks) {
    if (left_[group.filling] == 0) left_fillings_.push_back(group.filling);
    left_[group.filling] += tasks;
    const Filling& filling = solution_.fillings[group.filling];
    if (bonds_ && lost_[site_of(filling.pool).at()]) bonds_->leave(group.of, filling, {});
}

void LossTrial::displace(Group group, std::int64_t tasks) {
    if (tasks == 0) return;
    go(group, tasks);
    loss_.displaced += tasks;
    group.tasks = tasks;
    displaced_.push_back(group);
}

void LossTrial::break_up(std::uint32_t gang) {
    for (const ClassId of : bonds_->classes(gang)) {
        const Solution::Span span = solution_.of_class[of.at()];
        const Workload::Class& c = class_of(of);
        for (std::size_t i = span.first; i < span.last; ++i) {
            if (left_[i] > 0) continue;
            const std::int64_t tasks = members(solution_.fillings[i]);
            if (stays_[i]) {
                stays_[i] = 0;
            } else {  // by a way that is not lost
                Path& before = *policies_[problem_.shape(c.shape).policy].before;
                before.build(problem_.shape(c.shape), c.origin, site_of(solution_.fillings[i].pool));
                before.reserve(trial_.loads(), -tasks);
                loss_.carried += tasks;
            }
            const auto filling = static_cast<std::uint32_t>(i);
            displace({shared_.rank_of[c.shape.at()], of, filling, tasks}, tasks);
        }
    }
}

}  // namespace gigafleet
