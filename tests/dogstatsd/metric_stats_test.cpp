#include "remora/dogstatsd/metric_stats.hpp"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

namespace remora::dogstatsd {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kNow = 1'700'000'000;  // 2023-11-14 22:13:20 UTC

// The values, by name and tags: keys are hashes with a seed of the process.
std::map<std::string, Json> by_metric(const MetricStats& stats) {
  std::map<std::string, Json> metrics;
  const Json all = Json::parse(stats.json());
  for (const auto& [key, value] : all.items()) {
    EXPECT_EQ(key.find_first_not_of("0123456789"), std::string::npos) << key;
    metrics[value["name"].get<std::string>() + "#" + value["tags"].get<std::string>()] = value;
  }
  return metrics;
}

TEST(MetricStats, CountLinesByNameAndTagsInAnyOrder) {
  MetricStats stats;
  stats.seen("a", "y:1,x:2", kNow);
  stats.seen("a", "x:2,y:1,x:2", kNow + 1);
  stats.seen("a", "", kNow + 2);
  stats.seen("b", "x:2,y:1", kNow + 3);
  const auto metrics = by_metric(stats);
  ASSERT_EQ(metrics.size(), 3u);
  EXPECT_EQ(metrics.at("a#x:2 y:1"), Json::parse(R"({"name": "a", "count": 2, "tags": "x:2 y:1",
                                                     "last_seen": "2023-11-14T22:13:21Z"})"));
  EXPECT_EQ(metrics.at("a#")["count"], 1);
  EXPECT_EQ(metrics.at("b#x:2 y:1")["count"], 1);
}

TEST(MetricStats, TextHasTheMostFrequentFirst) {
  MetricStats stats;
  stats.seen("rare", "", kNow);
  for (int i = 0; i < 3; ++i) stats.seen("often", "t:1", kNow);
  EXPECT_EQ(stats.text(),
            "Metric                                   | Tags                 | Count      | Last "
            "Seen\n"
            "-----------------------------------------|----------------------|------------|--------"
            "-------------\n"
            "often                                    | t:1                  | 3          | "
            "2023-11-14T22:13:20Z\n"
            "rare                                     |                      | 1          | "
            "2023-11-14T22:13:20Z\n");
}

TEST(MetricStats, AreEmptyAtFirst) {
  const MetricStats stats;
  EXPECT_EQ(stats.json(), "{}");
  EXPECT_EQ(stats.text(), "No metrics processed yet.");
}

TEST(MetricStats, AreBoundedInNumber) {
  MetricStats stats(2);
  for (int i = 0; i < 10; ++i) stats.seen("m" + std::to_string(i), "", kNow + i);
  stats.seen("m1", "", kNow);  // known ones go on
  const auto metrics = by_metric(stats);
  ASSERT_EQ(metrics.size(), 3u);
  EXPECT_EQ(metrics.at("m1#")["count"], 2);
  EXPECT_EQ(metrics.at("(metrics over the limit of the statistics)#")["count"], 8);
  EXPECT_NE(stats.text().find("(metrics over the limit)"), std::string::npos);
}

TEST(MetricStats, AreBoundedInBytes) {
  MetricStats stats;
  for (int i = 0; i < 2000; ++i) {
    stats.seen(std::to_string(i) + std::string(4000, 'n'), std::string(4000, 't'), kNow);
  }
  EXPECT_LT(stats.json().size(), 4u * 1024 * 1024);
  EXPECT_LT(stats.text().size(), 4u * 1024 * 1024);
}

TEST(MetricStats, ShowBytesThatAreNoText) {
  MetricStats stats;
  stats.seen("a\xff", "t\xfe", kNow);
  EXPECT_NE(stats.json().find("a\xef\xbf\xbd"), std::string::npos);
  EXPECT_NE(stats.text().find("t\xef\xbf\xbd"), std::string::npos);
}

}  // namespace
}  // namespace remora::dogstatsd
