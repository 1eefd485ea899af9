#include "gigafleet/leftovers.hpp"

#include <algorithm>

#include "gigafleet/hash.hpp"

namespace gigafleet {

std::uint32_t Leftovers::number_of(const Amounts& used, Interner& numbers) {
    const auto end = used.begin() + static_cast<std::ptrdiff_t>(dimensions_);
    for (std::uint64_t salt = 0;; ++salt) {  // two amounts may share a hash, but not with every salt
        std::uint64_t key = salt;
        for (auto amount = used.begin(); amount != end; ++amount)
            key = mix(key, static_cast<std::uint64_t>(*amount));
        const std::uint32_t known = numbers.size(), number = numbers.intern(key);
        if (number == known) {
            used_.insert(used_.end(), used.begin(), end);
            return number;
        }
        if (std::equal(used.begin(), end, used_.begin() + static_cast<std::ptrdiff_t>(number * dimensions_)))
            return number;
    }
}

std::uint32_t Leftovers::number_of(const Guests& guests) {
    const auto next = static_cast<std::uint32_t>(guests_.size());
    const auto [known, fresh] = number_of_guests_.try_emplace(guests, next);
    if (fresh) guests_.push_back(&known->first);
    return known->second;
}

Leftovers::Leftovers(const Problem& problem, const Holdings& holdings)
    : fleet_(problem.fleet()), dimensions_(fleet_.schema().dimensions()) {
    number_of(Guests{});
    Interner numbers;  // of amounts in used_, by their hashes
    std::vector<PoolState::Wish> wishes;
    first_run_.reserve(fleet_.pools().size() + 1);
    for (std::size_t p = 0; p < fleet_.pools().size(); ++p) {
        first_run_.push_back(runs_.size());
        wishes.clear();
        for (const Holdings::Held& held : holdings.of(PoolId(p))) wishes.push_back(holdings.wish(held));
        sort_wishes(wishes);
        for_stretches(fleet_.pools()[p].slots, wishes, [&](const Stretch& stretch) {
            const Run run{stretch.first, number_of(stretch.taken, numbers),
                          number_of(Guests{stretch.devices, stretch.in_use})};
            const bool fresh = runs_.size() == first_run_.back();
            if (fresh || runs_.back().used != run.used || runs_.back().guests != run.guests)
                runs_.push_back(run);
        });
    }
    first_run_.push_back(runs_.size());
}

}  // namespace gigafleet
