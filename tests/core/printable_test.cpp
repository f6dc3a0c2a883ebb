#include "remora/core/printable.hpp"

#include <gtest/gtest.h>

namespace remora::core {
namespace {

struct Row {
  const char* name;
  std::string text, one_line, whole;
};

class Printable : public testing::TestWithParam<Row> {};

TEST_P(Printable, ShowsWhatCannotDriveATerminal) {
  const Row& row = GetParam();
  EXPECT_EQ(printable(row.text), row.one_line);
  EXPECT_EQ(printable(row.text, Breaks::kept), row.whole);
  EXPECT_EQ(printable(row.one_line), row.one_line);  // twice is once
  // Wherever it stands in a word of eight bytes, and at its edges.
  for (std::size_t before = 0; before < 17; ++before) {
    const std::string head(before, 'x'), tail(16 - before, '~');
    EXPECT_EQ(printable(head + row.text + tail), head + row.one_line + tail);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Texts, Printable,
    testing::Values(
        Row{"Plain", "redis.net.clients ~", "redis.net.clients ~", "redis.net.clients ~"},
        Row{"Letters", "é 漢 🎉 ü", "é 漢 🎉 ü", "é 漢 🎉 ü"},
        Row{"JoinersOfScripts", "می‌خواهم 👨‍👩‍👧",
            "می‌خواهم 👨‍👩‍👧", "می‌خواهم 👨‍👩‍👧"},
        Row{"Escape", "\x1b]0;pwned\x07", "\\u001b]0;pwned\\u0007", "\\u001b]0;pwned\\u0007"},
        Row{"Nul", std::string("a\0b", 3), "a\\u0000b", "a\\u0000b"},
        Row{"LineEnd", "a\nb\tc", "a b c", "a\nb\tc"},
        Row{"CarriageReturn", "ok\rFAIL", "ok FAIL", "ok\\u000dFAIL"},
        Row{"Delete", "a\x7f", "a\\u007f", "a\\u007f"},
        Row{"C1",
            "\xc2\x9b"
            "31m\xc2\x85",
            "\\u009b31m\\u0085", "\\u009b31m\\u0085"},
        Row{"FirstAfterC1", "\xc2\xa0", "\xc2\xa0", "\xc2\xa0"},
        Row{"RawC1",
            "\x9b"
            "31m",
            "\xEF\xBF\xBD"
            "31m",
            "\xEF\xBF\xBD"
            "31m"},
        Row{"Bidirectional", "a\u202Eb\u2066c\u200Fd\u061Ce", "a\\u202eb\\u2066c\\u200fd\\u061ce",
            "a\\u202eb\\u2066c\\u200fd\\u061ce"},
        Row{"Separators", "a\u2028b\u2029c", "a\\u2028b\\u2029c", "a\\u2028b\\u2029c"},
        Row{"ZeroWidth", "a\u200Bb\uFEFFc\u2060", "a\\u200bb\\ufeffc\\u2060",
            "a\\u200bb\\ufeffc\\u2060"},
        Row{"InvisibleLetters", "\U000E0041", "\\udb40\\udc41", "\\udb40\\udc41"},
        Row{"Overlong", "\xc0\x9b", "\xEF\xBF\xBD\xEF\xBF\xBD", "\xEF\xBF\xBD\xEF\xBF\xBD"},
        Row{"Cut", "\xe2\x80", "\xEF\xBF\xBD\xEF\xBF\xBD", "\xEF\xBF\xBD\xEF\xBF\xBD"}),
    [](const auto& row) { return row.param.name; });

TEST(PrintableText, ThatIsCleanIsNotCopied) {
  const std::string text = "redis.net.clients of tag:é";
  std::string scratch = "old";
  EXPECT_EQ(printable(text, scratch).data(), text.data());
  EXPECT_EQ(scratch, "old");
}

TEST(PrintableText, LeavesNoControlOfAnyKind) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second)};
      const std::string shown = printable(text);
      for (const char c : shown) {
        EXPECT_GE(static_cast<unsigned char>(c), 0x20) << first << " " << second;
        EXPECT_NE(c, 0x7f) << first << " " << second;
      }
      EXPECT_FALSE(shown.starts_with("\xc2\x9b")) << first << " " << second;
    }
  }
}

}  // namespace
}  // namespace remora::core
