#include "gigafleet/device_seats.hpp"

#include <algorithm>
#include <memory>
#include <tuple>
#include <vector>

#include "gigafleet/device_states.hpp"

namespace gigafleet {

namespace {

/// Members of a run on instances side by side, each member on its devices.
struct Piece {
    std::size_t run;
    std::int64_t first, instances;
    std::uint64_t devices;
};

class DeviceSeats {
public:
    DeviceSeats(const Problem& problem, const Assignments& runs)
        : problem_(problem), runs_(runs), states_(problem.fleet().kinds().size()) {
        kind_of_row_.resize(static_cast<std::size_t>(problem.fleet().rows()));
        for (const Fleet::Pool& pool : problem.fleet().pools())
            for (std::int64_t e = pool.first_entry; e < pool.first_entry + pool.entries; ++e)
                kind_of_row_[static_cast<std::size_t>(problem.fleet().row_of_entry(e))] = pool.kind;
    }

    /// By run, instances ascending.
    std::vector<Piece> pieces() {
        std::vector<std::size_t> order;
        for (std::size_t r = 0; r < runs_.task.size(); ++r)
            if (demand(r) != 0) order.push_back(r);
        std::ranges::sort(
            order, {}, [&](std::size_t r) { return std::tuple(runs_.node[r], runs_.first_instance[r], r); });
        for (std::size_t first = 0; first < order.size();) {
            std::size_t last = first + 1;
            while (last < order.size() && runs_.node[order[last]] == runs_.node[order[first]]) ++last;
            seat_node(std::span(order).subspan(first, last - first));
            first = last;
        }
        std::ranges::stable_sort(pieces_, {}, [](const Piece& p) { return std::pair(p.run, p.first); });
        return std::move(pieces_);
    }

    std::uint32_t demand(std::size_t run) const {
        const Workload& workload = problem_.workload();
        const ClassId of = workload.class_of_row(runs_.task[run]);
        return problem_.shape(workload.classes()[of.at()].shape).device_demand;
    }

private:
    std::int64_t end(std::size_t run) const { return runs_.first_instance[run] + runs_.instances[run]; }

    /// `own`: the runs on instances of one node row, by first instance.
    void seat_node(std::span<const std::size_t> own) {
        std::vector<std::size_t> active;
        std::size_t next = 0;
        for (std::int64_t at = runs_.first_instance[own[0]];;) {
            std::erase_if(active, [&](std::size_t run) { return end(run) <= at; });
            if (active.empty()) {
                if (next == own.size()) return;
                at = runs_.first_instance[own[next]];
            }
            for (; next < own.size() && runs_.first_instance[own[next]] == at; ++next)
                active.push_back(own[next]);
            std::ranges::sort(active);  // in whatever runs the instances of a row are written down
            std::int64_t last = next < own.size() ? runs_.first_instance[own[next]] : INT64_MAX;
            for (const std::size_t run : active) last = std::min(last, end(run));
            seat_stretch(active, at, last - at);
            at = last;
        }
    }

    /// Instances that hold the same.
    void seat_stretch(std::span<const std::size_t> active, std::int64_t first, std::int64_t instances) {
        const KindId kind = kind_of_row_[static_cast<std::size_t>(runs_.node[active[0]])];
        std::unique_ptr<DeviceStates>& states = states_[kind.at()];
        if (!states) states = std::make_unique<DeviceStates>(problem_, kind);
        DeviceStates::State state = DeviceStates::kEmpty;
        for (const std::size_t run : active)
            state = states->with(state, demand(run), runs_.per_instance[run]);
        const std::vector<std::uint64_t> seats = states->seats(state);
        std::vector<std::size_t> next;  // of the seats, by part
        std::size_t seat = 0;
        for (const auto& [of, tasks] : states->parts(state)) {
            next.push_back(seat);
            seat += static_cast<std::size_t>(tasks);
        }
        for (const std::size_t run : active) {
            const auto parts = states->parts(state);
            const auto part = std::ranges::lower_bound(parts, demand(run), {}, &DeviceStates::Part::first);
            std::size_t& at = next[static_cast<std::size_t>(part - parts.begin())];
            for (std::int64_t k = 0; k < runs_.per_instance[run]; ++k)
                pieces_.push_back({run, first, instances, seats[at++]});
        }
    }

    const Problem& problem_;
    const Assignments& runs_;
    std::vector<KindId> kind_of_row_;
    std::vector<std::unique_ptr<DeviceStates>> states_;  ///< by kind
    std::vector<Piece> pieces_;
};

}  // namespace

void seat_on_devices(const Problem& problem, Assignments& assignments) {
    if (problem.device_demands().size() == 1) return;
    DeviceSeats seats(problem, assignments);
    const std::vector<Piece> pieces = seats.pieces();
    Assignments out;
    auto piece = pieces.begin();
    for (std::size_t run = 0; run < assignments.task.size(); ++run) {
        const auto add = [&](std::int64_t first, std::int64_t instances, std::int64_t each,
                             std::uint64_t on) {
            out.task.push_back(assignments.task[run]);
            out.node.push_back(assignments.node[run]);
            out.first_instance.push_back(first);
            out.instances.push_back(instances);
            out.per_instance.push_back(each);
            out.devices.push_back(on);
        };
        if (seats.demand(run) == 0)
            add(assignments.first_instance[run], assignments.instances[run], assignments.per_instance[run],
                0);
        for (; piece != pieces.end() && piece->run == run; ++piece)
            add(piece->first, piece->instances, 1, piece->devices);
    }
    assignments = std::move(out);
}

}  // namespace gigafleet
