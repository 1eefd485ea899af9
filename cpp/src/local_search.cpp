#include "gigafleet/local_search.hpp"

#include <algorithm>

namespace gigafleet {

const std::vector<OpenPools::Open>& OpenPools::of(std::uint32_t c) {
    std::optional<std::vector<Open>>& list = lists_[c];
    if (!list) {
        list.emplace();
        for (std::size_t p = 0; p < table_.market().pools().size(); ++p)
            if (const float cost = table_.cost(c, p); cost != Market::kOut)
                list->push_back({cost, static_cast<std::uint32_t>(p)});
        std::ranges::sort(*list, [](const Open& a, const Open& b) {
            return a.cost != b.cost ? a.cost < b.cost : a.pool < b.pool;
        });
    }
    return *list;
}

bool SearchBudget::is_left() {
    if (spent_ >= polled_ + kPollSteps) {
        polled_ = spent_;
        control_.poll(options_.stage, std::min(spent_, options_.steps), options_.steps);
        late_ = watch_.seconds() > options_.time_limit_s;
    }
    return !late_ && spent_ < options_.steps;
}

void place_what_fits(SlotTable& table) {
    const std::vector<OpenPools::Open> kNoPools;
    OpenPools open(table);
    for (std::uint32_t c = 0; c < table.market().classes().size(); ++c)
        for (const auto& [cost, pool] : table.left(c) > 0 ? open.of(c) : kNoPools)
            while (table.left(c) > 0 && table.links_hold(c, pool)) {
                const auto slot = table.find(table.shape(c), pool);
                if (!slot) break;
                table.add(c, *slot);
            }
    table.settle();
}

}  // namespace gigafleet
