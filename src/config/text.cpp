#include "config/text.hpp"

#include <algorithm>

#include "remora/core/printable.hpp"
#include "remora/core/utf8.hpp"

namespace remora::config {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> pieces;
  for (auto begin = text.find_first_not_of(separators); begin != std::string_view::npos;) {
    const auto end = std::min(text.find_first_of(separators, begin), text.size());
    pieces.push_back(text.substr(begin, end - begin));
    begin = text.find_first_not_of(separators, end);
  }
  return pieces;
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string result = core::printable(core::utf8_prefix(text, limit));
  if (text.size() > limit) result += "...";
  return result;
}

std::string without_password(std::string_view url) {
  const auto scheme = url.find("://");
  const auto begin = scheme == std::string_view::npos ? 0 : scheme + 3;
  // The last '@': a password pasted without percent-encoding may hold '@' or '/' itself.
  const auto at = url.rfind('@');
  if (at == std::string_view::npos || at < begin) return std::string(url);
  const auto colon = url.find(':', begin);
  if (colon == std::string_view::npos || colon > at) {
    // No password: the user part alone can be a token.
    return std::string(url.substr(0, begin)) + "***" + std::string(url.substr(at));
  }
  return std::string(url.substr(0, colon + 1)) + "***" + std::string(url.substr(at));
}

}  // namespace remora::config
