// The extension gigafleet._core: one register function per bind_*.cpp, no logic.
#include "module.hpp"

PYBIND11_MODULE(_core, m) {
    m.doc() = "C++ core of gigafleet. Private: use the classes of the package gigafleet.";
    register_errors(m);
    register_column(m);
    register_ingest(m);
    register_network(m);
    register_tables(m);
    register_place(m);
    register_whatif(m);
}
