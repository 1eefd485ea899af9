#include "gigafleet/row_of_id.hpp"

#include "check.hpp"

using namespace gigafleet;

TEST(without_ids_rows_are_their_own) {
    const RowOfId row({}, 3);
    CHECK_EQ(row(0), 0u);
    CHECK_EQ(row(2), 2u);
    CHECK_EQ(row(3), RowOfId::kNone);
    CHECK_EQ(row(-1), RowOfId::kNone);
}

TEST(ids_side_by_side_and_far_apart) {
    for (const std::int64_t apart : {std::int64_t{1}, std::int64_t{3}, std::int64_t{1} << 40}) {
        const std::vector<std::int64_t> ids{7 + 2 * apart, 7, 7 + apart, 7 + 3 * apart};
        const RowOfId row(ids, 4);
        for (std::uint32_t i = 0; i < ids.size(); ++i) CHECK_EQ(row(ids[i]), i);
        for (const std::int64_t id : {std::int64_t{6}, 8 + 3 * apart, std::int64_t{0}, INT64_MAX})
            CHECK_EQ(row(id), RowOfId::kNone);
    }
    const std::vector<std::int64_t> ends{INT64_MAX, 0};
    const RowOfId row(ends, 2);
    CHECK_EQ(row(INT64_MAX), 0u);
    CHECK_EQ(row(0), 1u);
}

TEST(no_rows) { CHECK_EQ(RowOfId({}, 0)(0), RowOfId::kNone); }
