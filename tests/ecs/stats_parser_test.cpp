#include <gtest/gtest.h>

#include "fakes/ecs_fixture.hpp"
#include "remora/ecs/stats.hpp"

namespace remora::ecs {
namespace {

using Strings = std::vector<std::string>;

TaskStats parse_ok(std::string_view body) {
  auto stats = parse_task_stats(body);
  EXPECT_TRUE(stats) << stats.error().message();
  return stats ? *stats : TaskStats{};
}
TaskStats parse_fixture(const std::string& name) { return parse_ok(fakes::ecs_fixture(name)); }

/// One container "c" with a CPU total and `more` members.
TaskStats parse_members(std::string_view more) {
  return parse_ok(R"({"c":{"cpu_stats":{"cpu_usage":{"total_usage":1}},)" + std::string(more) +
                  R"(},"d":{"cpu_stats":{"cpu_usage":{"total_usage":2}}}})");
}

TEST(ParseTaskStats, ReadsCgroupV1) {
  const TaskStats s = parse_fixture("stats_ec2_cgroup_v1.json");
  EXPECT_EQ(s.containers.size(), 3u);
  EXPECT_EQ(s.find(std::string(64, 'c')), nullptr);
  EXPECT_EQ(s.warnings, Strings{});
  const ContainerStats* web = s.find(std::string(64, 'b'));
  ASSERT_NE(web, nullptr);
  EXPECT_EQ(web->read, core::WallTime(std::chrono::nanoseconds(1772359505123456789)));
  EXPECT_EQ(web->cpu.total_ns, 360968065u);
  EXPECT_EQ(web->cpu.user_ns, 290000000u);
  EXPECT_EQ(web->cpu.kernel_ns, 40000000u);
  EXPECT_EQ(web->cpu.system_ns, 13930700000000u);
  EXPECT_EQ(web->cpu.online_cpus, 2u);
  EXPECT_EQ(web->cpu.periods, 10u);
  EXPECT_EQ(web->cpu.throttled_periods, 1u);
  EXPECT_EQ(web->cpu.throttled_ns, 5000u);
  EXPECT_EQ(web->precpu.total_ns, 350968065u);
  EXPECT_EQ(web->memory.usage, 1806336u);
  EXPECT_EQ(web->memory.max_usage, 6299648u);
  EXPECT_EQ(web->memory.limit, 536870912u);
  EXPECT_EQ(web->memory.failcnt, 2u);
  EXPECT_EQ(web->memory.get("cache"), 1002u);
  EXPECT_EQ(web->memory.get("hierarchical_memsw_limit"), 9223372036854771712u);
  EXPECT_FALSE(web->memory.cgroup_v2());
  EXPECT_TRUE(web->io_bytes.present);
  EXPECT_EQ(web->io_bytes.read, 5096u);  // two devices; Sync, Async and Total do not count
  EXPECT_EQ(web->io_bytes.write, 100u);
  EXPECT_EQ(web->io_operations.read, 7u);
  ASSERT_EQ(web->networks.size(), 1u);
  const InterfaceStats& eth0 = web->networks[0];
  EXPECT_EQ(eth0.name, "eth0");
  EXPECT_EQ(
      (std::vector<std::uint64_t>{eth0.rx_bytes, eth0.rx_packets, eth0.rx_errors, eth0.rx_dropped,
                                  eth0.tx_bytes, eth0.tx_packets, eth0.tx_errors, eth0.tx_dropped}),
      (std::vector<std::uint64_t>{84, 2, 1, 3, 840, 5, 0, 4}));
}

TEST(ParseTaskStats, ReadsManagedInstances) {
  const TaskStats s = parse_fixture("stats_managed_instances.json");
  const ContainerStats* redis = s.find("0123456789abcdef0123456789abcdef-1000000001");
  ASSERT_NE(redis, nullptr);
  EXPECT_EQ(redis->cpu.system_ns, 9007199254740993u);  // 2^53 + 1: lost if read as a double
  EXPECT_EQ(redis->memory.limit, 18446744073709551615u);
  EXPECT_FALSE(redis->memory.max_usage);
  EXPECT_TRUE(redis->memory.cgroup_v2());
  EXPECT_EQ(redis->memory.get("anon"), 20971520u);
  EXPECT_EQ(redis->memory.get("cache"), std::nullopt);
  EXPECT_EQ(redis->io_bytes.read, 8192u);
  EXPECT_EQ(redis->io_bytes.write, 1024u);
  EXPECT_FALSE(redis->io_operations.present);
  EXPECT_TRUE(redis->networks.empty());
  EXPECT_EQ(s.warnings, Strings{});
}

TEST(ParseTaskStats, ReadsFargate) {
  const TaskStats s = parse_fixture("stats_fargate.json");
  const ContainerStats* curl = s.find("0f6e2b2d8f6a4f5f8d8e6a4b7c9d1e21-2745590001");
  ASSERT_NE(curl, nullptr);
  EXPECT_EQ(curl->memory.limit, 9223372036854771712u);
  EXPECT_EQ(curl->networks.at(0).name, "eth1");
}

TEST(ParseTaskStats, TakesTheWindowsShapeQuietly) {
  const TaskStats s = parse_fixture("stats_fargate_windows.json");
  EXPECT_EQ(s.warnings, Strings{});
  const ContainerStats* c = s.find("0f6e2b2d8f6a4f5f8d8e6a4b7c9d1e21-2745590001");
  ASSERT_NE(c, nullptr);
  EXPECT_EQ(c->cpu.total_ns, 25000000u);
  EXPECT_FALSE(c->cpu.system_ns);
  EXPECT_FALSE(c->memory.usage);
  EXPECT_FALSE(c->io_bytes.present);
  EXPECT_EQ(c->networks.at(0).rx_bytes, 84u);
}

TEST(ParseTaskStats, EveryFormOfNotStartedMeansNoStatsYet) {
  const TaskStats s = parse_fixture("stats_not_started.json");
  EXPECT_EQ(s.containers.size(), 10u);
  for (const auto& [id, stats] : s.containers) {
    EXPECT_EQ(stats.has_value(), id == "first-sample") << id;
  }
  EXPECT_EQ(s.warnings, Strings{});
  EXPECT_FALSE(s.find("first-sample")->preread);
}

TEST(ParseTaskStats, AddsOperationsOfAnyCaseAndIgnoresTotals) {
  const TaskStats s =
      parse_members(R"("blkio_stats":{"io_service_bytes_recursive":[{"op":"read","value":100},)"
                    R"({"op":"Read","value":50},{"op":"Total","value":999},{"value":7}]})");
  EXPECT_EQ(s.find("c")->io_bytes.read, 150u);
  EXPECT_EQ(s.find("c")->io_bytes.write, 0u);
}

TEST(ParseTaskStats, SumsOfBlockIoSaturate) {
  const TaskStats s = parse_members(
      R"("blkio_stats":{"io_serviced_recursive":[{"op":"write","value":18446744073709551615},)"
      R"({"op":"write","value":5}]})");
  EXPECT_EQ(s.find("c")->io_operations.write, 18446744073709551615u);
}

TEST(ParseTaskStats, CountsPercpuWhenOnlineCpusIsMissingOrZero) {
  for (const char* online : {"", R"(,"online_cpus":0)"}) {
    const TaskStats s =
        parse_ok(R"({"c":{"cpu_stats":{"cpu_usage":{"total_usage":1,"percpu_usage":[1,0,2]})" +
                 std::string(online) + "}}}");
    EXPECT_EQ(s.find("c")->cpu.online_cpus, 3u) << online;
  }
}

TEST(ParseTaskStats, SortsInterfaces) {
  const TaskStats s =
      parse_members(R"("networks":{"eth1":{"rx_bytes":1},"eth0":null,"br0":{"rx_bytes":2}})");
  ASSERT_EQ(s.find("c")->networks.size(), 2u);
  EXPECT_EQ(s.find("c")->networks[0].name, "br0");
  EXPECT_EQ(s.find("c")->networks[1].rx_bytes, 1u);
}

struct BadMember {
  const char* name;
  std::string_view json;
  Strings warnings;
};
class ParseTaskStatsMember : public testing::TestWithParam<BadMember> {};

TEST_P(ParseTaskStatsMember, IsNamedAndCostsNothingElse) {
  const TaskStats s = parse_members(GetParam().json);
  ASSERT_NE(s.find("c"), nullptr);
  EXPECT_EQ(s.find("c")->cpu.total_ns, 1u);
  ASSERT_NE(s.find("d"), nullptr);
  EXPECT_EQ(s.find("d")->cpu.total_ns, 2u);
  EXPECT_EQ(s.warnings, GetParam().warnings);
}

INSTANTIATE_TEST_SUITE_P(
    Members, ParseTaskStatsMember,
    testing::Values(
        BadMember{
            "MemoryText", R"("memory_stats":"lots")", {"container c: memory_stats is not usable"}},
        BadMember{
            "MemoryArray", R"("memory_stats":[1])", {"container c: memory_stats is not usable"}},
        BadMember{"Negative",
                  R"("memory_stats":{"usage":-5})",
                  {"container c: memory_stats.usage is not usable"}},
        BadMember{"BeyondSixtyFourBits",
                  R"("memory_stats":{"limit":18446744073709551616})",
                  {"container c: memory_stats.limit is not usable"}},
        BadMember{"DetailText",
                  R"("memory_stats":{"stats":{"rss":"x"}})",
                  {"container c: memory_stats.stats.rss is not usable"}},
        BadMember{"None", R"("memory_stats":"None","networks":"None")", {}},
        BadMember{"BlkioObject",
                  R"("blkio_stats":{"io_serviced_recursive":{"op":"read"}})",
                  {"container c: blkio_stats.io_serviced_recursive is not usable",
                   "container c: blkio_stats.io_serviced_recursive.op is not usable"}},
        BadMember{"BlkioEntryText",
                  R"("blkio_stats":{"io_serviced_recursive":["x"]})",
                  {"container c: blkio_stats.io_serviced_recursive[] is not usable"}},
        BadMember{"InterfaceNumber",
                  R"("networks":{"eth0":4})",
                  {"container c: networks.eth0 is not usable"}},
        BadMember{"ReadGarbage", R"("read":"soon")", {"container c: read is not usable"}},
        BadMember{"Unknown", R"("gpu_stats":[{"a":[{}]}])", {}}),
    [](const auto& bad) { return bad.param.name; });

TEST(ParseTaskStats, ANumberThatNoDoubleHoldsCostsItsValueAlone) {
  const TaskStats s = parse_members(R"("memory_stats":{"usage":1e999,"limit":5})");
  ASSERT_EQ(s.containers.size(), 2u);
  const ContainerStats* c = s.find("c");
  ASSERT_NE(c, nullptr);
  EXPECT_FALSE(c->memory.usage);
  EXPECT_EQ(c->memory.limit, 5u);
}

TEST(ParseTaskStats, AcceptsAWholeNumberWrittenAsFraction) {
  EXPECT_EQ(parse_members(R"("memory_stats":{"usage":1.5e3})").find("c")->memory.usage, 1500u);
}

TEST(ParseTaskStats, EntriesOfAWrongTypeAreNamed) {
  const TaskStats s =
      parse_ok(R"({"a":5,"b":[{}],"":{},"c":{"cpu_stats":{"cpu_usage":{"total_usage":1}}}})");
  EXPECT_EQ(s.warnings, (Strings{"container a: not an object", "container b: not an object",
                                 "an entry without a container id: skipped"}));
  EXPECT_EQ(s.containers.size(), 3u);
  EXPECT_NE(s.find("c"), nullptr);
}

TEST(ParseTaskStats, RefusesDocumentsThatAreTooDeepOrTooMany) {
  std::string deep = R"({"c":)";
  for (int i = 0; i < 40; ++i) deep += R"({"x":)";
  EXPECT_EQ(parse_task_stats(deep).error().code(), Errc::malformed_payload);

  std::string many = "{";
  for (int i = 0; i < 1001; ++i) many += "\"" + std::to_string(i) + "\":null,";
  many.back() = '}';
  EXPECT_EQ(parse_task_stats(many).error().code(), Errc::too_large);

  EXPECT_EQ(parse_task_stats("[]").error().code(), Errc::malformed_payload);
  EXPECT_EQ(parse_task_stats("").error().code(), Errc::malformed_payload);
}

TEST(ParseTaskStats, KeepsAtMostTheLimitsOfKeysAndInterfaces) {
  std::string keys, interfaces;
  for (int i = 0; i < 129; ++i) keys += "\"k" + std::to_string(i) + "\":1,";
  for (int i = 0; i < 65; ++i) interfaces += "\"e" + std::to_string(i) + "\":{\"rx_bytes\":1},";
  keys.pop_back();
  interfaces.pop_back();
  const TaskStats s = parse_members("\"memory_stats\":{\"stats\":{" + keys + "}},\"networks\":{" +
                                    interfaces + "}");
  EXPECT_EQ(s.find("c")->memory.detail.size(), 128u);
  EXPECT_EQ(s.find("c")->networks.size(), 64u);
  EXPECT_EQ(s.warnings.size(), 2u);
}

}  // namespace
}  // namespace remora::ecs
