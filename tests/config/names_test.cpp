#include "config/names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "config/text.hpp"
#include "remora/config/load.hpp"

namespace remora::config {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<std::string> warnings_of(const Environment& environment) {
  return load_text(environment, "", "").warnings;
}

TEST(UnknownVariables, AreNamedInOneWarningWithTheNearestName) {
  EXPECT_THAT(
      warnings_of({{"DD_STIE", "x"}, {"DD_HELTH_PORT", "x"}, {"DD_PG_PASSWORD", "hunter2"}}),
      ElementsAre(AllOf(HasSubstr("DD_STIE (did you mean DD_SITE?)"),
                        HasSubstr("DD_HELTH_PORT (did you mean DD_HEALTH_PORT?)"),
                        HasSubstr("DD_PG_PASSWORD"), Not(HasSubstr("hunter2")))));
}

// The nearest spelling would be another setting, or none.
TEST(UnknownVariables, WellKnownWrongNamesPointToTheSetting) {
  EXPECT_THAT(
      warnings_of({{"DD_HTTP_PROXY", "x"},
                   {"DD_HTTPS_PROXY", "x"},
                   {"DD_NO_PROXY", "x"},
                   {"DATADOG_API_KEY", "hunter2"},
                   {"dd_site", "x"},
                   {"DD_Env", "x"},
                   {"datadog", "x"}}),
      ElementsAre(AllOf(HasSubstr("DD_HTTP_PROXY (the setting is DD_PROXY_HTTP)"),
                        HasSubstr("DD_HTTPS_PROXY (the setting is DD_PROXY_HTTPS)"),
                        HasSubstr("DD_NO_PROXY (the setting is DD_PROXY_NO_PROXY)"),
                        HasSubstr("DATADOG_API_KEY (the setting is DD_API_KEY)"),
                        HasSubstr("dd_site (the setting is DD_SITE)"),
                        HasSubstr("DD_Env (the setting is DD_ENV)"), Not(HasSubstr("hunter2")))));
}

TEST(UnknownVariables, WellKnownWrongNamesMeanSettingsThatThereAre) {
  for (const char* name : {"DD_NOPROXY",
                           "DD_PROXY_NOPROXY",
                           "DD_PROXY",
                           "DD_PROXY_URL",
                           "DD_PROXY_HOST",
                           "DATADOG_APIKEY",
                           "DD_APIKEY",
                           "DD_KEY",
                           "DD_DATADOG_API_KEY",
                           "DATADOG_SITE",
                           "DD_DATADOG_SITE",
                           "DD_REGION",
                           "DD_DATADOG_URL",
                           "DD_INTAKE_URL",
                           "DATADOG_TAGS",
                           "DD_HOST_TAGS",
                           "DD_TAG",
                           "DATADOG_ENV",
                           "DD_ENVIRONMENT",
                           "DATADOG_LOG_LEVEL",
                           "DD_LOGLEVEL",
                           "DD_LOGS_LEVEL",
                           "DD_LOGGING_LEVEL",
                           "DD_STATSD_PORT",
                           "DD_NON_LOCAL_TRAFFIC",
                           "DD_STATSD_NON_LOCAL_TRAFFIC",
                           "DD_EXCLUDE_CONTAINERS",
                           "DD_LABELS_AS_TAGS",
                           "DD_HEALTHCHECK_PORT",
                           "DD_SSL_SKIP_VERIFY",
                           "DD_SKIP_SSL_VERIFY"}) {
    EXPECT_FALSE(is_option_name(name)) << name;
    EXPECT_TRUE(is_option_name(meant_name(name))) << name;
  }
  EXPECT_EQ(meant_name("DD_SITE"), "");
  EXPECT_EQ(meant_name("http_proxy"), "");
}

TEST(UnknownVariables, AreListedUpToABound) {
  Environment many;
  for (int i = 0; i < 300; ++i) many["DD_ZZ_PRIVATE_" + std::to_string(1000 + i)] = "x";
  EXPECT_THAT(warnings_of(many), ElementsAre(HasSubstr("and 280 more")));
}

TEST(UnknownVariables, OnlyThoseOfDatadogCount) {
  EXPECT_THAT(warnings_of({{"PATH", "/bin"}, {"AWS_REGION", "eu-west-1"}, {"DDX", "1"}}),
              IsEmpty());
}

TEST(IgnoredVariables, AreGroupedByReason) {
  EXPECT_THAT(
      warnings_of({{"DD_APM_ENABLED", "true"},
                   {"DD_APM_NON_LOCAL_TRAFFIC", "true"},
                   {"DD_LOGS_ENABLED", "true"}}),
      ElementsAre(HasSubstr("DD_LOGS_ENABLED (not yet: log collection"),
                  HasSubstr("DD_APM_ENABLED, DD_APM_NON_LOCAL_TRAFFIC (not yet: the trace")));
}

TEST(IgnoredVariables, StayQuietWhenTheyAskForNothingWeLack) {
  EXPECT_THAT(warnings_of({{"DD_APM_ENABLED", "false"},
                           {"DD_LOGS_ENABLED", "0"},
                           {"DD_PROCESS_AGENT_ENABLED", "disabled"},
                           {"DD_DOGSTATSD_STATS_ENABLE", "False"},
                           {"DD_DOGSTATSD_QUEUE_SIZE", "4096"},
                           {"DD_DOGSTATSD_LOG_FILE_MAX_SIZE", "10Mb"},
                           {"DD_APM_RECEIVER_PORT", "0"},
                           {"DD_APM_RECEIVER_SOCKET", ""}}),
              IsEmpty());
}

// Datadog's Terraform modules set it to true; there is nothing here that it could turn off.
TEST(IgnoredVariables, TaskCollectionIsAlwaysOn) {
  EXPECT_THAT(warnings_of({{"DD_ECS_TASK_COLLECTION_ENABLED", "true"}}), IsEmpty());
  EXPECT_THAT(warnings_of({{"DD_ECS_TASK_COLLECTION_ENABLED", "false"}}),
              ElementsAre(HasSubstr("DD_ECS_TASK_COLLECTION_ENABLED (not needed: ")));
}

TEST(IgnoredVariables, OfTracersAreQuiet) {
  EXPECT_THAT(warnings_of({{"DD_TRACE_SAMPLE_RATE", "1"},
                           {"DD_PROFILING_ENABLED", "true"},
                           {"DD_LOGS_INJECTION", "true"},
                           {"DD_RUNTIME_METRICS_ENABLED", "true"},
                           {"DD_JMXFETCH_ENABLED", "true"},
                           {"DD_SERVICE_NAME", "x"},
                           {"DD_AGENT_HOST", "localhost"},
                           {"DD_GIT_COMMIT_SHA", "x"}}),
              IsEmpty());
}

struct NeverRow {
  const char* variable;
  const char* nearest;
};
class NeverASetting : public testing::TestWithParam<NeverRow> {};
TEST_P(NeverASetting, IsNamedWithTheRealOne) {
  EXPECT_THAT(warnings_of({{GetParam().variable, "true"}}),
              ElementsAre(AllOf(HasSubstr("not a setting"), HasSubstr(GetParam().nearest))));
}
INSTANTIATE_TEST_SUITE_P(
    Names, NeverASetting,
    testing::Values(NeverRow{"DD_APM_SAMPLE_RATE", "DD_APM_TARGET_TPS"},
                    NeverRow{"DD_AUTODISCOVERY_ENABLED", "DD_AUTOCONFIG_FROM_ENVIRONMENT"},
                    NeverRow{"DD_ECS_LOG_ENABLED", "DD_LOGS_ENABLED"},
                    NeverRow{"DD_REMOTE_CONFIG_ENABLED", "DD_REMOTE_CONFIGURATION_ENABLED"},
                    NeverRow{"DD_PROMETHEUS_SCRAPE_CHECKS_ENABLED",
                             "DD_PROMETHEUS_SCRAPE_ENABLED"}),
    [](const auto& row) { return row.param.variable; });

TEST(FindIgnored, PrefersTheMoreExactRow) {
  EXPECT_EQ(find_ignored("DD_DOGSTATSD_URL")->reason, "");
  EXPECT_EQ(find_ignored("DD_DOGSTATSD_LOG_FILE_MAX_ROLLS")->env, "DD_DOGSTATSD_LOG_FILE*");
  EXPECT_EQ(find_ignored("DD_REMOTE_CONFIGURATION_KEY")->env, "DD_REMOTE_CONFIGURATION_*");
  EXPECT_EQ(find_ignored("DD_SITE"), nullptr);
}

TEST(EnvironmentName, FollowsTheAgentForTraces) {
  EXPECT_EQ(environment_name("logs_config.dd_url"), "DD_LOGS_CONFIG_DD_URL");
  EXPECT_EQ(environment_name("apm_config.enabled"), "DD_APM_ENABLED");
  EXPECT_EQ(environment_name("GUI_port"), "DD_GUI_PORT");
}

TEST(NameTables, HoldEachNameOnceAndNoneTwice) {
  std::set<std::string_view> names;
  for (const Option& option : options()) {
    for (const auto name : split(option.env, " ")) EXPECT_TRUE(names.insert(name).second) << name;
  }
  for (const IgnoredOption& option : ignored_options()) {
    EXPECT_TRUE(names.insert(option.env).second) << option.env;
    EXPECT_TRUE(option.env.starts_with("DD_")) << option.env;
  }
}

TEST(UnknownKeys, AreWarningsOfTheirOwnUpToABound) {
  EXPECT_THAT(load_text({}, "sites: x\nproxy:\n  htps: y\nmine:\n  a: 1\n  b: 2\n", "f").warnings,
              ElementsAre(HasSubstr(": mine"), HasSubstr(": proxy.htps"), HasSubstr(": sites")));
  std::string many;
  for (int i = 0; i < 50; ++i) many += "unknown_" + std::to_string(100 + i) + ": 1\n";
  const auto warnings = load_text({}, many, "f").warnings;
  ASSERT_EQ(warnings.size(), 21u);
  EXPECT_THAT(warnings.back(), HasSubstr("30 more"));
}

TEST(IgnoredKeys, AreToldLikeTheirVariables) {
  EXPECT_THAT(load_text({},
                        "logs_enabled: true\n"
                        "apm_config:\n  enabled: false\n  apm_non_local_traffic: true\n"
                        "jmx_use_container_support: true\n",
                        "f")
                  .warnings,
              testing::UnorderedElementsAre(HasSubstr("logs_enabled (not yet"),
                                            HasSubstr("apm_config.apm_non_local_traffic (not yet"),
                                            HasSubstr("jmx_use_container_support (not yet")));
}

}  // namespace
}  // namespace remora::config
