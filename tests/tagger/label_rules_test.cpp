#include "tagger/label_rules.hpp"

#include <gtest/gtest.h>

namespace remora::tagger {
namespace {

using Strings = std::vector<std::string>;

struct GlobCase {
  const char* pattern;
  const char* text;
  bool matches;
};
class Glob : public testing::TestWithParam<GlobCase> {};
TEST_P(Glob, Matches) {
  EXPECT_EQ(glob_matches(GetParam().pattern, GetParam().text), GetParam().matches);
}
INSTANTIATE_TEST_SUITE_P(
    Patterns, Glob,
    testing::Values(GlobCase{"a", "a", true}, GlobCase{"a", "ab", false}, GlobCase{"*", "", true},
                    GlobCase{"*", "abc", true}, GlobCase{"a*c", "abbc", true},
                    GlobCase{"a*c", "abcd", false}, GlobCase{"*.team", "com.acme.team", true},
                    GlobCase{"a*b*c", "a-b-b-c", true}, GlobCase{"a.c", "abc", false},
                    GlobCase{"", "", true}, GlobCase{"", "a", false}, GlobCase{"a*", "a", true}));

TEST(Glob, IsNotExponential) {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "a*";
  EXPECT_FALSE(glob_matches(pattern + "b", std::string(5000, 'a')));
}

Strings tags_of(const std::map<std::string, std::string>& config, std::string_view label,
                Cardinality level) {
  Strings warnings;
  TagBuilder out;
  LabelRules::parse(config, warnings).apply(label, "v", out);
  return *out.finish().at(level);
}

struct RuleCase {
  const char* name;
  const char* glob;
  const char* names;
  const char* label;
  Strings low, high;
};
class LabelRule : public testing::TestWithParam<RuleCase> {};
TEST_P(LabelRule, GivesTags) {
  const RuleCase& c = GetParam();
  EXPECT_EQ(tags_of({{c.glob, c.names}}, c.label, Cardinality::low), c.low);
  EXPECT_EQ(tags_of({{c.glob, c.names}}, c.label, Cardinality::high), c.high);
}
INSTANTIATE_TEST_SUITE_P(
    Rules, LabelRule,
    testing::Values(RuleCase{"Plain", "team", "owner", "team", {"owner:v"}, {"owner:v"}},
                    RuleCase{"AnyCase", "TEAM", "Owner", "Team", {"Owner:v"}, {"Owner:v"}},
                    RuleCase{"HighOnly", "team", "+owner", "team", {}, {"owner:v"}},
                    RuleCase{"Several", "team", "a, +b", "team", {"a:v"}, {"a:v", "b:v"}},
                    RuleCase{"LabelVariable",
                             "com.*",
                             "x_%%label%%",
                             "com.Acme",
                             {"x_com.Acme:v"},
                             {"x_com.Acme:v"}},
                    RuleCase{"All", "*", "%%label%%", "k", {"k:v"}, {"k:v"}},
                    RuleCase{"Other", "team", "owner", "teams", {}, {}}),
    [](const auto& c) { return c.param.name; });

TEST(LabelRules, NamesUnusableEntriesAndKeepsTheOthers) {
  Strings warnings;
  const auto rules = LabelRules::parse(
      {{"", "x"}, {"a", ""}, {"b", "+"}, {"c", "bad:name,good"}, {"d", "fine"}}, warnings);
  EXPECT_EQ(warnings,
            (Strings{"container_labels_as_tags: \"\" names no label; left out",
                     "container_labels_as_tags: \"a\" has a tag name that is empty or contains "
                     "':'; left out",
                     "container_labels_as_tags: \"b\" has a tag name that is empty or contains "
                     "':'; left out",
                     "container_labels_as_tags: \"c\" has a tag name that is empty or contains "
                     "':'; left out"}));
  EXPECT_TRUE(rules.matches("c"));
  EXPECT_TRUE(rules.matches("D"));
  EXPECT_FALSE(rules.matches("a"));
}

}  // namespace
}  // namespace remora::tagger
