// Errors of the core. The binding maps each class to the Python class of the same name
// (gigafleet.errors), through one table that pybind11 and Cython share.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace gigafleet {

/// Row number meaning "the whole argument, not one row".
inline constexpr std::int64_t kNoRow = -1;

/// A bad value in the caller's data: names the argument, the row, what came and what was wanted.
class InputError : public std::runtime_error {
public:
    InputError(std::string_view argument, std::int64_t row, std::string_view got, std::string_view wanted)
        : std::runtime_error(format(argument, row, got, wanted)) {}

private:
    static std::string format(std::string_view argument, std::int64_t row, std::string_view got,
                              std::string_view wanted) {
        std::string text(argument);
        if (row != kNoRow) text += "[row " + std::to_string(row) + "]";
        text += ": got ";
        text += got;
        text += ", wanted ";
        text += wanted;
        return text;
    }
};

/// Right value, wrong kind: a dtype or shape that cannot be read.
class InputTypeError : public InputError {
public:
    using InputError::InputError;
};

/// The engine cannot go on: an object in use by another thread, a broken invariant.
class EngineError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Work stopped on the caller's wish (Ctrl-C, or an exception in the progress callback).
/// Nothing is left half done; the binding re-raises the caller's own exception.
class Cancelled : public std::exception {
public:
    const char* what() const noexcept override { return "cancelled"; }
};

}  // namespace gigafleet
