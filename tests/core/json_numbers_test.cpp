#include "remora/core/json_numbers.hpp"

#include <gtest/gtest.h>

namespace remora::core {
namespace {

TEST(FiniteNumbers, OnlyWhatNoDoubleHoldsBecomesNull) {
  const std::string long_number(400, '9');
  const struct {
    std::string in, out;
  } rows[] = {
      {R"({"a":1e999,"b":2})", R"({"a":null ,"b":2})"},
      {R"([-1E+400, 9e308])", R"([null   , null ])"},
      {"[" + long_number + "]", "[null" + std::string(396, ' ') + "]"},
      {R"([1e308, 1e-999, -0.0, 12, 1.5e3])", R"([1e308, 1e-999, -0.0, 12, 1.5e3])"},
      {R"({"1e999":"1e999 \" 1e999"})", R"({"1e999":"1e999 \" 1e999"})"},
      {R"({"id":"7e999)", R"({"id":"7e999)"},
      {R"("a\)", R"("a\)"},
      {"", ""},
      {"1e999", "null "},
  };
  for (const auto& row : rows) {
    std::string storage;
    const std::string_view out = finite_numbers(row.in, storage);
    EXPECT_EQ(out, row.out);
    if (row.in == row.out) {
      EXPECT_EQ(out.data(), row.in.data()) << "copied without need";
    }
  }
}

}  // namespace
}  // namespace remora::core
