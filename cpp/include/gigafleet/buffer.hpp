// Arrays of a value a row: not zeroed before they are written, on large pages where they are large.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <utility>
#include <vector>

namespace gigafleet {

/// Leaves what it allocates as it is. Large arrays are aligned to, and ask for, pages of 2 MiB: a random
/// access then seldom misses the page tables, and the kernel is entered 512 times less.
template <class T>
struct RawAllocator {
    using value_type = T;
    static constexpr std::size_t kPage = std::size_t{1} << 21;

    RawAllocator() = default;
    template <class U>
    RawAllocator(const RawAllocator<U>&) {}

    T* allocate(std::size_t size) {
        const std::size_t bytes = size * sizeof(T);
        if (bytes < kPage) return static_cast<T*>(::operator new(bytes));
        void* memory = std::aligned_alloc(kPage, (bytes + kPage - 1) / kPage * kPage);
        if (memory == nullptr) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
        madvise(memory, bytes / kPage * kPage, MADV_HUGEPAGE);  // a wish: without it all is just slower
#endif
        return static_cast<T*>(memory);
    }
    void deallocate(T* memory, std::size_t size) {
        if (size * sizeof(T) < kPage)
            ::operator delete(memory);
        else
            std::free(memory);
    }

    template <class U>
    void construct(U* at) {
        ::new (static_cast<void*>(at)) U;
    }
    template <class U, class... Values>
    void construct(U* at, Values&&... values) {
        ::new (static_cast<void*>(at)) U(std::forward<Values>(values)...);
    }

    friend bool operator==(const RawAllocator&, const RawAllocator&) { return true; }
};

/// A vector whose `resize` leaves new elements unset: write each before it is read.
template <class T>
using Buffer = std::vector<T, RawAllocator<T>>;

}  // namespace gigafleet
