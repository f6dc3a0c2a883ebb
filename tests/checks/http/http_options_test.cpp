#include <gtest/gtest.h>

#include "remora/checks/check_http.hpp"

namespace remora::checks {
namespace {

using model::Map;
using model::Value;

CheckHttpOptions read(Map instance, Map init_config = {}) {
  auto options = read_http_options(Value(std::move(instance)), Value(std::move(init_config)));
  EXPECT_TRUE(options) << options.error().message();
  return options ? *options : CheckHttpOptions();
}

TEST(HttpOptions, HaveTheDefaultsOfTheAgent) {
  const auto options = read({});
  EXPECT_EQ(options.timeout.count(), 10'000);
  EXPECT_TRUE(options.verify);
  EXPECT_TRUE(options.validate_hostname);
  EXPECT_TRUE(options.allow_redirects);
  EXPECT_TRUE(options.use_agent_proxy);
  EXPECT_EQ(options.authorization, "");
  ASSERT_EQ(options.headers.size(), 3u);
  EXPECT_EQ(options.headers[0].first, "User-Agent");
  EXPECT_TRUE(options.headers[0].second.starts_with("Datadog Agent/7."));
  EXPECT_EQ(options.headers[2].second, "gzip, deflate");
}

TEST(HttpOptions, ReadTimeoutsAsTextAndNumberOfInstanceAndInitConfig) {
  EXPECT_EQ(read({{"timeout", "2.5"}}).timeout.count(), 2'500);
  EXPECT_EQ(read({}, {{"timeout", 3}}).timeout.count(), 3'000);
  EXPECT_EQ(read({{"timeout", 4}}, {{"timeout", 3}}).timeout.count(), 4'000);
  EXPECT_EQ(read({{"connect_timeout", 1}, {"read_timeout", 2}}).timeout.count(), 3'000);
  EXPECT_EQ(read({{"connect_timeout", 1}, {"timeout", 5}}).timeout.count(), 6'000);
}

TEST(HttpOptions, SendCredentialsOnlyWhenBothAreThere) {
  EXPECT_EQ(read({{"username", "user"}}).authorization, "");
  EXPECT_EQ(read({{"username", "user"}, {"password", "pw"}}).authorization, "Basic dXNlcjpwdw==");
  EXPECT_EQ(read({{"username", "u"}, {"password", "\xc3\xa4"}}).authorization, "Basic dTrk");
  const Map utf8{{"username", "u"}, {"password", "\xc3\xa4"}, {"use_legacy_auth_encoding", false}};
  EXPECT_EQ(read(utf8).authorization, "Basic dTrDpA==");
}

TEST(HttpOptions, ReplaceOrExtendTheHeaders) {
  const auto replaced = read({{"headers", Map{{"X-A", "1"}}}, {"extra_headers", Map{{"x-b", 2}}}});
  EXPECT_EQ(replaced.headers, (net::Headers{{"X-A", "1"}, {"x-b", "2"}}));
  const auto extended = read({{"extra_headers", Map{{"user-agent", "me"}}}});
  EXPECT_EQ(extended.headers.size(), 3u);
  EXPECT_EQ(extended.headers[0].second, "me");
}

TEST(HttpOptions, PreferStandardNamesToLegacyOnes) {
  const std::pair<std::string_view, std::string_view> aliases[] = {
      {"user", "username"}, {"ssl_validation", "tls_verify"}};
  const auto read_aliased = [&](Map instance) {
    return *read_http_options(Value(std::move(instance)), Value(), aliases);
  };
  EXPECT_FALSE(read_aliased({{"ssl_validation", "false"}}).verify);
  EXPECT_TRUE(read_aliased({{"ssl_validation", false}, {"tls_verify", true}}).verify);
  EXPECT_EQ(read_aliased({{"user", "user"}, {"password", "pw"}}).authorization,
            "Basic dXNlcjpwdw==");
}

TEST(HttpOptions, TurnVerificationOnWithABundle) {
  const auto options = read({{"tls_verify", false}, {"tls_ca_cert", "/ca.pem"}});
  EXPECT_TRUE(options.verify);
  EXPECT_EQ(options.ca_cert, "/ca.pem");
}

TEST(HttpOptions, ReadProxiesInTheirOrder) {
  const Map own{{"http", "proxy:3128"}, {"no_proxy", "a, b;c"}};
  const auto instance = read({{"proxy", own}}, {{"proxy", Map{{"http", "http://other"}}}});
  ASSERT_TRUE(instance.proxy.http);
  EXPECT_EQ(instance.proxy.http->origin(), "http://proxy:3128");
  EXPECT_EQ(instance.proxy.no_proxy, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(read({}, {{"proxy", own}}).proxy.http->host, "proxy");
  EXPECT_FALSE(read({{"skip_proxy", true}, {"proxy", own}}).proxy.http);
  EXPECT_TRUE(read({{"no_proxy", "true"}}).skip_proxy);
  EXPECT_FALSE(read({}, {{"use_agent_proxy", false}}).use_agent_proxy);
}

TEST(HttpOptions, NameWhatIsDeclinedOrWrong) {
  const auto token = [](const char* reader, const char* value) {
    return Map{
        {"auth_token", Map{{"reader", Map{{"type", reader}, {"path", "/t"}, {"pattern", "a(b)c"}}},
                           {"writer", Map{{"type", "header"}, {"name", "X"}, {"value", value}}}}}};
  };
  struct Row {
    int line;
    Map instance;
    Errc code;
    const char* word;
  };
  const Row rows[] = {
      {__LINE__, {{"auth_type", "kerberos"}}, Errc::unsupported, "auth_type"},
      {__LINE__, {{"auth_type", "NTLM"}}, Errc::unsupported, "ntlm"},
      {__LINE__, {{"auth_type", "aws"}}, Errc::unsupported, "auth_type"},
      {__LINE__, {{"auth_type", "digest"}}, Errc::unsupported, "digest"},
      {__LINE__, {{"kerberos_auth", "required"}}, Errc::unsupported, "kerberos_auth"},
      {__LINE__, {{"kerberos_keytab", "/k"}}, Errc::unsupported, "kerberos_keytab"},
      {__LINE__, {{"ntlm_domain", "d"}}, Errc::unsupported, "ntlm_domain"},
      {__LINE__, {{"aws_service", "es"}}, Errc::unsupported, "aws_service"},
      {__LINE__, token("oauth", "<TOKEN>"), Errc::unsupported, "oauth"},
      {__LINE__, token("dcos_auth", "<TOKEN>"), Errc::unsupported, "dcos_auth"},
      {__LINE__, token("file", "no placeholder"), Errc::invalid_config, "placeholder"},
      {__LINE__, {{"proxy", Map{{"http", "socks5://p"}}}}, Errc::unsupported, "SOCKS"},
      {__LINE__, {{"proxy", "http://p"}}, Errc::invalid_config, "proxy"},
      {__LINE__, {{"timeout", "soon"}}, Errc::invalid_config, "timeout"},
      {__LINE__, {{"timeout", 0}}, Errc::invalid_config, "timeout"},
      {__LINE__, {{"headers", "X: y"}}, Errc::invalid_config, "headers"},
      {__LINE__, {{"tls_private_key", "/k"}}, Errc::invalid_config, "tls_cert"},
      {__LINE__, {{"username", Map{}}}, Errc::invalid_config, "username"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    const auto options = read_http_options(Value(row.instance), Value());
    ASSERT_FALSE(options);
    EXPECT_EQ(to_string(options.error().code()), to_string(row.code));
    EXPECT_NE(options.error().message().find(row.word), std::string::npos)
        << options.error().message();
  }
  EXPECT_TRUE(read_http_options(Value(Map{{"kerberos_auth", "disabled"}}), Value()));
  EXPECT_TRUE(read_http_options(Value(Map{{"auth_type", "unknown"}}), Value()));
  EXPECT_TRUE(read_http_options(Value(token("file", "Bearer <TOKEN>")), Value()));
}

}  // namespace
}  // namespace remora::checks
