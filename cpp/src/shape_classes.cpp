#include "gigafleet/shape_classes.hpp"

#include <numeric>

namespace gigafleet {

ShapeClasses::ShapeClasses(const Problem& problem) {
    const auto& classes = problem.workload().classes();
    sort(problem, [&](auto&& f) {
        for (std::size_t c = 0; c < classes.size(); ++c)
            if (classes[c].members > 0) f(ClassId(c));
    });
}

ShapeClasses::ShapeClasses(const Problem& problem, std::span<const ClassId> of) {
    sort(problem, [&](auto&& f) {
        for (const ClassId c : of) f(c);
    });
}

/// `for_each(f)`: f(class) for each of them.
template <class ForEach>
void ShapeClasses::sort(const Problem& problem, ForEach&& for_each) {
    const auto& classes = problem.workload().classes();
    const std::size_t sites = problem.network().site_count();
    std::vector<std::uint32_t> policy_of_shape;
    for (const Problem::Shape& shape : problem.shapes()) policy_of_shape.push_back(shape.policy);
    std::vector<const Forest*> forests;
    for (const auto& routes : problem.policies()) forests.push_back(&routes->forest());
    // By place in the forest of their policy, so that one walk over it meets each shape's classes in order.
    const auto place = [&](const Workload::Class& c) {
        const std::uint32_t policy = policy_of_shape[c.shape.at()];
        const Forest& forest = *forests[policy];
        const std::size_t own = forest.core_index(c.origin) == kNoCore ? sites : forest.first(c.origin);
        return policy * (sites + 1) + own;
    };
    std::vector<std::size_t> next(forests.size() * (sites + 1) + 1);
    first_.assign(problem.shapes().size() + 1, 0);
    for_each([&](ClassId id) {
        const Workload::Class& c = classes[id.at()];
        ++next[place(c) + 1];
        ++first_[c.shape.at() + 1];
    });
    std::partial_sum(next.begin(), next.end(), next.begin());
    std::partial_sum(first_.begin(), first_.end(), first_.begin());
    Buffer<ClassId> in_order(first_.back());
    for_each([&](ClassId id) { in_order[next[place(classes[id.at()])]++] = id; });
    classes_.resize(in_order.size());
    origins_.resize(in_order.size());
    next.assign(first_.begin(), first_.end() - 1);
    for (const ClassId id : in_order) {
        const Workload::Class& c = classes[id.at()];
        const std::size_t at = next[c.shape.at()]++;
        classes_[at] = id;
        origins_[at] = c.origin;
    }
}

}  // namespace gigafleet
