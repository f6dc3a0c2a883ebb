#include "sandbox/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace remora::sandbox {
namespace {

winsize size_of_terminal() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) size = {};
  return size;
}

}  // namespace

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
  std::string out = live_ ? "\x1b[H" : "\x1b[?1049h\x1b[?25l\x1b[H";
  live_ = true;
  // Each line clears its own rest, so nothing flickers.
  for (const char c : text) {
    if (c == '\n') out += "\x1b[K";
    out += c;
  }
  out += "\x1b[J";
  print(out);
}

void Terminal::leave_live_view() {
  if (!live_) return;
  live_ = false;
  print("\x1b[?25h\x1b[?1049l");
}

void Terminal::print(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // the reader of a pipe went away: nobody is left to tell
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace remora::sandbox
