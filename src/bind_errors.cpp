// The exception table: core class -> gigafleet.errors class of the same name.
#include "gigafleet/error.hpp"
#include "module.hpp"

namespace {

void raise_python(const char* name, const char* text) {
    const py::object type = py::module_::import("gigafleet.errors").attr(name);
    PyErr_SetString(type.ptr(), text);
}

}  // namespace

void register_errors(py::module_&) {
    py::register_local_exception_translator([](std::exception_ptr p) {
        try {
            if (p) std::rethrow_exception(p);
        } catch (const gigafleet::InputTypeError& e) {
            raise_python("InputTypeError", e.what());
        } catch (const gigafleet::InputError& e) {
            raise_python("InputError", e.what());
        } catch (const gigafleet::EngineError& e) {
            raise_python("EngineError", e.what());
        }
    });
}
