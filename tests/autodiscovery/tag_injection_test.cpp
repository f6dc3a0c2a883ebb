#include "remora/autodiscovery/tag_injection.hpp"

#include <gtest/gtest.h>

namespace remora::autodiscovery {
namespace {

using model::Map;
using model::Value;
using Strings = std::vector<std::string>;

struct Case {
  const char* name;
  Map instance;
  model::TagList injected;
  std::string expected;
  Strings problems;
};
class InjectedTags : public testing::TestWithParam<Case> {};
TEST_P(InjectedTags, AreMergedIntoTheInstance) {
  Strings problems;
  EXPECT_EQ(with_injected_tags(GetParam().instance, GetParam().injected, problems).json_text(),
            GetParam().expected);
  EXPECT_EQ(problems, GetParam().problems);
}
INSTANTIATE_TEST_SUITE_P(
    Instances, InjectedTags,
    testing::Values(
        Case{"NoneOfItsOwn", Map{{"p", 1}}, {"b:2", "a:1"}, R"({"p":1,"tags":["a:1","b:2"]})", {}},
        Case{"Union",
             Map{{"tags", Value::List{"z", "b:2"}}},
             {"b:2", "a:1"},
             R"({"tags":["a:1","b:2","z"]})",
             {}},
        Case{"NothingAtAll", Map{{"p", 1}}, {}, R"({"p":1})", {}},
        Case{"OwnOnly", Map{{"tags", Value::List{"b", "a", "b"}}}, {}, R"({"tags":["a","b"]})", {}},
        Case{"Null", Map{{"tags", nullptr}}, {"a"}, R"({"tags":["a"]})", {}},
        Case{"NotATextInside",
             Map{{"tags", Value::List{5, "x", nullptr}}},
             {"a"},
             R"({"tags":["a","x"]})",
             {"`tags[0]` is a number, not a text; it is left out",
              "`tags[2]` is null, not a text; it is left out"}},
        Case{"NotAList",
             Map{{"tags", "x,y"}},
             {"a"},
             R"({"tags":["a"]})",
             {"`tags` is a text, not a list; it is left out"}}),
    [](const auto& c) { return c.param.name; });

}  // namespace
}  // namespace remora::autodiscovery
