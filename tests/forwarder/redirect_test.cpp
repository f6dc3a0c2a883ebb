#include "forwarder/redirect.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace remora::forwarder {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kPath = "/api/v2/series";

std::string moved(std::string_view base, std::string_view location) {
  return moved_base(*net::parse_url(base), kPath, location);
}

TEST(Redirect, LeadsToTheUrlToConfigure) {
  EXPECT_EQ(moved("http://lb.example", "https://lb.example/api/v2/series"), "https://lb.example");
  EXPECT_EQ(moved("http://lb.example:8080", "https://lb.example:8443/api/v2/series"),
            "https://lb.example:8443");
  EXPECT_EQ(moved("http://lb.example", "//other.example/api/v2/series"), "http://other.example");
  EXPECT_EQ(moved("http://lb.example", "/dd/api/v2/series"), "http://lb.example/dd");
  EXPECT_EQ(moved("http://lb.example/old", "https://lb.example/new/api/v2/series?x=1#y"),
            "https://lb.example/new");
}

TEST(Redirect, ToElsewhereOrToItselfNamesNoUrl) {
  EXPECT_EQ(moved("http://lb.example", ""), "");
  EXPECT_EQ(moved("http://lb.example", "series"), "");
  EXPECT_EQ(moved("http://lb.example", "ftp://lb.example/api/v2/series"), "");
  EXPECT_EQ(moved("http://lb.example", "https://login.example/signin?next=/api/v2/series"), "");
  EXPECT_EQ(moved("http://lb.example", "http://lb.example/api/v2/series"), "");
  EXPECT_EQ(moved("http://lb.example",
                  "https://lb.example/" + std::string(5'000, 'a') + std::string(kPath)),
            "");
}

TEST(Redirect, IsExplainedWithoutSecretsOfTheAnswer) {
  const net::Url base = *net::parse_url("http://lb.example");
  EXPECT_EQ(not_delivered(301, base, kPath,
                          "https://u:hunter2@lb.example/api/v2/series?sig=hunter2", "DD_DD_URL"),
            "status 301 on /api/v2/series: redirected, which is not followed; set DD_DD_URL to "
            "https://lb.example");
  const std::string login =
      not_delivered(302, base, kPath, "https://login.example/in?token=hunter2", "DD_DD_URL");
  EXPECT_THAT(login, HasSubstr("redirected to https://login.example/in, which is not followed; set "
                               "DD_DD_URL to the URL of the intake itself"));
  EXPECT_THAT(login, Not(HasSubstr("hunter2")));
  EXPECT_THAT(not_delivered(308, base, kPath, "", "DD_ADDITIONAL_ENDPOINTS"),
              HasSubstr("redirected to no usable address"));
  for (const int status : {101, 304}) {
    EXPECT_THAT(not_delivered(status, base, kPath, "", "DD_DD_URL"),
                HasSubstr("not an answer of the intake"));
  }
}

}  // namespace
}  // namespace remora::forwarder
