#include "checks/redisdb/answer_metrics.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "checks/redisdb/metric_table.hpp"
#include "fakes/recording_sender.hpp"
#include "fakes/source_dir.hpp"

namespace remora::checks::redisdb {
namespace {

std::string fixture(const std::string& name) {
  std::ifstream file(fakes::source_dir() + "/tests/fixtures/checks/redisdb/" + name);
  EXPECT_TRUE(file) << "no fixture " << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

InfoText info_of(const std::string& text) { return *InfoText::parse(text); }

TEST(RedisAnswers, EveryFieldOfTheTableIsSentByItsNameAndKind) {
  std::string text;
  double value = 1;
  for (const InfoMetric& metric : info_metrics()) {
    text += std::string(metric.field) + ':' + std::to_string(value++) + "\r\n";
  }
  fakes::RecordingSender sender;
  submit_info(sender, info_of(text), {"a:b"});
  ASSERT_EQ(sender.values.size(), info_metrics().size());
  for (std::size_t i = 0; i < sender.values.size(); ++i) {
    const InfoMetric& metric = info_metrics()[i];
    EXPECT_EQ("redis." + sender.values[i].name, metric.metric);
    EXPECT_EQ(sender.values[i].kind, metric.kind) << metric.metric;
    EXPECT_EQ(sender.values[i].value, static_cast<double>(i + 1)) << metric.metric;
    EXPECT_TRUE(sender.values[i].has_tag("a:b"));
  }
  EXPECT_EQ(sender.count(SubmitKind::gauge), 62u);
  EXPECT_EQ(sender.count(SubmitKind::rate), 10u);
}

// Recorded from Redis 7.0.15: a primary; replicas and databases put in.
TEST(RedisAnswers, APrimaryWithReplicasAndThreeDatabases) {
  const std::string text = fixture("info_primary.txt");
  const InfoText info = info_of(text);
  fakes::RecordingSender sender;
  EXPECT_EQ(submit_info(sender, info, {}), (std::vector<std::uint32_t>{0, 3, 12}));
  submit_replication(sender, info, {"redis_role:master"});
  EXPECT_EQ(sender.value("keys", "redis_db:db0"), 8);
  EXPECT_EQ(sender.value("expires", "redis_db:db0"), 2);
  EXPECT_EQ(sender.value("persist", "redis_db:db0"), 6);
  EXPECT_EQ(sender.value("persist.percent", "redis_db:db0"), 75);
  EXPECT_EQ(sender.value("expires.percent", "redis_db:db0"), 25);
  EXPECT_EQ(sender.value("keys", "redis_db:db12"), 1);
  EXPECT_EQ(sender.value("net.commands"), 413);
  EXPECT_EQ(sender.value("net.instantaneous_ops_per_sec"), 7);
  EXPECT_EQ(sender.value("mem.fragmentation_ratio"), 13.91);
  EXPECT_EQ(sender.value("replication.delay", "slave_id:0"), 0);
  EXPECT_EQ(sender.value("replication.delay", "slave_id:1"), 140);
  const auto* lagging = sender.find("replication.delay", "slave_id:1");
  EXPECT_TRUE(lagging->has_tag("slave_ip:10.0.0.7") && lagging->has_tag("slave_port:6379") &&
              lagging->has_tag("redis_role:master"));
  // One that is ahead by what has arrived since the count is no delay.
  EXPECT_FALSE(sender.find("replication.delay", "slave_id:2"));
  EXPECT_TRUE(sender.service_checks.empty());
}

TEST(RedisAnswers, AReplicaWithoutItsPrimary) {
  fakes::RecordingSender sender;
  submit_replication(sender,
                     info_of("role:slave\r\nmaster_link_status:down\r\n"
                             "master_link_down_since_seconds:17\r\nslave_repl_offset:5\r\n"),
                     {"redis_role:slave"});
  ASSERT_NE(sender.check("replication.master_link_status"), nullptr);
  EXPECT_EQ(sender.check("replication.master_link_status")->status, model::CheckStatus::critical);
  EXPECT_EQ(sender.value("replication.master_link_down_since_seconds", "redis_role:slave"), 17);

  sender.clear();
  submit_replication(sender, info_of("master_link_status:up\r\n"), {});
  EXPECT_EQ(sender.check("replication.master_link_status")->status, model::CheckStatus::ok);
  EXPECT_EQ(sender.value("replication.master_link_down_since_seconds"), 0);

  sender.clear();
  submit_replication(sender, info_of("master_link_status:down\r\n"), {});
  EXPECT_EQ(sender.check("replication.master_link_status")->status, model::CheckStatus::critical);
  EXPECT_TRUE(sender.values.empty());
}

TEST(RedisAnswers, ValuesThatAreNoNumbersAreLeftOut) {
  fakes::RecordingSender sender;
  submit_info(sender,
              info_of("used_memory:1.2M\r\nused_memory_rss:nan\r\nmaxmemory:a=1,b=2\r\n"
                      "connected_clients:\r\ndb0:keys=x,expires=1\r\ndb1:keys=1\r\n"
                      "db2:keys=0,expires=0\r\nused_memory_human:1.2M\r\n"),
              {});
  // No division by the keys of an empty database either.
  EXPECT_EQ(sender.golden(),
            "gauge expires redis_db:db2\ngauge keys redis_db:db2\ngauge persist redis_db:db2\n");
}

TEST(RedisAnswers, CommandCountsAreTaggedByWhatStandsBehindThePrefix) {
  fakes::RecordingSender sender;
  submit_command_counts(
      sender,
      info_of("# Commandstats\r\ncmdstat_get:calls=21,usec=175,usec_per_call=8.33,"
              "rejected_calls=0,failed_calls=0\r\ncmdstat_config|get:calls=2,usec=1,"
              "usec_per_call=0.50\r\ncmdstat_host::calls=4,usec=8,usec_per_call=2.00\r\n"
              "errorstat_ERR:count=3\r\n"),
      {"x:y"});
  EXPECT_EQ(sender.value("command.calls", "command:get"), 21);
  EXPECT_EQ(sender.value("command.usec_per_call", "command:get"), 8.33);
  EXPECT_EQ(sender.value("command.calls", "command:config|get"), 2);
  EXPECT_EQ(sender.value("command.calls", "command:host:"), 4);
  EXPECT_EQ(sender.values.size(), 6u);
  EXPECT_TRUE(sender.values[0].has_tag("x:y"));
}

TEST(RedisAnswers, ConnectionsAreCountedByName) {
  fakes::RecordingSender sender;
  submit_client_names(sender,
                      "id=1 addr=1:1 name= age=0\nid=2 addr=1:2 name=web age=1 lib-name=x\n"
                      "id=3 name=web\nid=4 addr=1:4\n",
                      {});
  EXPECT_EQ(sender.value("net.connections", "source:unknown"), 2);
  EXPECT_EQ(sender.value("net.connections", "source:web"), 2);
  EXPECT_EQ(sender.values.size(), 2u);
}

TEST(RedisAnswers, AThousandClientNamesAreEnough) {
  std::string rows;
  for (int i = 0; i < 1500; ++i) rows += "id=1 name=c" + std::to_string(i) + " age=0\n";
  fakes::RecordingSender sender;
  submit_client_names(sender, rows, {});
  EXPECT_EQ(sender.values.size(), 1000u);
  ASSERT_EQ(sender.warnings.size(), 1u);
  EXPECT_EQ(sender.warnings[0],
            "`collect_client_metrics`: more than 1000 client names, 500 connections are left out");
}

TEST(RedisAnswers, TagsAreValidTextOfLimitedLength) {
  EXPECT_EQ(tag("key", "a\xff"), "key:a\xef\xbf\xbd");
  EXPECT_EQ(tag("key", std::string(150, 'a') + std::string(100, '\xff')).size(), 4u + 198u);
  EXPECT_EQ(tag("key", std::string(199, 'a') + "\xc3\xa9").size(), 4u + 199u);
}

}  // namespace
}  // namespace remora::checks::redisdb
