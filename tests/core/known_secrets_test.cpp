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

// Basic credentials, and what a server or proxy makes of a request that it repeats.
TEST(KnownSecrets, AreHiddenInEveryFormTheyAreSentIn) {
  remember_secret("Tr0ub4dor&\"3");
  EXPECT_EQ(hidden("password=Tr0ub4dor%26%223;"), "password=********;");
  EXPECT_EQ(hidden(R"({"p":"Tr0ub4dor&\"3"})"), R"({"p":"********"})");
  // base64 of the secret behind "", "u:" and "ab:", and with more behind it.
  EXPECT_EQ(hidden("x VHIwdWI0ZG9yJiIz y"), "x ******** y");
  EXPECT_EQ(hidden("Basic dTpUcjB1YjRkb3ImIjM="), "Basic ********");
  EXPECT_EQ(hidden("Basic YWI6VHIwdWI0ZG9yJiIzCg=="), "Basic ********");
  EXPECT_EQ(hidden("dTpUcjB1YjRkb3"), "dTpUcjB1YjRkb3");
}

TEST(KnownSecrets, OfUrlsAreTheirPasswordsTokensAndSecretParameters) {
  remember_secrets_of_url(
      "http://user:in%40url@proxy:3128/x?a=1&sig=signature-of-url https://lone-token@h");
  EXPECT_EQ(hidden("in%40url in@url signature-of-url lone-token user proxy"),
            "******** ******** ******** ******** user proxy");
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

}  // namespace
}  // namespace remora::core
