#include "check.hpp"

#include <chrono>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace check {

namespace {

struct Case {
    const char* name;
    void (*run)();
};

/// In a function, since tests register before `main`, file by file in no order.
std::vector<Case>& cases() {
    static std::vector<Case> all;
    return all;
}

int failures = 0;

void run(const Case& c) {
    const int before = failures;
    const auto start = std::chrono::steady_clock::now();
    try {
        c.run();
    } catch (const std::exception& e) {
        fail(c.name, 0, (std::string("uncaught: ") + e.what()).c_str());
    }
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    std::printf("%s %6.2f s %s\n", failures == before ? "ok  " : "FAIL", time.count(), c.name);
}

}  // namespace

Register::Register(const char* name, void (*run)()) { cases().push_back({name, run}); }

void fail(const char* file, int line, const char* what) {
    ++failures;
    std::fprintf(stderr, "%s:%d: %s\n", file, line, what);
}

bool holds(const char* file, int line, const char* text, std::string_view part) {
    const bool found = std::string_view(text).find(part) != std::string_view::npos;
    if (!found) fail(file, line, (std::string("text was: ") + text).c_str());
    return found;
}

}  // namespace check

int main() {
    for (const auto& c : check::cases()) check::run(c);
    return check::failures == 0 ? 0 : 1;
}
