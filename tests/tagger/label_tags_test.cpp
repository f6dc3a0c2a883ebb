#include "tagger/label_tags.hpp"

#include <gtest/gtest.h>

namespace remora::tagger {
namespace {

using Strings = std::vector<std::string>;

struct Case {
  const char* name;
  std::string value;
  Strings tags;
  std::size_t rejected;
};
class ParseLabelTags : public testing::TestWithParam<Case> {};

TEST_P(ParseLabelTags, KeepsEntriesOfExactlyTwoParts) {
  const LabelTags parsed = parse_label_tags(GetParam().value);
  EXPECT_EQ(parsed.tags, GetParam().tags);
  EXPECT_EQ(parsed.rejected, GetParam().rejected);
}

INSTANTIATE_TEST_SUITE_P(
    Values, ParseLabelTags,
    testing::Values(Case{"Mixed", R"(["team:a","url:http://x","plain"])", {"team:a"}, 2},
                    Case{"Empty", "[]", {}, 0}, Case{"EmptyParts", R"(["a:",":b",":"])", {}, 3},
                    Case{"OtherTypes", R"([1,null,{"a":"b"},"k:v"])", {"k:v"}, 3},
                    Case{"Object", R"({"team":"a"})", {}, 1}, Case{"Text", R"("team:a")", {}, 1},
                    Case{"NotJson", "team:a", {}, 1}, Case{"Nothing", "", {}, 1},
                    Case{"Deep", std::string(30000, '['), {}, 1},
                    Case{"TooLong", "[\"a:" + std::string(70000, 'x') + "\"]", {}, 1},
                    Case{"LongEntry", "[\"a:" + std::string(9000, 'x') + "\"]", {}, 1}),
    [](const auto& c) { return c.param.name; });

}  // namespace
}  // namespace remora::tagger
