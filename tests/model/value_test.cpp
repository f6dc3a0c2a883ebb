#include "remora/model/value.hpp"

#include <gtest/gtest.h>

namespace remora::model {
namespace {

TEST(Value, KeepsItsTypeAndItsContent) {
  EXPECT_TRUE(Value().is_null());
  EXPECT_EQ(*Value(true).boolean(), true);
  EXPECT_EQ(*Value(7).integer(), 7);
  EXPECT_EQ(*Value(1.5).real(), 1.5);
  EXPECT_EQ(*Value("x").text(), "x");
  EXPECT_EQ(Value("x").boolean(), nullptr) << "a literal must not become a boolean";
  EXPECT_EQ(Value(Value::List{1, "a"}).list()->size(), 2u);
  EXPECT_EQ(*Value(Map{{"k", 1}}).find("k")->integer(), 1);
  EXPECT_EQ(Value(Map{{"k", 1}}).find("other"), nullptr);
  EXPECT_EQ(Value(1).find("k"), nullptr);
}

struct Equality {
  const char* name;
  Value a, b;
  bool equal;
};
class ValueEquality : public testing::TestWithParam<Equality> {};

TEST_P(ValueEquality, IsDeepAndAgreesWithTheCanonicalText) {
  EXPECT_EQ(GetParam().a == GetParam().b, GetParam().equal);
  EXPECT_EQ(GetParam().a.canonical_text() == GetParam().b.canonical_text(), GetParam().equal);
}

INSTANTIATE_TEST_SUITE_P(
    Pairs, ValueEquality,
    testing::Values(Equality{"Nulls", {}, {}, true}, Equality{"NullAndFalse", {}, false, false},
                    Equality{"IntegerAndReal", 1, 1.0, false},
                    Equality{"IntegerAndText", 1, "1", false}, Equality{"Texts", "a", "b", false},
                    Equality{"ListOrderCounts", Value::List{1, 2}, Value::List{2, 1}, false},
                    Equality{"KeyOrderDoesNot", Map{{"a", 1}, {"b", Map{{"c", 2}, {"d", 3}}}},
                             Map{{"b", Map{{"d", 3}, {"c", 2}}}, {"a", 1}}, true},
                    Equality{"OtherKey", Map{{"a", 1}}, Map{{"b", 1}}, false},
                    Equality{"MoreKeys", Map{{"a", 1}}, Map{{"a", 1}, {"b", 1}}, false},
                    Equality{"EmptyListAndMap", Value::List{}, Map{}, false}),
    [](const auto& c) { return c.param.name; });

TEST(Value, TextsAreJson) {
  const Value value(Map{{"z", Value::List{nullptr, true, -5, 2.0, 1e300, 0.1}},
                        {"a", "q\"\\\n\u00e9"},
                        {"e", Map{}},
                        {"l", Value::List{}}});
  EXPECT_EQ(
      value.json_text(),
      "{\"z\":[null,true,-5,2.0,1e+300,0.1],\"a\":\"q\\\"\\\\\\u000a\u00e9\",\"e\":{},\"l\":[]}");
  EXPECT_EQ(
      value.canonical_text(),
      "{\"a\":\"q\\\"\\\\\\u000a\u00e9\",\"e\":{},\"l\":[],\"z\":[null,true,-5,2.0,1e+300,0.1]}");
  EXPECT_EQ(value.node_count(), 11u);
  EXPECT_EQ(value.text_bytes(), 10u);
}

TEST(Map, ARepeatedKeyKeepsItsPlaceAndTakesTheLastValue) {
  const Map map = Map::from_entries({{"a", 1}, {"b", 2}, {"a", 3}, {"c", 4}, {"a", 5}});
  EXPECT_EQ(Value(map).json_text(), R"({"a":5,"b":2,"c":4})");
}

TEST(Map, SetReplacesOrAppends) {
  Map map{{"a", 1}};
  map.set("b", 2);
  map.set("a", 3);
  EXPECT_EQ(Value(map).json_text(), R"({"a":3,"b":2})");
}

}  // namespace
}  // namespace remora::model
