#include "checks/python_regex.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/allocation_counter.hpp"

namespace remora::checks {
namespace {

TEST(PythonRegex, SearchesAnywhere) {
  struct Case {
    const char* pattern;
    const char* text;
    bool found;
  };
  const Case cases[] = {
      {"b", "abc", true},           {"^b", "abc", false},          {"", "", true},
      {"a{,2}$", "aa", true},       {"^a{,2}$", "aaa", false},     {R"(c\Z)", "abc", true},
      {R"(\u0041)", "A", true},     {"(?i)ABC", "abc", true},      {"(?u)abc", "abc", true},
      {"(?ai:ABC)", "abc", true},   {"a(?#comment)b", "ab", true}, {"(?P<name>a)b", "ab", true},
      {R"([\]{,2}]x)", "]x", true}, {"[]a]x", "]x", true},         {R"(\101)", "A", true},
      {"a|^c", "bc", false},
  };
  for (const Case& c : cases) {
    auto regex = PythonRegex::compile(c.pattern);
    ASSERT_TRUE(regex) << c.pattern << ": " << regex.error().message();
    EXPECT_EQ(regex->found_in(c.text), c.found) << c.pattern;
  }
}

TEST(PythonRegex, NamesWhatCannotBeUsed) {
  const std::pair<const char*, const char*> cases[] = {
      {"a(?=b)", "look-ahead"},
      {"a(?!b)", "look-ahead"},
      {"(?<=a)b", "look-behind"},
      {"(?<!a)b", "look-behind"},
      {R"((a)\1)", "back reference"},
      {"(?P<x>a)(?P=x)", "back reference"},
      {"(a)?(?(1)b|c)", "a condition"},
      {"(?>a)", "atomic group"},
      {"(?x) a", "flag x"},
      {"(", "missing"},
      {"a++", "bad repetition"},
      {"[a", "missing"},
  };
  for (const auto& [pattern, why] : cases) {
    const auto regex = PythonRegex::compile(pattern);
    ASSERT_FALSE(regex) << pattern;
    EXPECT_THAT(regex.error().message(), testing::HasSubstr(why)) << pattern;
    EXPECT_THAT(regex.error().message(), testing::HasSubstr(pattern));
  }
  EXPECT_FALSE(PythonRegex::compile(std::string(5000, 'a')));
}

TEST(PythonRegex, AnyOfSeveral) {
  const std::vector<std::string> patterns = {"^a|b$", "(?i)C"};
  auto regex = PythonRegex::compile_any(patterns);
  ASSERT_TRUE(regex);
  EXPECT_TRUE(regex->found_in("ax"));
  EXPECT_TRUE(regex->found_in("xb"));
  EXPECT_TRUE(regex->found_in("xcx"));
  EXPECT_FALSE(regex->found_in("xBax"));
}

TEST(PythonRegex, GivesWhatItsFirstGroupTook) {
  auto regex = PythonRegex::compile(R"((?P<token>t\d+)(?:,(x))?\Z)");
  ASSERT_TRUE(regex);
  EXPECT_EQ(regex->groups(), 2);
  EXPECT_EQ(regex->first_group("t0 t12"), "t12");
  EXPECT_EQ(regex->first_group("t0 t"), std::nullopt);
  regex = PythonRegex::compile("(a)?b");
  EXPECT_EQ(regex->first_group("b"), "");
  regex = PythonRegex::compile("a");
  EXPECT_EQ(regex->first_group("a"), std::nullopt);
}

TEST(PythonRegex, KnowsPlainNames) {
  EXPECT_FALSE(has_metacharacters("go_gc:total"));
  EXPECT_TRUE(has_metacharacters("go-gc"));
  EXPECT_TRUE(has_metacharacters("go.gc"));
  EXPECT_TRUE(has_metacharacters("^go"));
}

TEST(PythonRegex, ShellPatternsEndWithTheText) {
  struct Case {
    const char* glob;
    const char* text;
    bool found;
  };
  const Case cases[] = {
      {"go_*", "go_gc", true},        {"go_*", "a_go_b", true},  {"*_total", "a_total", true},
      {"*_total", "a_totals", false}, {"a.*", "axb", false},     {"a?c*", "abcd", true},
      {"a[xy]*", "ay1", true},        {"a[!xy]*", "ay1", false}, {"a[*", "a[b", true},
  };
  for (const Case& c : cases) {
    auto regex = PythonRegex::compile(glob_expression(c.glob));
    ASSERT_TRUE(regex) << c.glob;
    EXPECT_EQ(regex->found_in(c.text), c.found) << c.glob << ' ' << c.text;
  }
}

// Regression: 900 expressions in labels took 190 MiB once they had searched.
TEST(PeakMemory, RegularExpressionsOfChecks) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += static_cast<char>('a' + (i * i + i / 7) % 26);
  for (const std::string tail : {"[a-z]*x.*y[^z]{3}$", "(a|b[c-x]*){8}.{1,200}q"}) {
    const fakes::PeakMemory memory;
    std::vector<PythonRegex> kept;
    int refused = 0;
    for (int i = 0; i < 900; ++i) {
      auto regex = PythonRegex::compile("m" + std::to_string(i) + "|" + tail);
      if (!regex) {
        EXPECT_NE(regex.error().message().find("16 MiB together"), std::string::npos);
        ++refused;
        continue;
      }
      (void)regex->found_in(text);
      (void)regex->first_group(text);
      kept.push_back(*std::move(regex));
    }
    EXPECT_LT(memory.peak(), 20 << 20) << tail;
    EXPECT_LT(refused, 900) << tail;
    EXPECT_TRUE(kept.front().found_in("m0"));
  }
  EXPECT_TRUE(PythonRegex::compile("given back")) << "with the expressions goes their share";
}

}  // namespace
}  // namespace remora::checks
