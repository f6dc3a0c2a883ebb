#include "remora/core/ascii.hpp"

#include <gtest/gtest.h>

namespace remora::core {
namespace {

TEST(AsciiLower, TouchesTheLettersOfAsciiAlone) {
  EXPECT_EQ(ascii_lower("aZ@[`{-_09"), "az@[`{-_09");
  EXPECT_EQ(ascii_lower("\xC3\x84\xC4"), "\xC3\x84\xC4");
}

TEST(EqualsIgnoringCase, LooksAtTheWholeText) {
  EXPECT_TRUE(equals_ignoring_case("ReAd", "read"));
  EXPECT_FALSE(equals_ignoring_case("read", "reads"));
  EXPECT_FALSE(equals_ignoring_case("reads", "read"));
  EXPECT_FALSE(
      equals_ignoring_case("\x12"
                           "ead",
                           "read"));
}

}  // namespace
}  // namespace remora::core
