// How many different members a set has seen: 64-bit hashes of them, not the strings.
//
// Two members with equal hashes would count once; with a million members the chance of one such
// pair is 3 in 100 million.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "remora/core/hash.hpp"

namespace remora::metrics {

class DistinctMembers {
 public:
  [[nodiscard]] static std::uint64_t hash(std::string_view member) noexcept {
    const std::uint64_t value = core::hash_bytes(member, core::hash_seed());
    return value == 0 ? 1 : value;  // 0 marks a free place
  }
  [[nodiscard]] bool contains(std::uint64_t hash) const noexcept {
    if (places_.empty()) return false;
    const std::size_t mask = places_.size() - 1;
    for (std::size_t at = hash & mask; places_[at] != 0; at = (at + 1) & mask) {
      if (places_[at] == hash) return true;
    }
    return false;
  }
  void add(std::uint64_t hash) {
    if ((count_ + 1) * 4 > places_.size() * 3) grow();
    if (insert(places_, hash)) ++count_;
  }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[nodiscard]] std::size_t heap_bytes() const noexcept {
    return places_.capacity() * sizeof(std::uint64_t);
  }

 private:
  static bool insert(std::vector<std::uint64_t>& places, std::uint64_t hash) noexcept {
    const std::size_t mask = places.size() - 1;
    std::size_t at = hash & mask;
    while (places[at] != 0 && places[at] != hash) at = (at + 1) & mask;
    if (places[at] == hash) return false;
    places[at] = hash;
    return true;
  }
  void grow() {
    std::vector<std::uint64_t> larger(places_.empty() ? 4 : places_.size() * 2, 0);
    for (const std::uint64_t hash : places_) {
      if (hash != 0) insert(larger, hash);
    }
    places_ = std::move(larger);
  }

  std::vector<std::uint64_t> places_;
  std::size_t count_ = 0;
};

}  // namespace remora::metrics
