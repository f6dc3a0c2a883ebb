// The generated parts of docs/configuration.md: what is between two markers.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace remora::config {

/// `page` with the text between <!-- NAME:begin --> and <!-- NAME:end --> replaced. Throws when a
/// marker is missing: a page without its block would agree with everything.
inline std::string with_block(std::string page, std::string_view name, std::string_view text) {
  const std::string begin = "<!-- " + std::string(name) + ":begin -->\n";
  const std::string end = "<!-- " + std::string(name) + ":end -->";
  const auto from = page.find(begin);
  const auto to = page.find(end);
  if (from == std::string::npos || to == std::string::npos || to < from) {
    throw std::runtime_error("the page has no block " + std::string(name));
  }
  const auto start = from + begin.size();
  return page.replace(start, to - start, text);
}

}  // namespace remora::config
