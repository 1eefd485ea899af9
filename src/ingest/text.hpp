// Strings and lists of strings of Arrow columns, interned: a number for each that differs.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "arrow_data.hpp"

namespace ingest {

/// utf8, large_utf8, string_view, or a dictionary of one of them.
bool is_text(const ArrowSchema& schema);
/// list, large_list, fixed_size_list, list_view, large_list_view.
bool is_list(const ArrowSchema& schema);

/// Numbers strings from 0 in the order in which they first appear.
class Names {
public:
    std::int32_t code(std::string_view name);
    const std::deque<std::string>& all() const { return names_; }

private:
    std::deque<std::string> names_;  // its elements never move
    std::unordered_map<std::string_view, std::int32_t> codes_;
};

/// Numbers sets of names (ascending codes, none twice) in the order in which they first appear.
class NameSets {
public:
    std::int32_t code(const std::vector<std::int32_t>& members);
    const std::vector<std::vector<std::int32_t>>& all() const { return sets_; }

private:
    struct Hash {
        std::size_t operator()(const std::vector<std::int32_t>& members) const;
    };
    std::vector<std::vector<std::int32_t>> sets_;
    std::unordered_map<std::vector<std::int32_t>, std::int32_t, Hash> codes_;
};

/// Writes the code of each row of a column of kind kText into `out` (as many as the column has rows).
/// Throws InputError naming `argument` and the row at a null.
void intern_text(const ArrowColumn& column, std::string_view argument, Names& names,
                 std::span<std::int32_t> out);

/// The same for a column of kind kTexts: the code of each row's set. A name twice in a list counts once.
void intern_texts(const ArrowColumn& column, std::string_view argument, Names& names, NameSets& sets,
                  std::span<std::int32_t> out);

}  // namespace ingest
