#include "sandbox/child_process.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <csignal>

#include "fakes/run_coroutine.hpp"
#include "sandbox/agent_health.hpp"

namespace remora::sandbox {
namespace {

struct ChildTest : testing::Test {
  std::unique_ptr<ChildProcess> shell(const std::string& script) {
    auto child = ChildProcess::start(io.get_executor(), clock, {"/bin/sh", "-c", script},
                                     {{"GREETING", "hello"}},
                                     [this](std::string_view line) { lines.emplace_back(line); });
    EXPECT_TRUE(child) << child.error().message();
    return std::move(*child);
  }
  std::optional<Exit> wait(ChildProcess& child, std::chrono::milliseconds limit) {
    return fakes::run(io, child.wait(clock.now() + limit));
  }
  asio::io_context io;
  core::SystemClock clock;
  std::vector<std::string> lines;
};

TEST_F(ChildTest, HasTheChosenEnvironmentAndNothingElse) {
  const auto child = shell("echo $GREETING >&2; echo -n \"[$HOME]\"; exit 3");
  const auto exit = wait(*child, std::chrono::seconds(10));
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->text(), "exit 3");
  EXPECT_EQ(lines, (std::vector<std::string>{"hello", "[]"}));
}

TEST_F(ChildTest, EndsOnSigterm) {
  const auto child = shell("trap 'exit 0' TERM; echo ready; while :; do sleep 0.01; done");
  while (lines.empty()) io.run_one();
  EXPECT_FALSE(child->poll());
  child->signal(SIGTERM);
  const auto exit = wait(*child, std::chrono::seconds(10));
  ASSERT_TRUE(exit);
  EXPECT_TRUE(exit->clean());
}

TEST_F(ChildTest, WaitGivesUpAtTheDeadline) {
  const auto child = shell("trap '' TERM; while :; do sleep 0.01; done");
  EXPECT_FALSE(wait(*child, std::chrono::milliseconds(50)));
  child->signal(SIGKILL);
  EXPECT_EQ(wait(*child, std::chrono::seconds(10))->text(), "killed by signal 9");
}

TEST_F(ChildTest, NamesAProgramThatIsMissing) {
  const auto child = ChildProcess::start(io.get_executor(), clock, {"/nonexistent/agent"}, {}, {});
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().message(), "/nonexistent/agent: No such file or directory");
}

TEST_F(ChildTest, HealthIsTheExitCodeOfTheCommand) {
  EXPECT_FALSE(fakes::run(io, ask_health(clock, "/bin/false", {})).healthy);
  EXPECT_TRUE(fakes::run(io, ask_health(clock, "/bin/true", {})).healthy);
}

TEST(OneLine, JoinsTheLinesOfAgentHealth) {
  EXPECT_EQ(one_line({"Agent health: PASS", "=== 2 healthy components ===", "a, b", ""}),
            "Agent health: PASS 2 healthy components a, b");
}

}  // namespace
}  // namespace remora::sandbox
