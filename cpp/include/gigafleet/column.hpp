// A borrowed column of numbers: any integer or float width, strided or chunked, read in place.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "gigafleet/error.hpp"

namespace gigafleet {

enum class DType : std::uint8_t { kI8, kI16, kI32, kI64, kU8, kU16, kU32, kU64, kF32, kF64 };

constexpr std::size_t size_of(DType type) {
    constexpr std::uint8_t bytes[] = {1, 2, 4, 8, 1, 2, 4, 8, 4, 8};
    return bytes[static_cast<std::size_t>(type)];
}
constexpr bool is_float(DType type) { return type == DType::kF32 || type == DType::kF64; }

/// Calls `f(T{})` with the C++ type of `type`.
template <class F>
decltype(auto) with_type(DType type, F&& f) {
    switch (type) {
        case DType::kI8: return f(std::int8_t{});
        case DType::kI16: return f(std::int16_t{});
        case DType::kI32: return f(std::int32_t{});
        case DType::kI64: return f(std::int64_t{});
        case DType::kU8: return f(std::uint8_t{});
        case DType::kU16: return f(std::uint16_t{});
        case DType::kU32: return f(std::uint32_t{});
        case DType::kU64: return f(std::uint64_t{});
        case DType::kF32: return f(float{});
        default: return f(double{});
    }
}

/// Does not own its memory: whoever builds the table keeps the arrays alive.
class Column {
public:
    struct Chunk {
        const std::byte* data;
        std::ptrdiff_t stride;  ///< bytes from a row to the next
        std::int64_t rows;
        bool operator==(const Chunk&) const = default;
    };

    /// A scalar stands for every row (one chunk of one row, `scalar` true).
    Column(std::string name, DType type, std::vector<Chunk> chunks, bool scalar)
        : name_(std::move(name)), chunks_(std::move(chunks)), type_(type), scalar_(scalar) {
        for (const Chunk& chunk : chunks_) ends_.push_back(rows_ += chunk.rows);
    }

    const std::string& name() const { return name_; }
    DType type() const { return type_; }
    bool is_scalar() const { return scalar_; }
    /// Rows held; 1 for a scalar.
    std::int64_t rows() const { return rows_; }

    /// True where both read the same addresses as the same type.
    bool is_same_memory(const Column& other) const {
        return type_ == other.type_ && scalar_ == other.scalar_ && chunks_ == other.chunks_;
    }

    /// Address of one row.
    const std::byte* at(std::int64_t row) const {
        const Chunk& only = chunks_.front();
        if (scalar_) return only.data;
        if (chunks_.size() == 1) return only.data + row * only.stride;
        const std::size_t c = chunk_of(row);
        return chunks_[c].data + (row - begin_of(c)) * chunks_[c].stride;
    }
    double as_double(std::int64_t row) const {
        return with_type(type_, [&](auto t) { return static_cast<double>(load<decltype(t)>(at(row))); });
    }
    std::int64_t as_int64(std::int64_t row) const {
        return with_type(type_,
                         [&](auto t) { return static_cast<std::int64_t>(load<decltype(t)>(at(row))); });
    }

    /// Row that an error names: `row`, or none (kNoRow) for a scalar.
    std::int64_t error_row(std::int64_t row) const { return scalar_ ? kNoRow : row; }
    /// The whole number in a row, as text.
    std::string integer_text(std::int64_t row) const {
        return type_ == DType::kU64 ? std::to_string(load<std::uint64_t>(at(row)))
                                    : std::to_string(as_int64(row));
    }

    /// Calls `f(address, stride, count, row)` for each contiguous piece of rows [first, first + count), in
    /// order; for a scalar once, with stride 0.
    template <class F>
    void for_pieces(std::int64_t first, std::int64_t count, F&& f) const {
        if (scalar_) {
            f(chunks_.front().data, std::ptrdiff_t{0}, count, first);
            return;
        }
        for (std::size_t c = chunk_of(first); count > 0 && c < chunks_.size(); ++c) {
            const Chunk& chunk = chunks_[c];
            const std::int64_t n = std::min(count, ends_[c] - first);
            if (n == 0) continue;
            f(chunk.data + (first - begin_of(c)) * chunk.stride, chunk.stride, n, first);
            first += n;
            count -= n;
        }
    }

    /// Calls `f(row, value)` for rows [first, first + count), in order, with values as whole numbers.
    template <class F>
    void for_integers(std::int64_t first, std::int64_t count, F&& f) const {
        with_type(type_, [&](auto zero) {
            const auto each = [&](const std::byte* data, std::ptrdiff_t stride, std::int64_t n,
                                  std::int64_t row) {
                for (std::int64_t i = 0; i < n; ++i, data += stride)
                    f(row + i, static_cast<std::int64_t>(load<decltype(zero)>(data)));
            };
            for_pieces(first, count, each);
        });
    }

    template <class T>
    static T load(const std::byte* address) {
        T value;
        std::memcpy(&value, address, sizeof value);
        return value;
    }

private:
    std::int64_t begin_of(std::size_t c) const { return ends_[c] - chunks_[c].rows; }
    std::size_t chunk_of(std::int64_t row) const {
        return static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), row) - ends_.begin());
    }

    std::string name_;
    std::vector<Chunk> chunks_;
    std::vector<std::int64_t> ends_;  // of each chunk, in rows
    std::int64_t rows_ = 0;
    DType type_;
    bool scalar_;
};

}  // namespace gigafleet
