#include "gigafleet/knapsack.hpp"

#include <algorithm>

namespace gigafleet {

namespace {

/// Whether a has less value for its size than b.
bool is_cheaper(const Good& a, const Good& b) {
    return WideQuantity{a.value} * b.size < WideQuantity{b.value} * a.size;
}

}  // namespace

WideQuantity least_value(std::vector<Good> goods, WideQuantity needed) {
    std::ranges::sort(goods, is_cheaper);
    WideQuantity value = 0;
    for (const Good& good : goods) {
        const WideQuantity all = WideQuantity{good.size} * good.count;
        if (good.value < 0 || all <= needed) {
            value += WideQuantity{good.value} * good.count;
            needed -= all;
            continue;
        }
        if (needed <= 0) break;
        value += good.value * (needed / good.size) + good.value * (needed % good.size) / good.size;
        break;
    }
    return value;
}

WideQuantity most_value(std::vector<Good> goods, WideQuantity room) {
    std::ranges::sort(goods, [](const Good& a, const Good& b) { return is_cheaper(b, a); });
    WideQuantity value = 0;
    for (const Good& good : goods) {
        const WideQuantity all = WideQuantity{good.size} * good.count;
        if (all > room)
            return value + good.value * (room / good.size) + good.value * (room % good.size) / good.size;
        value += WideQuantity{good.value} * good.count;
        room -= all;
    }
    return value;
}

}  // namespace gigafleet
