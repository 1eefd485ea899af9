#include "gigafleet/fold.hpp"

#include <map>
#include <tuple>

#include "check.hpp"
#include "gigafleet/error.hpp"

using namespace gigafleet;

namespace {

template <class T>
DType type_of();
template <>
DType type_of<std::int32_t>() {
    return DType::kI32;
}
template <>
DType type_of<float>() {
    return DType::kF32;
}
template <>
DType type_of<std::int64_t>() {
    return DType::kI64;
}
template <>
DType type_of<std::uint16_t>() {
    return DType::kU16;
}

template <class T>
Column borrow(const char* name, const std::vector<T>& values) {
    return {name,
            type_of<T>(),
            {{reinterpret_cast<const std::byte*>(values.data()), sizeof(T),
              static_cast<std::int64_t>(values.size())}},
            false};
}
const std::int64_t kOne = 1;
const Column kCountOne("count", DType::kI64, {{reinterpret_cast<const std::byte*>(&kOne), 0, 1}}, true);

struct Table {
    std::vector<float> a;
    std::vector<std::uint16_t> b;
    std::vector<std::int32_t> where;
    explicit Table(std::int64_t rows) {
        std::uint64_t x = 7;
        for (std::int64_t i = 0; i < rows; ++i) {
            x = mix_next(x);
            a.push_back(static_cast<float>(x % 5));
            b.push_back(static_cast<std::uint16_t>(x / 5 % 7));
            where.push_back(static_cast<std::int32_t>(x / 35 % 11));
        }
    }
    static std::uint64_t mix_next(std::uint64_t x) {
        return (x * 6364136223846793005ULL + 1442695040888963407ULL) >> 3;
    }
    Fold fold(int threads) const {
        const Column ca = borrow("a", a), cb = borrow("b", b), cw = borrow("origin", where);
        const Column* what[] = {&ca, &cb};
        NoControl control;
        return fold_rows(what, cw, 11, kCountOne, static_cast<std::int64_t>(a.size()), threads, control);
    }
};

}  // namespace

TEST(groups_are_the_distinct_rows_in_order_of_appearance) {
    const Table table(100'000);
    const Fold fold = table.fold(1);
    std::map<std::tuple<float, int, int>, std::uint32_t> seen;
    for (std::size_t i = 0; i < table.a.size(); ++i) {
        const auto [it, fresh] = seen.try_emplace({table.a[i], table.b[i], table.where[i]}, seen.size());
        CHECK_EQ(fold.group_of_row[i], it->second);
        if (fresh) CHECK_EQ(fold.groups[it->second].first_row, static_cast<std::int64_t>(i));
    }
    CHECK_EQ(fold.groups.size(), seen.size());
    CHECK_EQ(fold.first_row_of_what.size(), 35u);
}

TEST(threads_do_not_change_the_numbers) {
    const Table table(100'000);
    const Fold one = table.fold(1);
    for (const int threads : {2, 3, 8}) {
        const Fold many = table.fold(threads);
        CHECK(one.group_of_row == many.group_of_row);
        CHECK(one.first_row_of_what == many.first_row_of_what);
        std::int64_t members = 0;
        for (std::size_t g = 0; g < one.groups.size(); ++g) {
            CHECK_EQ(one.groups[g].first_row, many.groups[g].first_row);
            CHECK_EQ(one.groups[g].members, many.groups[g].members);
            members += many.groups[g].members;
        }
        CHECK_EQ(members, 100'000);
    }
}

TEST(all_scalar_columns_make_one_group_a_site) {
    const float seven = 7;
    const Column a("a", DType::kF32, {{reinterpret_cast<const std::byte*>(&seven), 0, 1}}, true);
    const std::vector<std::int32_t> where{0, 1, 0, 1, 1};
    const Column cw = borrow("origin", where);
    const Column* what[] = {&a};
    NoControl control;
    const Fold fold = fold_rows(what, cw, 2, kCountOne, 5, 2, control);
    CHECK_EQ(fold.groups.size(), 2u);
    CHECK_EQ(fold.groups[1].members, 3);
}

TEST(bad_sites_and_counts_name_the_row) {
    const std::vector<std::int32_t> where{0, 1, 2};
    const std::vector<std::int64_t> count{1, 0, -4}, huge{INT64_MAX, 1, 1}, same{0, 0, 0};
    const Column cw = borrow("origin", where);
    NoControl control;
    CHECK_THROWS(InputError, "origin[row 2]: got 2, wanted a site position from 0 to 1",
                 fold_rows({}, cw, 2, kCountOne, 3, 1, control));
    CHECK_THROWS(InputError, "count[row 2]: got -4",
                 fold_rows({}, cw, 3, borrow("count", count), 3, 1, control));
    CHECK_THROWS(InputError, "count[row 1]: got 1, wanted at most",
                 fold_rows({}, borrow("origin", same), 3, borrow("count", huge), 3, 1, control));
}
