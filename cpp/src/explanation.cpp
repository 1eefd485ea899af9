#include "gigafleet/explanation.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace gigafleet {

namespace {

std::size_t number_of(Reason gate) {
    return static_cast<std::size_t>(std::ranges::find(kGates, gate) - kGates.begin());
}

}  // namespace

void Findings::count(Reason gate, std::int64_t slots) {
    (gate == Reason::kPlaced ? found_.open : found_.counts[number_of(gate)]) += slots;
}

void Findings::miss(Reason gate, Slot slot, std::vector<Shortfall> shortfalls) {
    if (shortfalls.empty()) return;
    Ratio size{0, 1};
    for (const Shortfall& s : shortfalls) size = std::max(size, Ratio{s.needed - s.has, s.needed});
    Miss& nearest = misses_[number_of(gate)];
    if (size < nearest.size) nearest = {size, slot, std::move(shortfalls)};
}

void Findings::offer(Change::Of of, std::size_t at, Quantity from, Quantity to, Slot slot) {
    if (to <= kMostSettable)
        keep({relative_change(from, to), of, static_cast<std::uint32_t>(at), from, to, slot, {}});
}

void Findings::offer_level(Change::Of of, BondLevel from, BondLevel to, Slot slot) {
    keep({{std::abs(to - from), 1}, of, 0, from, to, slot, {}});
}

void Findings::offer_held(std::int32_t model, Slot slot) {
    keep({{1, 1}, Change::Of::kHeld, static_cast<std::uint32_t>(model), 0, 1, slot, {}});
}

std::vector<std::string>* Findings::offer_names(Change::Of of, std::size_t names, Slot slot) {
    Offer* kept = keep({{static_cast<Quantity>(names), 1}, of, 0, 0, 0, slot, {}});
    return kept == nullptr ? nullptr : &kept->names;
}

void Findings::offer_beside(const Findings& other) {
    using Of = Change::Of;
    for (const auto& offer : other.offers_)
        if (offer &&
            (offer->of >= Of::kCapacity || offer->of == Of::kSpreadMax || offer->of == Of::kSpreadLevel))
            keep(*offer);
}

/// Null where a change of the column is known that is as small, also in amount.
Findings::Offer* Findings::keep(const Offer& offer) {
    std::size_t column = 2 * kMaxDimensions + static_cast<std::size_t>(offer.of);
    if (offer.of == Change::Of::kDemand) column = offer.at;
    if (offer.of == Change::Of::kCapacity) column = kMaxDimensions + offer.at;
    std::optional<Offer>& best = offers_[column];
    const auto by = [](const Offer& of) { return std::abs(of.from - of.to); };
    if (best && !(offer.size < best->size) && (best->size < offer.size || by(offer) >= by(*best)))
        return nullptr;
    return &best.emplace(offer);
}

NodeAt Findings::node(Slot slot) const {
    const Fleet::Pool& pool = fleet_.pools()[slot.pool.at()];
    const std::int64_t entry = fleet_.entry_of_slot(pool, slot.slot);
    return {fleet_.row_of_entry(entry), slot.slot - fleet_.slot_of_entry(pool, entry)};
}

TaskExplanation Findings::finish() {
    std::vector<std::size_t> gates;
    for (std::size_t g = 0; g < misses_.size(); ++g)
        if (!misses_[g].shortfalls.empty()) gates.push_back(g);
    std::ranges::stable_sort(gates,
                             [&](std::size_t a, std::size_t b) { return misses_[a].size < misses_[b].size; });
    for (const std::size_t g : gates)
        found_.nearest.push_back(
            {kGates[g], misses_[g].size.value(), node(misses_[g].slot), std::move(misses_[g].shortfalls)});
    if (any_open()) return std::move(found_);
    std::vector<const Offer*> sorted;
    for (const auto& offer : offers_)
        if (offer) sorted.push_back(&*offer);
    std::ranges::stable_sort(sorted, [](const Offer* a, const Offer* b) { return a->size < b->size; });
    for (const Offer* o : sorted)
        (o->of < Change::Of::kCapacity ? found_.of_task : found_.of_fleet)
            .push_back({o->of, o->at, o->from, o->to, o->names, o->size.value(), node(o->slot)});
    return std::move(found_);
}

}  // namespace gigafleet
