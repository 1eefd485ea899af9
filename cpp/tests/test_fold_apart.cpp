#include "gigafleet/fold_apart.hpp"

#include <cstdint>
#include <map>
#include <random>
#include <tuple>
#include <utility>
#include <vector>

#include "check.hpp"

using namespace gigafleet;

namespace {

template <class T>
Column borrow(const char* name, const std::vector<T>& values) {
    const DType type = sizeof(T) == 1        ? DType::kI8
                       : sizeof(T) == 4      ? DType::kI32
                       : std::is_signed_v<T> ? DType::kI64
                                             : DType::kU64;
    return {name,
            type,
            {{reinterpret_cast<const std::byte*>(values.data()), sizeof(T), std::ssize(values)}},
            false};
}
const std::int64_t kOne = 1;
const Column kCountOne("count", DType::kI64, {{reinterpret_cast<const std::byte*>(&kOne), 0, 1}}, true);

struct Rows {
    std::vector<std::int32_t> what, where;
    std::vector<std::int8_t> by;
    std::vector<std::int64_t> count;

    Rows(std::int64_t rows, int values, std::uint32_t seed) {
        std::mt19937 random(seed);
        for (std::int64_t i = 0; i < rows; ++i) {
            what.push_back(static_cast<std::int32_t>(random() % 7));
            where.push_back(static_cast<std::int32_t>(random() % 11));
            by.push_back(
                static_cast<std::int8_t>(static_cast<int>(random() % static_cast<unsigned>(values)) - 3));
            count.push_back(static_cast<std::int64_t>(random() % 4));
        }
    }
    Fold first_level(const Column& counts, int threads) const {
        const Column a = borrow("what", what), at = borrow("origin", where);
        const Column* all[] = {&a};
        NoControl control;
        return fold_rows(all, at, 11, 11, counts, std::ssize(what), threads, control);
    }
    Fold fold(const Column& counts, int threads) const {
        const Column told = borrow("by", by);
        const auto narrow = NarrowColumn::of(told, std::ssize(by), threads);
        CHECK(narrow.has_value());
        return tell_apart(first_level(counts, threads), *narrow, counts, threads);
    }
};

struct Known {
    std::int64_t first_row = -1, rows = 0, members = 0;
    std::uint32_t number = 0;
};

/// By the number of the group before, and the value: so they are ordered.
std::map<std::pair<std::uint32_t, int>, Known> by_rows(const Rows& table, const Fold& before, bool counted) {
    std::map<std::pair<std::uint32_t, int>, Known> known;
    for (std::size_t row = 0; row < table.by.size(); ++row) {
        Known& own = known[{before.group_of_row[row], table.by[row]}];
        if (own.first_row < 0) own.first_row = static_cast<std::int64_t>(row);
        own.rows += counted ? table.count[row] > 0 : 1;
        own.members += counted ? table.count[row] : 1;
    }
    std::uint32_t number = 0;
    for (auto& [key, own] : known) own.number = number++;
    return known;
}

void compare(const Rows& table, const Column& counts, bool counted) {
    const Fold before = table.first_level(counts, 1);
    const auto known = by_rows(table, before, counted);
    std::map<std::pair<std::uint32_t, int>, std::int64_t> first_of_what;
    for (const auto& [key, own] : known) {
        const auto [it, fresh] =
            first_of_what.try_emplace({before.groups[key.first].what, key.second}, own.first_row);
        if (!fresh) it->second = std::min(it->second, own.first_row);
    }
    for (const int threads : {1, 2, 5}) {
        const Fold fold = table.fold(counts, threads);
        CHECK_EQ(fold.groups.size(), known.size());
        CHECK_EQ(fold.first_row_of_what.size(), first_of_what.size());
        for (const auto& [key, own] : known) {
            const Fold::Group& group = fold.groups[own.number];
            CHECK_EQ(group.where, before.groups[key.first].where);
            CHECK_EQ(group.first_row, own.first_row);
            CHECK_EQ(group.rows, own.rows);
            CHECK_EQ(group.members, own.members);
            const auto what = first_of_what.find({before.groups[key.first].what, key.second});
            CHECK_EQ(group.what, static_cast<std::uint32_t>(std::distance(first_of_what.begin(), what)));
            CHECK_EQ(fold.first_row_of_what[group.what], what->second);
        }
        std::size_t differ = 0;
        for (std::size_t row = 0; row < table.by.size(); ++row)
            differ += fold.group_of_row[row] != known.at({before.group_of_row[row], table.by[row]}).number;
        CHECK_EQ(differ, 0u);
        std::vector<std::int64_t> rows(known.size());
        for (const RowGroups::Shard& shard : fold.group_of_row.shards())
            for (std::size_t n = 0; n < shard.group.size(); ++n) rows[shard.group[n]] += shard.rows[n];
        for (std::size_t k = 0; k < rows.size(); ++k) CHECK_EQ(rows[k], fold.groups[k].rows);
    }
}

}  // namespace

TEST(rows_told_apart_are_those_of_a_map) {
    for (const int values : {1, 25, 64}) {
        const Rows table(40'000, values, static_cast<std::uint32_t>(values));
        compare(table, kCountOne, false);
        compare(table, borrow("count", table.count), true);
    }
    compare(Rows(1, 1, 0), kCountOne, false);
    for (std::uint32_t seed = 0; seed < 100; ++seed) {  // of some each row is a group of its own
        const Rows table(2 + seed % 7, 2, seed);
        compare(table, borrow("count", table.count), true);
    }
    compare(Rows(300, 64, 1), kCountOne, false);
}

TEST(a_column_is_narrow_if_its_values_fit_a_word) {
    const std::vector<std::int64_t> wide{5, -59, 4}, fits{5, -58, 4}, edges{INT64_MIN, INT64_MAX};
    const std::vector<std::uint64_t> large{UINT64_MAX, UINT64_MAX - 63};
    CHECK(!NarrowColumn::of(borrow("by", wide), 3, 1));
    CHECK(NarrowColumn::of(borrow("by", fits), 3, 1).has_value());
    CHECK(!NarrowColumn::of(borrow("by", edges), 2, 1));
    CHECK(!NarrowColumn::of(kCountOne, 2, 1));
    CHECK(!NarrowColumn::of(borrow("by", fits), 0, 1));
    const Column top = borrow("by", large);
    const auto narrow = NarrowColumn::of(top, 2, 1);
    CHECK(narrow.has_value());
    std::uint8_t value[2];
    narrow->read(0, 2, value);
    CHECK_EQ(value[0], 63);
    CHECK_EQ(value[1], 0);
    const std::vector<float> floats{1, 2};
    const Column f("by", DType::kF32, {{reinterpret_cast<const std::byte*>(floats.data()), 4, 2}}, false);
    CHECK(!NarrowColumn::of(f, 2, 1));
}
