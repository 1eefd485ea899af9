// The least of a list of numbers that change one at a time: two levels, so that making it anew is one pass.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace gigafleet {

/// Numbers 0..size()-1, infinite ones are out. `best` is O(size / 32 + 32), `set` O(32).
class MinList {
public:
    static constexpr double kOut = std::numeric_limits<double>::infinity();
    static constexpr std::size_t kNone = SIZE_MAX;

    /// Makes `size` numbers anew: number i is key(i).
    template <class Key>
    void assign(std::size_t size, Key&& key) {
        keys_.resize(size);
        least_.resize((size + kBlock - 1) / kBlock);
        for (std::size_t i = 0; i < size; ++i) keys_[i] = key(i);
        for (std::size_t block = 0; block < least_.size(); ++block)
            least_[block] = least_of(block * kBlock, std::min((block + 1) * kBlock, size));
    }
    std::size_t size() const { return keys_.size(); }
    double operator[](std::size_t i) const { return keys_[i]; }
    void set(std::size_t i, double key) {
        keys_[i] = key;
        const std::size_t block = i / kBlock;
        least_[block] = least_of(block * kBlock, std::min((block + 1) * kBlock, keys_.size()));
    }
    /// Position of the least, the lowest of equals; kNone where all are out.
    std::size_t best() const {
        std::size_t block = 0;
        for (std::size_t b = 1; b < least_.size(); ++b)
            if (least_[b] < least_[block]) block = b;
        if (least_.empty() || least_[block] == kOut) return kNone;
        std::size_t i = block * kBlock;
        while (keys_[i] != least_[block]) ++i;
        return i;
    }

private:
    static constexpr std::size_t kBlock = 32;

    /// Four at a time, so that the processor need not wait for one to finish.
    double least_of(std::size_t first, std::size_t last) const {
        const auto less = [](double x, double y) { return x < y ? x : y; };
        const double* key = keys_.data();
        double a = kOut, b = kOut, c = kOut, d = kOut;
        std::size_t i = first;
        for (; i + 4 <= last; i += 4) {
            a = less(key[i], a);
            b = less(key[i + 1], b);
            c = less(key[i + 2], c);
            d = less(key[i + 3], d);
        }
        for (; i < last; ++i) a = less(key[i], a);
        return less(less(a, b), less(c, d));
    }

    std::vector<double> keys_, least_;
};

}  // namespace gigafleet
