// The ways of tasks of all transit policies, on loads that change.
#pragma once

#include <span>
#include <vector>

#include "gigafleet/loads.hpp"
#include "gigafleet/path.hpp"
#include "gigafleet/problem.hpp"

namespace gigafleet {

/// Builds one Path after the other; a way is good until the next one of its policy is asked for.
class Ways {
public:
    /// Keeps references.
    Ways(const Problem& problem, const Loads& loads) : problem_(problem) {
        for (const auto& routes : problem.policies()) paths_.emplace_back(problem, *routes, loads);
    }
    /// On other `routes`, by policy.
    Ways(const Problem& problem, std::span<const Routes* const> routes, const Loads& loads)
        : problem_(problem) {
        for (const Routes* own : routes) paths_.emplace_back(problem, *own, loads);
    }

    /// The way of a task of `shape` from `origin` to a node at `site`.
    Path& of(const Problem::Shape& shape, SiteId origin, SiteId site) {
        Path& path = paths_[shape.policy];
        path.build(shape, origin, site);
        return path;
    }
    /// The way of a member of a class to a pool.
    Path& of(ClassId id, PoolId pool) {
        const Workload::Class& c = problem_.workload().classes()[id.at()];
        return of(problem_.shape(c.shape), c.origin, problem_.fleet().pools()[pool.at()].site);
    }

private:
    const Problem& problem_;
    std::vector<Path> paths_;  ///< by policy
};

}  // namespace gigafleet
