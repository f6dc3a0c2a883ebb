// Each option of DogStatsD reaches the part that runs on it; mistakes are named.
#include "agent/dogstatsd_options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "remora/config/load.hpp"

namespace remora::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kMiB = 1024 * 1024;

DogstatsdOptions from(const config::Environment& environment, std::vector<std::string>& warnings,
                      const core::MemoryLimit& memory = {}) {
  const config::Loaded loaded = config::load_text(environment, "", "");
  EXPECT_THAT(loaded.warnings, IsEmpty());
  return dogstatsd_options(loaded.settings, memory, warnings);
}

DogstatsdOptions from(const config::Environment& environment) {
  std::vector<std::string> warnings;
  DogstatsdOptions options = from(environment, warnings);
  EXPECT_THAT(warnings, IsEmpty());
  return options;
}

struct ReachRow {
  const char* variable;
  const char* value;
  bool (*reached)(const DogstatsdOptions&);
};
class Option : public testing::TestWithParam<ReachRow> {};
TEST_P(Option, ReachesItsPartAndIsNotTheDefault) {
  const auto [variable, value, reached] = GetParam();
  EXPECT_TRUE(reached(from({{variable, value}})));
  EXPECT_FALSE(reached(from({}))) << "the row proves nothing";
}
using O = DogstatsdOptions;
INSTANTIATE_TEST_SUITE_P(
    All, Option,
    testing::Values(
        ReachRow{"DD_USE_DOGSTATSD", "false", [](const O& o) { return !o.enabled; }},
        ReachRow{"DD_DOGSTATSD_PORT", "0", [](const O& o) { return o.listeners.udp_port == 0; }},
        ReachRow{"DD_BIND_HOST", "::1", [](const O& o) { return o.listeners.bind_host == "::1"; }},
        ReachRow{"DD_DOGSTATSD_NON_LOCAL_TRAFFIC", "true",
                 [](const O& o) { return o.listeners.non_local_traffic; }},
        ReachRow{"DD_DOGSTATSD_SOCKET", "/s/d",
                 [](const O& o) { return o.listeners.datagram_socket == "/s/d"; }},
        ReachRow{"DD_DOGSTATSD_SOCKET", "off",
                 [](const O& o) { return o.listeners.datagram_socket.empty(); }},
        ReachRow{"DD_DOGSTATSD_STREAM_SOCKET", "/s/s",
                 [](const O& o) { return o.listeners.stream_socket == "/s/s"; }},
        ReachRow{"DD_DOGSTATSD_BUFFER_SIZE", "65535",
                 [](const O& o) { return o.listeners.buffer_size == 65'535; }},
        ReachRow{"DD_DOGSTATSD_SO_RCVBUF", "1000000",
                 [](const O& o) { return o.listeners.receive_buffer == 1'000'000; }},
        ReachRow{"DD_DOGSTATSD_ORIGIN_DETECTION", "1",
                 [](const O& o) { return o.listeners.credentials; }},
        ReachRow{"DD_DOGSTATSD_ORIGIN_DETECTION_CLIENT", "1",
                 [](const O& o) { return o.server.parser.client_origin; }},
        ReachRow{"DD_DOGSTATSD_NO_AGGREGATION_PIPELINE", "0",
                 [](const O& o) { return !o.server.parser.timestamps; }},
        ReachRow{
            "DD_DOGSTATSD_EOL_REQUIRED", "udp",
            [](const O& o) { return o.server.eol_required_udp && !o.server.eol_required_uds; }},
        ReachRow{
            "DD_DOGSTATSD_EOL_REQUIRED", "UDS named_pipe",
            [](const O& o) { return !o.server.eol_required_udp && o.server.eol_required_uds; }},
        ReachRow{"DD_DOGSTATSD_DISABLE_VERBOSE_LOGS", "true",
                 [](const O& o) { return !o.server.verbose_logs; }},
        ReachRow{"DD_HISTOGRAM_COPY_TO_DISTRIBUTION", "true",
                 [](const O& o) { return o.server.histogram_copy; }},
        ReachRow{"DD_ORIGIN_DETECTION_UNIFIED", "true",
                 [](const O& o) { return o.origins.unified; }},
        ReachRow{"DD_DOGSTATSD_ORIGIN_OPTOUT_ENABLED", "false",
                 [](const O& o) { return !o.origins.opt_out; }},
        ReachRow{"DD_DOGSTATSD_ENTITY_ID_PRECEDENCE", "true",
                 [](const O& o) { return o.origins.entity_id_precedence; }},
        ReachRow{"DD_DOGSTATSD_TAG_CARDINALITY", "High",
                 [](const O& o) { return o.origins.cardinality == "high"; }},
        ReachRow{"DD_DOGSTATSD_TAGS", R"(["a:b","c"])",
                 [](const O& o) {
                   return o.origins.extra_tags == model::TagList{"a:b", "c"};
                 }},
        ReachRow{"DD_DOGSTATSD_EXPIRY_SECONDS", "60",
                 [](const O& o) { return o.sampler.counter_expiry_seconds == 60; }},
        ReachRow{"DD_DOGSTATSD_CONTEXT_EXPIRY_SECONDS", "30",
                 [](const O& o) { return o.sampler.context_expiry_seconds == 30; }},
        ReachRow{"DD_DOGSTATSD_CONTEXT_LIMIT", "5000",
                 [](const O& o) { return o.sampler.max_contexts == 5000; }},
        ReachRow{"DD_DOGSTATSD_MEMORY_LIMIT", "2000000",
                 [](const O& o) { return o.sampler.max_bytes == 2'000'000; }},
        ReachRow{"DD_HISTOGRAM_AGGREGATES", "min sum",
                 [](const O& o) {
                   return o.sampler.histogram.min && o.sampler.histogram.sum &&
                          !o.sampler.histogram.max;
                 }},
        ReachRow{"DD_HISTOGRAM_PERCENTILES", "0.5 0.99",
                 [](const O& o) {
                   return o.sampler.histogram.percentiles == std::vector<int>{50, 99};
                 }},
        ReachRow{"DD_HOSTNAME", "h",
                 [](const O& o) { return o.server.hostname == "h" && o.enricher.hostname == "h"; }},
        ReachRow{"DD_STATSD_METRIC_NAMESPACE", "app",
                 [](const O& o) { return o.enricher.metric_namespace == "app"; }},
        ReachRow{"DD_STATSD_METRIC_NAMESPACE_BLACKLIST", "x.",
                 [](const O& o) {
                   return o.enricher.namespace_exclusions == std::vector<std::string>{"x."};
                 }},
        ReachRow{"DD_DOGSTATSD_MAPPER_PROFILES", R"([{"name":"p"}])",
                 [](const O& o) { return o.enricher.mapper_profiles_json == R"([{"name":"p"}])"; }},
        ReachRow{"DD_DOGSTATSD_MAPPER_CACHE_SIZE", "7",
                 [](const O& o) { return o.enricher.mapper_cache_size == 7; }},
        ReachRow{"DD_METRIC_TAG_FILTERLIST", R"([{"metric_name":"m"}])",
                 [](const O& o) {
                   return o.enricher.tag_filter_list_json == R"([{"metric_name":"m"}])";
                 }},
        ReachRow{"DD_HISTOGRAM_COPY_TO_DISTRIBUTION_PREFIX", "dist.",
                 [](const O& o) { return o.enricher.copy_prefix == "dist."; }},
        ReachRow{"DD_DOGSTATSD_FLUSH_INCOMPLETE_BUCKETS", "false",
                 [](const O& o) { return !o.flush_open_buckets; }},
        ReachRow{"DD_AGGREGATOR_STOP_TIMEOUT", "5",
                 [](const O& o) { return o.stop_listening == std::chrono::seconds(5); }},
        ReachRow{"DD_DOGSTATSD_METRICS_STATS_ENABLE", "true",
                 [](const O& o) { return o.metric_stats; }},
        ReachRow{"DD_DOGSTATSD_CAPTURE_PATH", "/c",
                 [](const O& o) { return o.capture_directory == "/c"; }}),
    [](const auto& row) { return row.param.variable + std::to_string(row.index); });

TEST(Defaults, AreThoseOfTheAgentButForTheOpenBucket) {
  const DogstatsdOptions options = from({});
  EXPECT_EQ(options.listeners.udp_port, 8125);
  EXPECT_EQ(options.listeners.bind_host, "localhost");
  EXPECT_EQ(options.listeners.datagram_socket, "/var/run/datadog/dsd.socket");
  EXPECT_EQ(options.listeners.stream_socket, "");
  EXPECT_EQ(options.sampler.max_contexts, 1'000'000u);
  EXPECT_EQ(options.enricher.namespace_exclusions.size(), 21u);
  EXPECT_THAT(options.enricher.histogram_suffixes,
              ElementsAre(".max", ".median", ".avg", ".count", ".95percentile"));
  EXPECT_TRUE(options.flush_open_buckets);
  EXPECT_EQ(options.stop_listening, std::chrono::seconds(2));
}

TEST(FilterLists, TheOlderOneCountsOnlyWhereTheNewerIsEmptyAndKeepsItsOwnRule) {
  const auto old_only = from(
      {{"DD_STATSD_METRIC_BLOCKLIST", "a b"}, {"DD_STATSD_METRIC_BLOCKLIST_MATCH_PREFIX", "true"}});
  EXPECT_THAT(old_only.enricher.filter_list, ElementsAre("a", "b"));
  EXPECT_TRUE(old_only.enricher.filter_match_prefix);
  const auto both = from({{"DD_STATSD_METRIC_BLOCKLIST", "a b"},
                          {"DD_STATSD_METRIC_BLOCKLIST_MATCH_PREFIX", "true"},
                          {"DD_METRIC_FILTERLIST", "c"}});
  EXPECT_THAT(both.enricher.filter_list, ElementsAre("c"));
  EXPECT_FALSE(both.enricher.filter_match_prefix);
}

TEST(Forwarding, NeedsHostAndPort) {
  const auto both = from({{"DD_STATSD_FORWARD_HOST", "h"}, {"DD_STATSD_FORWARD_PORT", "9125"}});
  EXPECT_EQ(both.forward_host, "h");
  EXPECT_EQ(both.forward_port, 9125);
  std::vector<std::string> warnings;
  EXPECT_EQ(from({{"DD_STATSD_FORWARD_HOST", "h"}}, warnings).forward_host, "");
  EXPECT_EQ(from({{"DD_STATSD_FORWARD_PORT", "1"}}, warnings).forward_port, 0);
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("both DD_STATSD_FORWARD_HOST and"),
                                    HasSubstr("both DD_STATSD_FORWARD_HOST and")));
}

struct WarnRow {
  const char* name;
  config::Environment environment;
  const char* warning;
};
class Mistake : public testing::TestWithParam<WarnRow> {};
TEST_P(Mistake, IsNamed) {
  std::vector<std::string> warnings;
  (void)from(GetParam().environment, warnings, {64 * kMiB, 0});
  EXPECT_THAT(warnings, ElementsAre(HasSubstr(GetParam().warning)));
}
INSTANTIATE_TEST_SUITE_P(
    All, Mistake,
    testing::Values(
        WarnRow{
            "AddressAsSocket", {{"DD_DOGSTATSD_SOCKET", "0.0.0.0:8125"}}, "not an absolute path"},
        WarnRow{"UrlAsSocket", {{"DD_DOGSTATSD_SOCKET", "unix:///a/b"}}, "\"unix://\" was removed"},
        WarnRow{"OnePathForBoth",
                {{"DD_DOGSTATSD_SOCKET", "/a"}, {"DD_DOGSTATSD_STREAM_SOCKET", "/a"}},
                "only the datagram socket"},
        WarnRow{"EolOfWhat", {{"DD_DOGSTATSD_EOL_REQUIRED", "tcp"}}, "there are udp and uds"},
        WarnRow{"TooFewBytes", {{"DD_DOGSTATSD_MEMORY_LIMIT", "64"}}, "1048576 are used"},
        WarnRow{"MoreThanTheContainerHas",
                {{"DD_DOGSTATSD_MEMORY_LIMIT", "268435456"}},
                "more than the container has (67108864)"}),
    [](const auto& row) { return row.param.name; });

TEST(Mistakes, DoNotMatterWhenDogStatsDIsOff) {
  std::vector<std::string> warnings;
  (void)from({{"DD_USE_DOGSTATSD", "false"}, {"DD_DOGSTATSD_SOCKET", "x"}}, warnings);
  EXPECT_THAT(warnings, IsEmpty());
}

struct BudgetRow {
  const char* name;
  core::MemoryLimit memory;
  std::uint64_t queues;
  std::uint64_t budget;
};
class Budget : public testing::TestWithParam<BudgetRow> {};
TEST_P(Budget, IsHalfOfWhatIsLeft) {
  EXPECT_EQ(derived_memory_budget(GetParam().memory, GetParam().queues), GetParam().budget);
}
INSTANTIATE_TEST_SUITE_P(
    Limits, Budget,
    testing::Values(BudgetRow{"Mib64", {64 * kMiB, 8192 * kMiB}, 15 * kMiB, 29 * kMiB / 2},
                    BudgetRow{
                        "Megabytes64", {64'000'000, 0}, 15 * kMiB, (64'000'000 - 35 * kMiB) / 2},
                    BudgetRow{"Mib256", {256 * kMiB, 0}, 15 * kMiB, 221 * kMiB / 2},
                    BudgetRow{"TwoIntakes", {256 * kMiB, 0}, 30 * kMiB, 103 * kMiB},
                    BudgetRow{"NothingLeft", {32 * kMiB, 0}, 15 * kMiB, 4 * kMiB},
                    BudgetRow{"Large", {8192 * kMiB, 0}, 15 * kMiB, 512 * kMiB},
                    BudgetRow{"NoLimitSmallTask", {0, 512 * kMiB}, 15 * kMiB, 64 * kMiB},
                    BudgetRow{"NoLimit", {0, 65'536 * kMiB}, 15 * kMiB, 512 * kMiB},
                    BudgetRow{"NothingKnown", {0, 0}, 15 * kMiB, 512 * kMiB}),
    [](const auto& row) { return row.param.name; });

TEST(Budget, CountsTheRetryQueueOfEachIntake) {
  std::vector<std::string> warnings;
  const auto options = from({{"DD_ADDITIONAL_ENDPOINTS", R"({"https://app.datadoghq.eu": ["k"]})"},
                             {"DD_FORWARDER_RETRY_QUEUE_PAYLOADS_MAX_SIZE", "1048576"}},
                            warnings, {64 * kMiB, 0});
  EXPECT_EQ(options.sampler.max_bytes, 21 * kMiB);
}

TEST(InstanceId, IsThatOfTheTask) {
  const char* arn = "arn:aws:ecs:eu-west-1:123456789012:task/prod/0f8a1b2cdd2e4f5a9b6c7d8e9f0a1b2c";
  EXPECT_EQ(instance_id(arn, ""), "0f8a1b2c");
  EXPECT_EQ(instance_id("", "http://169.254.170.2/v4/0f8a1b2cdd2e4f5a9b6c7d8e9f0a1b2c-3935363592"),
            "0f8a1b2c");
  EXPECT_EQ(instance_id(arn, "http://169.254.170.2/v4/other"), "0f8a1b2c");
}

TEST(InstanceId, IsAHashOfOtherNames) {
  // EC2: the address ends in an id of the container that is no task id.
  EXPECT_EQ(instance_id("", "http://169.254.170.2/v4/a"), "e40c292c");  // FNV-1a of "a"
  EXPECT_EQ(instance_id("", "x/1b2c3d4e-0000-4000-8000-000000000001"),
            instance_id("", "y/1b2c3d4e-0000-4000-8000-000000000001"));
  EXPECT_NE(instance_id("", "x/1b2c3d4e-0000-4000-8000-000000000001"),
            instance_id("", "x/1b2c3d4e-0000-4000-8000-000000000002"));
}

TEST(InstanceId, IsRandomWithoutAnyName) {
  const std::string first = instance_id("", "");
  EXPECT_EQ(first.size(), 8u);
  EXPECT_EQ(first.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(first, instance_id("", ""));  // wrong once in 4 billion runs
}

TEST(InstanceTag, IsTheNameAndTheId) {
  std::vector<std::string> warnings;
  config::Settings settings;
  EXPECT_EQ(instance_tag(settings, "0f8a1b2c", warnings), "");
  settings.dogstatsd_instance_tag = "task";
  EXPECT_EQ(instance_tag(settings, "0f8a1b2c", warnings), "task:0f8a1b2c");
  EXPECT_THAT(warnings, IsEmpty());
  settings.dogstatsd_instance_tag = "task:x,y";
  EXPECT_EQ(instance_tag(settings, "0f8a1b2c", warnings), "");
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("is not a tag name; no tag is added. Write")));
}

}  // namespace
}  // namespace remora::agent
