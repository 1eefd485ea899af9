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

TEST(units_are_read_as_what_they_were) {
    for (const double resolution : {1e-9, 1e-6, 1e-3, 1.0, 1e3})
        for (const Quantity q : {Quantity{0}, Quantity{1}, Quantity{333'334}, Quantity{1} << 50})
            for (const Rounding rounding : {Rounding::kUp, Rounding::kDown})
                CHECK_EQ(quantise(in_units(q, resolution, rounding), resolution, rounding, false, "", 0), q);
    CHECK_EQ(in_units(333'334, 1e-6, Rounding::kUp), 0.333334);
    CHECK_EQ(in_units(kUnlimited, 1e-6, Rounding::kDown), INFINITY);
}

TEST(units_too_coarse_ask_for_no_more_and_offer_no_less) {
    for (Quantity q = (Quantity{1} << 60) + 1; q < (Quantity{1} << 60) + 3000; q += 7) {
        CHECK(quantise(in_units(q, 1e-6, Rounding::kUp), 1e-6, Rounding::kUp, false, "", 0) <= q);
        CHECK(quantise(in_units(q, 1e-6, Rounding::kDown), 1e-6, Rounding::kDown, false, "", 0) >= q);
    }
}

TEST(bad_values_name_argument_and_row) {
    CHECK_THROWS(InputError, "demand[row 3]: got nan", up(NAN));
    CHECK_THROWS(InputError, "demand[row 3]: got -1, wanted a number >= 0", up(-1));
    CHECK_THROWS(InputError, "capacity[row 3]: got 1e+300, wanted at most", down(1e300));
}
