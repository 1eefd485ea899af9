// The Arrow C data and stream interfaces: three structs whose layout is a published, frozen ABI
// (arrow.apache.org/docs/format/CDataInterface.html), and owners that release each exactly once.
#pragma once

#include <cstdint>
#include <utility>

extern "C" {

struct ArrowSchema {
    const char* format;
    const char* name;
    const char* metadata;
    std::int64_t flags;
    std::int64_t n_children;
    ArrowSchema** children;
    ArrowSchema* dictionary;
    void (*release)(ArrowSchema*);
    void* private_data;
};

struct ArrowArray {
    std::int64_t length;
    std::int64_t null_count;
    std::int64_t offset;
    std::int64_t n_buffers;
    std::int64_t n_children;
    const void** buffers;
    ArrowArray** children;
    ArrowArray* dictionary;
    void (*release)(ArrowArray*);
    void* private_data;
};

struct ArrowArrayStream {
    int (*get_schema)(ArrowArrayStream*, ArrowSchema* out);
    int (*get_next)(ArrowArrayStream*, ArrowArray* out);
    const char* (*get_last_error)(ArrowArrayStream*);
    void (*release)(ArrowArrayStream*);
    void* private_data;
};

}  // extern "C"

namespace ingest {

/// Sole owner of one of the structs above. An owned struct may be moved as bytes; the source is then marked
/// released.
template <class T>
class Owned {
public:
    Owned() = default;
    /// Takes over `from`, which the producer or a parent holds.
    explicit Owned(T& from) : value_(from) { from.release = nullptr; }
    Owned(Owned&& other) noexcept : value_(std::exchange(other.value_, T{})) {}
    Owned& operator=(Owned&& other) noexcept {
        if (this != &other) {
            release();
            value_ = std::exchange(other.value_, T{});
        }
        return *this;
    }
    Owned(const Owned&) = delete;
    Owned& operator=(const Owned&) = delete;
    ~Owned() { release(); }

    /// For a producer to write into.
    T* out() { return &value_; }
    T& operator*() { return value_; }
    const T& operator*() const { return value_; }
    T* operator->() { return &value_; }
    const T* operator->() const { return &value_; }
    /// False for the end of a stream, and after a move.
    bool alive() const { return value_.release != nullptr; }

private:
    void release() {
        if (value_.release != nullptr) value_.release(&value_);
        value_.release = nullptr;
    }

    T value_{};
};

}  // namespace ingest
