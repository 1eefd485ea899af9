// Candidates: what holds for one call alone, and how it is forgotten.
#include "gigafleet/candidates.hpp"

namespace gigafleet {

namespace {

constexpr double kOut = MinTree::kOut;

}  // namespace

void Candidates::set_aside(const Choice& choice) {
    if (own_[choice.position] != kOut) {
        aside_.emplace_back(choice.position, own_[choice.position]);
        close(choice.position);
    }
    if (!choice.remote()) renew(choice.hub);
}

void Candidates::skip(std::span<const PoolView::Range> ranges) {
    for (const PoolView::Range& range : ranges) {
        const std::uint32_t tree = tree_of_core_[view_.routes().core_index(view_[range.first].site)];
        // Pools that nobody has asked for yet have no price; they are skipped when they come up.
        if (!(trees_[tree].looked_at & (kLocal | kRemote))) continue;
        for (std::size_t i = range.first; i < range.last; ++i) {
            if (own_[i] == kOut) continue;
            aside_.emplace_back(i, own_[i]);
            own_[i] = kOut;
        }
        shut_local(range, false);
        shut_remote(range);
    }
    if (!entered_) return;
    for (std::size_t h = 0; h < hubs_.size(); ++h) renew(h);
}

/// What was set aside is in the search again; trees are surveyed anew, since some may have had nothing else.
void Candidates::come_back() {
    surveyed_ = far_left_out_ = false;
    keys_from_ = kNoCore;
    changed_keys_.clear();
    const auto tree_of = [&](std::size_t i) {
        return tree_of_core_[view_.routes().core_index(view_[aside_[i].first].site)];
    };
    for (std::size_t i = 0; i < aside_.size();) {
        const std::size_t first = i;
        const std::uint32_t tree = tree_of(i);
        do {
            own_[aside_[i].first] = aside_[i].second;
            ++i;
        } while (i < aside_.size() && aside_[i].first == aside_[i - 1].first + 1 && tree_of(i) == tree);
        const std::size_t begin = aside_[first].first, end = aside_[i - 1].first + 1;
        for (const auto& [costs, use] : {std::pair(&local_, kLocal), std::pair(&remote_, kRemote)}) {
            if (!(trees_[tree].looked_at & use)) continue;
            for (std::size_t p = begin; p < end; ++p) costs->cost(p) = own_[p];
            costs->update(begin, end);
        }
        if (trees_[tree].looked_at & kRemote) renew_tree(tree);
    }
    aside_.clear();
}

/// Forgets what held for the class alone.
void Candidates::leave() {
    if (!aside_.empty()) come_back();
    if (far_left_out_) make_keys(false);
    for (const std::uint32_t tree : changed_keys_) set_key(tree, tree_cost_[tree] + ways_to_[tree]);
    changed_keys_.clear();
    for (const auto& [position, cost] : closed_for_class_) {
        local_.cost(position) = own_[position] == kOut ? kOut : cost;
        local_.update(position, position + 1);
    }
    closed_for_class_.clear();
}

}  // namespace gigafleet
