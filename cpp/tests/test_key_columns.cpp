#include "gigafleet/key_columns.hpp"

#include <random>
#include <set>

#include "check.hpp"

using namespace gigafleet;

namespace {

template <class T>
Column borrow(DType type, const std::vector<T>& values, std::ptrdiff_t step = 1) {
    return {
        "c",
        type,
        {{reinterpret_cast<const std::byte*>(values.data()), step * static_cast<std::ptrdiff_t>(sizeof(T)),
          static_cast<std::int64_t>(values.size()) / step}},
        false};
}

std::vector<std::uint64_t> prints(const KeyColumns& key, std::int64_t first, std::int64_t n) {
    std::vector<std::uint64_t> out(static_cast<std::size_t>(n));
    key.fingerprints(first, n, out.data());
    return out;
}

}  // namespace

TEST(scalars_and_columns_that_come_again_are_left_out) {
    const std::vector<float> a{1, 2}, b{1, 2};
    const Column ca = borrow(DType::kF32, a), cb = borrow(DType::kF32, b), again = borrow(DType::kF32, a);
    const Column as_bits = borrow(DType::kI32, a);
    const Column scalar("s", DType::kF32, {{reinterpret_cast<const std::byte*>(a.data()), 0, 1}}, true);
    const Column* const columns[] = {&ca, &scalar, &cb, &again, &as_bits};
    const KeyColumns key(columns, 0);
    CHECK(key.columns() == (std::vector<const Column*>{&ca, &cb, &as_bits}));
}

TEST(every_bit_of_every_column_tells) {
    std::vector<std::uint64_t> a(1 + 64 + 32 + 16 + 8, 0);
    std::vector<float> b(a.size(), 1.5F);
    std::vector<std::int16_t> c(a.size(), 3);
    std::vector<std::uint8_t> d(a.size(), 9);
    for (std::size_t i = 0; i < 64; ++i) a[1 + i] ^= std::uint64_t{1} << i;
    for (std::size_t i = 0; i < 32; ++i) {
        std::uint32_t bits;
        std::memcpy(&bits, &b[65 + i], 4);
        bits ^= std::uint32_t{1} << i;
        std::memcpy(&b[65 + i], &bits, 4);
    }
    for (std::size_t i = 0; i < 16; ++i) c[97 + i] = static_cast<std::int16_t>(c[97 + i] ^ 1 << i);
    for (std::size_t i = 0; i < 8; ++i) d[113 + i] = static_cast<std::uint8_t>(d[113 + i] ^ 1 << i);
    const Column ca = borrow(DType::kU64, a), cb = borrow(DType::kF32, b), cc = borrow(DType::kI16, c),
                 cd = borrow(DType::kU8, d);
    const Column* const columns[] = {&ca, &cb, &cc, &cd};
    for (const std::uint64_t seed : {0, 1, 2}) {
        const KeyColumns key(columns, seed);
        const auto all = prints(key, 0, static_cast<std::int64_t>(a.size()));
        CHECK_EQ(std::set(all.begin(), all.end()).size(), all.size());
        CHECK(all != prints(KeyColumns(columns, seed + 1), 0, static_cast<std::int64_t>(a.size())));

        KeyValues values(key);
        const std::vector<std::int64_t> first{0};
        values.append(first);
        const std::uint32_t zero = 0;
        for (std::int64_t row = 0; row < static_cast<std::int64_t>(a.size()); ++row) {
            CHECK_EQ(values.match(row, 1, &zero), row == 0);
            KeyValues other(key);
            other.append(std::vector{row});
            CHECK_EQ(values.match(0, other, 0), row == 0);
        }
    }
}

TEST(strides_and_chunks_do_not_show) {
    std::mt19937 random(3);
    std::vector<std::int32_t> wide(900), dense(450);
    for (std::size_t i = 0; i < wide.size(); ++i) wide[i] = static_cast<std::int32_t>(random() % 5);
    for (std::size_t i = 0; i < dense.size(); ++i) dense[i] = wide[2 * i];
    const auto at = [&](std::size_t i) { return reinterpret_cast<const std::byte*>(&dense[i]); };
    const Column strided = borrow(DType::kI32, wide, 2), plain = borrow(DType::kI32, dense);
    const Column chunked("c", DType::kI32, {{at(0), 4, 1}, {at(1), 4, 0}, {at(1), 4, 300}, {at(301), 4, 149}},
                         false);
    const Column *a[] = {&plain}, *b[] = {&strided}, *c[] = {&chunked};
    const KeyColumns ka(a, 0), kb(b, 0), kc(c, 0);
    for (const auto& [first, n] : {std::pair{0, 450}, {0, 1}, {299, 3}, {300, 150}}) {
        CHECK(prints(ka, first, n) == prints(kb, first, n));
        CHECK(prints(ka, first, n) == prints(kc, first, n));
    }
    std::vector<std::int64_t> rows(450);
    std::vector<std::uint32_t> number(450);
    for (std::size_t i = 0; i < 450; ++i) rows[i] = static_cast<std::int64_t>(i), number[i] = 449 - i;
    for (const KeyColumns* key : {&ka, &kb, &kc}) {
        KeyValues values(*key);
        std::vector<std::int64_t> backwards(rows.rbegin(), rows.rend());
        values.append(backwards);
        CHECK(values.match(0, 450, number.data()));
        std::swap(number[320], number[dense[320] == dense[321] ? 322 : 321]);
        CHECK_EQ(values.match(0, 450, number.data()), dense[320] == dense[322] && dense[320] == dense[321]);
        std::swap(number[320], number[dense[320] == dense[321] ? 322 : 321]);
    }
}
