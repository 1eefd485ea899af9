#include "gigafleet/buffer.hpp"

#include <cstdint>
#include <numeric>

#include "check.hpp"

using namespace gigafleet;

TEST(small_and_large_buffers_hold_what_is_written) {
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{10}, std::size_t{1} << 20, std::size_t{3'000'001}}) {
        Buffer<std::uint32_t> buffer(size);
        std::iota(buffer.begin(), buffer.end(), 0u);
        buffer.resize(size + 1);  // moves
        buffer.back() = 7;
        for (std::size_t i = 0; i < size; ++i) CHECK_EQ(buffer[i], i);
        const Buffer<std::uint32_t> copy = buffer;
        CHECK(copy == buffer);
        buffer = {};
        CHECK(buffer.empty());
        CHECK_EQ(copy.back(), 7u);
    }
}

TEST(values_given_are_set) {
    const Buffer<std::int64_t> buffer(600'000, -1);
    for (const std::int64_t value : buffer) CHECK_EQ(value, -1);
}

TEST(large_buffers_start_on_a_large_page) {
    const Buffer<double> buffer(std::size_t{1} << 20);
    CHECK_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % RawAllocator<double>::kPage, 0u);
}
