#include "checks/container/container_samples.hpp"

#include <gtest/gtest.h>

#include <set>

#include "fakes/fake_sender.hpp"
#include "remora/checks/container/container_check.hpp"

namespace remora::checks {
namespace {

using std::chrono::seconds;

constexpr std::uint64_t kMib = 1024 * 1024;

class ContainerSamples : public testing::Test {
 protected:
  ContainerSamples() {
    task_.cpu_limit_vcpu = 0.25;
    task_.memory_limit_mib = 512;
    container_.known_status = "RUNNING";
    container_.started_at = now_ - std::chrono::milliseconds(61'500);
    state_.tags.update(model::make_tags({"container_id:a"}), sender_,
                       [](const model::TagList&) { return model::TagList(1, "runtime:x"); });
  }

  // The samples of one run, in `sender_`.
  void run(const ecs::ContainerStats* stats, bool extended = false) {
    sender_.clear();
    SampleList list(model::kOriginContainerCheck);
    add_container_samples({task_, container_, stats, now_, extended}, state_, sender_, list);
    list.submit_to(sender_);
  }

  static ecs::ContainerStats cgroup_v2() {
    ecs::ContainerStats s;
    s.cpu.total_ns = 2'000'000'000;
    s.cpu.user_ns = 1'500'000'000;
    s.cpu.kernel_ns = 500'000'000;
    s.cpu.throttled_ns = 70;
    s.cpu.throttled_periods = 7;
    s.memory.usage = 50 * kMib;
    s.memory.limit = 18'446'744'073'709'551'615u;
    s.memory.detail = {{"anon", 20 * kMib},
                       {"file", 30 * kMib},
                       {"inactive_file", 10 * kMib},
                       {"pgfault", 100},
                       {"pgmajfault", 3}};
    s.io_bytes = {true, 4096, 512};
    return s;
  }
  static ecs::ContainerStats cgroup_v1() {
    ecs::ContainerStats s;
    s.cpu.total_ns = 1;
    s.memory.usage = 100;
    s.memory.max_usage = 120;
    s.memory.limit = 4096;
    s.memory.detail = {{"rss", 40}, {"cache", 50}, {"total_inactive_file", 30}, {"anon", 7}};
    return s;
  }

  core::WallTime now_{seconds(1'700'000'000)};
  ecs::TaskMetadata task_;
  ecs::ContainerMetadata container_;
  ContainerState state_;
  fakes::FakeSender sender_;
};

TEST_F(ContainerSamples, EveryMetricOfAManagedInstance) {
  const auto stats = cgroup_v2();
  run(&stats);
  const std::vector<std::pair<std::string_view, double>> expected{
      {"container.uptime", 61.5},
      {"container.cpu.usage", 2e9},
      {"container.cpu.user", 1.5e9},
      {"container.cpu.system", 5e8},
      {"container.cpu.limit", 250'000'000},  // test vector 2: a quarter of a vCPU
      {"container.memory.usage", 50.0 * kMib},
      {"container.memory.limit", 536'870'912},  // test vector 3: 2^64-1 is no limit
      {"container.memory.rss", 20.0 * kMib},
      {"container.memory.cache", 30.0 * kMib},
      {"container.memory.page_faults", 100},
      {"container.io.read", 4096},
      {"container.io.write", 512},
      {"container.io.read.operations", 0},
      {"container.io.write.operations", 0},
      {"container.net.rcvd", 0},  // test vector 6: no networks
      {"container.net.sent", 0},
      {"container.net.rcvd.packets", 0},
      {"container.net.sent.packets", 0},
  };
  ASSERT_EQ(sender_.samples.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const model::Sample& s = sender_.samples[i];
    EXPECT_EQ(s.metric, expected[i].first);
    EXPECT_EQ(s.value, expected[i].second) << s.metric;
    EXPECT_EQ(*s.tags, (model::TagList{"container_id:a", "runtime:x"})) << s.metric;
    EXPECT_EQ(s.origin, model::kOriginContainerCheck);
  }
}

TEST_F(ContainerSamples, KindsFollowTheTable) {
  const auto stats = cgroup_v2();
  run(&stats);
  EXPECT_EQ(sender_.find("container.cpu.usage")->kind, model::SampleKind::rate);
  EXPECT_EQ(sender_.find("container.memory.usage")->kind, model::SampleKind::gauge);
  EXPECT_EQ(sender_.find("container.memory.page_faults")->kind, model::SampleKind::monotonic_count);
}

TEST_F(ContainerSamples, CgroupV1ReadsItsOwnNames) {
  const auto stats = cgroup_v1();
  run(&stats);
  EXPECT_EQ(sender_.value("container.memory.rss"), 40);
  EXPECT_EQ(sender_.value("container.memory.cache"), 50);
}

TEST_F(ContainerSamples, WithoutStatsOnlyTheUptimeRemains) {
  run(nullptr);
  ASSERT_EQ(sender_.samples.size(), 1u);
  EXPECT_EQ(sender_.samples[0].metric, "container.uptime");
}

TEST_F(ContainerSamples, UptimeIsNeverNegative) {
  container_.started_at = now_ + seconds(1);
  run(nullptr);
  EXPECT_TRUE(sender_.samples.empty());
  container_.started_at.reset();
  run(nullptr);
  EXPECT_TRUE(sender_.samples.empty());
}

TEST_F(ContainerSamples, ReadingsThatAreMissingAreNotSent) {
  task_ = {};
  const ecs::ContainerStats stats;
  run(&stats);
  std::set<std::string_view> sent;
  for (const auto& s : sender_.samples) sent.insert(s.metric);
  EXPECT_EQ(sent, (std::set<std::string_view>{"container.uptime", "container.io.read",
                                              "container.io.write", "container.io.read.operations",
                                              "container.io.write.operations", "container.net.rcvd",
                                              "container.net.sent", "container.net.rcvd.packets",
                                              "container.net.sent.packets"}));
}

struct MemoryLimit {
  const char* name;
  std::optional<std::uint64_t> own;
  std::optional<std::uint64_t> task_mib;
  std::optional<double> expected;
};
class ContainerMemoryLimit : public ContainerSamples,
                             public testing::WithParamInterface<MemoryLimit> {};
TEST_P(ContainerMemoryLimit, FallsBackToTheTask) {
  task_.memory_limit_mib = GetParam().task_mib;
  ecs::ContainerStats stats;
  stats.memory.limit = GetParam().own;
  run(&stats);
  EXPECT_EQ(sender_.value("container.memory.limit"), GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(
    Limits, ContainerMemoryLimit,
    testing::Values(MemoryLimit{"OwnLimit", 4096, 512, 4096},
                    MemoryLimit{"JustBelowUnlimited", 4611686018427387903u, 512,
                                4611686018427387903.0},
                    MemoryLimit{"Unlimited", 4611686018427387904u, 512, 536'870'912},
                    MemoryLimit{"Zero", 0, 512, 536'870'912},
                    MemoryLimit{"Missing", {}, 512, 536'870'912},
                    MemoryLimit{"NoneAtAll", {}, {}, {}}, MemoryLimit{"TaskZero", 0, 0, {}}),
    [](const auto& limit) { return limit.param.name; });

TEST_F(ContainerSamples, EveryInterfaceHasItsOwnTags) {
  auto stats = cgroup_v2();
  ecs::InterfaceStats eth;
  eth.name = "eth0";
  eth.rx_bytes = 1;
  eth.tx_bytes = 2;
  eth.rx_packets = 3;
  eth.tx_packets = 4;
  stats.networks.push_back(eth);
  eth.name = "eth1";
  eth.rx_bytes = 10;
  stats.networks.push_back(eth);
  run(&stats);
  EXPECT_EQ(sender_.value("container.net.rcvd", "interface:eth0"), 1);
  EXPECT_EQ(sender_.value("container.net.sent", "interface:eth0"), 2);
  EXPECT_EQ(sender_.value("container.net.rcvd.packets", "interface:eth0"), 3);
  EXPECT_EQ(sender_.value("container.net.sent.packets", "interface:eth0"), 4);
  EXPECT_EQ(sender_.value("container.net.rcvd", "interface:eth1"), 10);
  EXPECT_EQ(sender_.count("container.net.rcvd"), 2u);  // and none without an interface
}

TEST_F(ContainerSamples, AnIoArrayThatVanishesIsNoReading) {
  auto stats = cgroup_v2();
  run(&stats);
  stats.io_bytes = {};
  run(&stats);
  EXPECT_EQ(sender_.count("container.io.read"), 0u);  // a zero would make the next rate absurd
  EXPECT_EQ(sender_.value("container.io.read.operations"), 0);
}

TEST_F(ContainerSamples, ExtendedMetricsOnRequest) {
  const auto v1 = cgroup_v1();
  run(&v1, true);
  EXPECT_EQ(sender_.value("container.memory.usage.peak"), 120);
  EXPECT_EQ(sender_.value("container.memory.working_set"), 70);  // test vector 21
  const auto v2 = cgroup_v2();
  run(&v2, true);
  EXPECT_EQ(sender_.value("container.memory.working_set"), 40.0 * kMib);
  EXPECT_EQ(sender_.value("container.cpu.throttled"), 70);
  EXPECT_EQ(sender_.value("container.cpu.throttled.periods"), 7);
  EXPECT_EQ(sender_.value("container.memory.major_page_faults"), 3);
  for (const MetricInfo& metric : container_metrics()) {
    if (!metric.extended) continue;
    run(&v2, false);
    EXPECT_EQ(sender_.count(metric.name), 0u) << metric.name;
  }
}

TEST_F(ContainerSamples, TheSameReadingTwiceKeepsOnlyTheGauges) {
  const auto stats = cgroup_v2();
  SampleList list(model::kOriginContainerCheck);
  list.skip_counters(true);
  add_container_samples({task_, container_, &stats, now_, true}, state_, sender_, list);
  for (const auto& s : list.samples()) EXPECT_EQ(s.kind, model::SampleKind::gauge) << s.metric;
  EXPECT_FALSE(list.samples().empty());
}

TEST_F(ContainerSamples, TheTableHoldsWhatIsSent) {
  auto stats = cgroup_v2();
  stats.memory.max_usage = 1;
  run(&stats, true);
  std::set<std::string_view> sent, known;
  for (const auto& s : sender_.samples) sent.insert(s.metric);
  for (const auto& m : container_metrics()) known.insert(m.name);
  EXPECT_EQ(sent, known);
}

}  // namespace
}  // namespace remora::checks
