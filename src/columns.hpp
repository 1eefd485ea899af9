// Columns as Python holds them: the core's view together with the arrays it borrows from.
#pragma once

#include <pybind11/pybind11.h>

#include <vector>

#include "gigafleet/column.hpp"
#include "gigafleet/label_column.hpp"

namespace py = pybind11;

/// Whoever keeps `column` beyond a call keeps `owners` as well (and drops them with the GIL held).
struct PyColumn {
    gigafleet::Column column;
    std::vector<py::object> owners;
};

struct PyLabelColumn {
    gigafleet::LabelColumn labels;
    std::vector<py::object> owners;
};
