// Small operations on the text of names and values.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace remora::config {

[[nodiscard]] std::string_view trimmed(std::string_view text);
/// Pieces between runs of `separators`; no empty ones.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text,
                                                  std::string_view separators);
inline constexpr std::string_view kBlanks = " \t\r\n\v\f";

/// Insertions, deletions, replacements and swaps of neighbours between `a` and `b`, or `limit` + 1
/// when there are more. Names past 128 bytes count as far from everything.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

/// `text` fit for one log line: control characters and bytes past ASCII shown as '?', cut at
/// `limit` bytes.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 80);

/// Hides the password of a URL: "http://user:secret@proxy:3128" -> "http://user:***@proxy:3128".
[[nodiscard]] std::string without_password(std::string_view url);

}  // namespace remora::config
