#include "dogstatsd/refused_lines.hpp"

#include "remora/core/scrub.hpp"

namespace remora::dogstatsd {
namespace {

constexpr std::size_t kShown = 120;

}  // namespace

std::string shown_line(std::string_view line) {
  static constexpr char kHex[] = "0123456789abcdef";
  const bool cut = line.size() > kShown;
  // Scrubbed before it is cut: half a key must not look harmless.
  const std::string text = core::excerpt(line, kShown);
  std::string shown;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      shown += c;
    } else {
      shown += "\\x";
      shown += kHex[byte >> 4];
      shown += kHex[byte & 0xf];
    }
  }
  if (cut) shown += "… (" + std::to_string(line.size()) + " bytes)";
  return shown;
}

void RefusedLines::keep(Reject reason, std::string_view line) {
  last_[static_cast<std::size_t>(reason)].assign(line.substr(0, kKept));
}

std::string RefusedLines::last(Reject reason) const {
  return shown_line(last_[static_cast<std::size_t>(reason)]);
}

}  // namespace remora::dogstatsd
