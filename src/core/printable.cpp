#include "remora/core/printable.hpp"

#include <cstdint>
#include <cstring>

#include "remora/core/utf8.hpp"

namespace remora::core {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// Bytes from `at` on, whole words of them, that are all 0x20 to 0x7e: nearly all text is.
std::size_t skip_plain(std::string_view text, std::size_t at) {
  constexpr std::uint64_t kOnes = 0x0101010101010101u;
  constexpr std::uint64_t kHigh = 0x8080808080808080u;
  std::uint64_t word = 0;
  while (text.size() - at >= sizeof word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    const std::uint64_t below_blank = word - 0x20u * kOnes;  // borrows into the high bit
    const std::uint64_t past_tilde = word + kOnes;           // 0x7f becomes 0x80
    if (((word | below_blank | past_tilde) & kHigh) != 0) break;
    at += sizeof word;
  }
  return at;
}

std::uint32_t code_point(std::string_view character) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(character[i]));
  };
  switch (character.size()) {
    case 1:
      return byte(0);
    case 2:
      return (byte(0) & 0x1Fu) << 6 | (byte(1) & 0x3Fu);
    case 3:
      return (byte(0) & 0x0Fu) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3Fu);
    default:
      return (byte(0) & 0x07u) << 18 | (byte(1) & 0x3Fu) << 12 | (byte(2) & 0x3Fu) << 6 |
             (byte(3) & 0x3Fu);
  }
}

bool shows(std::uint32_t c) {
  if (c < 0xA0) return c >= 0x20 && c < 0x7F;
  if (c < 0x2000) return c != 0x061C;
  if (c < 0x2070) {
    return c != 0x200B && c != 0x200E && c != 0x200F && (c < 0x2028 || c > 0x202E) && c < 0x2060;
  }
  return c != 0xFEFF && (c < 0xFFF9 || c > 0xFFFB) && (c < 0xE0000 || c > 0xE007F);
}

void append_unit(std::string& out, std::uint32_t unit) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kHex[(unit >> shift) & 15u];
}

void append_escaped(std::string& out, std::uint32_t c) {
  if (c < 0x10000) return append_unit(out, c);
  append_unit(out, 0xD800u + ((c - 0x10000u) >> 10));  // a surrogate pair, as JSON wants it
  append_unit(out, 0xDC00u + ((c - 0x10000u) & 0x3FFu));
}

}  // namespace

std::string_view printable(std::string_view text, std::string& scratch, Breaks breaks) {
  const auto stays = [&](std::size_t at, std::size_t length) {
    if (breaks == Breaks::kept && (text[at] == '\n' || text[at] == '\t')) return true;
    return length != 0 && shows(code_point(text.substr(at, length)));
  };
  std::size_t clean = 0;  // before it everything is copied, or stays
  bool changed = false;
  for (std::size_t at = skip_plain(text, 0); at < text.size();) {
    const std::size_t length = character_length(text, at);
    if (stays(at, length)) {
      at = skip_plain(text, at + length);
      continue;
    }
    if (!changed) scratch.clear();
    changed = true;
    scratch += text.substr(clean, at - clean);
    if (length == 0) {
      scratch += kReplacement;
    } else if (text[at] == '\n' || text[at] == '\t' ||
               (text[at] == '\r' && breaks == Breaks::removed)) {
      scratch += ' ';
    } else {
      append_escaped(scratch, code_point(text.substr(at, length)));
    }
    at += length == 0 ? 1 : length;
    clean = at;
  }
  if (!changed) return text;
  scratch += text.substr(clean);
  return scratch;
}

std::string printable(std::string_view text, Breaks breaks) {
  std::string scratch;
  const std::string_view shown = printable(text, scratch, breaks);
  return shown.data() == scratch.data() ? std::move(scratch) : std::string(shown);
}

}  // namespace remora::core
