#include "gigafleet/label_column.hpp"

#include <array>
#include <string>
#include <vector>

#include "check.hpp"
#include "gigafleet/error.hpp"

using namespace gigafleet;
using Names = std::vector<std::string>;

namespace {
template <class T, std::size_t N>
Column over(DType type, const std::array<T, N>& values, bool scalar = false) {
    return {"require", type, {{reinterpret_cast<const std::byte*>(values.data()), sizeof(T), N}}, scalar};
}
}  // namespace

TEST(a_mask_is_the_names_of_its_bits) {
    const std::array<std::uint8_t, 3> masks{0b00, 0b10, 0b11};
    const auto labels = LabelColumn::of_masks("require", over(DType::kU8, masks), {"ev", "country=DE"});
    CHECK_EQ(labels.row(0), Names{});
    CHECK_EQ(labels.row(1), Names{"country=DE"});
    CHECK_EQ(labels.row(2), (Names{"ev", "country=DE"}));
}

TEST(the_highest_bit_is_a_name_too) {
    const std::array<std::uint64_t, 1> masks{std::uint64_t{1} << 63};
    Names names;
    for (int i = 0; i < 64; ++i) names.push_back(std::to_string(i));
    const auto labels = LabelColumn::of_masks("require", over(DType::kU64, masks, true), names);
    CHECK_EQ(labels.row(99), Names{"63"});
}

TEST(a_set_code_is_its_set) {
    const std::array<std::int32_t, 3> codes{1, 0, 1};
    const auto labels = LabelColumn::of_sets("require", over(DType::kI32, codes), {{}, {"ev", "home"}});
    CHECK_EQ(labels.row(0), (Names{"ev", "home"}));
    CHECK_EQ(labels.row(1), Names{});
    CHECK_EQ(labels.code(2), 1U);
}

TEST(bad_codes_name_column_and_row) {
    const std::array<std::uint16_t, 2> masks{1, 4};
    const auto few = LabelColumn::of_masks("forbid", over(DType::kU16, masks), {"a", "b"});
    CHECK_THROWS(InputError, "forbid[row 1]: got a mask with bit 2, wanted bits below 2", few.row(1));
    const std::array<std::int32_t, 2> codes{-1, 2};
    const auto sets = LabelColumn::of_sets("any_of", over(DType::kI32, codes), {{"a"}, {"b"}});
    CHECK_THROWS(InputError, "any_of[row 0]: got set code -1, wanted a code below 2", sets.row(0));
    CHECK_THROWS(InputError, "any_of[row 1]: got set code 2, wanted", sets.row(1));
}

TEST(a_scalar_error_names_no_row) {
    const std::array<std::uint64_t, 1> mask{2};
    const auto labels = LabelColumn::of_masks("require", over(DType::kU64, mask, true), {"a"});
    CHECK_THROWS(InputError, "require: got a mask with bit 1", labels.row(7));
}

TEST(wrong_kinds_are_refused) {
    const std::array<std::int64_t, 1> integers{0};
    const std::array<double, 1> reals{0};
    const std::array<std::uint64_t, 1> masks{0};
    CHECK_THROWS(InputTypeError, "unsigned", LabelColumn::of_masks("x", over(DType::kI64, integers), {}));
    CHECK_THROWS(InputTypeError, "integer", LabelColumn::of_sets("x", over(DType::kF64, reals), {}));
    CHECK_THROWS(InputError, "got 65 labels, wanted at most 64",
                 LabelColumn::of_masks("x", over(DType::kU64, masks), Names(65)));
}
