// How a long computation talks to its caller: progress out, a wish to stop in.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace gigafleet {

/// Handed down to everything that can take over a millisecond. `poll` runs on the calling thread only.
class Control {
public:
    virtual ~Control() = default;

    /// Reports `done` of `total` units of `stage`; throws Cancelled where the caller wants to stop.
    /// Call it at least every few milliseconds of work; it throttles itself.
    virtual void poll(std::string_view stage, std::int64_t done, std::int64_t total) = 0;
};

/// For callers that want neither.
class NoControl final : public Control {
public:
    void poll(std::string_view, std::int64_t, std::int64_t) override {}
};

/// Seconds since its construction, on the monotonic clock. For reports and budgets, never for results.
class Stopwatch {
public:
    double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace gigafleet
