// Values, and what was wanted in their place, as errors say them.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace gigafleet {

/// The shortest text that reads back as `value`.
inline std::string text_of(double value) {
    char buffer[32];
    const std::to_chars_result end = std::to_chars(buffer, buffer + sizeof buffer, value);
    return std::string(buffer, end.ptr);
}

/// Of a column of positions in a table of `size` rows, one of which is `one` ("a tenant"); -1 is none.
inline std::string position_wanted(std::string_view one, std::int64_t size) {
    if (size == 0) return "-1: the table is empty";
    return std::string(one) + " from 0 to " + std::to_string(size - 1) + ", or -1";
}

}  // namespace gigafleet
