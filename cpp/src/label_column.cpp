#include "gigafleet/label_column.hpp"

#include <bit>
#include <utility>

#include "gigafleet/error.hpp"

namespace gigafleet {
namespace {

constexpr std::size_t kMaxNames = 64;

bool is_unsigned(DType type) { return type >= DType::kU8 && type <= DType::kU64; }

}  // namespace

LabelColumn LabelColumn::of_masks(std::string name, Column codes, std::vector<std::string> names) {
    if (!is_unsigned(codes.type())) {
        throw InputTypeError(name, kNoRow, "masks that are not unsigned", "an unsigned integer dtype");
    }
    if (names.size() > kMaxNames) {
        throw InputError(name, kNoRow, std::to_string(names.size()) + " labels", "at most 64");
    }
    return {std::move(name), std::move(codes), true, {}, std::move(names)};
}

LabelColumn LabelColumn::of_sets(std::string name, Column codes, std::vector<std::vector<std::string>> sets) {
    if (is_float(codes.type())) {
        throw InputTypeError(name, kNoRow, "set codes that are not integers", "an integer dtype");
    }
    return {std::move(name), std::move(codes), false, std::move(sets), {}};
}

std::vector<std::string> LabelColumn::decode(std::uint64_t code, std::int64_t row) const {
    const std::int64_t shown = codes.is_scalar() ? kNoRow : row;
    if (!masks) {
        if (code >= sets.size()) {
            throw InputError(name, shown, "set code " + std::to_string(static_cast<std::int64_t>(code)),
                             "a code below " + std::to_string(sets.size()));
        }
        return sets[code];
    }
    std::vector<std::string> found;
    for (std::uint64_t left = code; left != 0; left &= left - 1) {
        const auto bit = static_cast<std::size_t>(std::countr_zero(left));
        if (bit >= names.size()) {
            throw InputError(name, shown, "a mask with bit " + std::to_string(bit),
                             "bits below " + std::to_string(names.size()) + ", one for each name");
        }
        found.push_back(names[bit]);
    }
    return found;
}

}  // namespace gigafleet
