#include "checks/http/page_text.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "remora/core/ascii.hpp"

namespace remora::checks {
namespace {

constexpr std::string_view kMark = "\xef\xbb\xbf";
constexpr std::size_t kLongestName = 40;  // bytes shown of a charset's name

constexpr std::array<char16_t, 32> kWindows1252 = {
    0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,  0x2030, 0x160,
    0x2039, 0x152,  0x8d,   0x17d,  0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178};

char16_t of_latin_9(unsigned char byte) {
  switch (byte) {
    case 0xa4:
      return 0x20ac;
    case 0xa6:
      return 0x160;
    case 0xa8:
      return 0x161;
    case 0xb4:
      return 0x17d;
    case 0xb8:
      return 0x17e;
    case 0xbc:
      return 0x152;
    case 0xbd:
      return 0x153;
    case 0xbe:
      return 0x178;
    default:
      return byte;
  }
}

void append_utf8(char16_t code, std::string& out) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    out += static_cast<char>(0xe0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  }
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kAround = " \t\"'";
  const std::size_t first = text.find_first_not_of(kAround);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kAround) - first + 1);
}

/// Lower case; empty when there is none.
std::string charset_of(std::string_view content_type) {
  for (std::size_t at = content_type.find(';'); at != std::string_view::npos;) {
    const std::size_t end = content_type.find(';', at + 1);
    const std::string_view parameter = content_type.substr(at + 1, end - at - 1);
    const std::size_t equals = parameter.find('=');
    if (equals != std::string_view::npos &&
        core::equals_ignoring_case(trimmed(parameter.substr(0, equals)), "charset")) {
      return core::ascii_lower(std::string(trimmed(parameter.substr(equals + 1))));
    }
    at = end;
  }
  return {};
}

}  // namespace

PageText::PageText(std::string_view content_type) {
  static constexpr std::pair<std::string_view, Charset> kNames[] = {
      {"", Charset::utf_8},
      {"utf-8", Charset::utf_8},
      {"utf8", Charset::utf_8},
      {"us-ascii", Charset::utf_8},
      {"ascii", Charset::utf_8},
      {"iso-8859-1", Charset::latin_1},
      {"iso8859-1", Charset::latin_1},
      {"iso_8859-1", Charset::latin_1},
      {"latin1", Charset::latin_1},
      {"latin-1", Charset::latin_1},
      {"l1", Charset::latin_1},
      {"iso-8859-15", Charset::latin_9},
      {"iso8859-15", Charset::latin_9},
      {"latin9", Charset::latin_9},
      {"latin-9", Charset::latin_9},
      {"windows-1252", Charset::windows_1252},
      {"cp1252", Charset::windows_1252},
      {"x-cp1252", Charset::windows_1252},
  };
  std::string name = charset_of(content_type);
  for (const auto& [known, charset] : kNames) {
    if (name != known) continue;
    charset_ = charset;
    return;
  }
  name.resize(std::min(name.size(), kLongestName));
  for (char& c : name) {
    if (c < ' ' || c > '~') c = '?';
  }
  remark_ = "the charset `" + name + "` of the page is not known here: it is read as UTF-8";
}

std::string_view PageText::next(std::string_view piece) {
  if (begun_) return charset_ == Charset::utf_8 ? piece : converted(piece);
  while (marked_ < kMark.size() && !piece.empty() && piece.front() == kMark[marked_]) {
    ++marked_;
    piece.remove_prefix(1);
  }
  if (marked_ == kMark.size()) {
    // The mark says more than the header.
    begun_ = true;
    charset_ = Charset::utf_8;
    return piece;
  }
  if (piece.empty()) return {};
  begun_ = true;
  if (marked_ == 0) return next(piece);
  std::string joined(kMark.substr(0, marked_));
  joined += piece;
  if (charset_ != Charset::utf_8) return converted(joined);
  out_ = std::move(joined);
  return out_;
}

std::string_view PageText::rest() {
  if (std::exchange(begun_, true)) return {};
  const std::string_view held = kMark.substr(0, marked_);
  return charset_ == Charset::utf_8 ? held : converted(held);
}

std::string_view PageText::converted(std::string_view bytes) {
  out_.clear();
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    char16_t code = byte;
    if (charset_ == Charset::windows_1252 && byte >= 0x80 && byte < 0xa0) {
      code = kWindows1252[byte - 0x80];
    } else if (charset_ == Charset::latin_9) {
      code = of_latin_9(byte);
    }
    append_utf8(code, out_);
  }
  return out_;
}

std::string page_text(std::string body, std::string_view content_type, std::string& remark) {
  PageText text(content_type);
  remark = text.remark();
  const std::string_view first = text.next(body);
  if (first.data() == body.data() && first.size() == body.size()) return body;
  std::string out(first);
  out += text.rest();
  return out;
}

}  // namespace remora::checks
