// A test harness of one page: TEST(name) { CHECK(...); }, one executable per header under test.
#pragma once

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace check {

struct Case {
    const char* name;
    void (*run)();
};
inline std::vector<Case>& cases() {
    static std::vector<Case> all;
    return all;
}
inline int failures = 0;

struct Register {
    Register(const char* name, void (*run)()) { cases().push_back({name, run}); }
};

inline void fail(const char* file, int line, const std::string& what) {
    ++failures;
    std::fprintf(stderr, "%s:%d: %s\n", file, line, what.c_str());
}

}  // namespace check

#define TEST(name)                                                    \
    static void test_##name();                                        \
    static const check::Register register_##name{#name, test_##name}; \
    static void test_##name()

#define CHECK(condition)                                                            \
    do {                                                                            \
        if (!(condition)) check::fail(__FILE__, __LINE__, "CHECK(" #condition ")"); \
    } while (false)

#define CHECK_EQ(a, b)                                                                  \
    do {                                                                                \
        if (!((a) == (b))) check::fail(__FILE__, __LINE__, "CHECK_EQ(" #a ", " #b ")"); \
    } while (false)

/// The statement must throw `Type` with `part` in its text.
#define CHECK_THROWS(Type, part, statement)                                                                 \
    do {                                                                                                    \
        bool thrown = false;                                                                                \
        try {                                                                                               \
            statement;                                                                                      \
        } catch (const Type& e) {                                                                           \
            thrown = std::string(e.what()).find(part) != std::string::npos;                                 \
            if (!thrown) check::fail(__FILE__, __LINE__, std::string("text was: ") + e.what());             \
        }                                                                                                   \
        if (!thrown) check::fail(__FILE__, __LINE__, "CHECK_THROWS(" #Type ", " #part ", " #statement ")"); \
    } while (false)

int main() {
    for (const auto& c : check::cases()) {
        const int before = check::failures;
        try {
            c.run();
        } catch (const std::exception& e) {
            check::fail(c.name, 0, std::string("uncaught: ") + e.what());
        }
        std::printf("%s %s\n", check::failures == before ? "ok  " : "FAIL", c.name);
    }
    return check::failures == 0 ? 0 : 1;
}
