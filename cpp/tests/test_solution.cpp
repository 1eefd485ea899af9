#include "gigafleet/solution.hpp"

#include "check.hpp"

using namespace gigafleet;

TEST(reasons_keep_their_numbers) {
    // Frozen: plans and journals on disk hold them.
    constexpr Reason kInOrder[] = {Reason::kPlaced,   Reason::kLabel,     Reason::kTooBig,  Reason::kTime,
                                   Reason::kModel,    Reason::kRoute,     Reason::kRtt,     Reason::kQuota,
                                   Reason::kGang,     Reason::kSpread,    Reason::kLink,    Reason::kCapacity,
                                   Reason::kFairness, Reason::kDisplaced, Reason::kNotTried};
    for (std::size_t i = 0; i < std::size(kInOrder); ++i) CHECK_EQ(static_cast<std::size_t>(kInOrder[i]), i);
    static_assert(sizeof(Reason) == 1);
}
