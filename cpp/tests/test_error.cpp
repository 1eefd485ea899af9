#include "gigafleet/error.hpp"

#include "check.hpp"

using namespace gigafleet;

TEST(an_error_names_argument_row_what_came_and_what_was_wanted) {
    CHECK_EQ(std::string(InputError("count", 7, "-1", "a whole number >= 0").what()),
             "count[row 7]: got -1, wanted a whole number >= 0");
}

TEST(an_error_of_the_whole_argument_names_no_row) {
    CHECK_EQ(std::string(InputError("sites", kNoRow, "none", "at least one").what()),
             "sites: got none, wanted at least one");
}

TEST(a_wrong_type_is_a_wrong_input) {
    CHECK_THROWS(InputError, "origin: got bool, wanted integers",
                 throw InputTypeError("origin", kNoRow, "bool", "integers"));
}
