// The user's terminal: how large it is, and redrawing it in place.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace remora::sandbox {

/// `text` as it may reach a terminal: printable (remora/core/printable.hpp) but for line ends and
/// the six colour codes of the report, which can move nothing and hide nothing.
[[nodiscard]] std::string shown_text(std::string_view text);

/// Writes to stdout. On a terminal the live view takes the alternate screen, so that what was on
/// the screen is there again at the end; anything else gets plain text.
class Terminal {
 public:
  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  [[nodiscard]] bool interactive() const noexcept { return interactive_; }
  /// Columns and lines now: 80 and 24 when it is not a terminal or does not say.
  [[nodiscard]] std::size_t width() const;
  [[nodiscard]] std::size_t height() const;
  /// Replaces the whole screen. Only on a terminal.
  void redraw(std::string_view text);
  /// Back to the normal screen.
  void leave_live_view();
  void print(std::string_view text);

 private:
  static void write(std::string_view text);  ///< as it is
  bool interactive_;
  bool live_ = false;
};

}  // namespace remora::sandbox
