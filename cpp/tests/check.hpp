// A test harness of one page: TEST(name) { CHECK(...); }, one executable per header under test. check.cpp
// holds `main`.
#pragma once

#include <string_view>

namespace check {

/// A test that dominates the others tries one in `kShare` of its cases where a sanitizer makes each slow.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr int kShare = 4;
#else
inline constexpr int kShare = 1;
#endif

struct Register {
    Register(const char* name, void (*run)());
};

void fail(const char* file, int line, const char* what);

/// Whether `text` holds `part`; fails with the text otherwise.
bool holds(const char* file, int line, const char* text, std::string_view part);

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
            thrown = check::holds(__FILE__, __LINE__, e.what(), part);                                      \
        }                                                                                                   \
        if (!thrown) check::fail(__FILE__, __LINE__, "CHECK_THROWS(" #Type ", " #part ", " #statement ")"); \
    } while (false)
