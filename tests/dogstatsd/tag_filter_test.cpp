#include "dogstatsd/tag_filter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace remora::dogstatsd {
namespace {

using Strings = std::vector<std::string>;
using testing::ElementsAre;
using testing::HasSubstr;

/// What is left of a, b, c:1 and d:2:3 of metric "m".
Strings kept_by(std::string_view json, Strings& warnings) {
  const TagFilter filter = TagFilter::parse(json, warnings);
  const TagRule* rule = filter.rule("m");
  Strings out;
  for (const char* tag : {"a", "b", "c:1", "d:2:3"}) {
    if (rule == nullptr || rule->keeps(tag)) out.emplace_back(tag);
  }
  return out;
}

struct Row {
  const char* name;
  std::string_view json;
  Strings kept;
};

class TagFilterLists : public testing::TestWithParam<Row> {};

TEST_P(TagFilterLists, KeepTags) {
  Strings warnings;
  EXPECT_EQ(kept_by(GetParam().json, warnings), GetParam().kept);
  EXPECT_THAT(warnings, testing::IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    All, TagFilterLists,
    testing::Values(
        Row{"NoText", "", {"a", "b", "c:1", "d:2:3"}},
        Row{"OtherMetric", R"([{"metric_name":"n","tags":["a"]}])", {"a", "b", "c:1", "d:2:3"}},
        Row{"ExcludeIsTheDefault", R"([{"metric_name":"m","tags":["a","c"]}])", {"b", "d:2:3"}},
        Row{"Exclude",
            R"([{"metric_name":"m","action":"exclude","tags":["d"]}])",
            {"a", "b", "c:1"}},
        Row{"Include",
            R"([{"metric_name":"m","action":"include","tags":["a","c"]}])",
            {"a", "c:1"}},
        Row{"IncludeNothing", R"([{"metric_name":"m","action":"include","tags":[]}])", {}},
        Row{"ExcludeNothing", R"([{"metric_name":"m"}])", {"a", "b", "c:1", "d:2:3"}},
        Row{"KeysAreNotPrefixes",
            R"([{"metric_name":"m","tags":["c:1","d:2"]}])",
            {"a", "b", "c:1", "d:2:3"}},
        Row{"SameActionsAddUp",
            R"([{"metric_name":"m","tags":["a"]},{"metric_name":"m","tags":["b"]}])",
            {"c:1", "d:2:3"}},
        Row{"ExcludeBeatsAnEarlierInclude",
            R"([{"metric_name":"m","action":"include","tags":["a"]},
                {"metric_name":"m","action":"exclude","tags":["b"]}])",
            {"a", "c:1", "d:2:3"}},
        Row{"ExcludeBeatsALaterInclude",
            R"([{"metric_name":"m","action":"exclude","tags":["b"]},
                {"metric_name":"m","action":"include","tags":["a"]}])",
            {"a", "c:1", "d:2:3"}}),
    [](const auto& row) { return row.param.name; });

struct BadRow {
  const char* name;
  std::string_view json;
  std::string_view named;
  Strings kept;
};

class BadTagFilterLists : public testing::TestWithParam<BadRow> {};

TEST_P(BadTagFilterLists, AreNamedAndSpareTheirNeighbours) {
  Strings warnings;
  EXPECT_EQ(kept_by(GetParam().json, warnings), GetParam().kept);
  EXPECT_THAT(warnings, ElementsAre(HasSubstr(std::string(GetParam().named))));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadTagFilterLists,
    testing::Values(BadRow{"NotJson", "[{", "not a JSON list", {"a", "b", "c:1", "d:2:3"}},
                    BadRow{"NotAList", "{}", "not a JSON list", {"a", "b", "c:1", "d:2:3"}},
                    BadRow{"NoName",
                           R"([{"tags":["b"]},{"metric_name":"m","tags":["a"]}])",
                           "entry 1 has no metric_name",
                           {"b", "c:1", "d:2:3"}},
                    BadRow{"NotAnObject",
                           R"([{"metric_name":"m","tags":["a"]}, 7])",
                           "entry 2 has no metric_name",
                           {"b", "c:1", "d:2:3"}},
                    BadRow{"TagsNotAList",
                           R"([{"metric_name":"m","tags":"a"}])",
                           "tags that are not a list",
                           {"a", "b", "c:1", "d:2:3"}},
                    BadRow{"TagNotText",
                           R"([{"metric_name":"m","tags":[1,"a"]}])",
                           "tags that are not texts",
                           {"b", "c:1", "d:2:3"}},
                    BadRow{"UnknownAction",
                           R"([{"metric_name":"m","action":"drop","tags":["a"]}])",
                           "neither include nor exclude",
                           {"b", "c:1", "d:2:3"}}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace remora::dogstatsd
