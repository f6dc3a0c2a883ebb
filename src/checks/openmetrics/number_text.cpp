#include "checks/openmetrics/number_text.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "remora/core/ascii.hpp"

namespace remora::checks::openmetrics {
namespace {

constexpr std::size_t kMaxNumber = 512;  // bytes; nobody writes a double with more digits

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// from_chars does not say which side of the range it was: the decimal exponent does.
double out_of_range(std::string_view text, bool hex) {
  const char marker = hex ? 'p' : 'e';
  std::int64_t exponent = 0;
  std::int64_t digits = 0;  // before the point, leading zeros aside; negative: zeros behind it
  bool point = false, significant = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = core::ascii_lower(text[i]);
    if (c == marker) {
      const std::string_view rest = text.substr(i + (text[i + 1] == '+' ? 2 : 1));
      const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), exponent);
      if (read.ec != std::errc{}) exponent = rest.starts_with('-') ? -1'000'000 : 1'000'000;
      break;
    }
    if (c == '.') {
      point = true;
    } else if (significant || c != '0') {
      significant = true;
      if (!point) ++digits;
    } else if (point) {
      --digits;
    }
  }
  return exponent + digits * (hex ? 4 : 1) > 0 ? std::numeric_limits<double>::infinity() : 0;
}

bool parse_special(std::string_view text, double& value) {
  if (core::equals_ignoring_case(text, "inf") || core::equals_ignoring_case(text, "infinity")) {
    value = std::numeric_limits<double>::infinity();
    return true;
  }
  if (core::equals_ignoring_case(text, "nan")) {
    value = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  return false;
}

bool parse_unsigned(std::string_view text, double& value) {
  // Most values are short whole numbers.
  if (text.size() <= 15) {
    std::uint64_t whole = 0;
    std::size_t i = 0;
    while (i < text.size() && is_digit(text[i])) {
      whole = whole * 10 + static_cast<std::uint64_t>(text[i++] - '0');
    }
    if (i == text.size() && i > 0) {
      value = static_cast<double>(whole);
      return true;
    }
  }
  if (text.empty() || text.size() > kMaxNumber) return false;
  const bool hex = text.size() > 2 && text[0] == '0' && core::ascii_lower(text[1]) == 'x';
  if (hex) text.remove_prefix(2);
  // A digit must come first or right behind the point: "inf" and a second sign are not for here.
  const char first = text[0] == '.' && text.size() > 1 ? text[1] : text[0];
  const bool hex_digit = core::ascii_lower(first) >= 'a' && core::ascii_lower(first) <= 'f';
  if (!is_digit(first) && !(hex && hex_digit)) {
    return !hex && parse_special(text, value);
  }
  double read = 0;
  const auto format = hex ? std::chars_format::hex : std::chars_format::general;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), read, format);
  if (end != text.data() + text.size()) return false;
  if (error == std::errc::result_out_of_range) {
    read = out_of_range(text, hex);
  } else if (error != std::errc{}) {
    return false;
  }
  value = read;
  return true;
}

}  // namespace

bool parse_number(std::string_view text, double& value) {
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (!parse_unsigned(text, value)) return false;
  if (negative) value = -value;
  return true;
}

std::string_view python_float(double value, char* out) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  // The shortest digits that mean this value, and where the point belongs.
  char scientific[kPythonFloatSize];
  const auto written = std::to_chars(scientific, scientific + sizeof scientific, value,
                                     std::chars_format::scientific);
  std::string_view text(scientific, static_cast<std::size_t>(written.ptr - scientific));
  char* at = out;
  if (text[0] == '-') {
    *at++ = '-';
    text.remove_prefix(1);
  }
  const std::size_t e = text.find('e');
  int exponent = 0;
  const std::size_t sign = text[e + 1] == '+' ? 2 : 1;
  std::from_chars(text.data() + e + sign, text.data() + text.size(), exponent);
  char digits[kPythonFloatSize] = {};
  int count = 0;
  for (const char c : text.substr(0, e)) {
    if (c != '.') digits[count++] = c;
  }
  const auto put = [&](const char* from, int size) {
    std::memcpy(at, from, static_cast<std::size_t>(size));
    at += size;
  };
  if (exponent < -4 || exponent >= 16) {
    put(digits, 1);
    if (count > 1) {
      *at++ = '.';
      put(digits + 1, count - 1);
    }
    *at++ = 'e';
    *at++ = exponent < 0 ? '-' : '+';
    const int size = exponent < 0 ? -exponent : exponent;
    if (size < 10) *at++ = '0';
    at = std::to_chars(at, out + kPythonFloatSize, size).ptr;
  } else if (exponent < 0) {
    put("0.000", 1 - exponent);
    put(digits, count);
  } else {
    const int whole = exponent + 1;
    put(digits, count < whole ? count : whole);
    for (int i = count; i < whole; ++i) *at++ = '0';
    *at++ = '.';
    if (count > whole) {
      put(digits + whole, count - whole);
    } else {
      *at++ = '0';
    }
  }
  return {out, static_cast<std::size_t>(at - out)};
}

}  // namespace remora::checks::openmetrics
