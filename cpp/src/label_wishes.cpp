#include "gigafleet/label_wishes.hpp"

#include <algorithm>
#include <string_view>

namespace gigafleet {

LabelWishes::LabelWishes(const Problem& problem, ShapeId shape) : network_(problem.network()) {
    const auto bit_of = [&](std::string_view name) { return problem.fleet().label_bit(name); };
    const Workload& workload = problem.workload();
    const auto& set = workload.shapes()[shape.at()].label_set;
    for (const LabelRole role : {kRequire, kAnyOf, kForbid})
        for (const std::string& name : workload.label_sets()[set[role]])
            wishes_[role].push_back({name, LabelTerms({name}, network_, bit_of, "labels")});
}

std::optional<LabelWishes::Lack> LabelWishes::lack(std::uint64_t labels, SiteId site) const {
    std::optional<Lack> found;
    for (const LabelRole role : {kRequire, kAnyOf, kForbid}) {
        const auto count = static_cast<std::size_t>(std::ranges::count_if(
            wishes_[role], [&](const Wish& wish) { return is_in_the_way(role, wish, labels, site); }));
        if (count == 0 || (role == kAnyOf && count < wishes_[role].size())) continue;
        if (found) return std::nullopt;
        found = {role, count};
    }
    return found;
}

std::vector<std::string> LabelWishes::in_the_way(LabelRole role, std::uint64_t labels, SiteId site) const {
    std::vector<std::string> names;
    for (const Wish& wish : wishes_[role])
        if (is_in_the_way(role, wish, labels, site)) names.push_back(wish.name);
    return names;
}

}  // namespace gigafleet
