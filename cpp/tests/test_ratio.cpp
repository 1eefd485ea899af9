#include "gigafleet/ratio.hpp"

#include "check.hpp"

using namespace gigafleet;

TEST(ratios_compare_exactly) {
    CHECK((Ratio{1, 3} < Ratio{1, 2}));
    CHECK(!(Ratio{2, 4} < Ratio{1, 2}) && !(Ratio{1, 2} < Ratio{2, 4}));
    CHECK((Ratio{kLargest - 1, kLargest} < Ratio{kLargest, kLargest + 1}));  // one as doubles
    CHECK_EQ((Ratio{3, 4}).value(), 0.75);
}

TEST(at_first_larger_than_any) {
    CHECK((Ratio{kLargest, 1} < Ratio{}));
    CHECK(!(Ratio{} < Ratio{}) && !(Ratio{} < Ratio{1, 1}));
}

TEST(changes_are_of_the_larger_side) {
    CHECK_EQ(relative_change(8, 6).value(), 0.25);
    CHECK_EQ(relative_change(6, 8).value(), 0.25);
    CHECK_EQ(relative_change(0, 8).value(), 1);
    CHECK_EQ(relative_change(8, 0).value(), 1);
}
