#include "remora/core/yaml_limits.hpp"

#include <string>

namespace remora::core {

Result<void> check_yaml_limits(std::string_view text, std::size_t depth, std::size_t values) {
  std::size_t open = 0;
  // Of the line, or since the outermost bracket was opened.
  std::size_t commas = 0, brackets = 0, quotes = 0, marks = 0;
  for (const char c : text) {
    switch (c) {
      case '\n':
        if (open == 0) commas = brackets = quotes = marks = 0;
        break;
      case '[':
      case '{':
        ++brackets;
        if (++open > 4 * depth) {
          return fail(Errc::too_large, "nested deeper than " + std::to_string(depth) + " levels");
        }
        break;
      case ']':
      case '}':
        if (open > 0) --open;
        break;
      case ',':
        ++commas;
        break;
      case '"':
      case '\'':
        ++quotes;  // two a text, and a key and a value each
        break;
      case '&':
      case '*':
      case '!':
      case '?':
        ++marks;
        break;
      default:
        break;
    }
    if (commas > values || brackets > values || quotes > 4 * values || marks > values) {
      return fail(Errc::too_large, "more than " + std::to_string(values) + " values");
    }
  }
  return {};
}

}  // namespace remora::core
