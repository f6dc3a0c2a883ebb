#include "config/scalar.hpp"

#include <gtest/gtest.h>

namespace remora::config {
namespace {

TEST(ParseBool, TakesTheWordsOfTheAgentAndNoOthers) {
  for (const char* yes : {"1", "t", "T", "TRUE", "true", "True", " true\n"}) {
    EXPECT_EQ(parse_bool(yes), true) << yes;
  }
  for (const char* no : {"0", "f", "F", "FALSE", "false", "False"}) {
    EXPECT_EQ(parse_bool(no), false) << no;
  }
  for (const char* other : {"", "yes", "on", "no", "off", "tRUE", "2", "\"true\""}) {
    EXPECT_EQ(parse_bool(other), std::nullopt) << other;
  }
}

TEST(ParseInteger, TakesDecimalsOnly) {
  EXPECT_EQ(parse_integer(" 8125 "), 8125);
  EXPECT_EQ(parse_integer("+7"), 7);
  EXPECT_EQ(parse_integer("-1"), -1);
  for (const char* bad : {"", "0x10", "1e3", "10Mb", "8125.0", "+-1", "9223372036854775808"}) {
    EXPECT_EQ(parse_integer(bad), std::nullopt) << bad;
  }
}

TEST(ParseDouble, RefusesWhatIsNotFinite) {
  EXPECT_EQ(parse_double("2.5"), 2.5);
  for (const char* bad : {"", "inf", "nan", "1e999", "2,5"}) {
    EXPECT_EQ(parse_double(bad), std::nullopt) << bad;
  }
}

struct DurationRow {
  const char* name;
  std::string_view text;
  double nanoseconds;
  bool bare;
};
class ParseDuration : public testing::TestWithParam<DurationRow> {};
TEST_P(ParseDuration, GivesNanoseconds) {
  const auto parsed = parse_duration(GetParam().text);
  ASSERT_TRUE(parsed);
  EXPECT_DOUBLE_EQ(parsed->nanoseconds, GetParam().nanoseconds);
  EXPECT_EQ(parsed->bare, GetParam().bare);
}
INSTANTIATE_TEST_SUITE_P(Texts, ParseDuration,
                         testing::Values(DurationRow{"Milliseconds", "500ms", 5e8, false},
                                         DurationRow{"Minutes", "5m", 3e11, false},
                                         DurationRow{"Combined", "1h30m", 5.4e12, false},
                                         DurationRow{"Fraction", "1.5s", 1.5e9, false},
                                         DurationRow{"Negative", "-2s", -2e9, false},
                                         DurationRow{"Bare", "20", 20, true}),
                         [](const auto& row) { return row.param.name; });

TEST(ParseDuration, RefusesUnknownUnitsAndHalves) {
  for (const char* bad : {"", "s", "10 s", "5d", "1h30", "1s-2s", ".", "--1s", "1..2s", "s10"}) {
    EXPECT_FALSE(parse_duration(bad)) << bad;
  }
}

}  // namespace
}  // namespace remora::config
