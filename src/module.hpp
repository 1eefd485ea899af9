#pragma once

#include <pybind11/pybind11.h>

namespace py = pybind11;

void register_errors(py::module_& m);
void register_column(py::module_& m);
void register_ingest(py::module_& m);
void register_network(py::module_& m);
void register_tables(py::module_& m);
void register_place(py::module_& m);
void register_whatif(py::module_& m);
