#include "sandbox/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include "remora/core/printable.hpp"

namespace remora::sandbox {
namespace {

/// Those of the report: end, bold, faint, red, green, yellow.
constexpr auto kColours = std::to_array<std::string_view>(
    {"\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m", "\x1b[33m"});

winsize size_of_terminal() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) size = {};
  return size;
}

}  // namespace

std::string shown_text(std::string_view text) {
  std::string out;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t escape = std::min(text.find("\x1b[", begin), text.size());
    std::string scratch;
    out += core::printable(text.substr(begin, escape - begin), scratch, core::Breaks::kept);
    begin = escape;
    if (begin == text.size()) break;
    const auto* const colour = std::find_if(
        kColours.begin(), kColours.end(),
        [rest = text.substr(begin)](std::string_view c) { return rest.starts_with(c); });
    if (colour != kColours.end()) {
      out += *colour;
      begin += colour->size();
    } else {
      out += core::printable(text.substr(begin, 1));
      ++begin;
    }
  }
  return out;
}

Terminal::Terminal() : interactive_(isatty(STDOUT_FILENO) != 0) {}

Terminal::~Terminal() { leave_live_view(); }

std::size_t Terminal::width() const {
  const winsize size = size_of_terminal();
  return size.ws_col == 0 ? 80 : std::clamp<std::size_t>(size.ws_col, 60, 160);
}

std::size_t Terminal::height() const {
  const winsize size = size_of_terminal();
  return size.ws_row == 0 ? 24 : std::max<std::size_t>(size.ws_row, 10);
}

void Terminal::redraw(std::string_view text) {
  if (!interactive_) return;
  const std::string shown = shown_text(text);
  std::string out = live_ ? "\x1b[H" : "\x1b[?1049h\x1b[?25l\x1b[H";
  live_ = true;
  // Each line clears its own rest, so nothing flickers.
  for (const char c : shown) {
    if (c == '\n') out += "\x1b[K";
    out += c;
  }
  out += "\x1b[J";
  write(out);
}

void Terminal::leave_live_view() {
  if (!live_) return;
  live_ = false;
  write("\x1b[?25h\x1b[?1049l");
}

void Terminal::print(std::string_view text) { write(shown_text(text)); }

void Terminal::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // the reader of a pipe went away: nobody is left to tell
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace remora::sandbox
