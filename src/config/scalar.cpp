#include "config/scalar.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "config/text.hpp"

namespace remora::config {

std::optional<bool> parse_bool(std::string_view text) {
  text = trimmed(text);
  for (const char* yes : {"1", "t", "T", "TRUE", "true", "True"}) {
    if (text == yes) return true;
  }
  for (const char* no : {"0", "f", "F", "FALSE", "false", "False"}) {
    if (text == no) return false;
  }
  return std::nullopt;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_double(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::optional<ParsedDuration> parse_duration(std::string_view text) {
  text = trimmed(text);
  if (const auto bare = parse_double(text)) return ParsedDuration{*bare, true};

  struct Unit {
    std::string_view name;
    double nanoseconds;
  };
  static constexpr std::array<Unit, 8> kUnits{{{"ns", 1},
                                               {"us", 1e3},
                                               {"\u00b5s", 1e3},
                                               {"\u03bcs", 1e3},
                                               {"ms", 1e6},
                                               {"s", 1e9},
                                               {"m", 60e9},
                                               {"h", 3600e9}}};
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    const auto digits = std::min(text.find_first_not_of("0123456789."), text.size());
    const auto number = parse_double(text.substr(0, digits));
    if (!number) return std::nullopt;
    text.remove_prefix(digits);
    const auto letters = std::min(text.find_first_of("0123456789."), text.size());
    const auto unit = std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& u) {
      return u.name == text.substr(0, letters);
    });
    if (unit == kUnits.end()) return std::nullopt;
    total += *number * unit->nanoseconds;
    text.remove_prefix(letters);
  }
  if (!std::isfinite(total)) return std::nullopt;
  return ParsedDuration{negative ? -total : total, false};
}

}  // namespace remora::config
