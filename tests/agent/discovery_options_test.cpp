#include "agent/discovery_options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace remora::agent {
namespace {

using testing::ElementsAre;
using Variables = config::Environment;

DiscoveryOptions options(const Variables& environment, core::MemoryLimit memory = {}) {
  return discovery_options(config::load_text(environment, "", ""), memory, ecs::ContainerFilter(),
                           environment);
}

TEST(DiscoveryOptions, FilesComeFromTheConfiguredDirectoryAndTheOneOfTheImage) {
  EXPECT_THAT(options({}).directories, ElementsAre("/etc/datadog-agent/conf.d", "/conf.d"));
  EXPECT_THAT(options({{"DD_CONFD_PATH", "/mnt/checks"}}).directories,
              ElementsAre("/mnt/checks", "/conf.d"));
  EXPECT_THAT(options({{"DD_CONFD_PATH", "/conf.d"}}).directories, ElementsAre("/conf.d"));
  // `-c /opt/x` moves conf.d with datadog.yaml; a path that is written stays.
  const auto moved = config::load_text({}, "", "/opt/x/datadog.yaml");
  EXPECT_EQ(discovery_options(moved, {}, {}, {}).directories.front(), "/opt/x/conf.d");
  const auto written = config::load_text({}, "confd_path: /y", "/opt/x/datadog.yaml");
  EXPECT_EQ(discovery_options(written, {}, {}, {}).directories.front(), "/y");
}

TEST(DiscoveryOptions, EverySettingReachesItsPart) {
  const DiscoveryOptions o = options({{"DD_IGNORE_AUTOCONF", "redisdb nginx"},
                                      {"DD_AUTOCONF_CONFIG_FILES_POLL", "true"},
                                      {"DD_AUTOCONF_CONFIG_FILES_POLL_INTERVAL", "7"},
                                      {"DD_AD_ALLOWED_ENV_VARS", "A B"},
                                      {"DD_AD_DISABLE_ENV_VAR_RESOLUTION", "true"},
                                      {"DD_CHECKS_TAG_CARDINALITY", "high"},
                                      {"DD_INTEGRATION_CHECK_STATUS_ENABLED", "true"},
                                      {"DD_HISTOGRAM_AGGREGATES", "sum"},
                                      {"DD_HOSTNAME", "h"},
                                      {"SECRET", "s"}});
  EXPECT_THAT(o.files.ignore_autoconf, ElementsAre("redisdb", "nginx"));
  EXPECT_EQ(o.poll_files, std::chrono::seconds(7));
  EXPECT_THAT(o.reconciler.variables.allowed, ElementsAre("A", "B"));
  EXPECT_TRUE(o.reconciler.variables.no_environment);
  EXPECT_EQ(o.reconciler.variables.environment("SECRET"), "s");
  EXPECT_EQ(o.reconciler.variables.environment("OTHER"), std::nullopt);
  EXPECT_EQ(o.cardinality, tagger::Cardinality::high);
  EXPECT_TRUE(o.check_status);
  EXPECT_TRUE(o.scheduler.instance.histogram.sum);
  EXPECT_FALSE(o.scheduler.instance.histogram.max);
  EXPECT_EQ(o.scheduler.instance.hostname, "h");
  EXPECT_EQ(options({}).poll_files, std::nullopt);
  EXPECT_FALSE(options({}).check_status);
}

TEST(DiscoveryOptions, LabelsReadNoSecretsOfTheAgentAndFilesOfAllowedFoldersOnly) {
  const DiscoveryOptions o = options({});
  const auto& secrets = o.reconciler.variables.own_secrets;
  for (const char* name : {"DD_API_KEY", "DD_ADDITIONAL_ENDPOINTS", "DD_PROXY_HTTPS", "https_proxy",
                           "AWS_SESSION_TOKEN"}) {
    EXPECT_TRUE(secrets.contains(name)) << name;
  }
  EXPECT_FALSE(secrets.contains("DD_SITE"));
  EXPECT_TRUE(o.label_files.confined);
  EXPECT_THAT(o.label_files.folders, testing::Contains("/etc/ssl/certs"));
  const DiscoveryOptions own = options({{"DD_AD_ALLOWED_FILE_PATHS", "/mnt/certs /mnt/tokens"}});
  EXPECT_THAT(own.label_files.folders, ElementsAre("/mnt/certs", "/mnt/tokens"));

  autodiscovery::CheckConfig config;
  config.check = "nginx";
  std::vector<std::string> problems;
  config.provider = autodiscovery::Provider::container_label;
  EXPECT_EQ(instance_config(config, o.label_files, model::make_tags({}), problems).files,
            o.label_files);
  config.provider = autodiscovery::Provider::file;
  EXPECT_FALSE(
      instance_config(config, o.label_files, model::make_tags({}), problems).files.confined);
}

TEST(DiscoveryOptions, ValuesOfChecksTakeAnEighthOfTheContainer) {
  constexpr std::size_t kMiB = 1u << 20;
  EXPECT_EQ(options({}, {64 * kMiB, 0}).scheduler.max_bytes, 8 * kMiB);
  EXPECT_EQ(options({}, {16 * kMiB, 0}).scheduler.max_bytes, 4 * kMiB);
  EXPECT_EQ(options({}, {8192 * kMiB, 0}).scheduler.max_bytes, 64 * kMiB);
  EXPECT_EQ(options({}).scheduler.max_bytes, 64 * kMiB);
}

TEST(DiscoveryOptions, IntegrationsBringTheirTemplates) {
  bool redis = false;
  for (const auto& one : built_in_templates()) {
    if (one.check == "redisdb")
      redis = one.identifiers.size() == 1 && one.identifiers[0] == "redis";
  }
  EXPECT_TRUE(redis);
}

}  // namespace
}  // namespace remora::agent
