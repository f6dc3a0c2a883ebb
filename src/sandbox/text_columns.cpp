#include "sandbox/text_columns.hpp"

#include "remora/core/printable.hpp"
#include "remora/core/utf8.hpp"

namespace remora::sandbox {

std::size_t columns(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += core::starts_character(c) ? 1 : 0;
  return count;
}

std::string fit(std::string_view given, std::size_t width) {
  std::string scratch;
  const std::string_view text = core::printable(given, scratch);
  const bool cut = columns(text) > width;
  const std::size_t keep = cut && width > 0 ? width - 1 : width;
  std::string out;
  std::size_t count = 0;
  for (const char c : text) {
    if (core::starts_character(c) && count++ == keep) break;
    out += c;
  }
  if (cut && width > 0) out += "…";
  return out;
}

std::string left(std::string_view text, std::size_t width) {
  std::string out = fit(text, width);
  out.append(width - columns(out), ' ');
  return out;
}

std::string right(std::string_view text, std::size_t width) {
  const std::string fitted = fit(text, width);
  return std::string(width - columns(fitted), ' ') + fitted;
}

std::vector<std::string> wrap(const std::vector<std::string>& words, std::size_t width) {
  std::vector<std::string> out;
  for (const std::string& word : words) {
    const std::string fitted = fit(word, width);
    if (!out.empty() && columns(out.back()) + 1 + columns(fitted) <= width)
      out.back() += " " + fitted;
    else
      out.push_back(fitted);
  }
  return out;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) break;
    text.remove_prefix(begin);
    const std::size_t end = std::min(text.find(' '), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return out;
}

}  // namespace remora::sandbox
