// A borrowed column of label sets, in one of two forms: bit masks over a few names, or codes of whole sets.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gigafleet/column.hpp"

namespace gigafleet {

/// A name is a label ("ev") or a domain with its value ("country=DE"). Which of the two is for the reader to
/// say. Does not own the memory of `codes`.
struct LabelColumn {
    /// Mask form: bit b of a code is `names[b]`, at most 64 of them.
    static LabelColumn of_masks(std::string name, Column codes, std::vector<std::string> names);
    /// Set form: a code is a position in `sets`.
    static LabelColumn of_sets(std::string name, Column codes, std::vector<std::vector<std::string>> sets);

    std::string name;
    Column codes;  ///< unsigned integers in the mask form, any integers in the set form
    bool masks;
    std::vector<std::vector<std::string>> sets;  ///< empty in the mask form
    std::vector<std::string> names;              ///< empty in the set form

    /// The code of `row` as 64 bits: equal codes are equal sets. Not checked.
    std::uint64_t code(std::int64_t row) const { return static_cast<std::uint64_t>(codes.as_int64(row)); }

    /// Names that `code` stands for. Throws InputError naming the column and `row` where a set code is out of
    /// range or a mask has a bit beyond `names`. Takes time in the number of names; decode each distinct code
    /// once.
    std::vector<std::string> decode(std::uint64_t code, std::int64_t row) const;

    /// Names of one row.
    std::vector<std::string> row(std::int64_t at) const { return decode(code(at), at); }
};

}  // namespace gigafleet
