#include "forwarder/redact.hpp"

#include <gtest/gtest.h>

namespace remora::forwarder {
namespace {

const std::string kKey = "0123456789abcdef0123456789abcdef";

TEST(Redact, MasksEveryOccurrenceAndKeepsTheTail) {
  EXPECT_EQ(redact("key " + kKey + " and " + kKey + "!", {kKey}), "key *****bcdef and *****bcdef!");
}

TEST(Redact, MasksBeforeCuttingSoThatNoHalfKeyIsLeft) {
  EXPECT_EQ(redact("abcd" + kKey, {kKey}, 12), "abcd*****bcd");
}

TEST(Redact, KeepsOneLineAndWholeCharacters) {
  EXPECT_EQ(redact("a\nb\r\tc\x7f", {}), "a b  c\\u007f");
  EXPECT_EQ(redact("ab\xC3\xA9", {}, 3), "ab");
}

TEST(Redact, ShortSecretsShowNothingOfThemselves) {
  EXPECT_EQ(key_tail("abcdef"), "*****");
  EXPECT_EQ(redact("abcdef", {"abcdef"}), "*****");
  EXPECT_EQ(key_tail(kKey), "bcdef");
}

}  // namespace
}  // namespace remora::forwarder
