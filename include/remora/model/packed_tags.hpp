// Tags of one context in one piece of memory: (length, bytes) after each other.
//
// A context with five tags costs one small string instead of five, and an encoder copies it tag by
// tag without looking for separators. The length is a varint of protobuf (LEB128), so that each
// entry is what a length-delimited field holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace remora::model {

/// A view; the bytes belong to somebody else. Written by `append_packed_tag` only.
class PackedTags {
 public:
  PackedTags() = default;
  explicit PackedTags(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] bool empty() const noexcept { return rest_.empty(); }
  [[nodiscard]] std::string_view bytes() const noexcept { return rest_; }

  /// Takes the next tag off the front. False at the end.
  [[nodiscard]] bool next(std::string_view& tag) noexcept {
    if (rest_.empty()) return false;
    std::size_t length = 0;
    std::size_t at = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_[at++]);
      length |= static_cast<std::size_t>(byte & 0x7fu) << shift;
      if (byte < 0x80) break;
    }
    tag = rest_.substr(at, length);
    rest_.remove_prefix(at + length);
    return true;
  }

 private:
  std::string_view rest_;
};

inline void append_packed_tag(std::string& out, std::string_view tag) {
  std::size_t length = tag.size();
  while (length >= 0x80) {
    out.push_back(static_cast<char>((length & 0x7fu) | 0x80u));
    length >>= 7;
  }
  out.push_back(static_cast<char>(length));
  out.append(tag);
}

}  // namespace remora::model
