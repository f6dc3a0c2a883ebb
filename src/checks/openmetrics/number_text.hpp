// Numbers as exposition pages and Python spell them.
#pragma once

#include <string_view>

namespace remora::checks::openmetrics {

/// What Go's ParseFloat or Python's float() reads: decimal, exponent, hex floats, inf, infinity and
/// nan in any case, with a sign. No underscores, no space. Too large is infinite, too small zero.
[[nodiscard]] bool parse_number(std::string_view text, double& value);

/// Longest result of `python_float`.
inline constexpr std::size_t kPythonFloatSize = 32;

/// `value` as Python's str(float): "0.5", "1.0", "1e-05", "1e+16", "inf", "-inf", "nan". Tags such
/// as upper_bound are spelt so. Written to `out` (kPythonFloatSize bytes), which the result views.
[[nodiscard]] std::string_view python_float(double value, char* out);

}  // namespace remora::checks::openmetrics
