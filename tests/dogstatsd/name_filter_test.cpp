#include "dogstatsd/name_filter.hpp"

#include <gtest/gtest.h>

#include <string>

namespace remora::dogstatsd {
namespace {

using Strings = std::vector<std::string>;

TEST(NameFilter, MatchesWholeNames) {
  const NameFilter filter({"a.b", "", "c"}, false);
  EXPECT_TRUE(filter.matches("a.b"));
  EXPECT_TRUE(filter.matches("c"));
  EXPECT_FALSE(filter.matches("a.b.c"));
  EXPECT_FALSE(filter.matches("a"));
  EXPECT_FALSE(filter.matches(""));
}

struct Row {
  const char* name;
  Strings prefixes;
  Strings dropped, kept;
};

class NamePrefixes : public testing::TestWithParam<Row> {};

TEST_P(NamePrefixes, Match) {
  const NameFilter filter(GetParam().prefixes, true);
  for (const std::string& name : GetParam().dropped) EXPECT_TRUE(filter.matches(name)) << name;
  for (const std::string& name : GetParam().kept) EXPECT_FALSE(filter.matches(name)) << name;
}

INSTANTIATE_TEST_SUITE_P(
    All, NamePrefixes,
    testing::Values(Row{"OfTheNameOrAllOfIt", {"a.b"}, {"a.b", "a.bc", "a.b.c"}, {"a", "a.", "b"}},
                    // "app.x" sorts between "app" and "app.web.y".
                    Row{"OneThatCoversAnother",
                        {"app.web", "app", "zoo"},
                        {"app", "app.web", "app.web.y", "app.x", "apple", "zoo1"},
                        {"ap", "b", "zo"}},
                    Row{"Unsorted", {"z", "a", "m"}, {"a1", "m", "zz"}, {"b", "n", "y"}},
                    Row{"EmptyOnesAreLeftOut", {"", "b"}, {"b"}, {"a", ""}},
                    Row{"HighBytes", {"\xff", "a"}, {"\xff\xfe", "a"}, {"\xfe", "b"}}),
    [](const auto& row) { return row.param.name; });

TEST(NameFilter, EmptyMatchesNothing) {
  EXPECT_TRUE(NameFilter({}, true).empty());
  EXPECT_TRUE(NameFilter({""}, true).empty());
  EXPECT_FALSE(NameFilter({}, false).matches(""));
  EXPECT_FALSE(NameFilter({}, true).matches("a"));
}

TEST(NamesWithSuffix, KeepsThoseOfHistogramSeries) {
  EXPECT_EQ(names_with_suffix({"a.max", "a", "a.95percentile", "a.maxi", "b.count"},
                              {".max", ".95percentile"}),
            (Strings{"a.max", "a.95percentile"}));
}

}  // namespace
}  // namespace remora::dogstatsd
