// Numbers distinct 64-bit keys, in order of first appearance unless told otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace gigafleet {

/// Open addressing with linear probing at a load of at most one half; a probe touches one line of memory.
/// Expected O(1) a key, 32 to 64 bytes a number.
class Interner {
public:
    std::uint32_t size() const { return size_; }

    /// Number of `key`; where it is new, that is the `size()` before.
    std::uint32_t intern(std::uint64_t key) { return intern(key, size_); }
    /// The same where a new key is to have the number `fresh`.
    std::uint32_t intern(std::uint64_t key, std::uint32_t fresh) {
        for (std::size_t i = place(key);; i = (i + 1) & (table_.size() - 1)) {
            if (table_[i].number == kFree) return add(i, key, fresh);
            if (table_[i].key == key) return table_[i].number;
        }
    }

    /// Number of `key`; UINT32_MAX where it was never interned.
    std::uint32_t find(std::uint64_t key) const {
        std::size_t i = place(key);
        while (table_[i].number != kFree && table_[i].key != key) i = (i + 1) & (table_.size() - 1);
        return table_[i].number;
    }

    /// True where the table is beyond the caches near a core, so that it pays to `prefetch`.
    bool is_large() const { return table_.size() > 1 << 13; }
    /// Asks for the memory of a coming `intern` ahead of time. Inlined, since compilers drop a call that only
    /// prefetches.
    [[gnu::always_inline]] void prefetch(std::uint64_t key) const { __builtin_prefetch(&table_[place(key)]); }

private:
    static constexpr std::uint32_t kFree = UINT32_MAX;
    static constexpr int kFirstBits = 6;
    struct Entry {
        std::uint64_t key = 0;
        std::uint32_t number = kFree;
    };

    /// The high bits of a product depend on every bit of the key.
    std::size_t place(std::uint64_t key) const { return (key * 0x9E3779B97F4A7C15ULL) >> shift_; }

    [[gnu::noinline]] std::uint32_t add(std::size_t at, std::uint64_t key, std::uint32_t number) {
        table_[at] = {key, number};
        if (2 * std::size_t{++size_} > table_.size()) grow();
        return number;
    }
    void grow() {
        const std::vector<Entry> old(std::exchange(table_, std::vector<Entry>(2 * table_.size())));
        --shift_;
        for (const Entry& entry : old) {
            if (entry.number == kFree) continue;
            std::size_t i = place(entry.key);
            while (table_[i].number != kFree) i = (i + 1) & (table_.size() - 1);
            table_[i] = entry;
        }
    }

    int shift_ = 64 - kFirstBits;
    std::uint32_t size_ = 0;
    std::vector<Entry> table_{std::size_t{1} << kFirstBits};
};

}  // namespace gigafleet
