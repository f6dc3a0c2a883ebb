#include "dogstatsd/mapper.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dogstatsd/mapping_template.hpp"

namespace remora::dogstatsd {
namespace {

using Strings = std::vector<std::string>;

std::unique_ptr<Mapper> make(std::string_view json, std::size_t cache = 1000) {
  auto mapper = Mapper::parse(json, cache);
  EXPECT_TRUE(mapper) << mapper.error().message();
  return mapper ? std::move(*mapper) : nullptr;
}

/// "name" or "name tag,tag"; empty when nothing fits.
std::string mapped(Mapper& mapper, std::string_view name) {
  const MappedName* out = mapper.map(name);
  if (out == nullptr) return {};
  std::string text = out->name;
  char separator = ' ';
  for (const std::string& tag : out->tags) text += std::exchange(separator, ',') + tag;
  return text;
}

std::string one(std::string_view mapping) {
  return R"([{"name":"p","prefix":"*","mappings":[)" + std::string(mapping) + "]}]";
}

struct Row {
  const char* name;
  std::string_view mapping, metric;
  std::string_view expected;
};

class Mappings : public testing::TestWithParam<Row> {};

TEST_P(Mappings, NameAndTags) {
  const auto mapper = make(one(GetParam().mapping));
  ASSERT_TRUE(mapper);
  EXPECT_EQ(mapped(*mapper, GetParam().metric), GetParam().expected);
  EXPECT_EQ(mapped(*mapper, GetParam().metric), GetParam().expected) << "from the cache";
}

constexpr std::string_view kJob =
    R"({"match":"job.duration.*.*","name":"job.duration","tags":{"type":"$1","name":"$2"}})";

INSTANTIATE_TEST_SUITE_P(
    All, Mappings,
    testing::Values(
        Row{"Wildcard", kJob, "job.duration.mail.send", "job.duration type:mail,name:send"},
        Row{"StarIsNoDot", kJob, "job.duration.mail.send.x", ""},
        Row{"StarMayBeEmpty", kJob, "job.duration.mail.", "job.duration type:mail,name:"},
        Row{"AnchoredAtTheFront", kJob, "x.job.duration.a.b", ""},
        Row{"DotIsADot", R"({"match":"a.b","name":"n"})", "axb", ""},
        Row{"NoStar", R"({"match":"a.b","name":"n"})", "a.b", "n"},
        Row{"NoTags", R"({"match":"a.*","name":"b.$1"})", "a.x", "b.x"},
        Row{"TwoStarsInOnePart", R"({"match":"a*b*c","name":"n","tags":{"x":"$1","y":"$2"}})",
            "a1b2bc", "n x:1b2,y:"},
        Row{"NotUtf8", R"({"match":"a.*","name":"n","tags":{"x":"$1"}})", "a.\xff\xfe",
            "n x:\xff\xfe"},
        Row{"TypeSpeltOut", R"({"match":"a.*","match_type":"wildcard","name":"n"})", "a.x", "n"},
        Row{"Regex",
            R"j({"match":"a\\.(\\d+)\\.(.*)","match_type":"regex","name":"n.${1}_x","tags":{"r":"$2"}})j",
            "a.12.b.c", "n.12_x r:b.c"},
        Row{"RegexIsAnchored", R"({"match":"\\d+","match_type":"regex","name":"n"})", "a12", ""},
        Row{"NamedGroup", R"j({"match":"a\\.(?P<who>\\w+)","match_type":"regex","name":"n.$who"})j",
            "a.me", "n.me"},
        Row{"GroupThatTookNoPart",
            R"({"match":"a(\\.x)?","match_type":"regex","name":"n","tags":{"x":"[$1]"}})", "a",
            "n x:[]"},
        Row{"TagOfANumber", R"({"match":"a","name":"n","tags":{"x":7,"y":true}})", "a",
            "n x:7,y:true"}),
    [](const auto& row) { return row.param.name; });

struct TemplateRow {
  const char* name;
  std::string_view text;
  std::string_view expected;
};

class MappingTemplates : public testing::TestWithParam<TemplateRow> {};

TEST_P(MappingTemplates, ExpandAsInGo) {
  const MappingTemplate parsed(GetParam().text, {{"word", 2}});
  std::string out = "<";
  const std::string_view matched[] = {"whole", "one", "two"};
  parsed.expand(matched, out);
  EXPECT_EQ(out, "<" + std::string(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    All, MappingTemplates,
    testing::Values(
        TemplateRow{"Empty", "", ""}, TemplateRow{"Plain", "a.b", "a.b"},
        TemplateRow{"Number", "a.$1.$2", "a.one.two"},
        TemplateRow{"Braces", "a${1}b${2}", "aonebtwo"},
        TemplateRow{"Name", "$word/${word}", "two/two"}, TemplateRow{"Whole", "$0", "whole"},
        TemplateRow{"LongestName", "$1_x", ""}, TemplateRow{"NoSuchGroup", "a$9b$8", "a"},
        TemplateRow{"NoSuchName", "a$no.b", "a.b"}, TemplateRow{"HugeNumber", "a$99999999999", "a"},
        TemplateRow{"TwoDollars", "$$1", "$1"}, TemplateRow{"LoneDollar", "a$", "a$"},
        TemplateRow{"DollarBeforeADot", "$.x", "$.x"}, TemplateRow{"OpenBrace", "${1", "${1"},
        TemplateRow{"EmptyBraces", "${}", "${}"}),
    [](const auto& row) { return row.param.name; });

TEST(Mapper, AsksTheFirstFittingProfileAlone) {
  const auto mapper = make(R"([
      {"name":"a","prefix":"a.","mappings":[{"match":"a.x","name":"first"}]},
      {"name":"b","prefix":"b.","mappings":[{"match":"b.*","name":"b1"},{"match":"b.y","name":"b2"}]},
      {"name":"c","prefix":"*","mappings":[{"match":"*.*","name":"any"}]}])");
  ASSERT_TRUE(mapper);
  EXPECT_EQ(mapped(*mapper, "a.x"), "first");
  EXPECT_EQ(mapped(*mapper, "a.y"), "") << "the third profile is not asked";
  EXPECT_EQ(mapped(*mapper, "b.y"), "b1") << "the first mapping wins";
  EXPECT_EQ(mapped(*mapper, "z.y"), "any");
}

TEST(Mapper, CacheHoldsHitsAndMissesUpToItsSize) {
  const auto mapper =
      make(R"([{"name":"a","prefix":"a.","mappings":[{"match":"a.*","name":"$1"}]}])", 10);
  ASSERT_TRUE(mapper);
  mapped(*mapper, "a.x");
  mapped(*mapper, "a.x");
  mapped(*mapper, "miss");
  EXPECT_EQ(mapper->cached(), 2u);
  for (int i = 0; i < 100; ++i) {
    const std::string text = std::to_string(i);
    EXPECT_EQ(mapped(*mapper, "a." + text), text);
    EXPECT_EQ(mapped(*mapper, "a.x"), "x") << "in use all the time";
    EXPECT_LE(mapper->cached(), 10u);
  }
  // A packet's worth of name is mapped, but not kept.
  const std::string huge(8192, 'y');
  const std::size_t before = mapper->cached();
  EXPECT_EQ(mapped(*mapper, "a." + huge), huge);
  EXPECT_EQ(mapper->cached(), before);
}

TEST(Mapper, WorksWithoutACache) {
  const auto mapper = make(one(R"({"match":"a.*","name":"$1"})"), 0);
  ASSERT_TRUE(mapper);
  EXPECT_EQ(mapped(*mapper, "a.x"), "x");
  EXPECT_EQ(mapped(*mapper, "b"), "");
  EXPECT_EQ(mapper->cached(), 0u);
}

struct BadRow {
  const char* name;
  std::string json;
  std::string_view named;
};

class BadProfiles : public testing::TestWithParam<BadRow> {};

TEST_P(BadProfiles, AreNamed) {
  const auto mapper = Mapper::parse(GetParam().json, 1000);
  ASSERT_FALSE(mapper);
  EXPECT_EQ(mapper.error().code(), Errc::invalid_config);
  EXPECT_THAT(mapper.error().message(), testing::HasSubstr(std::string(GetParam().named)));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadProfiles,
    testing::Values(
        BadRow{"NotJson", "[{", "not a JSON list"}, BadRow{"NotAList", "{}", "not a JSON list"},
        BadRow{"NotAnObject", "[1]", "profile 1: is not an object"},
        BadRow{"NoName", R"([{"prefix":"a"}])", "profile 1: has no name"},
        BadRow{"NoPrefix", R"([{"name":"a"}])", "profile 1: has no prefix"},
        BadRow{"EmptyPrefix", R"([{"name":"a","prefix":""}])", "profile 1: has no prefix"},
        BadRow{"MappingsNotAList", R"([{"name":"a","prefix":"a","mappings":{}}])", "not a list"},
        BadRow{"NoMatch", one(R"({"match":"a","name":"b"},{"name":"b"})"),
               "profile 1: mapping 2: has no match"},
        BadRow{"NoMappedName", one(R"({"match":"a"})"), "mapping 1: has no name"},
        BadRow{"TwoStars", one(R"({"match":"a.**","name":"b"})"), "two stars"},
        BadRow{"Characters", one(R"j({"match":"a.(b)","name":"b"})j"), "characters other than"},
        BadRow{"Regex", one(R"({"match":"(","match_type":"regex","name":"b"})"), "bad match"},
        BadRow{"MatchType", one(R"({"match":"a","match_type":"glob","name":"b"})"), "match_type"},
        BadRow{"Tags", one(R"({"match":"a","name":"b","tags":["x"]})"), "not an object"},
        BadRow{"TagWithoutText", one(R"({"match":"a","name":"b","tags":{"x":{}}})"),
               "tag without a text"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace remora::dogstatsd
