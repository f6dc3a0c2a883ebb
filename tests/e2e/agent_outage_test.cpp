// The outside fails: nothing is lost that fits in memory, and the container stays healthy.
#include <gtest/gtest.h>

#include "e2e/process.hpp"
#include "e2e/world.hpp"

namespace remora::e2e {
namespace {

using std::chrono::seconds;

TEST(Outage, OfTheIntakeDegradesButNeverFailsTheHealthCheck) {
  ServerThread thread;
  Task task(thread);
  Intake intake(thread);
  intake.status = 503;
  const auto variables = agent_variables(task, intake);
  Process agent(kAgentProgram, {"run"}, variables);
  ASSERT_TRUE(eventually([&] { return intake.requests > 2; }));
  Finished health{};
  ASSERT_TRUE(eventually([&] {
    health = run_program(kAgentProgram, {"health"}, variables);
    return health.output.find("degraded") != std::string::npos;
  })) << health.output;
  EXPECT_EQ(health.code, 0) << health.output;
  EXPECT_NE(health.output.find("503"), std::string::npos) << health.output;

  intake.status = 202;
  EXPECT_TRUE(eventually([&] { return intake.has("container.uptime"); }, seconds(30)))
      << "the early sample was lost in the outage";
  EXPECT_TRUE(eventually([&] {
    health = run_program(kAgentProgram, {"health"}, variables);
    return health.output.find("degraded") == std::string::npos;
  })) << health.output;
  agent.kill(SIGTERM);
  EXPECT_EQ(agent.wait(seconds(15)), 0) << agent.output();
}

TEST(Outage, OfTheMetadataEndpointDegradesAndKeepsSelfMetrics) {
  ServerThread thread;
  Task task(thread);
  Intake intake(thread);
  task.status = 500;
  const auto variables = agent_variables(task, intake);
  Process agent(kAgentProgram, {"run"}, variables);
  Finished health{};
  ASSERT_TRUE(eventually([&] {
    health = run_program(kAgentProgram, {"health"}, variables);
    return health.output.find("degraded") != std::string::npos;
  })) << health.output;
  EXPECT_EQ(health.code, 0) << health.output;
  EXPECT_NE(health.output.find("ecs-task-source"), std::string::npos) << health.output;

  task.status = 200;
  EXPECT_TRUE(eventually([&] { return intake.has("container.uptime"); }, seconds(30)));
  agent.kill(SIGTERM);
  EXPECT_EQ(agent.wait(seconds(15)), 0) << agent.output();
}

TEST(Outage, AtTheStopIsBoundedByTheDeadlineAndCountsWhatIsLost) {
  ServerThread thread;
  Task task(thread);
  Intake intake(thread);
  intake.status = 503;
  auto variables = agent_variables(task, intake);
  variables["DD_STOP_TIMEOUT"] = "1s";
  Process agent(kAgentProgram, {"run"}, variables);
  ASSERT_TRUE(eventually([&] { return intake.requests > 2; }));
  agent.kill(SIGTERM);
  EXPECT_EQ(agent.wait(seconds(10)), 0) << agent.output();
  const std::string& output = agent.output();
  const auto last = output.rfind("\n", output.size() - 2);
  EXPECT_NE(output.find("could not be sent", last), std::string::npos) << output;
  EXPECT_NE(output.find("lost_payloads=", last), std::string::npos) << output;
}

TEST(Outage, AnIntakeThatComesBackDuringTheStopGetsEverything) {
  ServerThread thread;
  Task task(thread);
  Intake intake(thread);
  intake.status = 503;
  Process agent(kAgentProgram, {"run"}, agent_variables(task, intake));
  ASSERT_TRUE(eventually([&] { return intake.requests > 2; }));
  agent.kill(SIGTERM);
  ASSERT_EQ(agent.wait(seconds(2)), -1) << "the drain should go on: " << agent.output();
  intake.status = 202;
  EXPECT_EQ(agent.wait(seconds(10)), 0) << agent.output();
  EXPECT_NE(agent.output().find("stopped, everything sent"), std::string::npos) << agent.output();
  EXPECT_TRUE(intake.has("datadog.agent.running")) << agent.output();
}

TEST(Outage, ASecondSignalAtOnceLosesNothingThatAHealthyIntakeTakes) {
  ServerThread thread;
  Task task(thread);
  Intake intake(thread);
  Process agent(kAgentProgram, {"run"}, agent_variables(task, intake));
  ASSERT_TRUE(eventually([&] { return intake.has("container.uptime"); }, seconds(30)));
  agent.kill(SIGTERM);
  agent.kill(SIGTERM);
  EXPECT_EQ(agent.wait(seconds(5)), 0) << agent.output();
  EXPECT_NE(agent.output().find("stopped, everything sent"), std::string::npos) << agent.output();
}

TEST(Outage, ARefusedKeyIsTheLastWordOfTheLog) {
  ServerThread thread;
  Task task(thread);
  Intake intake(thread);
  auto variables = agent_variables(task, intake);
  variables["DD_API_KEY"] = "00000000000000000000000000000001";
  Process agent(kAgentProgram, {"run"}, variables);
  ASSERT_TRUE(eventually([&] { return intake.bad_request_seen.load(); }, seconds(30)));
  agent.kill(SIGTERM);
  EXPECT_EQ(agent.wait(seconds(10)), 0) << agent.output();
  const std::string& output = agent.output();
  const auto last = output.rfind("\n", output.size() - 2);
  EXPECT_NE(output.find("refused or dropped before", last), std::string::npos) << output;
  EXPECT_NE(output.find("is not accepted by", last), std::string::npos) << output;
}

TEST(Outage, ARedirectOfTheIntakeIsNoDelivery) {
  ServerThread thread;
  Task task(thread);
  Intake intake(thread);
  intake.status = 301;
  auto variables = agent_variables(task, intake);
  variables["DD_STOP_TIMEOUT"] = "2s";
  Process agent(kAgentProgram, {"run"}, variables);
  ASSERT_TRUE(eventually([&] { return intake.requests > 2; }));
  agent.kill(SIGTERM);
  EXPECT_EQ(agent.wait(seconds(10)), 0) << agent.output();
  const std::string& output = agent.output();
  const auto last = output.rfind("\n", output.size() - 2);
  EXPECT_NE(output.find("could not be sent", last), std::string::npos) << output;
  EXPECT_NE(output.find("status 301", last), std::string::npos) << output;
}

TEST(Outage, ASecondSignalEndsTheProcessAtOnce) {
  ServerThread thread;
  Task task(thread);
  Intake intake(thread);
  intake.status = 503;
  auto variables = agent_variables(task, intake);
  variables["DD_STOP_TIMEOUT"] = "60s";
  Process agent(kAgentProgram, {"run"}, variables);
  ASSERT_TRUE(eventually([&] { return intake.requests > 2; }));
  agent.kill(SIGTERM);
  ASSERT_EQ(agent.wait(seconds(2)), -1) << "the drain should go on: " << agent.output();
  agent.kill(SIGTERM);
  EXPECT_EQ(agent.wait(seconds(5)), 0) << agent.output();
}

}  // namespace
}  // namespace remora::e2e
