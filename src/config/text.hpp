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

/// `text` fit for one log line: control characters and bytes past ASCII shown as '?', cut at
/// `limit` bytes.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 80);

/// Hides the password of a URL: "http://user:secret@proxy:3128" -> "http://user:***@proxy:3128".
[[nodiscard]] std::string without_password(std::string_view url);

}  // namespace remora::config
