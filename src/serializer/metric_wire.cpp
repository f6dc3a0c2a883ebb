#include "serializer/metric_wire.hpp"

#include <algorithm>

#include "remora/core/utf8.hpp"

namespace remora::serializer {
namespace {

std::size_t text_field_size(std::size_t size) {
  return 1 + static_cast<std::size_t>(protozero::length_of_varint(size)) + size;
}

}  // namespace

std::string_view WireBuffer::element(char field) {
  const std::size_t size = message().size();
  const auto digits = static_cast<std::size_t>(protozero::length_of_varint(size));
  char* const begin = reserve(0) - size - digits - 1;
  put_header(begin, field, size);
  return {begin, 1 + digits + size};
}

void WireBuffer::give_back_above(std::size_t bytes) {
  if (size_ <= bytes) return;
  data_.reset();
  size_ = kHeadRoom;
  end_ = kHeadRoom;
}

void WireBuffer::grow(std::size_t bytes) {
  const std::size_t size = std::max<std::size_t>({1024, 2 * size_, end_ + bytes});
  std::unique_ptr<char[]> data(new char[size]);
  if (data_) std::memcpy(data.get(), data_.get(), end_);
  data_ = std::move(data);
  size_ = size;
}

bool is_ascii(std::string_view text) noexcept {
  constexpr std::uint64_t kHighBits = 0x8080808080808080u;
  std::uint64_t seen = 0;
  while (text.size() >= sizeof seen) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), sizeof word);
    seen |= word;
    text.remove_prefix(sizeof word);
  }
  for (const char c : text) seen |= static_cast<unsigned char>(c);
  return (seen & kHighBits) == 0;
}

std::string_view repaired(std::string_view text, std::string& scratch) {
  return is_ascii(text) ? text : core::valid_utf8(text, scratch);
}

void put_resource(WireBuffer& out, char field, std::string_view type, std::string_view name) {
  // Resource: 1 type, 2 name.
  std::size_t size = text_field_size(type.size());
  if (!name.empty()) size += text_field_size(name.size());
  out.put_message(field, size);
  out.put_text(length_delimited(1), type);
  if (!name.empty()) out.put_text(length_delimited(2), name);
}

void put_origin(WireBuffer& out, char field, const model::Origin& origin) {
  // Metadata.origin = 1; Origin: 4 product, 5 category, 6 service.
  const std::size_t size = varint_field_size(origin.product) + varint_field_size(origin.category) +
                           varint_field_size(origin.service);
  if (size == 0) return;
  out.put_message(field, 2 + size);  // three numbers of 32 bits: the length takes one byte
  out.put_message(length_delimited(1), size);
  out.put_varint(varint(4), origin.product);
  out.put_varint(varint(5), origin.category);
  out.put_varint(varint(6), origin.service);
}

}  // namespace remora::serializer
