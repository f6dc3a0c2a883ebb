// The contexts themselves: who they are (name, host, tags, origin, type) and the records that hold
// their values. One record is one cache line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "metrics/alias_table.hpp"
#include "remora/metrics/context.hpp"
#include "remora/model/packed_tags.hpp"

namespace remora::metrics {

/// Value of one bucket: a number, or an object on the heap that the sampler owns.
union Slot {
  double number;
  void* object;
};

struct alignas(64) Record {
  static constexpr std::uint32_t kSlots = 3;
  std::uint64_t key = 0;    ///< hash of the identity
  Slot slots[kSlots] = {};  ///< bucket b lives in slot b % 3
  char* text = nullptr;     ///< host and tags, packed; null = the record is free
  std::uint32_t name = 0;   ///< index into the names
  OriginId origin = 0;
  std::uint32_t newest = 0;     ///< highest bucket number with a value
  std::uint32_t last_seen = 0;  ///< Unix seconds
  std::uint32_t text_bytes = 0;
  std::uint32_t generation : 24 = 0;
  std::uint32_t type : 4 = 0;
  std::uint32_t filled : 3 = 0;  ///< slots that hold a value
  std::uint32_t fresh : 1 = 1;   ///< not flushed yet: no zeros before its first value
};
static_assert(sizeof(Record) == 64);

/// Threading: one thread.
class ContextStore {
 public:
  ContextStore();
  ~ContextStore();
  ContextStore(const ContextStore&) = delete;
  ContextStore& operator=(const ContextStore&) = delete;

  [[nodiscard]] ContextId find_alias(std::uint64_t alias) const noexcept {
    const AliasTable::Entry* entry = aliases_.find(alias);
    if (entry == nullptr) return kUnknownContext;
    if (entry->context == kFilteredContext) return kFilteredContext;
    const Record& record = (*this)[entry->context];
    return record.generation == entry->generation ? entry->context : kUnknownContext;
  }
  /// Where `find_alias` will look first, to be prefetched; and the record it will look at then.
  [[nodiscard]] const void* place_of_alias(std::uint64_t alias) const noexcept {
    return aliases_.place(alias);
  }
  [[nodiscard]] const void* record_of_alias(std::uint64_t alias) const noexcept {
    const AliasTable::Entry* entry = aliases_.find(alias);
    if (entry == nullptr || entry->context == kFilteredContext) return nullptr;
    return &(*this)[entry->context];
  }
  /// `context` may be kFilteredContext.
  void put_alias(std::uint64_t alias, ContextId context);
  void forget_aliases() noexcept { aliases_.clear(); }

  /// kUnknownContext when there is none. `key` receives the hash for `create`.
  [[nodiscard]] ContextId find(const ContextDescription& description, std::uint64_t& key) const;
  [[nodiscard]] ContextId create(const ContextDescription& description, std::uint64_t key);
  /// Forgets a context whose values are gone.
  void erase(ContextId context);

  [[nodiscard]] Record& operator[](ContextId context) noexcept {
    return chunks_[context / kChunk][context % kChunk];
  }
  [[nodiscard]] const Record& operator[](ContextId context) const noexcept {
    return chunks_[context / kChunk][context % kChunk];
  }
  /// Context numbers are below this; some of them are free (text == nullptr).
  [[nodiscard]] ContextId end() const noexcept { return end_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_ + aliases_.bytes(); }

  [[nodiscard]] std::string_view name(const Record& record) const noexcept {
    return names_[record.name].text;
  }
  [[nodiscard]] static std::string_view host(const Record& record) noexcept;
  [[nodiscard]] static model::PackedTags tags(const Record& record) noexcept;

  struct Name {
    std::string text;
    std::uint32_t contexts = 0;
  };
  /// All names with at least one context; index = Record::name. Free places have no contexts.
  [[nodiscard]] const std::deque<Name>& names() const noexcept { return names_; }
  /// Bytes that `create` would add, to be held against a limit before.
  [[nodiscard]] static std::size_t bytes_of(const ContextDescription& description) noexcept;
  /// Gives memory back after many contexts have gone.
  void shrink();

 private:
  static constexpr std::size_t kChunk = 512;
  static constexpr std::size_t kIndexShards = 64;
  /// Context numbers by identity: open addressing. The half of the key beside the number decides
  /// about the place and tells most neighbours apart without a look at their records.
  struct Place {
    ContextId id = kUnknownContext;
    std::uint32_t mark = 0;
  };
  struct Index {
    std::vector<Place> places;
    std::uint32_t used = 0;
  };
  [[nodiscard]] static std::uint32_t mark_of(std::uint64_t key) noexcept {
    return static_cast<std::uint32_t>(key);
  }

  std::uint32_t intern_name(std::string_view text);
  void release_name(std::uint32_t name);
  [[nodiscard]] bool same(const Record& record, const ContextDescription& description) const;
  void grow(Index& index);

  std::vector<std::unique_ptr<Record[]>> chunks_;
  std::vector<ContextId> free_;
  ContextId end_ = 0;
  std::size_t size_ = 0, bytes_ = 0, peak_ = 0;
  AliasTable aliases_;
  std::vector<Index> index_;
  std::deque<Name> names_;
  std::vector<std::uint32_t> free_names_;
  std::unordered_map<std::string_view, std::uint32_t> name_index_;  ///< views into names_
  std::uint64_t seed_;
};

}  // namespace remora::metrics
