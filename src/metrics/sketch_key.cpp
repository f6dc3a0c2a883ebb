// Values to keys and back. Go's math.Log and math.Pow are repeated operation by operation, as their
// last bit decides on which side of a boundary a value falls; so no compiler may fuse a
// multiplication and an addition in this file (-ffp-contract=off in CMakeLists.txt).
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>

#include "remora/metrics/sketch.hpp"

namespace remora::metrics {
namespace {

constexpr double kLogGamma =
    0x1.fc0a8b0fc03e4p-7;    // log1p(2 * eps), gamma = 1 + 2 * eps = 1.015625
constexpr int kBias = 1338;  // 1 - floor(log(1e-9) / kLogGamma)
constexpr double kSmallest = 0x1.11479426012e9p-30;  // gamma to the 1 - kBias; less is key 0
constexpr std::int16_t kInfinite = std::numeric_limits<std::int16_t>::max();

// Natural logarithm as math.Log has it. Source: the e_log.c of fdlibm (FreeBSD msun), whose method
// and coefficients Go uses: v = 2^k (1+f), log(1+f) by an odd/even polynomial in s = f/(2+f).
double fdlibm_log(double value) {
  constexpr double kLn2High = 6.93147180369123816490e-01;
  constexpr double kLn2Low = 1.90821492927058770002e-10;
  constexpr double kOdd[] = {6.666666666666735130e-01, 2.857142874366239149e-01,
                             1.818357216161805012e-01, 1.479819860511658591e-01};
  constexpr double kEven[] = {3.999999999940941908e-01, 2.222219843214978396e-01,
                              1.531383769920937332e-01};
  int exponent = 0;
  double mantissa = std::frexp(value, &exponent);
  if (mantissa <= 7.07106781186547524401e-01) {  // half of the root of 2
    mantissa *= 2;
    --exponent;
  }
  const double f = mantissa - 1;
  const double s = f / (2 + f);
  const double s2 = s * s;
  const double s4 = s2 * s2;
  const double odd = s2 * (kOdd[0] + s4 * (kOdd[1] + s4 * (kOdd[2] + s4 * kOdd[3])));
  const double even = s4 * (kEven[0] + s4 * (kEven[1] + s4 * kEven[2]));
  const double half_square = 0.5 * f * f;
  const double correction = s * (half_square + (odd + even)) + exponent * kLn2Low;
  return exponent * kLn2High - ((half_square - correction) - f);
}

// The nearest whole number, half to even; exact for magnitudes under 2^51.
double round_half_even(double value) {
  constexpr double kNoFraction = 0x1.8p52;
  return (value + kNoFraction) - kNoFraction;
}

// Gamma to a whole power as math.Pow has it: by squarings of the mantissa alone, the power of two
// counted apart, and for a negative exponent one division at the end.
double gamma_to_the(int exponent) {
  double square = 1.015625 / 2, power = 1;
  int square_exponent = 1, power_exponent = 0;
  for (int bits = std::abs(exponent); bits != 0; bits >>= 1) {
    if ((bits & 1) != 0) {
      power *= square;
      power_exponent += square_exponent;
    }
    square *= square;
    square_exponent *= 2;
    if (square < 0.5) {
      square *= 2;
      --square_exponent;
    }
  }
  return exponent < 0 ? std::ldexp(1 / power, -power_exponent) : std::ldexp(power, power_exponent);
}

std::int16_t key_of_magnitude(double magnitude) {
  if (magnitude < kSmallest) return 0;
  if (magnitude == std::numeric_limits<double>::infinity()) return kInfinite;
  // Any good logarithm gives the same key unless it falls next to a boundary, which one in a
  // million does.
  constexpr double kPerLogGamma = 1 / kLogGamma;
  double position = std::log(magnitude) * kPerLogGamma;
  double rounded = round_half_even(position);
  if (std::abs(position - rounded) > 0.5 - 1e-6)
    rounded = round_half_even(fdlibm_log(magnitude) / kLogGamma);
  return static_cast<std::int16_t>(
      std::clamp<int>(static_cast<int>(rounded) + kBias, 1, kInfinite));
}

}  // namespace

std::int16_t sketch_key(double value) {
  if (value < 0) return static_cast<std::int16_t>(-key_of_magnitude(-value));
  return value > 0 ? key_of_magnitude(value) : std::int16_t{0};
}

double sketch_lower_bound(std::int16_t key) {
  if (key == 0) return 0;
  const int magnitude = std::abs(static_cast<int>(key));
  const double bound = magnitude >= kInfinite ? std::numeric_limits<double>::infinity()
                                              : gamma_to_the(magnitude - kBias);
  return key < 0 ? -bound : bound;
}

}  // namespace remora::metrics
