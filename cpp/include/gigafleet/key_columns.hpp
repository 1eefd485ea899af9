// The columns that make rows alike or not: fingerprints to look rows up by, values to be sure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "gigafleet/column.hpp"

namespace gigafleet {

/// Scalars are left out (all rows agree), and so is a column that comes again.
class KeyColumns {
public:
    /// Rows taken at a time, so that all their columns stay in the cache next to the core.
    static constexpr std::int64_t kBlock = 512;

    /// `seed` picks one of many kinds of fingerprint.
    KeyColumns(std::span<const Column* const> columns, std::uint64_t seed);

    const std::vector<const Column*>& columns() const { return columns_; }

    /// Fingerprints of rows [first, first + n), n at most kBlock. Rows alike, bit for bit, have the same; of
    /// two rows that differ the fingerprints differ but for a chance of about 2^-60. O(n · columns).
    void fingerprints(std::int64_t first, std::int64_t n, std::uint64_t* out) const;

    /// What column `c` multiplies its values by, low and high half of values of 64 bits, in both lanes of a
    /// fingerprint: lane l is the sum over columns and halves of spread(bits) · factor, modulo 2^32.
    std::uint32_t factor(std::size_t c, std::size_t half, std::size_t lane) const {
        return factors_[c][2 * half + lane];
    }
    /// Brings the high bits of a float, where it has its information, to the low ones too. One to one.
    static constexpr std::uint32_t spread(std::uint32_t bits) { return bits ^ bits >> 15; }

private:
    std::vector<const Column*> columns_;
    std::vector<std::array<std::uint32_t, 4>> factors_;
};

/// The key of one row for each number, column by column.
class KeyValues {
public:
    explicit KeyValues(const KeyColumns& key) : key_(&key), values_(key.columns().size()) {}

    /// Appends the keys of `rows`.
    void append(std::span<const std::int64_t> rows);
    /// True where each of rows [first, first + n) is, bit for bit, what stands under its number.
    bool match(std::int64_t first, std::int64_t n, const std::uint32_t* number) const;
    /// True where the key under `mine` is, bit for bit, that under `theirs` in `other`.
    bool match(std::uint32_t mine, const KeyValues& other, std::uint32_t theirs) const;

private:
    const KeyColumns* key_;
    std::vector<std::vector<std::byte>> values_;
};

}  // namespace gigafleet
