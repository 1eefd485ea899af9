#include "gigafleet/shape_classes.hpp"

namespace gigafleet {

namespace {

/// Keys 0..keys-1 and what has each, in the order in which it came.
struct Buckets {
    std::vector<std::size_t> first;
    std::vector<ClassId> classes;

    template <class ForEach>
    Buckets(std::size_t keys, ForEach&& for_each) : first(keys + 1) {
        for_each([&](std::size_t key, ClassId) { ++first[key + 1]; });
        for (std::size_t k = 0; k < keys; ++k) first[k + 1] += first[k];
        classes.resize(first.back());
        std::vector<std::size_t> next(first.begin(), first.end() - 1);
        for_each([&](std::size_t key, ClassId c) { classes[next[key]++] = c; });
    }
};

}  // namespace

ShapeClasses::ShapeClasses(const Problem& problem) {
    const auto& classes = problem.workload().classes();
    const auto policy_of = [&](ClassId c) { return problem.shape(classes[c.at()].shape).policy; };
    const Buckets by_policy(problem.policies().size(), [&](auto&& put) {
        for (std::size_t c = 0; c < classes.size(); ++c)
            if (classes[c].members > 0) put(policy_of(ClassId(c)), ClassId(c));
    });
    // By place in the forest of their policy, so that one walk over it meets each shape's classes in order.
    const std::size_t sites = problem.network().site_count();
    std::vector<ClassId> in_order;
    in_order.reserve(by_policy.classes.size());
    for (std::size_t p = 0; p < problem.policies().size(); ++p) {
        const Forest& forest = problem.policies()[p]->forest();
        const Buckets by_place(sites + 1, [&](auto&& put) {
            for (std::size_t i = by_policy.first[p]; i < by_policy.first[p + 1]; ++i) {
                const ClassId c = by_policy.classes[i];
                const SiteId origin = classes[c.at()].origin;
                put(forest.core_index(origin) == kNoCore ? sites : forest.first(origin), c);
            }
        });
        in_order.insert(in_order.end(), by_place.classes.begin(), by_place.classes.end());
    }
    Buckets by_shape(problem.shapes().size(), [&](auto&& put) {
        for (const ClassId c : in_order) put(classes[c.at()].shape.at(), c);
    });
    first_ = std::move(by_shape.first);
    classes_ = std::move(by_shape.classes);
    origins_.reserve(classes_.size());
    for (const ClassId c : classes_) origins_.push_back(classes[c.at()].origin);
}

}  // namespace gigafleet
