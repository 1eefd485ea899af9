// Arrow data as columns of chunks, held for as long as somebody reads them. No Python in here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arrow_c.hpp"

namespace ingest {

enum class Kind { kNumber, kBool, kText, kTexts, kOther };

/// Rows [offset, offset + rows) of an array: the array's own offset and its parent's are in `offset`.
struct Chunk {
    std::shared_ptr<const Owned<ArrowArray>> array;
    std::int64_t offset;
    std::int64_t rows;

    const ArrowArray& operator*() const { return **array; }
};

struct ArrowColumn {
    std::string name;
    const ArrowSchema* schema;  ///< owned by the ArrowData
    std::vector<Chunk> chunks;

    Kind kind() const;
};

/// What a producer handed over: a table (`table` true, a struct in Arrow's terms) or one column.
struct ArrowData {
    std::unique_ptr<Owned<ArrowSchema>> schema =
        std::make_unique<Owned<ArrowSchema>>();  ///< columns point into it
    bool table = false;
    std::int64_t rows = 0;
    std::vector<ArrowColumn> columns;

    /// Reads a stream to its end. Throws InputError with the producer's own words where it fails.
    static ArrowData read(Owned<ArrowArrayStream> stream);
    static ArrowData take(Owned<ArrowSchema> schema, Owned<ArrowArray> array);

private:
    const ArrowSchema& root() const { return **schema; }
    void begin();
    void add(Owned<ArrowArray> array);
};

/// True where row `at` (offset included) of `array` is null.
inline bool is_null(const ArrowArray& array, std::int64_t at) {
    if (array.null_count == 0 || array.n_buffers == 0 || array.buffers[0] == nullptr) return false;
    const auto* bits = static_cast<const std::uint8_t*>(array.buffers[0]);
    return ((bits[at >> 3] >> (at & 7)) & 1) == 0;
}

/// Throws InputError naming `argument` and the row of the first null, if there is one.
void refuse_nulls(const ArrowColumn& column, std::string_view argument);

/// For messages: "Arrow format 'tdD'".
std::string describe(const ArrowSchema& schema);

}  // namespace ingest
