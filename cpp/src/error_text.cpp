#include "gigafleet/error_text.hpp"

#include <charconv>

namespace gigafleet {

std::string text_of(double value) {
    char buffer[32];
    return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

std::string position_wanted(std::string_view one, std::int64_t size) {
    if (size == 0) return "-1: the table is empty";
    return std::string(one) + " from 0 to " + std::to_string(size - 1) + ", or -1";
}

}  // namespace gigafleet
