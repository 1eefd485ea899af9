#include "gigafleet/quantity.hpp"

#include <cmath>

#include "check.hpp"
#include "gigafleet/error.hpp"

using namespace gigafleet;

namespace {
Quantity up(double v) { return quantise(v, kDefaultResolution, Rounding::kUp, false, "demand", 3); }
Quantity down(double v) { return quantise(v, kDefaultResolution, Rounding::kDown, true, "capacity", 3); }
}  // namespace

TEST(a_value_near_a_multiple_is_that_multiple) {
    CHECK_EQ(up(0.1 + 0.2), 300000);
    CHECK_EQ(down(0.1 + 0.2), 300000);
    CHECK_EQ(up(16e3), 16'000'000'000);
}

TEST(otherwise_demand_rounds_up_and_capacity_down) {
    CHECK_EQ(up(1.0000005), 1000001);
    CHECK_EQ(down(1.0000005), 1000000);
    CHECK_EQ(up(1e-12), 1);
    CHECK_EQ(down(1e-12), 0);
}

TEST(no_limit_only_where_allowed) {
    CHECK_EQ(down(INFINITY), kUnlimited);
    CHECK_THROWS(InputError, "demand[row 3]: got inf, wanted a finite number", up(INFINITY));
}

TEST(bad_values_name_argument_and_row) {
    CHECK_THROWS(InputError, "demand[row 3]: got nan", up(NAN));
    CHECK_THROWS(InputError, "demand[row 3]: got -1, wanted a number >= 0", up(-1));
    CHECK_THROWS(InputError, "capacity[row 3]: got 1e+300, wanted at most", down(1e300));
}
