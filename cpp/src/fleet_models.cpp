// Models that nodes hold at the start, entry by entry.
#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "gigafleet/error.hpp"
#include "gigafleet/fleet.hpp"

namespace gigafleet {

namespace {

/// Masks over names, numbered as they first come.
class Vocabulary {
public:
    explicit Vocabulary(const LabelColumn& column) : column_(column) {}

    std::uint64_t mask(std::int64_t row) {
        const std::uint64_t code = column_.code(row);
        if (known_ != nullptr && code == last_) return *known_;
        auto it = masks_.find(code);
        if (it == masks_.end()) it = masks_.emplace(code, read(code, row)).first;
        last_ = code;
        known_ = &it->second;
        return it->second;
    }
    std::vector<std::string> names;

private:
    std::uint64_t read(std::uint64_t code, std::int64_t row) {
        std::uint64_t mask = 0;
        for (const std::string& name : column_.decode(code, row)) {
            auto at = static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
            if (at == names.size()) names.push_back(name);
            if (names.size() > kMaxLabels)
                throw InputError(column_.name, row, "a 65th model, \"" + name + "\"", "at most 64 models");
            mask |= std::uint64_t{1} << at;
        }
        return mask;
    }

    const LabelColumn& column_;
    std::map<std::uint64_t, std::uint64_t> masks_;
    std::uint64_t last_ = 0;
    const std::uint64_t* known_ = nullptr;
};

}  // namespace

/// `sort_by_them`: brings entries of a stretch that hold the same together, each set in row order, those that
/// hold nothing last; before the slots are counted.
void Fleet::read_models(const LabelColumn& column, bool sort_by_them) {
    Vocabulary vocabulary(column);
    if (column.codes.is_scalar()) {
        if (rows_ > 0) models_of_all_ = vocabulary.mask(0);
        model_vocabulary_ = std::move(vocabulary.names);
        return;
    }
    models_.resize(rows_by_pool_.size());
    for (std::size_t e = 0; e < models_.size(); ++e) models_[e] = vocabulary.mask(rows_by_pool_[e]);
    model_vocabulary_ = std::move(vocabulary.names);
    if (!sort_by_them) return;
    std::vector<std::uint32_t> order;
    Buffer<std::uint32_t> rows;
    Buffer<std::uint64_t> values;
    const auto bring = [&](auto& array, auto& copy, std::size_t first) {
        copy.assign(array.begin() + static_cast<std::ptrdiff_t>(first),
                    array.begin() + static_cast<std::ptrdiff_t>(first + order.size()));
        for (std::size_t i = 0; i < order.size(); ++i) array[first + i] = copy[order[i]];
    };
    Buffer<Quantity> amounts;
    std::int64_t first = 0;
    for (const Stretch& stretch : stretches_) {
        const auto begin = static_cast<std::size_t>(std::exchange(first, stretch.end));
        order.resize(static_cast<std::size_t>(stretch.end) - begin);
        std::iota(order.begin(), order.end(), 0u);
        const std::uint64_t* own = models_.data() + begin;
        std::ranges::stable_sort(order, std::ranges::greater{}, [&](std::uint32_t i) { return own[i]; });
        bring(rows_by_pool_, rows, begin);
        for (std::size_t d = 0; d < kMaxDimensions; ++d)
            if (is_varied(d)) bring(varied_[d], amounts, begin);
        bring(models_, values, begin);
    }
}

std::size_t Fleet::pools_by_models(std::size_t most) const {
    std::size_t pools = 0;
    std::vector<std::uint64_t> sets;
    for (const Pool& pool : pools_) {
        sets.clear();
        for (std::int64_t e = pool.first_entry; e < pool.first_entry + pool.entries; ++e)
            if (sets.empty() || models(e) != sets.back()) sets.push_back(models(e));
        std::ranges::sort(sets);
        pools += static_cast<std::size_t>(std::ranges::unique(sets).begin() - sets.begin());
        if (pools > most) break;
    }
    return pools;
}

Fleet::Fleet(const Fleet& of, Buffer<std::uint32_t>& entry_of)
    : schema_(of.schema_),
      rows_(of.rows_),
      members_(of.members_),
      varied_mask_(of.varied_mask_),
      vocabulary_(of.vocabulary_),
      total_(of.total_),
      model_vocabulary_(of.model_vocabulary_),
      models_of_all_(of.models_of_all_) {
    std::map<std::pair<KindId, std::uint64_t>, KindId> kinds;
    std::vector<std::uint64_t> sets;
    for (const Pool& pool : of.pools_) {
        sets.clear();
        for (std::int64_t e = pool.first_entry; e < pool.first_entry + pool.entries; ++e)
            if (sets.empty() || of.models(e) != sets.back()) sets.push_back(of.models(e));
        std::ranges::sort(sets);  // what holds nothing comes first: to be used first by who needs nothing
        sets.erase(std::ranges::unique(sets).begin(), sets.end());
        for (const std::uint64_t models : sets) {
            const auto [it, fresh] = kinds.try_emplace({pool.kind, models}, kinds_.size());
            if (fresh) {
                kinds_.push_back(of.kinds_[pool.kind.at()]);
                kinds_.back().models = models;
            }
            add_pool(of, pool, it->second, models, entry_of);
        }
    }
}

/// Those nodes of a pool that hold the models.
void Fleet::add_pool(const Fleet& of, const Pool& pool, KindId kind, std::uint64_t models,
                     Buffer<std::uint32_t>& entry_of) {
    Pool own = pool;
    own.kind = kind;
    own.first_entry = static_cast<std::int64_t>(rows_by_pool_.size());
    own.slots = own.available_max_ns = 0;
    own.first_stretch = static_cast<std::uint32_t>(stretches_.size());
    own.stretches = 0;
    own.capacity_max = of.kinds_[pool.kind.at()].capacity;
    for (std::int64_t e = pool.first_entry; e < pool.first_entry + pool.entries; ++e) {
        if (of.models(e) != models) continue;
        const bool more = e + 1 < pool.first_entry + pool.entries;
        const std::int64_t slots =
            (more ? of.slot_of_entry(pool, e + 1) : pool.slots) - of.slot_of_entry(pool, e);
        entry_of.push_back(static_cast<std::uint32_t>(e));
        rows_by_pool_.push_back(of.rows_by_pool_[static_cast<std::size_t>(e)]);
        models_.push_back(models);
        if (!of.slot_begin_.empty()) slot_begin_.push_back(own.slots);
        own.slots += slots;
        own.available_max_ns = of.available_ns(pool, e);
        if (!of.available_.empty()) available_.push_back(own.available_max_ns);
        if (own.stretches == 0 || stretches_.back().available_ns != own.available_max_ns) {
            stretches_.push_back({0, own.available_max_ns});
            ++own.stretches;
        }
        stretches_.back().end = static_cast<std::int64_t>(rows_by_pool_.size());
        for (std::size_t d = 0; d < schema_.dimensions(); ++d) {
            if (!is_varied(d)) continue;
            const Quantity amount = of.varied(d, e);
            varied_[d].push_back(amount);
            own.capacity_max[d] = std::max(own.capacity_max[d], amount);
        }
    }
    own.entries = static_cast<std::int64_t>(rows_by_pool_.size()) - own.first_entry;
    pools_.push_back(own);
}

}  // namespace gigafleet
