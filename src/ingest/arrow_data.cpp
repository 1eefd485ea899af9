#include "arrow_data.hpp"

#include <utility>

#include "gigafleet/error.hpp"
#include "text.hpp"

namespace ingest {
namespace {

using gigafleet::InputError;
using gigafleet::InputTypeError;
using gigafleet::kNoRow;

std::string last_error(ArrowArrayStream& stream) {
    const char* text = stream.get_last_error(&stream);
    return text != nullptr ? text : "an error without a message";
}

}  // namespace

Kind ArrowColumn::kind() const {
    const std::string_view format = schema->format;
    if (is_text(*schema)) return Kind::kText;
    if (is_list(*schema) && is_text(*schema->children[0])) return Kind::kTexts;
    if (schema->dictionary != nullptr || format.size() != 1) return Kind::kOther;
    if (format == "b") return Kind::kBool;
    return std::string_view("cCsSiIlLefg").find(format) != std::string_view::npos ? Kind::kNumber
                                                                                  : Kind::kOther;
}

void ArrowData::begin() {
    table = std::string_view(root().format) == "+s";
    if (!table) {
        columns.push_back({root().name != nullptr ? root().name : "", &root(), {}});
        return;
    }
    for (std::int64_t i = 0; i < root().n_children; ++i) {
        const ArrowSchema* child = root().children[i];
        columns.push_back({child->name != nullptr ? child->name : "", child, {}});
    }
}

void ArrowData::add(Owned<ArrowArray> array) {
    if (!table) {
        const std::int64_t offset = array->offset;
        const std::int64_t length = array->length;
        columns.front().chunks.push_back(
            {std::make_shared<const Owned<ArrowArray>>(std::move(array)), offset, length});
        rows += length;
        return;
    }
    if (array->n_children != static_cast<std::int64_t>(columns.size())) {
        throw InputError("table", kNoRow, "a batch of " + std::to_string(array->n_children) + " columns",
                         std::to_string(columns.size()));
    }
    for (std::int64_t i = 0; array->null_count != 0 && i < array->length; ++i) {
        if (is_null(*array, array->offset + i)) throw InputError("table", rows + i, "a null row", "a value");
    }
    // Children leave their parent, so that a column no longer wanted frees its memory by itself.
    for (std::size_t c = 0; c < columns.size(); ++c) {
        auto child = std::make_shared<const Owned<ArrowArray>>(*array->children[c]);
        const std::int64_t offset = (*child)->offset + array->offset;
        columns[c].chunks.push_back({std::move(child), offset, array->length});
    }
    rows += array->length;
}

ArrowData ArrowData::read(Owned<ArrowArrayStream> stream) {
    ArrowData data;
    if (stream->get_schema(&*stream, data.schema->out()) != 0) {
        throw InputError("table", kNoRow, "an Arrow stream that fails: " + last_error(*stream), "a schema");
    }
    data.begin();
    for (;;) {
        Owned<ArrowArray> next;
        if (stream->get_next(&*stream, next.out()) != 0) {
            throw InputError("table", kNoRow, "an Arrow stream that fails: " + last_error(*stream),
                             "a batch");
        }
        if (!next.alive()) break;
        data.add(std::move(next));
    }
    return data;
}

ArrowData ArrowData::take(Owned<ArrowSchema> schema, Owned<ArrowArray> array) {
    ArrowData data;
    *data.schema = std::move(schema);
    data.begin();
    data.add(std::move(array));
    return data;
}

void refuse_nulls(const ArrowColumn& column, std::string_view argument) {
    std::int64_t row = 0;
    for (const Chunk& chunk : column.chunks) {
        if ((*chunk).null_count == 0) {
            row += chunk.rows;
            continue;
        }
        for (std::int64_t i = 0; i < chunk.rows; ++i, ++row) {
            if (is_null(*chunk, chunk.offset + i)) throw InputError(argument, row, "null", "a value");
        }
    }
}

std::string describe(const ArrowSchema& schema) {
    std::string text = "Arrow format '" + std::string(schema.format) + "'";
    if (schema.dictionary != nullptr) text += " (a dictionary of " + describe(*schema.dictionary) + ")";
    return text;
}

}  // namespace ingest
