#include "gigafleet/fold.hpp"

#include <map>
#include <tuple>

#include "check.hpp"
#include "gigafleet/error.hpp"
#include "gigafleet/key_columns.hpp"

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
        return fold_rows(what, cw, 11, 11, kCountOne, static_cast<std::int64_t>(a.size()), threads, control);
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
        for (std::size_t row = 0; row < 100'000; ++row)
            CHECK_EQ(one.group_of_row[row], many.group_of_row[row]);
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

TEST(shards_know_where_their_rows_go) {
    const Table table(100'000);
    for (const int threads : {1, 2, 5}) {
        const Fold fold = table.fold(threads);
        std::vector<std::uint32_t> next;
        std::uint32_t sum = 0;
        for (const Fold::Group& group : fold.groups) {
            next.push_back(sum);
            sum += static_cast<std::uint32_t>(group.rows);
        }
        CHECK_EQ(sum, 100'000u);
        auto places = fold.group_of_row.places(next);
        CHECK_EQ(places.size(), static_cast<std::size_t>(threads));
        fold.group_of_row.for_rows([&](std::int64_t row, std::uint32_t group) {
            CHECK_EQ(fold.group_of_row[static_cast<std::size_t>(row)], group);
            std::size_t s = 0;
            while (row >= fold.group_of_row.shards()[s].last) ++s;
            const std::uint32_t number = fold.group_of_row.numbers()[static_cast<std::size_t>(row)];
            CHECK_EQ(places[s][number]++, next[group]++);  // row order, whatever the shards
        });
    }
}

TEST(many_whats_at_many_sites) {
    // So many that pairs of the two are hashed, and every row a group of its own.
    std::vector<std::int32_t> value(40'000), where(40'000);
    for (std::size_t i = 0; i < value.size(); ++i) {
        value[i] = static_cast<std::int32_t>(i / 2);
        where[i] = static_cast<std::int32_t>(i * 7 % 10'000);
    }
    const Column cv = borrow("a", value), cw = borrow("origin", where);
    const Column* what[] = {&cv};
    NoControl control;
    for (const int threads : {1, 3}) {
        const Fold fold = fold_rows(what, cw, 10'000, 10'000, kCountOne, 40'000, threads, control);
        CHECK_EQ(fold.groups.size(), 40'000u);
        CHECK_EQ(fold.first_row_of_what.size(), 20'000u);
        for (std::size_t i = 0; i < value.size(); ++i) {
            CHECK_EQ(fold.group_of_row[i], i);
            CHECK_EQ(fold.groups[i].what, i / 2);
            CHECK_EQ(fold.groups[i].members, 1);
        }
    }
}

TEST(rows_with_one_fingerprint_stay_apart) {
    // Three columns and two lanes: the cross product of the lanes' factors adds nothing to either lane.
    std::vector<std::int32_t> a(40'000, 0), b(a), c(a), where(a);
    const Column ca = borrow("a", a), cb = borrow("b", b), cc = borrow("c", c), cw = borrow("origin", where);
    const Column* what[] = {&ca, &cb, &cc};
    const KeyColumns key(what, 0);
    const auto k = [&](std::size_t column, std::size_t lane) { return key.factor(column, 0, lane); };
    const auto unspread = [](std::uint32_t v) { return v ^ v >> 15 ^ v >> 30; };
    for (const std::size_t row : {std::size_t{10'000}, std::size_t{30'000}}) {
        a[row] = static_cast<std::int32_t>(unspread(k(1, 0) * k(2, 1) - k(2, 0) * k(1, 1)));
        b[row] = static_cast<std::int32_t>(unspread(k(2, 0) * k(0, 1) - k(0, 0) * k(2, 1)));
        c[row] = static_cast<std::int32_t>(unspread(k(0, 0) * k(1, 1) - k(1, 0) * k(0, 1)));
    }
    std::uint64_t zero, other;
    key.fingerprints(0, 1, &zero);
    key.fingerprints(10'000, 1, &other);
    CHECK_EQ(zero, other);
    CHECK(a[10'000] != 0);
    NoControl control;
    for (const int threads : {1, 2, 4}) {
        const Fold fold = fold_rows(what, cw, 1, 1, kCountOne, 40'000, threads, control);
        CHECK_EQ(fold.groups.size(), 2u);
        CHECK_EQ(fold.groups[1].members, 2);
        CHECK_EQ(fold.groups[1].first_row, 10'000);
        CHECK_EQ(fold.group_of_row[30'000], 1u);
    }
    std::fill(a.begin(), a.begin() + 20'000, a[10'000]);  // each shard has one of the two
    std::fill(b.begin(), b.begin() + 20'000, b[10'000]);
    std::fill(c.begin(), c.begin() + 20'000, c[10'000]);
    a[30'000] = b[30'000] = c[30'000] = 0;
    CHECK_EQ(fold_rows(what, cw, 1, 1, kCountOne, 40'000, 2, control).groups.size(), 2u);
}

TEST(all_scalar_columns_make_one_group_a_site) {
    const float seven = 7;
    const Column a("a", DType::kF32, {{reinterpret_cast<const std::byte*>(&seven), 0, 1}}, true);
    const std::vector<std::int32_t> where{0, 1, 0, 1, 1};
    const Column cw = borrow("origin", where);
    const Column* what[] = {&a};
    NoControl control;
    const Fold fold = fold_rows(what, cw, 2, 2, kCountOne, 5, 2, control);
    CHECK_EQ(fold.groups.size(), 2u);
    CHECK_EQ(fold.groups[1].members, 3);
}

TEST(bad_sites_and_counts_name_the_row) {
    const std::vector<std::int32_t> where{0, 1, 2};
    const std::int64_t minus = -2, most = INT64_MAX;
    const auto scalar = [](const std::int64_t& value) {
        return Column("count", DType::kI64, {{reinterpret_cast<const std::byte*>(&value), 0, 1}}, true);
    };
    const std::vector<std::int64_t> count{1, 0, -4}, huge{INT64_MAX, 1, 1}, same{0, 0, 0};
    const Column cw = borrow("origin", where);
    NoControl control;
    CHECK_THROWS(InputError, "origin[row 2]: got 2, wanted a site position from 0 to 1",
                 fold_rows({}, cw, 2, 2, kCountOne, 3, 1, control));
    CHECK_THROWS(InputError, "count[row 2]: got -4",
                 fold_rows({}, cw, 3, 3, borrow("count", count), 3, 1, control));
    CHECK_THROWS(InputError, "count: got -2", fold_rows({}, cw, 3, 3, scalar(minus), 3, 1, control));
    CHECK_EQ(fold_rows({}, cw, 3, 3, scalar(most), 3, 1, control).groups[2].members, most);
    CHECK_THROWS(InputError, "count[row 1]: got 9223372036854775807, wanted at most",
                 fold_rows({}, borrow("origin", same), 3, 3, scalar(most), 3, 1, control));
    CHECK_THROWS(InputError, "count[row 1]: got 1, wanted at most",
                 fold_rows({}, borrow("origin", same), 3, 3, borrow("count", huge), 3, 1, control));
}
