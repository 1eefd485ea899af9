#include "gigafleet/column.hpp"

#include <array>
#include <vector>

#include "check.hpp"

using namespace gigafleet;

namespace {
template <class T>
const std::byte* bytes(const T* p) {
    return reinterpret_cast<const std::byte*>(p);
}
}  // namespace

TEST(rows_run_through_the_chunks) {
    const std::array<std::int32_t, 2> a{1, 2};
    const std::array<std::int32_t, 6> b{3, -1, 4, -1, 5, -1};
    const Column column("c", DType::kI32,
                        {{bytes(a.data()), 4, 2}, {bytes(a.data()), 4, 0}, {bytes(b.data()), 8, 3}}, false);
    CHECK_EQ(column.rows(), 5);
    for (std::int64_t row = 0; row < 5; ++row) {
        CHECK_EQ(column.as_int64(row), row + 1);
        CHECK_EQ(column.as_double(row), static_cast<double>(row + 1));
    }
}

TEST(a_stride_may_go_backwards) {
    const std::array<float, 3> values{1.5F, 2.5F, 3.5F};
    const Column column("c", DType::kF32, {{bytes(values.data() + 2), -4, 3}}, false);
    CHECK_EQ(column.as_double(0), 3.5);
    CHECK_EQ(column.as_double(2), 1.5);
}

TEST(an_address_need_not_be_aligned) {
    std::array<std::byte, 9> raw{};
    const double value = 0.1;
    std::memcpy(raw.data() + 1, &value, sizeof value);
    const Column column("c", DType::kF64, {{raw.data() + 1, 8, 1}}, false);
    CHECK_EQ(column.as_double(0), 0.1);
}

TEST(a_scalar_stands_for_every_row) {
    const std::uint8_t value = 200;
    const Column column("c", DType::kU8, {{bytes(&value), 0, 1}}, true);
    CHECK(column.is_scalar());
    CHECK_EQ(column.as_int64(1'000'000), 200);
    std::int64_t calls = 0;
    column.for_pieces(5, 70,
                      [&](const std::byte* at, std::ptrdiff_t stride, std::int64_t count, std::int64_t row) {
                          ++calls;
                          CHECK_EQ(at, bytes(&value));
                          CHECK_EQ(stride, 0);
                          CHECK_EQ(count, 70);
                          CHECK_EQ(row, 5);
                      });
    CHECK_EQ(calls, 1);
}

TEST(pieces_cover_a_range_once_in_order) {
    std::array<std::int16_t, 10> values{};
    for (std::int16_t i = 0; i < 10; ++i) values[static_cast<std::size_t>(i)] = i;
    const Column column("c", DType::kI16, {{bytes(values.data()), 2, 4}, {bytes(values.data() + 4), 2, 6}},
                        false);
    for (std::int64_t first = 0; first <= 10; ++first) {
        for (std::int64_t count = 0; first + count <= 10; ++count) {
            std::vector<std::int64_t> seen;
            column.for_pieces(
                first, count,
                [&](const std::byte* at, std::ptrdiff_t stride, std::int64_t n, std::int64_t row) {
                    CHECK_EQ(row, first + static_cast<std::int64_t>(seen.size()));
                    for (std::int64_t i = 0; i < n; ++i) {
                        seen.push_back(Column::load<std::int16_t>(at + i * stride));
                    }
                });
            CHECK_EQ(static_cast<std::int64_t>(seen.size()), count);
            std::vector<std::int64_t> values_again;
            column.for_integers(first, count, [&](std::int64_t row, std::int64_t value) {
                CHECK_EQ(row, first + static_cast<std::int64_t>(values_again.size()));
                values_again.push_back(value);
            });
            CHECK(values_again == seen);
            for (std::size_t i = 0; i < seen.size(); ++i)
                CHECK_EQ(seen[i], first + static_cast<std::int64_t>(i));
        }
    }
}

TEST(every_type_has_its_size) {
    for (int i = 0; i < 10; ++i) {
        const auto type = static_cast<DType>(i);
        CHECK_EQ(with_type(type, [](auto t) { return sizeof t; }), size_of(type));
    }
    CHECK(is_float(DType::kF32));
    CHECK(!is_float(DType::kU64));
}
