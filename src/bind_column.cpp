// _core.Column and _core.LabelColumn: NumPy arrays seen as the core's columns, without a copy.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>
#include <pybind11/typing.h>

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "columns.hpp"
#include "gigafleet/error.hpp"
#include "module.hpp"

using gigafleet::Column;
using gigafleet::DType;
using gigafleet::InputTypeError;
using gigafleet::kNoRow;
using gigafleet::LabelColumn;

namespace {

constexpr const char* kWantedDtype = "a native int, uint or float dtype of at most 64 bits";
constexpr std::array<const char*, 10> kNames{"int8",   "int16",  "int32",  "int64",   "uint8",
                                             "uint16", "uint32", "uint64", "float32", "float64"};

DType dtype_of(const std::string& name, const py::array& array) {
    const py::dtype dtype = array.dtype();
    const std::string text = py::str(static_cast<py::object>(dtype));
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (text == kNames[i]) return static_cast<DType>(i);  // a foreign byte order reads ">i4"
    }
    throw InputTypeError(name, kNoRow, "dtype " + text, kWantedDtype);
}

PyColumn make_column(const std::string& name, const py::typing::List<py::array>& chunks, bool scalar) {
    std::vector<Column::Chunk> pieces;
    std::vector<py::object> owners;
    std::optional<DType> type;
    for (const py::handle item : chunks) {
        if (!py::isinstance<py::array>(item)) {
            throw InputTypeError(name, kNoRow, std::string(py::str(py::type::of(item))), "NumPy arrays");
        }
        const auto array = py::reinterpret_borrow<py::array>(item);
        if (array.ndim() != 1) {
            throw InputTypeError(name, kNoRow, std::to_string(array.ndim()) + " dimensions", "1");
        }
        const DType own = dtype_of(name, array);
        if (type.value_or(own) != own) {
            throw InputTypeError(name, kNoRow, "chunks of several dtypes", "one dtype");
        }
        type = own;
        pieces.push_back({static_cast<const std::byte*>(array.data()), array.strides(0), array.shape(0)});
        owners.push_back(array);
    }
    if (!type) throw InputTypeError(name, kNoRow, "no chunk", "at least one, which may have no rows");
    if (scalar && (pieces.size() != 1 || pieces.front().rows != 1)) {
        throw InputTypeError(name, kNoRow, "a scalar of several rows", "one chunk of one row");
    }
    return {Column(name, *type, std::move(pieces), scalar), std::move(owners)};
}

using Sets = std::vector<std::vector<std::string>>;

PyLabelColumn make_labels(const std::string& name, const PyColumn& codes, std::optional<Sets> sets,
                          std::optional<std::vector<std::string>> names) {
    if (sets.has_value() == names.has_value()) {
        throw InputTypeError(name, kNoRow, sets ? "sets and names" : "neither sets nor names",
                             "one of the two");
    }
    return {sets ? LabelColumn::of_sets(name, codes.column, std::move(*sets))
                 : LabelColumn::of_masks(name, codes.column, std::move(*names)),
            codes.owners};
}

/// Row as counted by the caller; a scalar answers for any row.
std::int64_t checked(const Column& column, std::int64_t row) {
    if (row < 0 || (!column.is_scalar() && row >= column.rows())) throw py::index_error("row out of range");
    return row;
}

}  // namespace

void register_column(py::module_& m) {
    py::class_<PyColumn>(m, "Column")
        .def(py::init(&make_column), py::arg("name"), py::arg("chunks").noconvert(),
             py::arg("scalar").noconvert())
        .def_property_readonly("name", [](const PyColumn& self) { return self.column.name(); })
        .def_property_readonly("rows", [](const PyColumn& self) { return self.column.rows(); })
        .def_property_readonly("scalar", [](const PyColumn& self) { return self.column.is_scalar(); })
        .def_property_readonly(
            "dtype",
            [](const PyColumn& self) { return kNames[static_cast<std::size_t>(self.column.type())]; })
        .def(
            "item",
            [](const PyColumn& self, std::int64_t row) -> py::object {
                const Column& column = self.column;
                return gigafleet::with_type(column.type(), [&](auto t) -> py::object {
                    return py::cast(Column::load<decltype(t)>(column.at(checked(column, row))));
                });
            },
            py::arg("row"));

    py::class_<PyLabelColumn>(m, "LabelColumn")
        .def(py::init(&make_labels), py::arg("name"), py::arg("codes"), py::arg("sets").none(true),
             py::arg("names").none(true))
        .def_property_readonly("name", [](const PyLabelColumn& self) { return self.labels.name; })
        .def_property_readonly("rows", [](const PyLabelColumn& self) { return self.labels.codes.rows(); })
        .def_property_readonly("scalar",
                               [](const PyLabelColumn& self) { return self.labels.codes.is_scalar(); })
        .def(
            "row",
            [](const PyLabelColumn& self, std::int64_t row) {
                return self.labels.row(checked(self.labels.codes, row));
            },
            py::arg("row"));
}
