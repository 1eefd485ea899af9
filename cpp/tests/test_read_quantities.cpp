#include "gigafleet/read_quantities.hpp"

#include <cmath>
#include <vector>

#include "check.hpp"
#include "gigafleet/error.hpp"

using namespace gigafleet;

namespace {

Column borrow(const std::vector<double>& values) {
    return {
        "memory_gb",
        DType::kF64,
        {{reinterpret_cast<const std::byte*>(values.data()), 8, static_cast<std::int64_t>(values.size())}},
        false};
}

}  // namespace

TEST(a_block_reads_as_its_rows_one_by_one) {
    std::vector<double> values{0,      -0.0, 0.1 + 0.2,    1e-12,   0.5e-6,  1.5e-6,
                               2.5e-6, 5e8,  1e9 + 0.5e-6, 1e9 / 3, INFINITY};
    for (int i = 0; i < 20'000; ++i) values.push_back(std::ldexp(1.0 + i / 7e4, i % 40 - 20));
    for (const double resolution : {1e-9, 1e-6, 1.0, 1000.0})
        for (const Rounding rounding : {Rounding::kUp, Rounding::kDown}) {
            std::vector<Quantity> out(values.size());
            const Column column = borrow(values);
            read_quantities(column, 0, column.rows(), resolution, rounding, true, out.data());
            for (std::size_t i = 0; i < values.size(); ++i)
                CHECK_EQ(out[i], quantise(values[i], resolution, rounding, true, "", 0));
        }
}

TEST(what_was_rounded_is_told) {
    const std::vector<double> values{1, 0.1 + 0.2, INFINITY, 1.0 / 3};
    std::vector<Quantity> out(4);
    const Column column = borrow(values);
    CHECK(!read_quantities(column, 0, 3, 1e-6, Rounding::kDown, true, out.data()));
    CHECK(read_quantities(column, 0, 4, 1e-6, Rounding::kDown, true, out.data()));
    CHECK(read_quantities(column, 0, 2, 1.0, Rounding::kUp, true, out.data()));
}

TEST(the_first_bad_row_is_named) {
    const std::vector<double> values{1, 2, -3, NAN};
    std::vector<Quantity> out(4);
    CHECK_THROWS(InputError, "memory_gb[row 2]: got -3, wanted a number >= 0",
                 read_quantities(borrow(values), 0, 4, 1e-6, Rounding::kDown, true, out.data()));
    CHECK_THROWS(InputError, "memory_gb[row 3]: got nan",
                 read_quantities(borrow(values), 3, 1, 1e-6, Rounding::kDown, true, out.data()));
}
