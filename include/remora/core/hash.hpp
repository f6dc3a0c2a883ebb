// A fast 64-bit hash of bytes, seeded once per process so that nobody outside can aim at
// collisions.
//
// Not for signatures. Multiply-and-fold over 16 bytes at a time, in the manner of the wyhash family
// (https://github.com/wangyi-fudan/wyhash, public domain).
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace remora::core {

/// Random, the same for the life of the process.
[[nodiscard]] std::uint64_t hash_seed() noexcept;

namespace detail {
inline std::uint64_t fold(std::uint64_t a, std::uint64_t b) noexcept {
  // A 128-bit product: both compilers we use have the type, pedantically it is an extension.
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}
inline std::uint64_t load8(const char* p) noexcept {
  std::uint64_t v;
  std::memcpy(&v, p, 8);
  return v;
}
inline std::uint64_t load4(const char* p) noexcept {
  std::uint32_t v;
  std::memcpy(&v, p, 4);
  return v;
}
inline constexpr std::uint64_t kHashA = 0x9e3779b97f4a7c15u;  // odd constants without structure
inline constexpr std::uint64_t kHashB = 0xd6e8feb86659fd93u;
inline constexpr std::uint64_t kHashC = 0xa0761d6478bd642fu;
}  // namespace detail

/// Hash of `bytes`; chain calls by passing the last result as `seed`.
[[nodiscard]] inline std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed) noexcept {
  using namespace detail;
  const char* p = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t state = seed ^ kHashA;
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  if (left > 16) {
    do {
      state = fold(load8(p) ^ kHashB, load8(p + 8) ^ state);
      p += 16;
      left -= 16;
    } while (left > 16);
    // The last 16 bytes, overlapping what was read.
    a = load8(p + left - 16);
    b = load8(p + left - 8);
  } else if (left >= 8) {
    a = load8(p);
    b = load8(p + left - 8);
  } else if (left >= 4) {
    a = load4(p);
    b = load4(p + left - 4);
  } else if (left > 0) {
    a = (static_cast<std::uint64_t>(static_cast<unsigned char>(p[0])) << 16) |
        (static_cast<std::uint64_t>(static_cast<unsigned char>(p[left / 2])) << 8) |
        static_cast<unsigned char>(p[left - 1]);
  }
  return fold(kHashC ^ bytes.size(), fold(a ^ kHashB, b ^ state));
}

}  // namespace remora::core
