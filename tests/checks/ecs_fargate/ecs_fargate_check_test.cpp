#include "remora/checks/ecs_fargate/ecs_fargate_check.hpp"

#include "checks/task_fixture.hpp"

namespace remora::checks {
namespace {

using model::CheckStatus;
using std::chrono::seconds;

class EcsFargateCheckTest : public TaskFixture {
 protected:
  [[nodiscard]] std::vector<CheckStatus> statuses() const {
    std::vector<CheckStatus> all;
    for (const auto& check : sender_.service_checks) {
      EXPECT_EQ(check.check, "fargate_check");
      EXPECT_TRUE(check.tags->empty());
      all.push_back(check.status);
    }
    return all;
  }
  std::unique_ptr<Check> check_ = make_ecs_fargate_check(source_, tagger_, clock_, {});
};

TEST_F(EcsFargateCheckTest, IsCriticalWithoutATask) {
  EXPECT_FALSE(run(*check_));
  EXPECT_EQ(statuses(), std::vector{CheckStatus::critical});
}

TEST_F(EcsFargateCheckTest, IsCriticalOnceTheTaskIsOlderThanARun) {
  update_task(task(container(kContainerA, "a")));
  clock_.advance(seconds(15));
  EXPECT_TRUE(run(*check_));
  clock_.advance(seconds(1));
  EXPECT_FALSE(run(*check_));
  EXPECT_EQ(statuses(), std::vector{CheckStatus::critical});
  EXPECT_TRUE(sender_.samples.empty());
}

TEST_F(EcsFargateCheckTest, WarnsWithoutContainers) {
  update_task(task(""));
  EXPECT_FALSE(run(*check_));
  EXPECT_EQ(statuses(), std::vector{CheckStatus::warning});
}

TEST_F(EcsFargateCheckTest, ACompleteRunIsOk) {
  update_task(task(container(kContainerA, "a")));
  stats_body_ = "{" + stats(kContainerA, 100) + "}";
  ASSERT_TRUE(run(*check_));
  EXPECT_EQ(statuses(), std::vector{CheckStatus::ok});
  EXPECT_EQ(sender_.service_checks[0].timestamp, 1'700'000'000);
  const model::Sample* usage = sender_.find("ecs.fargate.cpu.usage");
  ASSERT_NE(usage, nullptr);
  for (const char* tag : {"docker_name:a", "container_name:a", "ecs_cluster:demo",
                          "ecs_task_family:shop", "ecs_task_version:3"}) {
    EXPECT_TRUE(fakes::FakeSender::has_tag(*usage, tag)) << tag;
  }
  const model::Sample* limit = sender_.find("ecs.fargate.cpu.task.limit");
  ASSERT_NE(limit, nullptr);
  EXPECT_EQ(limit->value, 500'000'000);
  EXPECT_TRUE(fakes::FakeSender::has_tag(*limit, "ecs_task_family:shop"));
  EXPECT_FALSE(fakes::FakeSender::has_tag(*limit, "docker_name:a"));
  EXPECT_EQ(sender_.value("ecs.fargate.cpu.limit"), 10);
}

TEST_F(EcsFargateCheckTest, AFailureOfTheStatsWarnsAfterTheLimits) {
  update_task(task(container(kContainerA, "a")));
  stats_status_ = 400;
  EXPECT_FALSE(run(*check_));
  EXPECT_EQ(statuses(), std::vector{CheckStatus::warning});
  EXPECT_EQ(sender_.count("ecs.fargate.mem.task.limit"), 1u);
  EXPECT_EQ(sender_.count("ecs.fargate.cpu.usage"), 0u);
}

TEST_F(EcsFargateCheckTest, StatsThatDoNotParseWarnAndEndWell) {
  update_task(task(container(kContainerA, "a")));
  stats_body_ = "{\"x\": ";
  EXPECT_FALSE(run(*check_));
  EXPECT_EQ(statuses(), (std::vector{CheckStatus::warning, CheckStatus::ok}));
}

TEST_F(EcsFargateCheckTest, ExcludedContainersKeepTheMetricsOfTheTask) {
  ecs::ContainerFilterOptions options;
  options.exclude = {"image:.*"};
  std::vector<std::string> warnings;
  const auto check = make_ecs_fargate_check(source_, tagger_, clock_,
                                            ecs::ContainerFilter::create(options, warnings));
  update_task(task(container(kContainerA, "a")));
  stats_body_ = "{" + stats(kContainerA, 100) + "}";
  ASSERT_TRUE(run(*check));
  EXPECT_EQ(sender_.count("ecs.fargate.cpu.usage"), 0u);
  EXPECT_EQ(sender_.count("ecs.fargate.cpu.limit"), 0u);
  EXPECT_EQ(sender_.count("ecs.fargate.cpu.task.limit"), 1u);
}

TEST_F(EcsFargateCheckTest, ForgetsAContainerThatLeftTheTask) {
  update_task(task(container(kContainerA, "a") + "," + container(kContainerB, "b")));
  stats_body_ = "{" + stats(kContainerB, 100) + "}";
  ASSERT_TRUE(run(*check_));
  const model::TagList tags = *sender_.find("ecs.fargate.cpu.usage")->tags;
  update_task(task(container(kContainerA, "a")));
  clock_.advance(seconds(1));
  ASSERT_TRUE(run(*check_));
  EXPECT_EQ(sender_.forgotten, std::vector<model::TagList>{tags});
}

}  // namespace
}  // namespace remora::checks
