#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "remora/config/load.hpp"

namespace remora::config {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Dump, ShowsValueAndOrigin) {
  const std::string text =
      dump(load_text({{"DD_TAGS", "a:b c:d"}, {"ECS_FARGATE", "true"}, {"http_proxy", "http://p"}},
                     "forwarder_timeout: 30\n", "f"));
  EXPECT_THAT(text, HasSubstr("\nsite: \"datadoghq.com\"  # default\n"));
  EXPECT_THAT(text, HasSubstr("\ntags: [\"a:b\",\"c:d\"]  # DD_TAGS\n"));
  EXPECT_THAT(text, HasSubstr("\nforwarder_timeout: 30s  # file\n"));
  EXPECT_THAT(text,
              HasSubstr("\nproxy:\n  http: \"http://p\"  # http_proxy\n  https: \"\"  # def"));
  EXPECT_THAT(text, HasSubstr("\n#   ECS_FARGATE: \"true\"  # ECS_FARGATE\n"));
}

TEST(Dump, HidesSecrets) {
  const std::string text =
      dump(load_text({{"DD_API_KEY", "0123456789abcdef0123456789abcdef"},
                      {"DD_ADDITIONAL_ENDPOINTS", R"({"https://b.example":["fedcba9876543210"]})"},
                      {"HTTPS_PROXY", "http://user:s3cr3t@proxy:3128"},
                      {"DD_DD_URL", "https://user:s3cr3t@intake.example"}},
                     "", ""));
  EXPECT_THAT(text, HasSubstr("api_key: \"***\"  # DD_API_KEY\n"));
  EXPECT_THAT(text, HasSubstr(R"(additional_endpoints: {"https://b.example":["***"]})"));
  EXPECT_THAT(text, HasSubstr("http://user:***@proxy:3128"));
  for (const char* secret : {"0123456789abcdef", "cdef", "fedcba9876543210", "s3cr3t"}) {
    EXPECT_THAT(text, Not(HasSubstr(secret)));
  }
}

TEST(Dump, IsReadBackAsTheSameSettings) {
  const Loaded first = load_text({{"DD_TAGS", "a:b 'c\":d"},
                                  {"DD_STOP_TIMEOUT", "8"},
                                  {"DD_FORWARDER_BACKOFF_BASE", "1.5"},
                                  {"DD_DOCKER_LABELS_AS_TAGS", R"({"x.y": "team"})"},
                                  {"DD_PROXY_HTTPS", "http://p:1"},
                                  {"DD_ENABLE_PAYLOADS_SERIES", "false"},
                                  {"DD_DOGSTATSD_MAPPER_PROFILES", R"([{"name": "a\"b"}])"},
                                  {"DD_FORWARDER_APIKEY_VALIDATION_INTERVAL", "5"}},
                                 "", "");
  const Loaded second = load_text({}, dump(first), "f");
  EXPECT_TRUE(second.warnings.empty()) << testing::PrintToString(second.warnings);
  EXPECT_EQ(second.settings.tags, first.settings.tags);
  EXPECT_EQ(second.settings.stop_timeout, first.settings.stop_timeout);
  EXPECT_EQ(second.settings.forwarder_backoff_base, 1.5);
  EXPECT_EQ(second.settings.docker_labels_as_tags, first.settings.docker_labels_as_tags);
  EXPECT_EQ(second.settings.proxy_https, "http://p:1");
  EXPECT_EQ(second.settings.dogstatsd_mapper_profiles, first.settings.dogstatsd_mapper_profiles);
  EXPECT_FALSE(second.settings.enable_payloads_series);
  EXPECT_EQ(second.settings.forwarder_apikey_validation_interval.count(), 5);
  EXPECT_EQ(second.settings.ecs_metadata_retry_initial_interval.count(), 100);
}

TEST(Dump, SurvivesBytesThatAreNoText) {
  EXPECT_THAT(dump(load_text({{"DD_ENV", "a\xff\"b\n#"}}, "", "")),
              HasSubstr("\nenv: \"a\xef\xbf\xbd\\\"b\\n#\"  # DD_ENV\n"));
}

}  // namespace
}  // namespace remora::config
