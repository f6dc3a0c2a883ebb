#include "remora/core/json_numbers.hpp"

#include <charconv>
#include <system_error>

namespace remora::core {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_of_number(char c) {
  return is_digit(c) || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-';
}

// Past the string that begins at `at`.
std::size_t end_of_string(std::string_view json, std::size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at) {
    if (json[at] == '\\') ++at;
  }
  return at + 1;
}

// Without an exponent it takes more than 308 digits.
bool may_overflow(std::string_view number) {
  return number.size() > 308 || number.find_first_of("eE") != std::string_view::npos;
}

bool overflows(std::string_view number) {
  double value = 0;
  const auto [end, ec] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (ec != std::errc::result_out_of_range || end != number.data() + number.size()) return false;
  // Too small is out of range as well, and a fine zero to the parser.
  const std::size_t e = number.find_first_of("eE");
  return e == std::string_view::npos || number.substr(e + 1, 1) != "-";
}

}  // namespace

std::string_view finite_numbers(std::string_view json, std::string& storage) {
  constexpr std::string_view kNull = "null";
  bool copied = false;
  for (std::size_t at = 0; at < json.size();) {
    if (json[at] == '"') {
      at = end_of_string(json, at);
      continue;
    }
    if (!is_digit(json[at]) && json[at] != '-') {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    while (at < json.size() && is_of_number(json[at])) ++at;
    const std::string_view number = json.substr(begin, at - begin);
    if (!may_overflow(number) || !overflows(number)) continue;
    if (!copied) storage = json;
    copied = true;
    storage.replace(begin, number.size(), number.size(), ' ');
    storage.replace(begin, kNull.size(), kNull);
  }
  return copied ? std::string_view(storage) : json;
}

}  // namespace remora::core
