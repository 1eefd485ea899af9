#include "gigafleet/kin_pools.hpp"

#include <map>
#include <tuple>

namespace gigafleet {

std::vector<std::uint32_t> kin_of_shapes(const Problem& problem) {
    using Key = std::tuple<std::int32_t, std::int64_t, std::int64_t, Amounts>;
    std::map<Key, std::uint32_t> numbers;
    std::vector<std::uint32_t> kin;
    for (const Problem::Shape& s : problem.shapes()) {
        const Key key{s.model, s.max_wait_ns, problem.needed_ns(s), s.demand};
        kin.push_back(numbers.try_emplace(key, numbers.size()).first->second);
    }
    return kin;
}

void KinPools::clear() {
    pools_.clear();
    known_ = {};
}

void KinPools::add(PoolId pool) { pools_.push_back({pool, residents_.room(pool)}); }

std::vector<std::uint32_t>& KinPools::open(ShapeId id) {
    const std::uint32_t known = known_.size(), number = known_.intern(kin_[id.at()]);
    if (number < known) return open_[number];
    if (number == open_.size()) open_.emplace_back();
    std::vector<std::uint32_t>& open = open_[number];
    open.clear();
    const Problem::Shape& shape = problem_.shape(id);
    const std::int64_t needed = problem_.needed_ns(shape);
    for (std::uint32_t i = 0; i < pools_.size(); ++i) {
        const auto& [pool, room] = pools_[i];
        if (problem_.fleet().pools()[pool.at()].available_max_ns >= needed &&
            residents_.may_hold(shape, pool, room))
            open.push_back(i);
    }
    return open;
}

}  // namespace gigafleet
