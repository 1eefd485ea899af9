#include "gigafleet/key_columns.hpp"

#include <algorithm>

#include "gigafleet/hash.hpp"

namespace gigafleet {

namespace {

using Lane = std::array<std::uint32_t, KeyColumns::kBlock>;

/// Calls `f` with the unsigned integer of as many bytes as `type`.
template <class F>
void with_bits(DType type, F&& f) {
    switch (size_of(type)) {
        case 1: return f(std::uint8_t{});
        case 2: return f(std::uint16_t{});
        case 4: return f(std::uint32_t{});
        default: return f(std::uint64_t{});
    }
}

/// Calls `f(i, bits)` for the values of rows [first, first + n). Values side by side have a loop of their
/// own, which the compiler turns into vector instructions.
template <class T, class F>
[[gnu::always_inline]] inline void for_bits(const Column& column, std::int64_t first, std::int64_t n, F&& f) {
    column.for_pieces(
        first, n, [&](const std::byte* data, std::ptrdiff_t stride, std::int64_t count, std::int64_t row) {
            const std::int64_t at = row - first;
            if (stride == sizeof(T))
                for (std::int64_t i = 0; i < count; ++i) f(at + i, Column::load<T>(data + i * sizeof(T)));
            else
                for (std::int64_t i = 0; i < count; ++i) f(at + i, Column::load<T>(data + i * stride));
        });
}

}  // namespace

KeyColumns::KeyColumns(std::span<const Column* const> columns, std::uint64_t seed) {
    for (const Column* column : columns) {
        const auto again = [&](const Column* other) { return column->is_same_memory(*other); };
        if (column->is_scalar() || std::ranges::any_of(columns_, again)) continue;
        columns_.push_back(column);
        const std::uint64_t low = mix(seed, 2 * columns_.size()), high = mix(seed, 2 * columns_.size() + 1);
        const auto odd = [](std::uint64_t bits) { return static_cast<std::uint32_t>(bits) | 1; };
        factors_.push_back({odd(low), odd(low >> 32), odd(high), odd(high >> 32)});
    }
}

void KeyColumns::fingerprints(std::int64_t first, std::int64_t n, std::uint64_t* out) const {
    Lane low, high;
    std::fill_n(low.begin(), n, 0);
    std::fill_n(high.begin(), n, 0);
    for (std::size_t c = 0; c < columns_.size(); ++c) {
        const std::array<std::uint32_t, 4> k = factors_[c];
        with_bits(columns_[c]->type(), [&](auto zero) {
            using T = decltype(zero);
            for_bits<T>(*columns_[c], first, n, [&](std::int64_t i, T bits) {
                const std::uint32_t a = spread(static_cast<std::uint32_t>(bits));
                low[i] += a * k[0];
                high[i] += a * k[1];
                if constexpr (sizeof(T) == 8) {
                    const std::uint32_t b = spread(static_cast<std::uint32_t>(bits >> 32));
                    low[i] += b * k[2];
                    high[i] += b * k[3];
                }
            });
        });
    }
    for (std::int64_t i = 0; i < n; ++i) out[i] = std::uint64_t{high[i]} << 32 | low[i];
}

void KeyValues::append(std::span<const std::int64_t> rows) {
    for (std::size_t c = 0; c < values_.size(); ++c) {
        const Column& column = *key_->columns()[c];
        for (const std::int64_t row : rows) {
            const std::byte* value = column.at(row);
            values_[c].insert(values_[c].end(), value, value + size_of(column.type()));
        }
    }
}

bool KeyValues::match(std::int64_t first, std::int64_t n, const std::uint32_t* number) const {
    for (std::size_t c = 0; c < values_.size(); ++c) {
        const Column& column = *key_->columns()[c];
        std::uint64_t differences = 0;
        with_bits(column.type(), [&](auto zero) {
            using T = decltype(zero);
            const std::byte* values = values_[c].data();
            T found = 0;
            for_bits<T>(column, first, n, [&](std::int64_t i, T bits) {
                found = static_cast<T>(found | (bits ^ Column::load<T>(values + number[i] * sizeof(T))));
            });
            differences = found;
        });
        if (differences != 0) return false;
    }
    return true;
}

bool KeyValues::match(std::uint32_t mine, const KeyValues& other, std::uint32_t theirs) const {
    for (std::size_t c = 0; c < values_.size(); ++c) {
        const std::size_t bytes = size_of(key_->columns()[c]->type());
        if (std::memcmp(&values_[c][mine * bytes], &other.values_[c][theirs * bytes], bytes) != 0)
            return false;
    }
    return true;
}

}  // namespace gigafleet
