#include "gigafleet/error_text.hpp"

#include <limits>

#include "check.hpp"

using namespace gigafleet;

TEST(numbers_are_as_short_as_reads_back) {
    CHECK_EQ(text_of(-1), "-1");
    CHECK_EQ(text_of(0.1), "0.1");
    CHECK_EQ(text_of(std::numeric_limits<double>::quiet_NaN()), "nan");
}

TEST(positions_in_a_table_that_may_be_empty) {
    CHECK_EQ(position_wanted("a tenant", 2), "a tenant from 0 to 1, or -1");
    CHECK_EQ(position_wanted("a tenant", 0), "-1: the table is empty");
}
