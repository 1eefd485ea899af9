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

}  // namespace gigafleet
