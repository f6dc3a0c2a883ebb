#include "checks/ecs_fargate/ecs_fargate_samples.hpp"

#include <gtest/gtest.h>

#include <set>

#include "fakes/fake_sender.hpp"
#include "remora/checks/ecs_fargate/ecs_fargate_check.hpp"

namespace remora::checks {
namespace {

using std::chrono::milliseconds;

TEST(FargateTags, CarryTheOlderNamesToo) {
  const model::TagList tags{"cluster_name:demo",   "container_name:web", "ecs_cluster_name:demo",
                            "task_family:shop:eu", "task_version:3",     "task_version_x:1"};
  EXPECT_EQ(fargate_compatibility_tags(tags),
            (model::TagList{"ecs_cluster:demo", "docker_name:web", "ecs_task_family:shop:eu",
                            "ecs_task_version:3"}));
}

struct CpuReading {
  const char* name;
  std::optional<std::uint64_t> cpu_before, cpu_now, host_before, host_now, cpus;
  std::optional<milliseconds> apart;
  std::optional<double> expected;
  bool bad = false;
};
class FargateCpu : public testing::TestWithParam<CpuReading> {};
TEST_P(FargateCpu, IsAPercentageOfOneVcpu) {
  const CpuReading& r = GetParam();
  ecs::ContainerStats stats;
  stats.precpu.total_ns = r.cpu_before;
  stats.cpu.total_ns = r.cpu_now;
  stats.precpu.system_ns = r.host_before;
  stats.cpu.system_ns = r.host_now;
  stats.cpu.online_cpus = r.cpus;
  if (r.apart) {
    stats.preread = core::WallTime(std::chrono::seconds(1'700'000'000));
    stats.read = *stats.preread + *r.apart;
  }
  const CpuPercent percent = fargate_cpu_percent(stats);
  EXPECT_EQ(percent.value, r.expected);
  EXPECT_EQ(percent.bad_reading, r.bad);
}
constexpr std::uint64_t kG = 1'000'000'000;
constexpr milliseconds kTen(10'000);
INSTANTIATE_TEST_SUITE_P(
    Readings, FargateCpu,
    testing::Values(
        CpuReading{"Vector23", 5 * kG, 6 * kG, 0, 20 * kG, 2, kTen, 10.0},
        CpuReading{"Vector24", 0, 30 * kG, 0, 20 * kG, 2, kTen, 300.0},
        CpuReading{"RoundsToTwoPlaces", 0, 1, 0, 3, 1, kTen, 33.33},
        CpuReading{"EqualDeltasCountAsBad", 0, 20 * kG, 0, 20 * kG, 2, kTen, 200.0},
        CpuReading{"WholeSecondsOnly", 0, 30 * kG, 0, 20 * kG, 2, milliseconds(10'900), 300.0},
        CpuReading{"LessThanASecond", 0, 30 * kG, 0, 20 * kG, 2, milliseconds(900), {}, true},
        CpuReading{"NoTimes", 0, 30 * kG, 0, 20 * kG, 2, {}, {}, true},
        CpuReading{"Idle", kG, kG, 0, 20 * kG, 2, kTen, {}},
        CpuReading{"CounterFell", 2 * kG, kG, 0, 20 * kG, 2, kTen, {}},
        CpuReading{"HostDidNotMove", 0, kG, kG, kG, 2, kTen, {}},
        CpuReading{"NoCpus", 0, kG, 0, 20 * kG, 0, kTen, {}},
        CpuReading{"Windows", 0, kG, {}, {}, 2, kTen, {}},
        CpuReading{"FirstReading", {}, kG, {}, 20 * kG, 2, kTen, {}}),
    [](const auto& r) { return r.param.name; });

class FargateSamples : public testing::Test {
 protected:
  FargateSamples() {
    tags_.update(model::make_tags({"container_id:a"}), sender_,
                 [](const model::TagList&) { return model::TagList(); });
    stats_.cpu.total_ns = 6 * kG;
    stats_.cpu.user_ns = 4 * kG;
    stats_.cpu.kernel_ns = 2 * kG;
    stats_.cpu.system_ns = 20 * kG;
    stats_.cpu.online_cpus = 2;
    stats_.precpu.total_ns = 5 * kG;
    stats_.precpu.system_ns = 0;
    stats_.memory.usage = 1000;
    stats_.memory.max_usage = 2000;
    stats_.memory.limit = 4096;
    std::uint64_t n = 1;
    for (const char* key :
         {"cache", "mapped_file", "rss", "hierarchical_memory_limit", "active_anon", "active_file",
          "inactive_file", "hierarchical_memsw_limit", "pgpgin", "pgpgout", "pgmajfault",
          "pgfault"}) {
      stats_.memory.detail[key] = n++;
    }
    stats_.io_bytes = {true, 11, 12};
    stats_.io_operations = {true, 13, 14};
    ecs::InterfaceStats eth;
    eth.name = "eth1";
    eth.rx_bytes = 21;
    eth.tx_bytes = 22;
    eth.rx_errors = 23;
    eth.tx_errors = 24;
    eth.rx_dropped = 25;
    eth.tx_dropped = 26;
    eth.rx_packets = 98;  // has no metric here
    stats_.networks.push_back(eth);
  }
  bool run() {
    sender_.clear();
    SampleList list(model::kOriginEcsFargateCheck);
    const bool good = add_fargate_container_samples(stats_, tags_, sender_, list);
    list.submit_to(sender_);
    return good;
  }

  fakes::FakeSender sender_;
  EntityTags tags_;
  ecs::ContainerStats stats_;
};

TEST_F(FargateSamples, EveryValueComesFromItsField) {
  EXPECT_TRUE(run());
  const std::vector<std::pair<std::string_view, double>> expected{
      {"ecs.fargate.cpu.system", 2e9},
      {"ecs.fargate.cpu.user", 4e9},
      {"ecs.fargate.cpu.usage", 6e9},
      {"ecs.fargate.cpu.percent", 10},
      {"ecs.fargate.mem.cache", 1},
      {"ecs.fargate.mem.mapped_file", 2},
      {"ecs.fargate.mem.rss", 3},
      {"ecs.fargate.mem.hierarchical_memory_limit", 4},
      {"ecs.fargate.mem.active_anon", 5},
      {"ecs.fargate.mem.active_file", 6},
      {"ecs.fargate.mem.inactive_file", 7},
      {"ecs.fargate.mem.hierarchical_memsw_limit", 8},
      {"ecs.fargate.mem.pgpgin", 9},
      {"ecs.fargate.mem.pgpgout", 10},
      {"ecs.fargate.mem.pgmajfault", 11},
      {"ecs.fargate.mem.pgfault", 12},
      {"ecs.fargate.mem.max_usage", 2000},
      {"ecs.fargate.mem.usage", 1000},
      {"ecs.fargate.mem.limit", 4096},
      {"ecs.fargate.io.bytes.read", 11},
      {"ecs.fargate.io.bytes.write", 12},
      {"ecs.fargate.io.ops.read", 13},
      {"ecs.fargate.io.ops.write", 14},
      {"ecs.fargate.net.rcvd_errors", 23},
      {"ecs.fargate.net.sent_errors", 24},
      {"ecs.fargate.net.packet.in_dropped", 25},
      {"ecs.fargate.net.packet.out_dropped", 26},
      {"ecs.fargate.net.bytes_rcvd", 21},
      {"ecs.fargate.net.bytes_sent", 22},
  };
  ASSERT_EQ(sender_.samples.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(sender_.samples[i].metric, expected[i].first);
    EXPECT_EQ(sender_.samples[i].value, expected[i].second) << expected[i].first;
    EXPECT_EQ(sender_.samples[i].origin, model::kOriginEcsFargateCheck);
  }
  EXPECT_TRUE(fakes::FakeSender::has_tag(sender_.samples.back(), "interface:eth1"));
  EXPECT_FALSE(fakes::FakeSender::has_tag(sender_.samples.front(), "interface:eth1"));
}

TEST_F(FargateSamples, UnlimitedIsNotANumber) {
  constexpr std::uint64_t kUnlimited = 9'223'372'036'854'771'712u;
  stats_.memory.limit = kUnlimited;
  stats_.memory.detail["hierarchical_memory_limit"] = kUnlimited;
  stats_.memory.detail["hierarchical_memsw_limit"] = kUnlimited - 1;
  run();
  EXPECT_EQ(sender_.count("ecs.fargate.mem.limit"), 0u);
  EXPECT_EQ(sender_.count("ecs.fargate.mem.hierarchical_memory_limit"), 0u);
  EXPECT_EQ(sender_.count("ecs.fargate.mem.hierarchical_memsw_limit"), 1u);
}

TEST_F(FargateSamples, NullIoAndAbsentKeysAreNotSent) {
  stats_.io_bytes = {};
  stats_.io_operations = {};
  stats_.memory = {};
  stats_.networks.clear();
  run();
  std::set<std::string_view> sent;
  for (const auto& s : sender_.samples) sent.insert(s.metric);
  EXPECT_EQ(sent, (std::set<std::string_view>{"ecs.fargate.cpu.system", "ecs.fargate.cpu.user",
                                              "ecs.fargate.cpu.usage", "ecs.fargate.cpu.percent"}));
}

TEST_F(FargateSamples, ABadCpuReadingCostsOnlyThePercentage) {
  stats_.cpu.total_ns = 100 * kG;
  EXPECT_FALSE(run());
  EXPECT_EQ(sender_.count("ecs.fargate.cpu.percent"), 0u);
  EXPECT_EQ(sender_.count("ecs.fargate.mem.usage"), 1u);
}

TEST_F(FargateSamples, LimitsOfTaskAndContainer) {
  ecs::TaskMetadata task;
  task.cpu_limit_vcpu = 0.5;
  task.memory_limit_mib = 1024;
  task.ephemeral_utilized_mib = 0;
  task.ephemeral_reserved_mib = 20'496;
  ecs::ContainerMetadata container;
  container.cpu_limit_units = 10;
  SampleList list(model::kOriginEcsFargateCheck);
  add_fargate_task_samples(task, model::empty_tags(), list);
  add_fargate_limit_samples(container, model::empty_tags(), list);
  list.submit_to(sender_);
  EXPECT_EQ(sender_.value("ecs.fargate.cpu.task.limit"), 500'000'000);
  EXPECT_EQ(sender_.value("ecs.fargate.mem.task.limit"), 1'073'741'824);
  EXPECT_EQ(sender_.value("ecs.fargate.ephemeral_storage.utilized"), 0);
  EXPECT_EQ(sender_.value("ecs.fargate.ephemeral_storage.reserved"), 20'496);
  EXPECT_EQ(sender_.value("ecs.fargate.cpu.limit"), 10);
}

TEST_F(FargateSamples, LimitsOfZeroAreNone) {
  ecs::TaskMetadata task;
  task.cpu_limit_vcpu = 0;
  task.memory_limit_mib = 0;
  ecs::ContainerMetadata container;
  container.cpu_limit_units = 0;
  SampleList list(model::kOriginEcsFargateCheck);
  add_fargate_task_samples(task, model::empty_tags(), list);
  add_fargate_limit_samples(container, model::empty_tags(), list);
  EXPECT_TRUE(list.samples().empty());
}

TEST_F(FargateSamples, TheTableHoldsWhatIsSent) {
  run();
  std::set<std::string_view> sent{
      "ecs.fargate.cpu.limit", "ecs.fargate.cpu.task.limit", "ecs.fargate.mem.task.limit",
      "ecs.fargate.ephemeral_storage.utilized", "ecs.fargate.ephemeral_storage.reserved"};
  for (const auto& s : sender_.samples) sent.insert(s.metric);
  std::set<std::string_view> known;
  for (const auto& m : ecs_fargate_metrics()) known.insert(m.name);
  EXPECT_EQ(sent, known);
}

}  // namespace
}  // namespace remora::checks
