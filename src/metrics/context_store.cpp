#include "metrics/context_store.hpp"

#include <algorithm>
#include <cstring>

#include "remora/core/hash.hpp"

namespace remora::metrics {
namespace {

// What glibc's allocator adds to a block, and what a node of the name index costs.
constexpr std::size_t kBlockOverhead = 16;
constexpr std::size_t kNameOverhead = 96;
// Aliases per context: clients write the same tags in few orders.
constexpr std::size_t kAliasesPerContext = 4;
constexpr std::size_t kLeastAliases = 16'384;

/// Histograms and timings of one name are one metric: their series have the same names.
std::uint64_t kind_of(SampleType type) {
  return static_cast<std::uint64_t>(type == SampleType::timing ? SampleType::histogram : type);
}

std::size_t varint_size(std::size_t value) {
  std::size_t size = 1;
  while (value >= 0x80) {
    value >>= 7;
    ++size;
  }
  return size;
}

std::size_t packed_size(std::string_view text) { return varint_size(text.size()) + text.size(); }

char* append_packed(char* out, std::string_view text) {
  std::size_t length = text.size();
  while (length >= 0x80) {
    *out++ = static_cast<char>((length & 0x7fu) | 0x80u);
    length >>= 7;
  }
  *out++ = static_cast<char>(length);
  if (!text.empty()) std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

std::size_t text_size(const ContextDescription& description) {
  std::size_t size = packed_size(description.host);
  for (const std::string_view tag : description.tags) size += packed_size(tag);
  return size;
}

}  // namespace

ContextStore::ContextStore() : index_(kIndexShards), seed_(core::hash_seed()) {}

ContextStore::~ContextStore() {
  for (ContextId id = 0; id < end_; ++id) delete[](*this)[id].text;
}

void ContextStore::put_alias(std::uint64_t alias, ContextId context) {
  AliasTable::Entry entry;
  entry.hash = alias;
  entry.context = context;
  entry.generation = context == kFilteredContext ? 0 : (*this)[context].generation;
  aliases_.put(entry, std::max(kLeastAliases, size_ * kAliasesPerContext),
               [this](const AliasTable::Entry& other) {
                 return other.context == kFilteredContext ||
                        (*this)[other.context].generation == other.generation;
               });
}

ContextId ContextStore::find(const ContextDescription& description, std::uint64_t& key) const {
  key = core::hash_bytes(description.name, seed_ + kind_of(description.type));
  key = core::hash_bytes(description.host, key + description.origin);
  for (const std::string_view tag : description.tags) key = core::hash_bytes(tag, key);
  const Index& index = index_[key >> 58];
  if (index.places.empty()) return kUnknownContext;
  const std::size_t mask = index.places.size() - 1;
  const std::uint32_t mark = mark_of(key);
  for (std::size_t at = mark & mask;; at = (at + 1) & mask) {
    const Place place = index.places[at];
    if (place.id == kUnknownContext) return kUnknownContext;
    if (place.mark != mark) continue;
    const Record& record = (*this)[place.id];
    if (record.key == key && same(record, description)) return place.id;
  }
}

bool ContextStore::same(const Record& record, const ContextDescription& description) const {
  if (kind_of(static_cast<SampleType>(record.type)) != kind_of(description.type) ||
      record.origin != description.origin || name(record) != description.name ||
      host(record) != description.host) {
    return false;
  }
  model::PackedTags packed = tags(record);
  std::string_view tag;
  for (const std::string_view wanted : description.tags) {
    if (!packed.next(tag) || tag != wanted) return false;
  }
  return packed.empty();
}

ContextId ContextStore::create(const ContextDescription& description, std::uint64_t key) {
  ContextId id = 0;
  if (!free_.empty()) {
    id = free_.back();
    free_.pop_back();
  } else {
    id = end_++;
    if (id / kChunk == chunks_.size()) {
      chunks_.push_back(std::make_unique<Record[]>(kChunk));
      bytes_ += kChunk * sizeof(Record);
    }
  }
  Record& record = (*this)[id];
  const std::size_t size = text_size(description);
  record.text = new char[size];
  record.text_bytes = static_cast<std::uint32_t>(size);
  char* out = append_packed(record.text, description.host);
  for (const std::string_view tag : description.tags) out = append_packed(out, tag);
  record.key = key;
  record.name = intern_name(description.name);
  record.origin = description.origin;
  record.type = static_cast<std::uint32_t>(description.type) & 0xfu;
  record.newest = 0;
  record.last_seen = 0;
  record.filled = 0;
  record.fresh = 1;
  bytes_ += size + kBlockOverhead;
  ++size_;
  peak_ = std::max(peak_, size_);

  Index& index = index_[key >> 58];
  if ((index.used + 1) * 4 > index.places.size() * 3) grow(index);
  const std::size_t mask = index.places.size() - 1;
  std::size_t at = mark_of(key) & mask;
  while (index.places[at].id != kUnknownContext) at = (at + 1) & mask;
  index.places[at] = {id, mark_of(key)};
  ++index.used;
  return id;
}

void ContextStore::grow(Index& index) {
  std::size_t capacity = 16;
  while (capacity < std::size_t{index.used} * 2 + 2) capacity *= 2;
  std::vector<Place> places(capacity);
  const std::size_t mask = capacity - 1;
  for (const Place& place : index.places) {
    if (place.id == kUnknownContext) continue;
    std::size_t at = place.mark & mask;
    while (places[at].id != kUnknownContext) at = (at + 1) & mask;
    places[at] = place;
  }
  bytes_ += (places.size() - index.places.size()) * sizeof(Place);
  index.places = std::move(places);
}

void ContextStore::erase(ContextId context) {
  Record& record = (*this)[context];
  Index& index = index_[record.key >> 58];
  const std::size_t mask = index.places.size() - 1;
  std::size_t hole = mark_of(record.key) & mask;
  while (index.places[hole].id != context) hole = (hole + 1) & mask;
  // Backward shift: what follows and may live in the hole moves there, so that no look-up ends
  // early.
  for (std::size_t at = (hole + 1) & mask; index.places[at].id != kUnknownContext;
       at = (at + 1) & mask) {
    const std::size_t home = index.places[at].mark & mask;
    if (((at - home) & mask) >= ((at - hole) & mask)) {
      index.places[hole] = index.places[at];
      hole = at;
    }
  }
  index.places[hole] = Place{};
  --index.used;

  bytes_ -= record.text_bytes + kBlockOverhead;
  delete[] record.text;
  record.text = nullptr;
  record.filled = 0;
  record.generation = (record.generation + 1) & 0xffffffu;
  release_name(record.name);
  free_.push_back(context);
  --size_;
}

std::string_view ContextStore::host(const Record& record) noexcept {
  model::PackedTags packed(std::string_view(record.text, record.text_bytes));
  std::string_view host;
  (void)packed.next(host);
  return host;
}

model::PackedTags ContextStore::tags(const Record& record) noexcept {
  model::PackedTags packed(std::string_view(record.text, record.text_bytes));
  std::string_view host;
  (void)packed.next(host);
  return packed;
}

std::size_t ContextStore::bytes_of(const ContextDescription& description) noexcept {
  return sizeof(Record) + text_size(description) + kBlockOverhead + 2 * sizeof(AliasTable::Entry) +
         2 * sizeof(Place);
}

std::uint32_t ContextStore::intern_name(std::string_view text) {
  if (const auto found = name_index_.find(text); found != name_index_.end()) {
    ++names_[found->second].contexts;
    return found->second;
  }
  std::uint32_t place = 0;
  if (!free_names_.empty()) {
    place = free_names_.back();
    free_names_.pop_back();
  } else {
    place = static_cast<std::uint32_t>(names_.size());
    names_.emplace_back();
  }
  Name& name = names_[place];
  name.text = text;
  name.contexts = 1;
  name_index_.emplace(name.text, place);
  bytes_ += text.size() + kNameOverhead;
  return place;
}

void ContextStore::release_name(std::uint32_t place) {
  Name& name = names_[place];
  if (--name.contexts > 0) return;
  name_index_.erase(name.text);
  bytes_ -= name.text.size() + kNameOverhead;
  name.text = std::string();
  free_names_.push_back(place);
}

void ContextStore::shrink() {
  if (size_ * 4 > peak_ || peak_ < 4096) return;
  peak_ = std::max<std::size_t>(size_, 1024);
  aliases_.clear();
  for (Index& index : index_) grow(index);
  // Records at the end that are free: their chunks go back.
  ContextId last = end_;
  while (last > 0 && (*this)[last - 1].text == nullptr) --last;
  const std::size_t chunks = (last + kChunk - 1) / kChunk;
  bytes_ -= (chunks_.size() - chunks) * kChunk * sizeof(Record);
  chunks_.resize(chunks);
  end_ = std::min<ContextId>(end_, static_cast<ContextId>(chunks * kChunk));
  std::erase_if(free_, [this](ContextId id) { return id >= end_; });
  free_.shrink_to_fit();
}

}  // namespace remora::metrics
