#include "remora/model/value_reader.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace remora::model {
namespace {

using Strings = std::vector<std::string>;

struct Affirmative {
  const char* name;
  Value value;
  bool expected;
};
class IsAffirmative : public testing::TestWithParam<Affirmative> {};
TEST_P(IsAffirmative, FollowsTheBaseClassOfTheChecks) {
  EXPECT_EQ(affirmative(GetParam().value), GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(
    Values, IsAffirmative,
    testing::Values(Affirmative{"Yes", "yes", true}, Affirmative{"True", "TRUE", true},
                    Affirmative{"One", "1", true}, Affirmative{"Y", "Y", true},
                    Affirmative{"On", "On", true}, Affirmative{"T", "t", false},
                    Affirmative{"False", "false", false}, Affirmative{"Blank", " true", false},
                    Affirmative{"Number", 2, true}, Affirmative{"Zero", 0, false},
                    Affirmative{"ZeroReal", 0.0, false}, Affirmative{"Null", {}, false},
                    Affirmative{"EmptyList", Value::List{}, false},
                    Affirmative{"Map", Map{{"a", 1}}, true}),
    [](const auto& c) { return c.param.name; });

struct Number {
  const char* name;
  Value value;
  std::optional<std::int64_t> integer;
  std::optional<double> number;
};
class ReadsNumber : public testing::TestWithParam<Number> {};
TEST_P(ReadsNumber, AlsoFromText) {
  EXPECT_EQ(as_integer(GetParam().value), GetParam().integer);
  EXPECT_EQ(as_number(GetParam().value), GetParam().number);
}
INSTANTIATE_TEST_SUITE_P(
    Values, ReadsNumber,
    testing::Values(Number{"Integer", 6379, 6379, 6379.0}, Number{"Text", "6379", 6379, 6379.0},
                    Number{"Blanks", " 6379\n", 6379, 6379.0}, Number{"Signed", "+5", 5, 5.0},
                    Number{"Fraction", 1.9, 1, 1.9}, Number{"FractionText", "1.5", {}, 1.5},
                    Number{"Boolean", true, 1, 1.0}, Number{"Word", "many", {}, {}},
                    Number{"Empty", "", {}, {}}, Number{"TwoSigns", "+-1", {}, {}},
                    Number{"Infinite", "inf", {}, {}}, Number{"Huge", 1e300, {}, 1e300},
                    Number{"Null", {}, {}, {}}, Number{"List", Value::List{1}, {}, {}}),
    [](const auto& c) { return c.param.name; });

TEST(ValueReader, ReadsWithCoercionsAndDefaults) {
  const Value instance(Map{{"host", "h"},
                           {"port", "6379"},
                           {"timeout", "0.5"},
                           {"ssl", "true"},
                           {"db", 3},
                           {"keys", Value::List{"a", 2}},
                           {"one", "x"},
                           {"nothing", nullptr}});
  ValueReader reader(instance);
  EXPECT_EQ(reader.text("host"), "h");
  EXPECT_EQ(reader.integer("port", 1), 6379);
  EXPECT_EQ(reader.number("timeout", 5), 0.5);
  EXPECT_TRUE(reader.boolean("ssl", false));
  EXPECT_EQ(reader.text("db"), "3");
  EXPECT_EQ(reader.texts("keys"), (Strings{"a", "2"}));
  EXPECT_EQ(reader.texts("one"), Strings{"x"});
  EXPECT_EQ(reader.text("nothing", "fallback"), "fallback");
  EXPECT_EQ(reader.integer("missing", 9), 9);
  EXPECT_TRUE(reader.boolean("missing", true));
  EXPECT_TRUE(reader.problems().empty());
  EXPECT_TRUE(reader.unread().empty());
}

TEST(ValueReader, NamesWhatItCouldNotReadWithoutShowingIt) {
  const Value instance(Map{{"port", "s3cret"},
                           {"host", Value::List{}},
                           {"keys", Value::List{"a", Map{}}},
                           {"timeout", Map{}}});
  ValueReader reader(instance);
  EXPECT_EQ(reader.integer("port", 1), 1);
  EXPECT_EQ(reader.text("host", "h"), "h");
  EXPECT_EQ(reader.texts("keys"), Strings{"a"});
  EXPECT_EQ(reader.number("timeout", 2), 2);
  EXPECT_EQ(
      reader.problems(),
      (Strings{"`port` is a text that is not a whole number", "`host` is a list, not a text",
               "`keys[1]` is an object, not a text", "`timeout` is an object, not a number"}));
}

TEST(ValueReader, ListsTheKeysNobodyAskedFor) {
  const Value instance(Map{{"host", "h"}, {"kerberos_auth", "required"}, {"dbm", true}});
  ValueReader reader(instance);
  (void)reader.text("host");
  EXPECT_EQ(reader.unread(), (Strings{"kerberos_auth", "dbm"}));
}

}  // namespace
}  // namespace remora::model
