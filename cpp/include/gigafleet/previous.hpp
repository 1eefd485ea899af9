// Where tasks ran before, in terms of the problem at hand: what a new plan starts from and tries to keep.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/buffer.hpp"
#include "gigafleet/control.hpp"
#include "gigafleet/problem.hpp"

namespace gigafleet {

/// An earlier answer in runs, by id: run i put `per_instance[i]` members of task `task[i]` on each of
/// `instances[i]` instances of node `node[i]` from `first_instance[i]` on. Runs with node -1 are skipped.
struct EarlierRuns {
    std::span<const std::int64_t> task, node, first_instance;
    std::span<const std::int64_t> instances = {}, per_instance = {};  ///< empty: 1 everywhere
    /// Ids of the rows of the new tables; empty: the row numbers.
    std::span<const std::int64_t> task_id = {}, node_id = {};
};

/// The runs of each class. Tasks and nodes are matched by id; tasks that are no more are left out. Nothing is
/// promised of what is left: it may break any rule of the new problem.
class Previous {
public:
    /// A run of members of one task row, on slots side by side. Where its node is no more: no pool.
    struct Run {
        PoolId pool;
        std::uint32_t row;     ///< of the task
        std::uint32_t number;  ///< among the runs as they were given
        std::uint32_t slots;   ///< a run with more comes in several parts
        std::int64_t first, per_slot;

        std::int64_t members() const { return slots * per_slot; }
        std::int64_t last() const { return first + slots; }
    };

    /// At most kMaxRows runs. The answer does not depend on `threads`.
    /// O(runs · log(runs a class) + rows), 32 bytes a run.
    Previous(const Problem& problem, const EarlierRuns& earlier, int threads, Control& control);

    /// By pool, then slot, then number; those without a pool last.
    std::span<const Run> runs(ClassId id) const {
        return {runs_.data() + first_[id.at()], runs_.data() + first_[id.at() + 1]};
    }
    /// Members that ran before and are there still: of a row at most its count.
    std::int64_t ran(ClassId id) const { return ran_[id.at()]; }
    /// The same of all classes.
    std::int64_t ran() const;
    /// Members, also of tasks that are no more, on slots that are no more.
    std::int64_t stranded() const { return stranded_; }
    /// Whether every task and node that was named is there still.
    bool is_whole() const { return whole_; }
    /// Whether some row of the class has fewer members now than ran before.
    bool shrank(ClassId id) const { return shrank_[id.at()]; }

private:
    void finish_class(const Workload& workload, std::size_t c, bool single);

    std::vector<std::size_t> first_;  // by class, and one more
    Buffer<Run> runs_;
    std::vector<std::int64_t> ran_;
    std::vector<std::uint8_t> shrank_;
    std::int64_t stranded_ = 0;
    bool whole_ = true;
};

}  // namespace gigafleet
