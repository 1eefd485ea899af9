// Numbers distinct keys of a fixed number of 64-bit words, in order of first appearance.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "gigafleet/hash.hpp"

namespace gigafleet {

/// Open addressing with linear probing at a load of at most one half; an entry is 8 bytes, so a probe touches
/// one line of the table and one of the keys. Expected O(words) a key.
class KeyInterner {
public:
    explicit KeyInterner(std::size_t words) : words_(words), table_(64) {}

    std::size_t words() const { return words_; }
    std::uint32_t size() const { return size_; }
    std::span<const std::uint64_t> key(std::uint32_t number) const {
        return {keys_.data() + number * words_, words_};
    }

    /// Asks for the memory of a coming `intern` ahead of time.
    void prefetch(std::uint64_t hash) const { __builtin_prefetch(&table_[hash & (table_.size() - 1)]); }

    /// Number of `key`; `hash` is hash_words of it. `size()` grows by one where it is new.
    std::uint32_t intern(const std::uint64_t* key, std::uint64_t hash) {
        const auto tag = static_cast<std::uint32_t>(hash >> 32);
        for (std::size_t i = hash & (table_.size() - 1);; i = (i + 1) & (table_.size() - 1)) {
            Entry& entry = table_[i];
            if (entry.number == kFree) {
                entry = {tag, size_};
                for (std::size_t w = 0; w < words_; ++w) keys_.push_back(key[w]);
                if (2 * ++size_ > table_.size()) grow();
                return size_ - 1;
            }
            if (entry.tag == tag && equal(keys_.data() + entry.number * words_, key)) return entry.number;
        }
    }
    std::uint32_t intern(const std::uint64_t* key) { return intern(key, hash_words(key, words_)); }

private:
    static constexpr std::uint32_t kFree = UINT32_MAX;
    struct Entry {
        std::uint32_t tag = 0, number = kFree;
    };

    bool equal(const std::uint64_t* a, const std::uint64_t* b) const {
        for (std::size_t w = 0; w < words_; ++w)
            if (a[w] != b[w]) return false;
        return true;
    }
    void grow() {
        std::vector<Entry> next(table_.size() * 2);
        for (std::uint32_t n = 0; n < size_; ++n) {
            const std::uint64_t hash = hash_words(keys_.data() + n * words_, words_);
            std::size_t i = hash & (next.size() - 1);
            while (next[i].number != kFree) i = (i + 1) & (next.size() - 1);
            next[i] = {static_cast<std::uint32_t>(hash >> 32), n};
        }
        table_ = std::move(next);
    }

    std::size_t words_;
    std::uint32_t size_ = 0;
    std::vector<Entry> table_;
    std::vector<std::uint64_t> keys_;
};

}  // namespace gigafleet
