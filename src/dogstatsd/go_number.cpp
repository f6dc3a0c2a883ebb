// Numbers as Go's strconv reads them: the client libraries were written against that reader.
//
// Source: https://pkg.go.dev/strconv#ParseFloat and
// https://go.dev/ref/spec#Floating-point_literals.
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <system_error>

#include "remora/dogstatsd/parser.hpp"

namespace remora::dogstatsd {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

constexpr std::array<double, 18> kPowerOfTen = {
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17};
constexpr std::uint64_t kExactIntegers = std::uint64_t{1} << 53;

/// "12", "-0.25": digits of at most 2^53 over a power of ten of at most 10^22. Both are exact
/// doubles, so their quotient is the nearest double of the decimal number (Clinger 1990).
bool short_decimal(std::string_view text, double& value) {
  const char* p = text.data();
  const char* const end = p + text.size();
  const bool negative = p != end && *p == '-';
  if (negative) ++p;
  if (p == end || end - p > 18) return false;  // 18 digits fit 64 bits
  std::uint64_t digits = 0;
  while (p != end && is_digit(*p)) digits = digits * 10 + static_cast<std::uint64_t>(*p++ - '0');
  double magnitude;
  if (p == end) {
    if (digits > kExactIntegers) return false;
    magnitude = static_cast<double>(digits);
  } else {
    if (*p != '.') return false;
    const char* const fraction = ++p;
    while (p != end && is_digit(*p)) digits = digits * 10 + static_cast<std::uint64_t>(*p++ - '0');
    if (p != end || digits > kExactIntegers) return false;
    if (end - text.data() == (negative ? 2 : 1)) return false;  // a lone dot
    magnitude = static_cast<double>(digits) / kPowerOfTen[static_cast<std::size_t>(end - fraction)];
  }
  value = negative ? -magnitude : magnitude;
  return true;
}

/// Underscores stand between digits, or between "0x" and a digit.
bool underscores_well_placed(std::string_view text, bool hex) {
  bool after_digit = hex;  // the prefix counts as one
  bool after_underscore = false;
  for (std::size_t i = hex ? 2 : 0; i < text.size(); ++i) {
    const char c = lower(text[i]);
    const bool digit = is_digit(c) || (hex && c >= 'a' && c <= 'f');
    if (c == '_' ? !after_digit : after_underscore && !digit) return false;
    after_digit = digit;
    after_underscore = c == '_';
  }
  return !after_underscore;
}

/// Digits and exponent of a number without sign: 0.d1d2d3... x base^point, d1 not 0.
struct Scanned {
  static constexpr std::size_t kDigits = 800;  // more never decide the rounding of a double

  std::array<char, kDigits> digits;  // '0'-'9', 'a'-'f'
  std::size_t count = 0;
  bool more = false;  // a digit other than 0 came after those kept
  bool hex = false;
  std::int64_t point = 0;     // digits before the point
  std::int64_t exponent = 0;  // of 10, or of 2 when hex
};

/// The exponent after 'e' or 'p'. Like Go's it stops growing past 10000.
bool scan_exponent(std::string_view text, std::int64_t& exponent) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || !is_digit(text[0])) return false;
  exponent = 0;
  for (const char c : text) {
    if (c == '_') continue;
    if (!is_digit(c)) return false;
    if (exponent < 10000) exponent = exponent * 10 + (c - '0');
  }
  if (negative) exponent = -exponent;
  return true;
}

bool scan(std::string_view text, Scanned& out) {
  out.hex = text.size() > 2 && text[0] == '0' && lower(text[1]) == 'x';
  bool dot = false, any_digit = false, underscore = false, has_exponent = false;
  std::int64_t significant = 0;
  for (std::size_t i = out.hex ? 2 : 0; i < text.size(); ++i) {
    const char c = lower(text[i]);
    if (c == '_') {
      underscore = true;
    } else if (c == '.') {
      if (dot) return false;
      dot = true;
      out.point = significant;
    } else if (is_digit(c) || (out.hex && c >= 'a' && c <= 'f')) {
      any_digit = true;
      if (c == '0' && significant == 0) {
        if (dot) --out.point;
        continue;
      }
      ++significant;
      if (out.count < out.digits.size()) {
        out.digits[out.count++] = c;
      } else if (c != '0') {
        out.more = true;
      }
    } else if (c == (out.hex ? 'p' : 'e')) {
      const auto exponent = text.substr(i + 1);
      if (!scan_exponent(exponent, out.exponent)) return false;
      underscore = underscore || exponent.find('_') != std::string_view::npos;
      has_exponent = true;
      break;
    } else {
      return false;
    }
  }
  if (!any_digit || (out.hex && !has_exponent)) return false;
  if (!dot) out.point = significant;
  return !underscore || underscores_well_placed(text, out.hex);
}

/// False when out of range.
bool round_decimal(const Scanned& number, double& magnitude) {
  const auto point = number.point + number.exponent;
  magnitude = 0;
  if (number.count == 0 || point < -330) return true;
  if (point > 310) return false;
  // ".ddd…1e-123": the last 1 stands for the digits not kept.
  std::array<char, Scanned::kDigits + 16> text;
  char* end = text.data();
  *end++ = '.';
  std::memcpy(end, number.digits.data(), number.count);
  end += number.count;
  if (number.more) *end++ = '1';
  *end++ = 'e';
  end = std::to_chars(end, text.data() + text.size(), point).ptr;
  double value = 0;
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec == std::errc::result_out_of_range) return point <= 0;  // too small is 0
  magnitude = value;
  return !std::isinf(value);
}

/// Rounds half to even, also where the doubles get sparse. False when out of range.
bool round_hex(const Scanned& number, double& magnitude) {
  magnitude = 0;
  if (number.count == 0) return true;
  std::uint64_t mantissa = 0;
  bool sticky = number.more;
  std::size_t i = 0;
  for (; i < number.count && i < 16; ++i) {
    const char c = number.digits[i];
    mantissa = mantissa << 4 | static_cast<std::uint64_t>(is_digit(c) ? c - '0' : c - 'a' + 10);
  }
  const auto used = static_cast<std::int64_t>(i);
  for (; i < number.count; ++i) sticky = sticky || number.digits[i] != '0';

  // mantissa x 2^exponent, the highest bit of mantissa set
  const int zeros = std::countl_zero(mantissa);
  mantissa <<= zeros;
  const std::int64_t exponent = (number.point - used) * 4 + number.exponent - zeros;
  constexpr int kBits = std::numeric_limits<double>::digits;  // 53
  const std::int64_t top = exponent + 63;
  if (top >= std::numeric_limits<double>::max_exponent) return false;
  const std::int64_t missing = std::numeric_limits<double>::min_exponent - 1 - top;  // subnormal
  const std::int64_t dropped = 64 - kBits + (missing > 0 ? missing : 0);
  if (dropped > 64) return true;  // below half of the smallest
  std::uint64_t kept = dropped == 64 ? 0 : mantissa >> dropped;
  const std::uint64_t half = std::uint64_t{1} << (dropped - 1);
  const std::uint64_t rest = dropped == 64 ? mantissa : mantissa & ((half << 1) - 1);
  if (rest > half || (rest == half && (sticky || (kept & 1) != 0))) ++kept;
  magnitude = std::ldexp(static_cast<double>(kept), static_cast<int>(exponent + dropped));
  return !std::isinf(magnitude);
}

bool is_word(std::string_view text, std::string_view word) {
  if (text.size() != word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (lower(text[i]) != word[i]) return false;
  }
  return true;
}

/// Everything the short form is not.
bool general(std::string_view text, double& value) {
  if (is_word(text, "nan")) {  // never with a sign
    value = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty()) return false;
  double magnitude = 0;
  if (is_word(text, "inf") || is_word(text, "infinity")) {
    magnitude = std::numeric_limits<double>::infinity();
  } else if (is_digit(text[0]) || text[0] == '.') {
    // What from_chars takes whole is decimal text of both grammars. Not for texts longer than Go's
    // bound on exponents, and not where the result leaves the range: those need to be told apart.
    constexpr std::size_t kPlain = 1000;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, magnitude);
    if (text.size() > kPlain || read.ec != std::errc{} || read.ptr != end ||
        std::isinf(magnitude)) {
      Scanned number;
      if (!scan(text, number)) return false;
      if (!(number.hex ? round_hex(number, magnitude) : round_decimal(number, magnitude))) {
        return false;
      }
    }
  } else {
    return false;
  }
  value = negative ? -magnitude : magnitude;
  return true;
}

}  // namespace

bool parse_go_float(std::string_view text, double& value) {
  return short_decimal(text, value) || general(text, value);
}

bool parse_go_int(std::string_view text, std::int64_t& value) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return false;
  }
  std::int64_t parsed = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, parsed);
  if (read.ec != std::errc{} || read.ptr != end) return false;
  value = parsed;
  return true;
}

}  // namespace remora::dogstatsd
