#include "remora/autodiscovery/parse.hpp"

#include <gtest/gtest.h>

#include "fakes/allocation_counter.hpp"
#include "fakes/hostile_yaml.hpp"

namespace remora::autodiscovery {
namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

struct Case {
  const char* name;
  std::string text;
  std::string json;   // of the value; empty = an error
  std::string error;  // a part of its message
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class ParseJson : public testing::TestWithParam<Case> {};

TEST_P(ParseJson, GivesTheValueOrTheReason) {
  const auto value = parse_json(GetParam().text);
  if (GetParam().json.empty()) {
    ASSERT_FALSE(value);
    EXPECT_EQ(value.error().message(), GetParam().error);
  } else {
    ASSERT_TRUE(value) << value.error().message();
    EXPECT_EQ(value->json_text(), GetParam().json);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Texts, ParseJson,
    testing::Values(
        Case{"AllTypes", R"({"a":[1,-2,1.5,true,null,"x"]})", R"({"a":[1,-2,1.5,true,null,"x"]})",
             ""},
        Case{"KeepsOrder", R"({"z":1,"a":2})", R"({"z":1,"a":2})", ""},
        Case{"LastOfARepeatedKey", R"({"a":1,"a":2})", R"({"a":2})", ""},
        Case{"PastSignedRange", "18446744073709551615", "18446744073709551616.0", ""},
        Case{"Trailing", "[1]]", "", "not valid JSON: syntax error at byte 4"},
        Case{"BareWord", "[mysql]", "", "not valid JSON: syntax error at byte 2"},
        Case{"Empty", "", "", "not valid JSON: syntax error at byte 1"},
        Case{"OutOfRange", "1e999", "", "not valid JSON: syntax error at byte 5"},
        Case{"NotUtf8", "[\"\xff\"]", "", "not valid UTF-8"},
        Case{"HalfASurrogate", R"(["\ud800"])", "", "not valid JSON: syntax error at byte 9"},
        Case{"HundredLevels", repeated("[", 100) + repeated("]", 100),
             repeated("[", 100) + repeated("]", 100), ""},
        Case{"TooDeep", repeated("[", 1000) + repeated("]", 1000), "",
             "nested deeper than 100 levels"},
        Case{"TooManyValues", "[0" + repeated(",0", 50'000) + "]", "", "more than 50000 values"},
        Case{"TooLong", std::string(1024 * 1024 + 1, ' '), "", "longer than 1048576 bytes"}),
    [](const auto& c) { return c.param.name; });

class ParseYaml : public testing::TestWithParam<Case> {};

TEST_P(ParseYaml, GivesTheValueOrTheReason) {
  const auto value = parse_yaml(GetParam().text);
  if (GetParam().json.empty()) {
    ASSERT_FALSE(value);
    EXPECT_EQ(value.error().message(), GetParam().error);
  } else {
    ASSERT_TRUE(value) << value.error().message();
    EXPECT_EQ(value->json_text(), GetParam().json);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Texts, ParseYaml,
    testing::Values(
        Case{
            "File",
            "ad_identifiers:\n  - redis\ninit_config:\ninstances:\n  - host: h\n    port: 1",
            R"({"ad_identifiers":["redis"],"init_config":null,"instances":[{"host":"h","port":1}]})",
            ""},
        Case{"Integers", "[1, -2, +3, 0x1f, 017, 0o17, 0b11, 1_000, '4', 08]",
             R"([1,-2,3,31,15,15,3,1000,"4",8.0])", ""},
        Case{"Reals", "[1.5, .5, 1e3, -2.5, .inf, nan, 99999999999999999999]",
             R"([1.5,0.5,1000.0,-2.5,".inf","nan",1e+20])", ""},
        Case{"Words", "[true, Yes, on, FALSE, no, Off, y, null, ~, , 'true', !!str 5]",
             R"([true,true,true,false,false,false,"y",null,null,null,"true","5"])", ""},
        Case{"UnquotedVariable", "host: %%host%%\nurl: http://%%host%%:%%port%%/x\n%%env_K%%: v",
             R"({"host":"%%host%%","url":"http://%%host%%:%%port%%/x","%%env_K%%":"v"})", ""},
        Case{"LocalTags", "[!Sub '${A}', !Ref 5, !!int '7']", R"(["${A}","5",7])", ""},
        Case{"KeysStayText", "1: a\ntrue: b\n0x1: c", R"({"1":"a","true":"b","0x1":"c"})", ""},
        Case{"LastOfARepeatedKey", "a: 1\na: 2", R"({"a":2})", ""},
        Case{"Alias", "a: &x {p: 1}\nb: *x\nc: [*x, *x]",
             R"({"a":{"p":1},"b":{"p":1},"c":[{"p":1},{"p":1}]})", ""},
        Case{"Merge", "a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3",
             R"({"a":{"p":1,"q":2},"b":{"p":1,"q":3}})", ""},
        Case{"MergeOfSeveral", "- &x {p: 1, q: 2}\n- &y {q: 5, r: 6}\n- {<<: [*x, *y], s: 7}",
             R"([{"p":1,"q":2},{"q":5,"r":6},{"q":2,"r":6,"p":1,"s":7}])", ""},
        Case{"Nothing", "", "null", ""}, Case{"Comments", "# none\n", "null", ""},
        Case{"FirstDocument", "a: 1\n---\nb: 2", R"({"a":1})", ""},
        Case{"BlockText", "a: |\n  x\n  y\n", R"({"a":"x\u000ay\u000a"})", ""},
        Case{"Broken", "a: [1", "", "not valid YAML: line 1, column 1"},
        Case{"KeyIsAList", "? [a]\n: 1", "",
             "not valid YAML: line 1, column 3: a key is missing or not a text"},
        Case{"AliasOfItself", "&a [*a]", "",
             "not valid YAML: line 1, column 5: an alias refers to what it is part of"},
        Case{"AliasUnknown", "[*a]", "", "not valid YAML: line 1, column 2"},
        Case{"NotUtf8", "a: \xff", "", "not valid UTF-8"},
        Case{"TooDeep", repeated("[", 1000), "", "nested deeper than 100 levels"},
        Case{"TooDeepInBlocks", repeated("- ", 200) + "x", "", "nested deeper than 100 levels"},
        Case{"TooLong", std::string(1024 * 1024 + 1, '#'), "", "longer than 1048576 bytes"}),
    [](const auto& c) { return c.param.name; });

// Nine levels of nine aliases each: 387 million values out of 400 bytes.
TEST(ParseYamlAliases, ThatExplodeAreRefused) {
  std::string text = "l0: &l0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string below = "*l" + std::to_string(i - 1);
    text += "l" + std::to_string(i) + ": &l" + std::to_string(i) + " [" + below;
    for (int k = 0; k < 8; ++k) text += ", " + below;
    text += "]\n";
  }
  const auto value = parse_yaml(text);
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code(), Errc::too_large);
}

// Few values, each of them half a megabyte.
TEST(ParseYamlAliases, OfLongTextsAreRefused) {
  const auto value = parse_yaml("- &a " + std::string(500'000, 'x') + "\n" + repeated("- *a\n", 9));
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().message(), "more than 4194304 bytes of text");
}

TEST(ParseErrors, NeverRepeatTheText) {
  for (const auto& message : {parse_json(R"({"password":"hunter2" x)").error().message(),
                              parse_yaml("password: [hunter2\n: }").error().message()}) {
    EXPECT_EQ(message.find("hunter2"), std::string::npos) << message;
  }
}

class ParseTaggedYaml : public testing::TestWithParam<Case> {};

TEST_P(ParseTaggedYaml, KeepsTagsAndTexts) {
  const auto value = parse_tagged_yaml(GetParam().text);
  ASSERT_TRUE(value) << value.error().message();
  EXPECT_EQ(value->json_text(), GetParam().json);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, ParseTaggedYaml,
    testing::Values(Case{"ScalarsAreTexts", "{a: 1.0, b: yes, c: ~, d: '~', e: }",
                         R"({"a":"1.0","b":"yes","c":null,"d":"~","e":null})", ""},
                    Case{"Scalar", "a: !Ref X", R"({"a":{"!Ref":"X"}})", ""},
                    Case{"List", "a: !Join ['', [x, !Ref Y]]",
                         R"({"a":{"!Join":["",["x",{"!Ref":"Y"}]]}})", ""},
                    Case{"Map", "a: !Transform {Name: n}", R"({"a":{"!Transform":{"Name":"n"}}})",
                         ""},
                    Case{"KeysHaveNone", "!Ref a: b", R"({"a":"b"})", ""},
                    Case{"TagsOfYaml", "a: !!str 1", R"({"a":"1"})", ""},
                    Case{"AliasOfATag", "[&x !Ref A, &y !Join [a], *x, *y]",
                         R"([{"!Ref":"A"},{"!Join":["a"]},{"!Ref":"A"},{"!Join":["a"]}])", ""}),
    [](const auto& c) { return c.param.name; });

// Regression: 878 KiB of a list took 92 MiB.
TEST(PeakMemory, OneLabelOrFileOfACheck) {
  std::vector<fakes::HostileText> texts = fakes::hostile_yaml();
  texts.push_back({"JSON lists", fakes::many("", "[")});
  texts.push_back({"JSON numbers", fakes::many("[", "0,")});
  texts.push_back({"JSON objects", fakes::many("[", "{},")});
  texts.push_back({"JSON keys", fakes::many("{", "\"a\":1,")});
  texts.push_back({"JSON texts", fakes::many("[", "\"a\",")});
  for (const fakes::HostileText& hostile : texts) {
    const fakes::PeakMemory memory;
    (void)parse_yaml(hostile.text);
    (void)parse_json(hostile.text);
    EXPECT_LT(memory.peak(), 32 << 20) << hostile.name;
  }
}

}  // namespace
}  // namespace remora::autodiscovery
