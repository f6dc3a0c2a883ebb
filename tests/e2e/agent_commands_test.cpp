// The command line as users and ECS call it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "e2e/process.hpp"
#include "e2e/world.hpp"

namespace remora::e2e {
namespace {

using std::chrono::seconds;

TEST(Commands, RefuseToRunWithoutAUsableKeyInOneLineAndWithExitCodeOne) {
  for (const char* key : {"", "<YOUR_API_KEY>", "0123"}) {
    const Finished finished = run_program(kAgentProgram, {"run"}, {{"DD_API_KEY", key}});
    EXPECT_EQ(finished.code, 1) << key << ": " << finished.output;
    EXPECT_NE(finished.output.find("DD_API_KEY"), std::string::npos) << finished.output;
    EXPECT_EQ(std::count(finished.output.begin(), finished.output.end(), '\n'), 1)
        << finished.output;
  }
}

TEST(Commands, HealthWithoutADaemonSaysSoAndFails) {
  const Finished finished =
      run_program(kAgentProgram, {"health"}, {{"DD_API_KEY", "abcdefabcdefabcdefabcdefabcdef00"}});
  EXPECT_EQ(finished.code, 255);
  EXPECT_NE(finished.output.find("could not reach agent"), std::string::npos) << finished.output;
}

TEST(Commands, OutsideEcsTheMissingVariableIsNamedAndSelfMetricsFlow) {
  ServerThread thread;
  Intake intake(thread);
  const Variables variables{{"DD_API_KEY", intake.expected_key}, {"DD_DD_URL", intake.url()}};
  Process agent(kAgentProgram, {"run"}, variables);
  EXPECT_TRUE(eventually([&] { return intake.has("datadog.agent.running"); }));
  EXPECT_EQ(run_program(kAgentProgram, {"health"}, variables).code, 0);
  agent.kill(SIGTERM);
  EXPECT_EQ(agent.wait(seconds(15)), 0);
  const std::string log = agent.output();
  const std::string missing = "ECS_CONTAINER_METADATA_URI_V4 is not set";
  const auto first = log.find(missing);
  ASSERT_NE(first, std::string::npos) << log;
  EXPECT_EQ(log.find(missing, first + 1), std::string::npos) << "told twice:\n" << log;
  EXPECT_NE(log.find("remora-sandbox"), std::string::npos) << log;
}

TEST(Commands, AnotherContainerOfTheTaskReadsNothing) {
  ServerThread thread;
  Task task(thread);
  Intake intake(thread);
  const auto variables = agent_variables(task, intake);
  Process agent(kAgentProgram, {"run"}, variables);
  ASSERT_TRUE(
      eventually([&] { return run_program(kAgentProgram, {"health"}, variables).code == 0; }));
  auto stranger = variables;
  stranger["DD_API_KEY"] = "ffffffffffffffffffffffffffff0000";
  const Finished status = run_program(kAgentProgram, {"status"}, stranger);
  EXPECT_EQ(status.code, 255);
  EXPECT_EQ(status.output.find("Forwarder"), std::string::npos) << status.output;
  agent.kill(SIGTERM);
  EXPECT_EQ(agent.wait(seconds(15)), 0);
}

TEST(Commands, StatusShowsEveryPartAndNoSecret) {
  ServerThread thread;
  Task task(thread);
  Intake intake(thread);
  const auto variables = agent_variables(task, intake);
  Process agent(kAgentProgram, {"run"}, variables);
  ASSERT_TRUE(eventually([&] { return intake.has("container.uptime"); }));
  const Finished text = run_program(kAgentProgram, {"status"}, variables);
  EXPECT_EQ(text.code, 0) << text.output;
  for (const char* part :
       {"Getting the status from the agent", "Collector", "Forwarder", "Aggregator", "container"}) {
    EXPECT_NE(text.output.find(part), std::string::npos) << part << " is missing in\n"
                                                         << text.output;
  }
  EXPECT_NE(text.output.find("  Task ARN: arn:aws:ecs:"), std::string::npos) << text.output;
  EXPECT_EQ(text.output.find("ARN: arn:aws:ecs:*"), std::string::npos) << text.output;
  const Finished json = run_program(kAgentProgram, {"status", "--json"}, variables);
  EXPECT_EQ(json.code, 0);
  EXPECT_EQ(json.output.front(), '{') << json.output;
  const Finished section = run_program(kAgentProgram, {"status", "forwarder"}, variables);
  EXPECT_EQ(section.code, 0);
  EXPECT_EQ(section.output.find("Collector"), std::string::npos);
  const Finished config = run_program(kAgentProgram, {"config"}, variables);
  EXPECT_EQ(config.code, 0);
  EXPECT_NE(config.output.find("DD_DD_URL"), std::string::npos) << config.output;
  for (const auto& output : {text.output, json.output, config.output}) {
    EXPECT_EQ(output.find(intake.expected_key), std::string::npos) << "a secret was printed";
  }
  agent.kill(SIGTERM);
  EXPECT_EQ(agent.wait(seconds(15)), 0);
  EXPECT_EQ(agent.output().find(intake.expected_key), std::string::npos) << "a secret was logged";
}

TEST(Commands, WorkWithAReadOnlyRootAndAForeignUser) {
  if (geteuid() != 0) GTEST_SKIP() << "SKIPPED: changing the user needs root";
  ServerThread thread;
  Task task(thread);
  Intake intake(thread);
  const auto variables = agent_variables(task, intake);
  // setpriv drops the user; the working directory stays one nobody may write.
  Process agent("/usr/bin/setpriv",
                {"--reuid=12345", "--regid=12345", "--clear-groups", kAgentProgram, "run"},
                variables);
  EXPECT_TRUE(eventually([&] {
    return run_program("/usr/bin/setpriv",
                       {"--reuid=23456", "--regid=0", "--clear-groups", kAgentProgram, "health"},
                       variables)
               .code == 0;
  }));
  agent.kill(SIGTERM);
  EXPECT_EQ(agent.wait(seconds(15)), 0) << agent.output();
}

TEST(Commands, VersionHelpAndUnknownOnes) {
  EXPECT_EQ(run_program(kAgentProgram, {"version"}, {}).code, 0);
  EXPECT_EQ(run_program(kAgentProgram, {"help"}, {}).code, 0);
  const Finished unknown = run_program(kAgentProgram, {"healt"}, {});
  EXPECT_EQ(unknown.code, 255);
  EXPECT_NE(unknown.output.find("health"), std::string::npos) << unknown.output;
}

}  // namespace
}  // namespace remora::e2e
