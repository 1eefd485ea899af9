// How a call of the core runs: on how many threads, and its Control, spoken in Python: signals are polled,
// and the progress callback is called, on the calling thread.
#pragma once

#include <pybind11/pybind11.h>

#include <string>
#include <utility>

#include "gigafleet/control.hpp"
#include "gigafleet/parallel.hpp"

namespace py = pybind11;

/// As many as asked for; where that is 0, those this process may use.
inline int thread_count(int threads) { return threads > 0 ? threads : gigafleet::available_threads(); }

/// Use it where the GIL is released. Ctrl-C and an exception in the callback come out of poll() as they are.
class PyControl final : public gigafleet::Control {
public:
    explicit PyControl(py::object progress = py::none()) : progress_(std::move(progress)) {}

    void poll(std::string_view stage, std::int64_t done, std::int64_t total) override {
        if (called_ && since_.seconds() < kIntervalS) return;
        called_ = true;
        since_ = {};
        const py::gil_scoped_acquire acquire;
        if (PyErr_CheckSignals() != 0) throw py::error_already_set();
        if (!progress_.is_none()) progress_(std::string(stage), done, total);
    }

private:
    static constexpr double kIntervalS = 0.05;
    py::object progress_;
    bool called_ = false;
    gigafleet::Stopwatch since_;
};
