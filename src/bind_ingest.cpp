// _core.ArrowData: tables and columns handed over through the Arrow PyCapsule interface.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>
#include <pybind11/typing.h>

#include <memory>
#include <string>
#include <utility>

#include "gigafleet/error.hpp"
#include "ingest/arrow_data.hpp"
#include "ingest/text.hpp"
#include "module.hpp"

using gigafleet::InputError;
using gigafleet::InputTypeError;
using gigafleet::kNoRow;
using ingest::ArrowColumn;
using ingest::ArrowData;
using ingest::Chunk;
using ingest::Kind;
using ingest::Owned;

namespace {

using Codes = py::array_t<std::int32_t>;

/// Takes the struct out of a capsule; the capsule's own destructor then finds it released.
template <class T>
Owned<T> out_of(const py::handle capsule, const char* name) {
    auto* held = static_cast<T*>(PyCapsule_GetPointer(capsule.ptr(), name));
    if (held == nullptr) throw py::error_already_set();
    if (held->release == nullptr) {
        throw InputError("table", kNoRow, std::string("a capsule of ") + name + " already read",
                         "a fresh one");
    }
    return Owned<T>(*held);
}

ArrowData import_arrow(const py::object& source) {
    if (py::hasattr(source, "__arrow_c_stream__")) {
        const py::object capsule = source.attr("__arrow_c_stream__")();
        auto stream = out_of<ArrowArrayStream>(capsule, "arrow_array_stream");
        const py::gil_scoped_release unlocked;  // a producer that runs Python takes the lock itself
        return ArrowData::read(std::move(stream));
    }
    if (!py::hasattr(source, "__arrow_c_array__")) {
        throw InputTypeError("table", kNoRow, std::string(py::str(py::type::of(source))),
                             "an object with __arrow_c_stream__ or __arrow_c_array__");
    }
    const py::tuple pair = source.attr("__arrow_c_array__")();
    auto schema = out_of<ArrowSchema>(pair[0], "arrow_schema");
    return ArrowData::take(std::move(schema), out_of<ArrowArray>(pair[1], "arrow_array"));
}

const ArrowColumn& column_of(const ArrowData& data, std::size_t i) {
    if (i >= data.columns.size()) throw py::index_error("no such column");
    return data.columns[i];
}

std::string kind_of(const ArrowColumn& column) {
    switch (column.kind()) {
        case Kind::kNumber: return "number";
        case Kind::kBool: return "bool";
        case Kind::kText: return "text";
        case Kind::kTexts: return "texts";
        default: return ingest::describe(*column.schema);
    }
}

void expect(const ArrowColumn& column, bool fits, const std::string& argument, const char* wanted) {
    if (!fits) throw InputTypeError(argument, kNoRow, ingest::describe(*column.schema), wanted);
}

py::dtype dtype_of(char format) {
    constexpr const char* from = "cCsSiIlLefg";
    constexpr const char* to[] = {"i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"};
    return py::dtype(to[std::char_traits<char>::find(from, 11, format) - from]);
}

py::array unpacked_bits(const Chunk& chunk) {
    py::array_t<bool> out(chunk.rows);
    bool* to = out.mutable_data();
    if (chunk.rows == 0) return out;
    const auto* bits = static_cast<const std::uint8_t*>((*chunk).buffers[1]);
    for (std::int64_t i = 0; i < chunk.rows; ++i) {
        const std::int64_t at = chunk.offset + i;
        to[i] = ((bits[at >> 3] >> (at & 7)) & 1) != 0;
    }
    return out;
}

/// A read-only array over the Arrow buffer; its base keeps the buffer.
py::array view_of(const Chunk& chunk, const py::dtype& dtype) {
    using Keeper = std::shared_ptr<const Owned<ArrowArray>>;
    if (chunk.rows == 0) return py::array(dtype, std::vector<py::ssize_t>{0});
    const auto* data = static_cast<const char*>((*chunk).buffers[1]) + chunk.offset * dtype.itemsize();
    auto keeper = std::make_unique<Keeper>(chunk.array);
    const py::capsule base(keeper.get(), [](void* held) { delete static_cast<Keeper*>(held); });
    keeper.release();
    py::array view(dtype, {chunk.rows}, {dtype.itemsize()}, data, base);
    view.attr("setflags")(py::arg("write") = false);
    return view;
}

py::typing::List<py::array> numbers(const ArrowData& data, std::size_t i, const std::string& argument) {
    const ArrowColumn& column = column_of(data, i);
    const Kind kind = column.kind();
    expect(column, kind == Kind::kNumber || kind == Kind::kBool, argument, "a column of numbers");
    ingest::refuse_nulls(column, argument);
    const py::dtype dtype = kind == Kind::kBool ? py::dtype("?") : dtype_of(column.schema->format[0]);
    py::typing::List<py::array> out;
    for (const Chunk& chunk : column.chunks) {
        if (chunk.rows != 0) out.append(kind == Kind::kBool ? unpacked_bits(chunk) : view_of(chunk, dtype));
    }
    if (out.empty()) out.append(py::array(dtype, std::vector<py::ssize_t>{0}));
    return out;
}

py::typing::Tuple<Codes, py::typing::List<py::str>> texts(const ArrowData& data, std::size_t i,
                                                          const std::string& argument) {
    const ArrowColumn& column = column_of(data, i);
    expect(column, column.kind() == Kind::kText, argument, "a column of strings");
    Codes codes(data.rows);
    const std::span<std::int32_t> out(codes.mutable_data(), static_cast<std::size_t>(data.rows));
    ingest::Names names;
    {
        const py::gil_scoped_release unlocked;
        ingest::intern_text(column, argument, names, out);
    }
    return py::make_tuple(codes, py::cast(names.all()));
}

py::typing::Tuple<Codes, py::typing::List<py::typing::List<py::str>>> sets(const ArrowData& data,
                                                                           std::size_t i,
                                                                           const std::string& argument) {
    const ArrowColumn& column = column_of(data, i);
    expect(column, column.kind() == Kind::kTexts, argument, "a column of lists of strings");
    Codes codes(data.rows);
    const std::span<std::int32_t> out(codes.mutable_data(), static_cast<std::size_t>(data.rows));
    ingest::Names names;
    ingest::NameSets found;
    {
        const py::gil_scoped_release unlocked;
        ingest::intern_texts(column, argument, names, found, out);
    }
    const py::list words = py::cast(names.all());
    py::list lists;
    for (const auto& members : found.all()) {
        py::list set;
        for (const std::int32_t m : members) set.append(words[static_cast<std::size_t>(m)]);
        lists.append(set);
    }
    return py::make_tuple(codes, lists);
}

}  // namespace

void register_ingest(py::module_& m) {
    py::class_<ArrowData>(m, "ArrowData")
        .def(py::init(&import_arrow), py::arg("source"))
        .def_property_readonly("table", [](const ArrowData& self) { return self.table; })
        .def_property_readonly("rows", [](const ArrowData& self) { return self.rows; })
        .def_property_readonly("names",
                               [](const ArrowData& self) {
                                   py::typing::List<py::str> names;
                                   for (const ArrowColumn& column : self.columns) names.append(column.name);
                                   return names;
                               })
        .def(
            "kind", [](const ArrowData& self, std::size_t i) { return kind_of(column_of(self, i)); },
            py::arg("column"))
        .def("numbers", &numbers, py::arg("column"), py::arg("argument"))
        .def("texts", &texts, py::arg("column"), py::arg("argument"))
        .def("sets", &sets, py::arg("column"), py::arg("argument"));
}
