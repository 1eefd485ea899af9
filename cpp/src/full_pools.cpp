#include "gigafleet/full_pools.hpp"

#include <algorithm>
#include <map>

namespace gigafleet {

namespace {

constexpr std::size_t kBits = 64;

/// A demand and, as one dimension more, a duration.
using Need = std::array<Quantity, kMaxDimensions + 1>;

Need need_of(const Problem& problem, const Problem::Shape& shape) {
    Need need{};
    std::ranges::copy(shape.demand, need.begin());
    need.back() = problem.needed_ns(shape);
    return need;
}

bool at_least(const Need& a, const Need& b) {
    for (std::size_t d = 0; d < a.size(); ++d)
        if (a[d] < b[d]) return false;
    return true;
}

}  // namespace

FullPools::FullPools(const Problem& problem)
    : full_(problem.fleet().pools().size(), 0),
      bit_(problem.shapes().size(), 0),
      implied_(problem.shapes().size(), 0) {
    std::map<Need, std::int64_t> shapes_with;
    for (const Problem::Shape& shape : problem.shapes()) ++shapes_with[need_of(problem, shape)];
    std::vector<std::pair<std::int64_t, Need>> needs;
    for (const auto& [need, shapes] : shapes_with) needs.emplace_back(-shapes, need);
    std::ranges::sort(needs);
    needs.resize(std::min(needs.size(), kBits));
    for (std::size_t s = 0; s < bit_.size(); ++s) {
        const Need own = need_of(problem, problem.shapes()[s]);
        for (std::size_t n = 0; n < needs.size(); ++n) {
            if (needs[n].second == own) bit_[s] |= std::uint64_t{1} << n;
            if (at_least(needs[n].second, own)) implied_[s] |= std::uint64_t{1} << n;
        }
    }
}

}  // namespace gigafleet
