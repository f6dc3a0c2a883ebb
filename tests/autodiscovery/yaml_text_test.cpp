#include "remora/autodiscovery/yaml_text.hpp"

#include <gtest/gtest.h>

#include "remora/autodiscovery/parse.hpp"

namespace remora::autodiscovery {
namespace {

using model::Map;
using model::Value;

TEST(YamlText, IsInTheFormOfTheAgentsConfigCheck) {
  const Value instance = Map{{"host", "10.0.0.1"},
                             {"port", 6379},
                             {"password", "6379"},
                             {"ssl", false},
                             {"keys", Value::List{"a*", "yes"}},
                             {"none", nullptr},
                             {"more", Map{{"empty", Map{}}, {"list", Value::List{}}}}};
  EXPECT_EQ(yaml_text(instance),
            "host: 10.0.0.1\nport: 6379\npassword: \"6379\"\nssl: false\nkeys:\n  - a*\n  - "
            "\"yes\"\nnone: ~\nmore:\n  empty: {}\n  list: []\n");
  EXPECT_EQ(yaml_text(Map{}), "{}\n");
}

TEST(YamlText, IsReadBackAsTheSameValue) {
  const Value odd = Map{{"a: b", "c: d"},
                        {"", ""},
                        {"line", "one\ntwo\n"},
                        {"tab", "\t"},
                        {"percent", "%%host%%"},
                        {"null", "null"},
                        {"real", 0.1},
                        {"text", "0.1"},
                        {"octal", "017"},
                        {"date", "2020-01-01"},
                        {"quote", "it's \"x\""},
                        {"hash", "a #b"},
                        {"dash", "- a"},
                        {"brace", "{a}"},
                        {"star", "*x"},
                        {"list", Value::List{Value::List{1}, nullptr}},
                        {"big", INT64_MAX},
                        {"utf8", "ß→"},
                        {"control", std::string("\x01", 1)}};
  const std::string text = yaml_text(odd);
  const auto back = parse_yaml(text);
  ASSERT_TRUE(back) << back.error().message() << "\n" << text;
  EXPECT_EQ(back->canonical_text(), odd.canonical_text()) << text;
}

}  // namespace
}  // namespace remora::autodiscovery
