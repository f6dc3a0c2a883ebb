// The main job through the real program: a task's containers become metrics at the intake.
#include <gtest/gtest.h>

#include "e2e/process.hpp"
#include "e2e/world.hpp"

namespace remora::e2e {
namespace {

using std::chrono::seconds;

TEST(Delivery, AShortTaskLeavesMetricsOfEveryContainer) {
  ServerThread thread;
  Task task(thread);
  Intake intake(thread);
  const auto variables = agent_variables(task, intake);
  Process agent(kAgentProgram, {"run"}, variables);
  const auto begin = std::chrono::steady_clock::now();

  ASSERT_TRUE(eventually(
      [&] { return run_program(kAgentProgram, {"health"}, variables).code == 0; }, seconds(10)));
  ASSERT_TRUE(eventually([&] { return intake.has("container.uptime"); }, seconds(10)))
      << "the early sample did not arrive";
  // Rates need two samples some time apart: the early one, and the last one at SIGTERM.
  std::this_thread::sleep_until(begin + seconds(3));
  agent.kill(SIGTERM);
  ASSERT_EQ(agent.wait(seconds(15)), 0) << agent.output();

  for (const char* container : {"app", "datadog-agent", "redis"}) {
    EXPECT_FALSE(intake.values("container.uptime", container).empty()) << container;
    const auto cpu = intake.values("container.cpu.usage", container);
    ASSERT_EQ(cpu.size(), 1u) << container << "\n" << agent.output();
    EXPECT_NEAR(cpu[0], Task::kCpuNanosecondsPerSecond, Task::kCpuNanosecondsPerSecond * 0.05);
    EXPECT_EQ(intake.values("container.memory.usage", container).back(), 52428800.0);
    // 2^64-1 means no limit: the task's 1024 MiB count.
    EXPECT_EQ(intake.values("container.memory.limit", container).back(), 1073741824.0);
    EXPECT_EQ(intake.values("container.memory.rss", container).back(), 20971520.0);
    EXPECT_EQ(intake.values("container.cpu.limit", container).back(), 500000000.0);
  }
  EXPECT_FALSE(intake.bad_request_seen);
  EXPECT_NE(agent.output().find("stopped, everything sent"), std::string::npos) << agent.output();
}

TEST(Delivery, SeriesCarryTheTagsOfTheTaskAndNoHost) {
  ServerThread thread;
  Task task(thread);
  Intake intake(thread);
  auto variables = agent_variables(task, intake);
  variables["DD_TAGS"] = "team:shop, owner:me";
  variables["DD_ENV"] = "prod";
  Process agent(kAgentProgram, {"run"}, variables);
  ASSERT_TRUE(eventually([&] { return intake.has("container.uptime"); }));
  agent.kill(SIGTERM);
  ASSERT_EQ(agent.wait(seconds(15)), 0) << agent.output();

  bool seen = false;
  for (const auto& series : intake.series()) {
    EXPECT_TRUE(series.host_resource) << series.metric;
    if (series.metric != "container.memory.usage" || !series.has("ecs_container_name:redis"))
      continue;
    seen = true;
    const std::vector<std::string> golden{
        "aws_account:111122223333",
        "cluster_name:demo",
        "container_id:" + Task::id("redis"),
        "container_name:redis",
        "docker_image:redis:7",
        "ecs_cluster_name:demo",
        "ecs_container_name:redis",
        "ecs_service:shop-svc",
        "env:prod",
        "image_id:sha256:00",
        "image_name:redis",
        "image_tag:7",
        "owner:me",
        "region:us-west-2",
        "runtime:ecsmanagedinstances",
        "short_image:redis",
        "task_arn:arn:aws:ecs:us-west-2:111122223333:task/demo/0123456789abcdef0123456789abcdef",
        "task_family:shop",
        "task_name:shop",
        "task_version:3",
        "team:shop"};
    EXPECT_EQ(series.tags, golden);
    EXPECT_EQ(series.type, 3);
  }
  EXPECT_TRUE(seen);
  EXPECT_TRUE(intake.has("datadog.agent.running"));
  EXPECT_TRUE(intake.has("datadog.agent.started"));
}

TEST(Delivery, ANewContainerIsSampledWithoutWaitingForTheNextInterval) {
  ServerThread thread;
  Task task(thread);
  Intake intake(thread);
  Process agent(kAgentProgram, {"run"}, agent_variables(task, intake));
  ASSERT_TRUE(eventually([&] { return !intake.values("container.uptime", "redis").empty(); }));
  task.set_containers({"app", "datadog-agent", "late"});
  EXPECT_TRUE(
      eventually([&] { return !intake.values("container.uptime", "late").empty(); }, seconds(12)));
  agent.kill(SIGTERM);
  EXPECT_EQ(agent.wait(seconds(15)), 0) << agent.output();
}

TEST(Delivery, ASecondIntakeGetsTheSameSeriesWithItsOwnKey) {
  ServerThread thread;
  Task task(thread);
  Intake intake(thread);
  Intake second(thread);
  second.expected_key = "fedcba9876543210fedcba9876543210";
  auto variables = agent_variables(task, intake);
  variables["DD_ADDITIONAL_ENDPOINTS"] =
      "{\"" + second.url() + "\":[\"" + second.expected_key + "\"]}";
  Process agent(kAgentProgram, {"run"}, variables);
  EXPECT_TRUE(
      eventually([&] { return intake.has("container.uptime") && second.has("container.uptime"); }));
  agent.kill(SIGTERM);
  EXPECT_EQ(agent.wait(seconds(15)), 0) << agent.output();
  EXPECT_EQ(intake.series().size(), second.series().size());
  EXPECT_FALSE(intake.bad_request_seen || second.bad_request_seen);
}

}  // namespace
}  // namespace remora::e2e
