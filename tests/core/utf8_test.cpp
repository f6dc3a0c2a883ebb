#include "remora/core/utf8.hpp"

#include <gtest/gtest.h>

namespace remora::core {
namespace {

struct Row {
  const char* name;
  std::string_view in, out;
};

class ValidUtf8 : public testing::TestWithParam<Row> {};

TEST_P(ValidUtf8, ReplacesEachOffendingByte) {
  std::string scratch;
  EXPECT_EQ(valid_utf8(GetParam().in, scratch), GetParam().out);
}

#define U "\xEF\xBF\xBD"
INSTANTIATE_TEST_SUITE_P(Texts, ValidUtf8,
                         testing::Values(Row{"Ascii", "env:prod", "env:prod"}, Row{"Empty", "", ""},
                                         Row{"TwoBytes", "caf\xC3\xA9", "caf\xC3\xA9"},
                                         Row{"FourBytes", "\xF0\x9F\x90\x9F", "\xF0\x9F\x90\x9F"},
                                         Row{"Latin1", "caf\xE9!", "caf" U "!"},
                                         Row{"CutShort", "a\xE2\x82", "a" U U},
                                         Row{"Overlong", "\xC0\xAF", U U},
                                         Row{"Surrogate", "\xED\xA0\x80", U U U},
                                         Row{"PastTheEnd", "\xF4\x90\x80\x80", U U U U},
                                         Row{"LoneContinuation", "a\x80z", "a" U "z"}),
                         [](const auto& row) { return row.param.name; });
#undef U

TEST(ValidUtf8, CopiesNothingWhenTheTextIsValid) {
  std::string scratch;
  const std::string text =
      "service:w\xC3\xA9"
      "b";
  EXPECT_EQ(valid_utf8(text, scratch).data(), text.data());
}

TEST(ValidUtf8, FindsAFaultWhereverItIs) {
  const std::string text =
      "0123456789012345\xC3\xA9"
      "012345678901234567";
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (at == 16 || at == 17) continue;
    std::string bad = text, scratch;
    bad[at] = '\xFF';
    std::string wanted = text;
    wanted.replace(at, 1, "\xEF\xBF\xBD");
    EXPECT_EQ(valid_utf8(bad, scratch), wanted) << at;
  }
}

TEST(Utf8Prefix, NeverSplitsACharacter) {
  EXPECT_EQ(utf8_prefix("ab", 2), "ab");
  EXPECT_EQ(utf8_prefix("a\xC3\xA9z", 2), "a");
  EXPECT_EQ(utf8_prefix("a\xC3\xA9z", 3), "a\xC3\xA9");
  EXPECT_EQ(utf8_prefix("\x80\x80\x80", 2), "") << "stops at the beginning";
}

}  // namespace
}  // namespace remora::core
