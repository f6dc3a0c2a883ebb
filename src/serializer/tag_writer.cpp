#include "serializer/tag_writer.hpp"

#include <algorithm>

namespace remora::serializer {
namespace {

constexpr std::string_view kDevicePrefix = "device:";
constexpr std::string_view kResourcePrefix = "dd.internal.resource:";

bool is_promoted(std::string_view tag) {
  return !tag.empty() && tag[0] == 'd' &&
         (tag.starts_with(kDevicePrefix) || tag.starts_with(kResourcePrefix));
}

// Few tags of a list have the same mark: lengths, last letters and middle letters differ.
unsigned mark_of(std::string_view tag) {
  if (tag.empty()) return 0;
  const auto last = static_cast<unsigned char>(tag.back());
  const auto middle = static_cast<unsigned char>(tag[tag.size() / 2]);
  const std::uint32_t mixed = static_cast<std::uint32_t>(tag.size()) << 16u | middle << 8u | last;
  return (mixed * 0x9E3779B1u) >> 22u;  // the golden ratio spreads it over the upper ten bits
}

std::size_t slot_of(const void* address) {
  return (reinterpret_cast<std::uintptr_t>(address) * 0x9E3779B97F4A7C15u) >> 58u;
}

}  // namespace

// A list may have been replaced by another at the same address since the last series: tags that
// belong to somebody else would be the worst of all mistakes here, so every byte is compared.
bool TagWriter::same(const Shared& known, const model::TagList& list) {
  model::PackedTags before(known.packed);
  std::string_view tag;
  for (const std::string& now : list) {
    if (!before.next(tag) || tag != now) return false;
  }
  return before.empty();
}

void TagWriter::encode(Shared& entry, const model::TagList& list) {
  entry.list = &list;
  entry.packed.clear();
  entry.promoted = false;
  entry.seen.fill(0);
  fields_.clear();
  for (const std::string& tag : list) {
    model::append_packed_tag(entry.packed, tag);
    const unsigned mark = mark_of(tag);
    entry.seen[mark / 64] |= std::uint64_t{1} << mark % 64;
    if (promote_ && is_promoted(tag)) {
      entry.promoted = true;
    } else {
      put_tag(fields_, tag);
    }
  }
  entry.tags = fields_.message();
}

const TagWriter::Shared& TagWriter::find(const model::TagList& list) {
  if (known_.empty()) known_.resize(kLists);
  Shared& entry = known_[slot_of(&list)];
  if (entry.list != &list || !same(entry, list)) encode(entry, list);
  return entry;
}

void TagWriter::choose(model::PackedTags own, const model::TagList* shared) {
  own_ = own;
  list_ = shared;
  shared_ = shared == nullptr || shared->empty() ? nullptr : &find(*shared);
  own_promoted_ = false;
  repeated_ = false;
  std::string_view tag;
  while (own.next(tag)) {
    if (promote_ && is_promoted(tag)) own_promoted_ = true;
    if (shared_ == nullptr) continue;
    const unsigned mark = mark_of(tag);
    if ((shared_->seen[mark / 64] >> mark % 64 & 1u) == 0) continue;
    const auto found = std::find(shared->begin(), shared->end(), tag);
    if (found == shared->end()) continue;
    if (!repeated_) left_out_.assign(shared->size(), 0);
    repeated_ = true;
    left_out_[static_cast<std::size_t>(found - shared->begin())] = 1;
  }
}

void TagWriter::put_tags(WireBuffer& out) {
  model::PackedTags own = own_;
  std::string_view tag;
  while (own.next(tag)) {
    if (!own_promoted_ || !is_promoted(tag)) put_tag(out, tag);
  }
  if (shared_ == nullptr) return;
  if (!repeated_) return out.put(shared_->tags);
  for (std::size_t i = 0; i < list_->size(); ++i) {
    const std::string& one = (*list_)[i];
    if (left_out_[i] == 0 && !(promote_ && is_promoted(one))) put_tag(out, one);
  }
}

void TagWriter::put_resources(WireBuffer& out, char field) {
  const bool shared = shared_ != nullptr && shared_->promoted;
  if (!own_promoted_ && !shared) return;
  for (const bool devices : {true, false}) {
    model::PackedTags own = own_;
    std::string_view tag;
    while (own.next(tag)) put_promoted(out, field, tag, devices);
    if (!shared) continue;
    for (std::size_t i = 0; i < list_->size(); ++i) {
      if (!repeated_ || left_out_[i] == 0) put_promoted(out, field, (*list_)[i], devices);
    }
  }
}

void TagWriter::put_tag(WireBuffer& out, std::string_view tag) {
  out.put_text(field_, repaired(tag, scratch_));
}

void TagWriter::put_promoted(WireBuffer& out, char field, std::string_view tag, bool devices) {
  const std::string_view prefix = devices ? kDevicePrefix : kResourcePrefix;
  if (!tag.starts_with(prefix) || tag.size() == prefix.size()) return;
  std::string_view type = "device";
  std::string_view name = tag.substr(prefix.size());
  if (!devices) {
    const auto colon = name.find(':');
    if (colon == 0 || colon == std::string_view::npos || colon + 1 == name.size()) return;
    type = name.substr(0, colon);
    name.remove_prefix(colon + 1);
  }
  std::string type_scratch;  // stays empty: only a broken type needs memory
  serializer::put_resource(out, field, repaired(type, type_scratch), repaired(name, scratch_));
}

std::size_t TagWriter::count() const {
  std::size_t count = list_ == nullptr ? 0 : list_->size();
  model::PackedTags own = own_;
  for (std::string_view tag; own.next(tag);) ++count;
  return count;
}

void TagWriter::forget() {
  std::vector<Shared>().swap(known_);
  shared_ = nullptr;
  list_ = nullptr;
  own_ = {};
}

}  // namespace remora::serializer
