// What the messages of series and sketches have in common on the wire: fields of protobuf written
// into one buffer that is grown once and reused for every element.
//
// Source: DataDog/agent-payload proto/metrics/agent_payload.proto.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <protozero/varint.hpp>
#include <string>
#include <string_view>

#include "remora/model/metric.hpp"

namespace remora::serializer {

/// First byte of a field, for field numbers below 16.
[[nodiscard]] constexpr char length_delimited(unsigned field) {
  return static_cast<char>(field << 3u | 2u);
}
[[nodiscard]] constexpr char varint(unsigned field) { return static_cast<char>(field << 3u); }
[[nodiscard]] constexpr char fixed64(unsigned field) { return static_cast<char>(field << 3u | 1u); }

/// One element of a payload. The message is written first and its header afterwards into room kept
/// in front of it, so that nothing has to know the size of the message beforehand.
///
/// Zero values of numbers are left out, as proto3 does; that is up to the caller for texts.
class WireBuffer {
 public:
  void clear() noexcept { end_ = kHeadRoom; }
  /// The message without header.
  [[nodiscard]] std::string_view message() const noexcept {
    if (!data_) return {};
    return {data_.get() + kHeadRoom, end_ - kHeadRoom};
  }
  /// The message as a field of the payload. Valid until the next change.
  [[nodiscard]] std::string_view element(char field);
  /// Frees the memory when it is more than `bytes`.
  void give_back_above(std::size_t bytes);

  void put(std::string_view bytes) {
    char* at = reserve(bytes.size());
    copy(at, bytes);
    end_ += bytes.size();
  }
  void put_text(char field, std::string_view text) {
    char* const begin = reserve(text.size() + kMaxHeader);
    char* at = put_header(begin, field, text.size());
    copy(at, text);
    end_ += static_cast<std::size_t>(at - begin) + text.size();
  }
  /// Two texts in one field.
  void put_text(char field, std::string_view text, std::string_view suffix) {
    put_message(field, text.size() + suffix.size());
    put(text);
    put(suffix);
  }
  /// The header of a message (or packed list) of `size` bytes.
  void put_message(char field, std::size_t size) {
    char* const begin = reserve(kMaxHeader);
    end_ += static_cast<std::size_t>(put_header(begin, field, size) - begin);
  }
  void put_varint(char field, std::uint64_t value) {
    if (value == 0) return;
    char* const begin = reserve(kMaxHeader);
    end_ += static_cast<std::size_t>(put_header(begin, field, value) - begin);
  }
  void put_double(char field, double value) {
    if (value == 0) return;
    char* const at = reserve(1 + sizeof value);
    at[0] = field;
    static_assert(std::endian::native == std::endian::little);  // the order of the wire
    std::memcpy(at + 1, &value, sizeof value);
    end_ += 1 + sizeof value;
  }

  /// Room for `bytes` more at the end; `commit` says how many were used.
  [[nodiscard]] char* reserve(std::size_t bytes) {
    if (size_ - end_ < bytes || !data_) grow(bytes);
    return data_.get() + end_;
  }
  void commit(const char* end) noexcept { end_ = static_cast<std::size_t>(end - data_.get()); }

 private:
  static constexpr std::size_t kMaxHeader = 1 + 10;
  static constexpr std::size_t kHeadRoom = 16;

  static char* put_header(char* at, char field, std::uint64_t number) {
    *at++ = field;
    return at + protozero::add_varint_to_buffer(at, number);
  }
  static void copy(char* to, std::string_view bytes) {
    if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  }
  void grow(std::size_t bytes);

  std::unique_ptr<char[]> data_;
  std::size_t size_ = kHeadRoom;  ///< allocated, once there is memory
  std::size_t end_ = kHeadRoom;
};

/// Bytes of a field with a varint, 0 for the value 0.
[[nodiscard]] inline std::size_t varint_field_size(std::uint64_t value) {
  return value == 0 ? 0 : 1 + static_cast<std::size_t>(protozero::length_of_varint(value));
}
/// Bytes of a field with a double, 0 for the value 0.
[[nodiscard]] constexpr std::size_t double_field_size(double value) { return value == 0 ? 0 : 9; }

[[nodiscard]] bool is_ascii(std::string_view text) noexcept;
/// Like core::valid_utf8, quicker for ASCII.
[[nodiscard]] std::string_view repaired(std::string_view text, std::string& scratch);

/// A message Resource; the name may be empty. Both texts are valid UTF-8.
void put_resource(WireBuffer& out, char field, std::string_view type, std::string_view name);
/// The message Metadata with the origin; nothing when the origin says nothing.
void put_origin(WireBuffer& out, char field, const model::Origin& origin);

}  // namespace remora::serializer
