// 64-bit mixing, the one hash of the core. Not cryptographic.
#pragma once

#include <cstdint>

namespace gigafleet {

/// Folds the 128-bit product of the two arguments: every input bit reaches every output bit.
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    const auto product =
        static_cast<unsigned __int128>(a ^ 0x9E3779B97F4A7C15ULL) * (b ^ 0xD1B54A32D192ED03ULL);
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace gigafleet
