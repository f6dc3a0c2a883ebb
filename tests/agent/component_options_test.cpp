// A setting that does not reach its component is the bug these tests look for.
#include "agent/component_options.hpp"

#include <gtest/gtest.h>

namespace remora::agent {
namespace {

config::Settings settings() {
  config::Settings s;
  s.api_key = "00d1e2f3a4b5c6d78091a2b3c4d5e6f7";
  return s;
}

TEST(IntakeDomains, TheMainOneComesFirstAndIsVersioned) {
  auto s = settings();
  s.site = "us3.datadoghq.com";
  s.additional_endpoints = {{"https://app.datadoghq.eu", {"k1", "k2"}}};
  std::vector<std::string> warnings;
  const auto domains = intake_domains(s, warnings);
  ASSERT_TRUE(domains);
  ASSERT_EQ(domains->size(), 2u);
  EXPECT_EQ((*domains)[0].url.origin(), "https://7-77-0-app.agent.us3.datadoghq.com");
  EXPECT_EQ((*domains)[0].api_keys, std::vector<std::string>{s.api_key});
  EXPECT_EQ((*domains)[1].url.origin(), "https://7-77-0-app.agent.datadoghq.eu");
  EXPECT_EQ((*domains)[1].api_keys, (std::vector<std::string>{"k1", "k2"}));
  EXPECT_TRUE(warnings.empty());
}

TEST(IntakeDomains, KeysForTheMainIntakeAreAddedToItWithoutDuplicates) {
  auto s = settings();
  s.additional_endpoints = {{"https://app.datadoghq.com", {s.api_key, "second"}}};
  std::vector<std::string> warnings;
  const auto domains = intake_domains(s, warnings);
  ASSERT_TRUE(domains);
  ASSERT_EQ(domains->size(), 1u);
  EXPECT_EQ((*domains)[0].api_keys, (std::vector<std::string>{s.api_key, "second"}));
}

TEST(IntakeDomains, ABadAdditionalUrlIsNamedAndTheOthersStay) {
  auto s = settings();
  s.additional_endpoints = {{"not a url", {"k1"}}, {"https://ok.example", {"k2"}}};
  std::vector<std::string> warnings;
  const auto domains = intake_domains(s, warnings);
  ASSERT_TRUE(domains);
  EXPECT_EQ(domains->size(), 2u);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("DD_ADDITIONAL_ENDPOINTS"), std::string::npos) << warnings[0];
}

TEST(IntakeDomains, AnOwnUrlIsTakenAsItIs) {
  auto s = settings();
  s.dd_url = "http://127.0.0.1:8080";
  std::vector<std::string> warnings;
  const auto domains = intake_domains(s, warnings);
  ASSERT_TRUE(domains);
  EXPECT_EQ((*domains)[0].url.origin(), "http://127.0.0.1:8080");
}

TEST(ClientOptions, ProxiesAreReadWithAndWithoutScheme) {
  auto s = settings();
  s.proxy_http = "proxy.internal:3128";
  s.proxy_https = "http://user:secret@proxy.internal:3129";
  s.proxy_no_proxy = {"intake.internal"};
  s.no_proxy_nonexact_match = true;
  const auto options = client_options(s);
  ASSERT_TRUE(options);
  EXPECT_EQ(options->proxy.http->origin(), "http://proxy.internal:3128");
  EXPECT_EQ(options->proxy.https->origin(), "http://proxy.internal:3129");
  EXPECT_EQ(options->proxy.https->userinfo, "user:secret");
  EXPECT_EQ(options->proxy.no_proxy, std::vector<std::string>{"intake.internal"});
  EXPECT_TRUE(options->proxy.nonexact_match);
}

TEST(ClientOptions, ABadProxyIsNamedWithoutItsPassword) {
  auto s = settings();
  s.proxy_https = "http://user:secret@:99999";
  const auto options = client_options(s);
  ASSERT_FALSE(options);
  const std::string message = options.error().message();
  EXPECT_NE(message.find("DD_PROXY_HTTPS"), std::string::npos) << message;
  EXPECT_EQ(message.find("secret"), std::string::npos) << message;
}

TEST(ClientOptions, DatadogsOwnBundleVariableWinsOverTheGeneralOne) {
  auto s = settings();
  s.ssl_cert_file = "/general.pem";
  EXPECT_EQ(client_options(s)->tls.ca_file, "/general.pem");
  s.tls_cert_file = "/own.pem";
  EXPECT_EQ(client_options(s)->tls.ca_file, "/own.pem");
  s.skip_ssl_validation = true;
  s.min_tls_version = "tlsv1.3";
  EXPECT_FALSE(client_options(s)->tls.verify);
  EXPECT_EQ(client_options(s)->tls.min_version, "tlsv1.3");
}

TEST(IntakeOptions, CarryLimitsAndBackoff) {
  auto s = settings();
  s.forwarder_retry_queue_payloads_max_size = 1234567;
  s.forwarder_max_concurrent_requests = 3;
  s.forwarder_timeout = std::chrono::seconds(7);
  s.forwarder_backoff_base = 5;
  s.forwarder_recovery_reset = true;
  const auto options = forwarder_options(s, {});
  EXPECT_EQ(options.retry_queue_max_bytes, 1234567u);
  EXPECT_EQ(options.max_concurrent_requests, 3u);
  EXPECT_EQ(options.timeout, std::chrono::seconds(7));
  EXPECT_EQ(options.backoff_base_seconds, 5);
  EXPECT_TRUE(options.recovery_reset);
}

TEST(MetricsFilter, JoinsTheGeneralListWithThatOfMetrics) {
  auto s = settings();
  s.container_exclude = {"image:a"};
  s.container_exclude_metrics = {"name:b"};
  s.container_include_metrics = {"name:c"};
  const auto options = metrics_filter(s);
  EXPECT_EQ(options.exclude, (std::vector<std::string>{"image:a", "name:b"}));
  EXPECT_EQ(options.include, std::vector<std::string>{"name:c"});
}

TEST(MetricsFilter, LegacyListsCountOnlyWhereTheNewOnesAreEmpty) {
  auto s = settings();
  s.ac_exclude = {"image:old"};
  s.ac_include = {"name:old"};
  s.container_include = {"name:new"};
  const auto options = metrics_filter(s);
  EXPECT_EQ(options.exclude, std::vector<std::string>{"image:old"});
  EXPECT_EQ(options.include, std::vector<std::string>{"name:new"});
}

TEST(TaggerOptions, TheEnvironmentBecomesAStaticTagAfterTheTags) {
  auto s = settings();
  s.tags = {"team:a"};
  s.extra_tags = {"owner:b"};
  s.env = "prod";
  EXPECT_EQ(tagger_options(s).static_tags,
            (std::vector<std::string>{"team:a", "owner:b", "env:prod"}));
}

TEST(TaggerOptions, TheContainerFormOfLabelsAsTagsWinsOverTheDockerForm) {
  auto s = settings();
  s.docker_labels_as_tags = {{"com.example.team", "old"}, {"com.example.tier", "tier"}};
  s.container_labels_as_tags = {{"com.example.team", "team"}};
  const auto options = tagger_options(s);
  EXPECT_EQ(options.labels_as_tags.at("com.example.team"), "team");
  EXPECT_EQ(options.labels_as_tags.at("com.example.tier"), "tier");
}

TEST(MetadataOptions, ABadAddressNamesItsVariable) {
  auto s = settings();
  s.ecs_metadata_uri_v4 = "169.254.170.2/v4/abc";
  const auto options = metadata_options(s);
  ASSERT_FALSE(options);
  EXPECT_NE(options.error().message().find("ECS_CONTAINER_METADATA_URI_V4"), std::string::npos);
}

TEST(LogOptions, FollowTheSettings) {
  auto s = settings();
  s.log_level = "debug";
  s.log_format_json = true;
  s.log_file = "/tmp/agent.log";
  EXPECT_EQ(log_options(s).level, core::Level::debug);
  EXPECT_TRUE(log_options(s).json);
  EXPECT_EQ(log_options(s).file, "/tmp/agent.log");
  s.disable_file_logging = true;
  EXPECT_EQ(log_options(s).file, "");
}

}  // namespace
}  // namespace remora::agent
