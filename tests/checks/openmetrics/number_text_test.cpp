#include "checks/openmetrics/number_text.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace remora::checks::openmetrics {
namespace {

TEST(NumberText, PythonSpellsFloats) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::pair<double, const char*> cases[] = {
      {0, "0.0"},
      {-0.0, "-0.0"},
      {1, "1.0"},
      {0.5, "0.5"},
      {-2.25, "-2.25"},
      {10, "10.0"},
      {0.1, "0.1"},
      {0.0001, "0.0001"},
      {0.00012, "0.00012"},
      {0.00001, "1e-05"},
      {1.5e-7, "1.5e-07"},
      {123456, "123456.0"},
      {1e15, "1000000000000000.0"},
      {1e16, "1e+16"},
      {1.25e17, "1.25e+17"},
      {1e100, "1e+100"},
      {5e-324, "5e-324"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {1234567890.125, "1234567890.125"},
      {9007199254740993.0, "9007199254740992.0"},
      {kInfinity, "inf"},
      {-kInfinity, "-inf"},
      {std::numeric_limits<double>::quiet_NaN(), "nan"},
  };
  for (const auto& [value, text] : cases) {
    char buffer[kPythonFloatSize];
    EXPECT_EQ(python_float(value, buffer), text);
  }
}

TEST(NumberText, OutOfRangeIsInfiniteOrZero) {
  const std::pair<const char*, double> cases[] = {
      {"1e400", std::numeric_limits<double>::infinity()},
      {"-1e400", -std::numeric_limits<double>::infinity()},
      {"1e-400", 0},
      {"0.0000000001e-390", 0},
      {"10000000000e390", std::numeric_limits<double>::infinity()},
      {"0x1p2000", std::numeric_limits<double>::infinity()},
      {"0x1p-2000", 0},
      {"1e99999999999999999999", std::numeric_limits<double>::infinity()},
      {"1e-99999999999999999999", 0},
  };
  for (const auto& [text, expected] : cases) {
    double value = 7;
    EXPECT_TRUE(parse_number(text, value)) << text;
    EXPECT_EQ(value, expected) << text;
  }
}

TEST(NumberText, RefusesWhatIsNoNumber) {
  for (const char* text : {"", "+", "-", ".", "e5", "1e", "1 ", " 1", "1_0", "++1", "+-1", "1,5",
                           "0x", "0x.", "infi", "nan(1)", "1f"}) {
    double value = 7;
    EXPECT_FALSE(parse_number(text, value)) << text;
  }
  double value = 7;
  EXPECT_FALSE(parse_number(std::string(513, '1'), value));
}

}  // namespace
}  // namespace remora::checks::openmetrics
