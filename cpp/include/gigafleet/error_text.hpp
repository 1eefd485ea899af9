// Values, and what was wanted in their place, as errors say them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gigafleet {

/// The shortest text that reads back as `value`.
std::string text_of(double value);

/// Of a column of positions in a table of `size` rows, one of which is `one` ("a tenant"); -1 is none.
std::string position_wanted(std::string_view one, std::int64_t size);

}  // namespace gigafleet
