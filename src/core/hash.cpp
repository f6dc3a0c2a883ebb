#include "remora/core/hash.hpp"

#include <sys/random.h>

#include <chrono>

namespace remora::core {

std::uint64_t hash_seed() noexcept {
  static const std::uint64_t seed = [] {
    std::uint64_t value = 0;
    if (getrandom(&value, sizeof value, GRND_NONBLOCK) != sizeof value) {
      value =
          static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    }
    return value;
  }();
  return seed;
}

}  // namespace remora::core
