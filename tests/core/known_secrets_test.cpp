#include "remora/core/known_secrets.hpp"

#include <gtest/gtest.h>

#include "remora/core/log.hpp"
#include "remora/core/scrub.hpp"

namespace remora::core {
namespace {

std::string hidden(std::string text) {
  hide_known_secrets(text);
  return text;
}

TEST(KnownSecrets, AreHiddenWhereverTheyStand) {
  remember_secret("correct horse");
  EXPECT_EQ(hidden("AUTH correct horse failed: correct horse"), "AUTH ******** failed: ********");
  EXPECT_EQ(scrub("AUTH correct horse"), "AUTH ********");
  EXPECT_EQ(hidden("correct hors"), "correct hors");
}

TEST(KnownSecrets, ALongerOneIsHiddenWhole) {
  remember_secret("battery");
  remember_secret("battery-staple");
  EXPECT_EQ(hidden("battery-staple battery"), "******** ********");
}

TEST(KnownSecrets, WordsThatStandEverywhereAreNone) {
  remember_secret("redis");
  remember_secret("");
  remember_secret("*********");
  remember_secret(std::string(kLongestSecret + 1, 'x'));
  EXPECT_EQ(hidden("redis 127.0.0.1 *********"), "redis 127.0.0.1 *********");
  EXPECT_EQ(hidden(std::string(kLongestSecret + 1, 'x')), std::string(kLongestSecret + 1, 'x'));
}

TEST(KnownSecrets, StayOutOfTheLog) {
  remember_secret("s3cr\"et value");
  testing::internal::CaptureStderr();
  start_logging({});
  Logger("checks").warn("check fails s3cr\"et value", {{"error", "NOAUTH s3cr\"et value"}});
  stop_logging(std::chrono::seconds(5));
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("check fails ********"), std::string::npos) << text;
  EXPECT_NE(text.find("error=\"NOAUTH ********\""), std::string::npos) << text;
}

// Last: it fills the list.
TEST(KnownSecrets, AreKeptUpToALimit) {
  for (std::size_t i = 0; i < kMostSecrets + 10; ++i) {
    remember_secret("generated-" + std::to_string(i) + "-end");
  }
  EXPECT_EQ(hidden("generated-5-end"), "********");
  EXPECT_EQ(hidden("generated-" + std::to_string(kMostSecrets + 9) + "-end"),
            "generated-" + std::to_string(kMostSecrets + 9) + "-end");
}

}  // namespace
}  // namespace remora::core
