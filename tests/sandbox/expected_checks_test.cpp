#include "sandbox/expected_checks.hpp"

#include <gtest/gtest.h>

namespace remora::sandbox {
namespace {

using Names = std::vector<std::string>;

ContainerDefinition labelled(std::map<std::string, std::string> labels) {
  ContainerDefinition out;
  for (auto& [key, value] : labels) out.labels["com.datadoghq.ad." + key] = value;
  return out;
}

TEST(ExpectedChecks, AreThoseOfTheLabelsAndTheOneOfTheImage) {
  EXPECT_EQ(expected_checks(labelled({}), "redisdb"), Names{"redisdb"});
  EXPECT_EQ(expected_checks(labelled({}), ""), Names{});
  EXPECT_EQ(expected_checks(labelled({{"check_names", R"(["redisdb", "tcp_check"])"}}), "redisdb"),
            (Names{"redisdb", "tcp_check"}));
  EXPECT_EQ(expected_checks(labelled({{"checks", R"({"nginx": {}})"}}), ""), Names{"nginx"});
  // The newer label counts alone.
  EXPECT_EQ(
      expected_checks(
          labelled({{"checks", R"({"nginx": {}})"}, {"check_names", R"(["tcp_check"])"}}), ""),
      Names{"nginx"});
}

TEST(ExpectedChecks, LabelsCanKeepTheOneOfTheImageAway) {
  EXPECT_EQ(expected_checks(labelled({{"check_names", "[]"}}), "redisdb"), Names{});
  EXPECT_EQ(expected_checks(labelled({{"check.id", "mine"}}), "redisdb"), Names{});
  EXPECT_EQ(expected_checks(labelled({{"check_names", "[redis"}}), "redisdb"), Names{"redisdb"});
}

TEST(NamesLocalhost, LooksAtLabelsOfAutodiscoveryOnly) {
  EXPECT_TRUE(names_localhost(labelled({{"instances", R"([{"host": "localhost"}])"}})));
  EXPECT_TRUE(names_localhost(labelled({{"checks", "http://127.0.0.1:81/"}})));
  EXPECT_FALSE(names_localhost(labelled({{"instances", R"([{"host": "%%host%%"}])"}})));
  ContainerDefinition other;
  other.labels["note"] = "localhost";
  EXPECT_FALSE(names_localhost(other));
}

TEST(MetricPrefix, IsKnownForTheChecksOfTheAgent) {
  EXPECT_EQ(metric_prefix("redisdb"), "redis.");
  EXPECT_EQ(metric_prefix("tcp_check"), "network.tcp.");
  EXPECT_EQ(metric_prefix("postgres"), "");
}

TEST(RowsOfCheck, CountsThoseOfTheContainerAndOfNone) {
  Received received;
  const auto add = [&](const char* metric, std::vector<std::string> tags) {
    ReceivedSeries series;
    series.metric = metric;
    series.tags = std::move(tags);
    series.points = {{1, 1}};
    received.add(std::vector<ReceivedSeries>{series});
  };
  add("redis.keys", {"ecs_container_name:cache"});
  add("redis.mem.used", {"redis_port:6379"});
  add("redis.keys", {"ecs_container_name:other"});
  add("redisearch.docs", {"ecs_container_name:cache"});
  EXPECT_EQ(rows_of_check(received, "id-1", "cache", "redis."), 2u);
  EXPECT_EQ(rows_of_check(received, "id-1", "cache", "nginx."), 0u);
}

}  // namespace
}  // namespace remora::sandbox
