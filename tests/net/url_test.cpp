#include "remora/net/url.hpp"

#include <gtest/gtest.h>

namespace remora::net {
namespace {

TEST(ParseUrl, TakesWhatOperatorsWrite) {
  struct Row {
    int line;
    const char* text;
    const char* scheme;
    const char* host;
    std::uint16_t port;
    const char* target;
    const char* userinfo;
  };
  const Row rows[] = {
      {__LINE__, "http://a", "http", "a", 80, "/", ""},
      {__LINE__, " https://App.DataDogHQ.com \n", "https", "app.datadoghq.com", 443, "/", ""},
      {__LINE__, "HTTPS://a:8443/x/y?q=1#f", "https", "a", 8443, "/x/y?q=1", ""},
      {__LINE__, "http://a?q", "http", "a", 80, "/?q", ""},
      {__LINE__, "http://a:", "http", "a", 80, "/", ""},
      {__LINE__, "http://169.254.170.2/v4/abc", "http", "169.254.170.2", 80, "/v4/abc", ""},
      {__LINE__, "http://[FE80::1]:65535/", "http", "fe80::1", 65535, "/", ""},
      {__LINE__, "http://u:p%40s%2Fs@proxy:3128", "http", "proxy", 3128, "/", "u:p@s/s"},
      {__LINE__, "http://u:p@ss@proxy:3128", "http", "proxy", 3128, "/", "u:p@ss"},
      {__LINE__, "http://my_service.local.", "http", "my_service.local.", 80, "/", ""},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    const auto url = parse_url(row.text);
    ASSERT_TRUE(url) << url.error().message();
    EXPECT_EQ(url->scheme, row.scheme);
    EXPECT_EQ(url->host, row.host);
    EXPECT_EQ(url->port, row.port);
    EXPECT_EQ(url->target, row.target);
    EXPECT_EQ(url->userinfo, row.userinfo);
  }
}

TEST(ParseUrl, NamesWhatIsWrongAndRepeatsNothing) {
  struct Row {
    int line;
    std::string text;
    const char* word;
  };
  const Row rows[] = {
      {__LINE__, "", "empty"},
      {__LINE__, "app.datadoghq.com", "no scheme"},
      {__LINE__, "ftp://secret", "not http or https"},
      {__LINE__, "http://", "host is empty"},
      {__LINE__, "http:///secret", "host is empty"},
      {__LINE__, "http://:80", "host is empty"},
      {__LINE__, "http://a:0", "1 to 65535"},
      {__LINE__, "http://a:65536", "1 to 65535"},
      {__LINE__, "http://a:+80", "1 to 65535"},
      {__LINE__, "http://u:secret/x@host", "1 to 65535"},
      {__LINE__, "http://a b/secret", "blanks"},
      {__LINE__, "http://a/\r\nsecret: x", "blanks"},
      {__LINE__, std::string("http://a/\0secret", 16), "control"},
      {__LINE__, "http://[::1", "']'"},
      {__LINE__, "http://[secret]", "IPv6"},
      {__LINE__, "http://[::1]secret", "between"},
      {__LINE__, "http://u:secret%4@h", "%-escape"},
      {__LINE__, "http://u:secret%0a@h", "%-escape"},
      {__LINE__, "http://secret%41/", "characters"},
      {__LINE__, "http://" + std::string(254, 'a'), "253"},
      {__LINE__, "http://a/" + std::string(8192, 'a'), "8 KiB"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    const auto url = parse_url(row.text);
    ASSERT_FALSE(url);
    EXPECT_EQ(url.error().code(), Errc::invalid_config);
    EXPECT_NE(url.error().message().find(row.word), std::string::npos) << url.error().message();
    EXPECT_EQ(url.error().message().find("secret"), std::string::npos) << url.error().message();
  }
}

TEST(Url, PrintsItsOriginWithoutSecrets) {
  EXPECT_EQ(parse_url("https://k:v@Host:443/p?q")->origin(), "https://host");
  EXPECT_EQ(parse_url("http://host:443")->origin(), "http://host:443");
  EXPECT_EQ(parse_url("https://[::1]:80")->origin(), "https://[::1]:80");
}

TEST(Url, JoinsWithExactlyOneSlash) {
  struct Row {
    const char* base;
    const char* path;
    const char* target;
  };
  const Row rows[] = {
      {"http://a", "api", "/api"},
      {"http://a/", "/api/v2", "/api/v2"},
      {"http://a/v4/id", "/task", "/v4/id/task"},
      {"http://a/v4/id/", "task/stats", "/v4/id/task/stats"},
      {"http://a/x?own=1", "api?q=2", "/x/api?q=2"},
      {"http://a/x", "", "/x/"},
  };
  for (const Row& row : rows) EXPECT_EQ(parse_url(row.base)->join(row.path).target, row.target);
}

}  // namespace
}  // namespace remora::net
