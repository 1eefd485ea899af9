#include "text.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

#include "gigafleet/error.hpp"

namespace ingest {
namespace {

using gigafleet::InputError;

constexpr std::int32_t kNull = -1;

template <class T>
const T* buffer(const ArrowArray& array, std::int64_t i) {
    return static_cast<const T*>(array.buffers[i]);
}

bool is_plain_text(std::string_view format) { return format == "u" || format == "U" || format == "vu"; }

/// Calls `body(read)`, where `read(at)` is the string at a position (offset included).
template <class Body>
void with_strings(const ArrowSchema& schema, const ArrowArray& array, Body&& body) {
    const auto offsets_into = [&](auto zero) {
        const auto* offsets = buffer<decltype(zero)>(array, 1);
        const char* text = buffer<char>(array, 2);
        body([=](std::int64_t at) {
            return std::string_view(text + offsets[at],
                                    static_cast<std::size_t>(offsets[at + 1] - offsets[at]));
        });
    };
    const std::string_view format = schema.format;
    if (format == "u") return offsets_into(std::int32_t{});
    if (format == "U") return offsets_into(std::int64_t{});
    // string_view: 16 bytes each; a length of at most 12 has its text inside, else buffer number and offset.
    const char* views = buffer<char>(array, 1);
    body([&array, views](std::int64_t at) {
        const char* view = views + at * 16;
        std::int32_t parts[4];
        std::memcpy(parts, view, sizeof parts);
        const auto length = static_cast<std::size_t>(parts[0]);
        if (length <= 12) return std::string_view(view + 4, length);
        return std::string_view(buffer<char>(array, 2 + parts[2]) + parts[3], length);
    });
}

/// Calls `body(index)` with a reader of a dictionary's indices.
template <class Body>
void with_indices(const ArrowSchema& schema, const ArrowArray& array, Body&& body) {
    const auto typed = [&](auto zero) {
        const auto* indices = buffer<decltype(zero)>(array, 1);
        body([=](std::int64_t at) { return static_cast<std::int64_t>(indices[at]); });
    };
    switch (schema.format[0]) {
        case 'c': return typed(std::int8_t{});
        case 'C': return typed(std::uint8_t{});
        case 's': return typed(std::int16_t{});
        case 'S': return typed(std::uint16_t{});
        case 'i': return typed(std::int32_t{});
        case 'I': return typed(std::uint32_t{});
        default: return typed(std::int64_t{});
    }
}

/// Writes the codes of positions [first, first + out.size()) (offset included), kNull for nulls.
void intern_range(const ArrowSchema& schema, const ArrowArray& array, std::int64_t first, Names& names,
                  std::span<std::int32_t> out) {
    if (out.empty()) return;
    const auto rows = static_cast<std::int64_t>(out.size());
    if (schema.dictionary != nullptr) {
        const ArrowArray& words = *array.dictionary;
        constexpr std::int32_t kUnseen = -2;
        std::vector<std::int32_t> known(static_cast<std::size_t>(words.length), kUnseen);
        with_indices(schema, array, [&](auto index) {
            for (std::int64_t i = 0; i < rows; ++i) {
                std::int32_t& to = out[static_cast<std::size_t>(i)];
                to = kNull;
                if (is_null(array, first + i)) continue;
                const std::int64_t word = index(first + i);
                std::int32_t& code = known[static_cast<std::size_t>(word)];
                if (code == kUnseen) {
                    intern_range(*schema.dictionary, words, words.offset + word, names, {&code, 1});
                }
                to = code;
            }
        });
        return;
    }
    with_strings(schema, array, [&](auto text) {
        std::string_view last;
        std::int32_t code = kNull;
        for (std::int64_t i = 0; i < rows; ++i) {
            std::int32_t& to = out[static_cast<std::size_t>(i)];
            to = kNull;
            if (is_null(array, first + i)) continue;
            const std::string_view now = text(first + i);
            if (code == kNull || now != last) code = names.code(now);
            last = now;
            to = code;
        }
    });
}

/// Calls `body(bounds)`, where `bounds(at)` is {first, count} of a list's elements, the child's offset left
/// out.
template <class Body>
void with_lists(const ArrowSchema& schema, const ArrowArray& array, Body&& body) {
    struct Bounds {
        std::int64_t first, count;
    };
    const auto offsets_into = [&](auto zero) {
        const auto* offsets = buffer<decltype(zero)>(array, 1);
        body([=](std::int64_t at) { return Bounds{offsets[at], offsets[at + 1] - offsets[at]}; });
    };
    const auto views_into = [&](auto zero) {
        const auto* offsets = buffer<decltype(zero)>(array, 1);
        const auto* sizes = buffer<decltype(zero)>(array, 2);
        body([=](std::int64_t at) { return Bounds{offsets[at], sizes[at]}; });
    };
    const std::string_view format = schema.format;
    if (format == "+l") return offsets_into(std::int32_t{});
    if (format == "+L") return offsets_into(std::int64_t{});
    if (format == "+vl") return views_into(std::int32_t{});
    if (format == "+vL") return views_into(std::int64_t{});
    std::int64_t width = 0;
    std::from_chars(format.data() + 3, format.data() + format.size(), width);  // "+w:3"
    body([=](std::int64_t at) { return Bounds{at * width, width}; });
}

/// Keeps `members` ascending, none twice; label lists are short.
void add(std::vector<std::int32_t>& members, std::int32_t code) {
    const auto at = std::find_if(members.begin(), members.end(), [=](std::int32_t m) { return m >= code; });
    if (at == members.end() || *at != code) members.insert(at, code);
}

}  // namespace

bool is_text(const ArrowSchema& schema) {
    return is_plain_text(schema.dictionary != nullptr ? schema.dictionary->format : schema.format);
}

bool is_list(const ArrowSchema& schema) {
    const std::string_view format = schema.format;
    return format == "+l" || format == "+L" || format == "+vl" || format == "+vL" ||
           format.starts_with("+w:");
}

std::int32_t Names::code(std::string_view name) {
    const auto found = codes_.find(name);
    if (found != codes_.end()) return found->second;
    if (names_.size() >= static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
        throw InputError("strings", gigafleet::kNoRow, "over 2^31 that differ", "fewer");
    }
    const auto code = static_cast<std::int32_t>(names_.size());
    codes_.emplace(names_.emplace_back(name), code);
    return code;
}

std::size_t NameSets::Hash::operator()(const std::vector<std::int32_t>& members) const {
    std::uint64_t h = members.size();
    for (const std::int32_t m : members) {
        h = (h ^ static_cast<std::uint32_t>(m)) * 0x9E3779B97F4A7C15U;
        h ^= h >> 29;
    }
    return h;
}

std::int32_t NameSets::code(const std::vector<std::int32_t>& members) {
    const auto [at, fresh] = codes_.try_emplace(members, static_cast<std::int32_t>(sets_.size()));
    if (fresh) sets_.push_back(members);
    return at->second;
}

void intern_text(const ArrowColumn& column, std::string_view argument, Names& names,
                 std::span<std::int32_t> out) {
    std::size_t row = 0;
    for (const Chunk& chunk : column.chunks) {
        const auto part = out.subspan(row, static_cast<std::size_t>(chunk.rows));
        intern_range(*column.schema, *chunk, chunk.offset, names, part);
        const auto null = std::find(part.begin(), part.end(), kNull);
        if (null != part.end()) {
            const auto at = row + static_cast<std::size_t>(null - part.begin());
            throw InputError(argument, static_cast<std::int64_t>(at), "null", "a string");
        }
        row += part.size();
    }
}

void intern_texts(const ArrowColumn& column, std::string_view argument, Names& names, NameSets& sets,
                  std::span<std::int32_t> out) {
    const ArrowSchema& element = *column.schema->children[0];
    std::vector<std::int32_t> codes;    // of the elements of one block of lists
    std::vector<std::int32_t> members;  // of one list
    std::int64_t row = 0;
    for (const Chunk& chunk : column.chunks) {
        const ArrowArray& lists = *chunk;
        if (chunk.rows == 0) continue;
        const ArrowArray& elements = *lists.children[0];
        with_lists(*column.schema, lists, [&](auto bounds) {
            std::int64_t low = std::numeric_limits<std::int64_t>::max();
            std::int64_t high = 0;
            for (std::int64_t i = 0; i < chunk.rows; ++i) {
                if (is_null(lists, chunk.offset + i)) {
                    throw InputError(argument, row + i, "null", "a list of strings, which may be empty");
                }
                const auto [first, count] = bounds(chunk.offset + i);
                if (count == 0) continue;
                low = std::min<std::int64_t>(low, first);
                high = std::max<std::int64_t>(high, first + count);
            }
            low = std::min(low, high);
            codes.resize(static_cast<std::size_t>(high - low));
            intern_range(element, elements, elements.offset + low, names, codes);
            for (std::int64_t i = 0; i < chunk.rows; ++i, ++row) {
                const auto [first, count] = bounds(chunk.offset + i);
                members.clear();
                for (std::int64_t e = 0; e < count; ++e) {
                    const std::int32_t code = codes[static_cast<std::size_t>(first - low + e)];
                    if (code == kNull) {
                        throw InputError(argument, row, "a list with a null", "a list of strings");
                    }
                    add(members, code);
                }
                out[static_cast<std::size_t>(row)] = sets.code(members);
            }
        });
    }
}

}  // namespace ingest
