// Hash of a raw line -> context: what a known line costs.
//
// Open addressing in 256 shards, each growing on its own, so that no growth stops the loop for more
// than some microseconds and none needs twice the memory of the whole. An entry of a context that
// has expired stays until its shard is rebuilt; the generation tells it from the context that took
// the place.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "remora/metrics/context.hpp"

namespace remora::metrics {

class AliasTable {
 public:
  struct Entry {
    std::uint64_t hash = 0;
    ContextId context = kUnknownContext;  ///< kUnknownContext: free
    std::uint32_t generation = 0;
  };

  /// Null when there is none.
  [[nodiscard]] const Entry* find(std::uint64_t hash) const noexcept {
    const Shard& shard = shards_[hash >> 56];
    if (shard.capacity == 0) return nullptr;
    const std::size_t mask = shard.capacity - 1;
    for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
      const Entry& entry = shard.entries[at];
      if (entry.context == kUnknownContext) return nullptr;
      if (entry.hash == hash) return &entry;
    }
  }

  /// Where `find` begins, null while the shard is empty.
  [[nodiscard]] const Entry* place(std::uint64_t hash) const noexcept {
    const Shard& shard = shards_[hash >> 56];
    return shard.capacity == 0 ? nullptr : &shard.entries[hash & (shard.capacity - 1)];
  }

  /// Adds or replaces. `alive(entry)` tells which entries are worth keeping when the shard has to
  /// grow; `max_entries` is of the whole table: a shard that reaches its share is emptied, the
  /// lines are simply taken apart again.
  template <class Alive>
  void put(const Entry& entry, std::size_t max_entries, Alive&& alive) {
    Shard& shard = shards_[entry.hash >> 56];
    if ((shard.used + 1) * 4 > shard.capacity * 3) {
      rebuild(shard, max_entries / kShards + 16, alive);
    }
    insert(shard, entry);
  }

  void clear() noexcept;
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  static constexpr std::size_t kShards = 256;
  static constexpr std::size_t kLeast = 8;
  struct Shard {
    std::unique_ptr<Entry[]> entries;
    std::uint32_t capacity = 0;  ///< a power of two
    std::uint32_t used = 0;
  };

  static void insert(Shard& shard, const Entry& entry) noexcept {
    const std::size_t mask = shard.capacity - 1;
    std::size_t at = entry.hash & mask;
    while (shard.entries[at].context != kUnknownContext && shard.entries[at].hash != entry.hash) {
      at = (at + 1) & mask;
    }
    if (shard.entries[at].context == kUnknownContext) ++shard.used;
    shard.entries[at] = entry;
  }

  template <class Alive>
  void rebuild(Shard& shard, std::size_t max_entries, Alive&& alive) {
    std::size_t living = 0;
    for (std::size_t at = 0; at < shard.capacity; ++at) {
      const Entry& entry = shard.entries[at];
      if (entry.context != kUnknownContext && alive(entry)) ++living;
    }
    if (living >= max_entries) living = 0;
    Shard fresh;
    fresh.capacity = kLeast;
    while ((living + 1) * 2 > fresh.capacity) fresh.capacity *= 2;
    fresh.entries = std::make_unique<Entry[]>(fresh.capacity);
    if (living > 0) {
      for (std::size_t at = 0; at < shard.capacity; ++at) {
        const Entry& entry = shard.entries[at];
        if (entry.context != kUnknownContext && alive(entry)) insert(fresh, entry);
      }
    }
    bytes_ += std::size_t{fresh.capacity} * sizeof(Entry);
    bytes_ -= std::size_t{shard.capacity} * sizeof(Entry);
    shard = std::move(fresh);
  }

  std::array<Shard, kShards> shards_;
  std::size_t bytes_ = 0;
};

}  // namespace remora::metrics
