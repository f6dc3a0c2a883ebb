// What surrounds the agent is short or strange: descriptors, standard streams, files, signals.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "e2e/process.hpp"
#include "e2e/world.hpp"
#include "fakes/temporary_directory.hpp"

namespace remora::e2e {
namespace {

using std::chrono::seconds;

// The agent, started by a shell that first does `setup`.
Process agent_after(const std::string& setup, const Variables& variables,
                    const std::string& redirections = "") {
  return Process("/bin/sh", {"-c", setup + "exec \"$0\" run " + redirections, kAgentProgram},
                 variables);
}

int connect_stream(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  (void)::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
  return fd;
}

TEST(Limits, With32DescriptorsAnd60ClientsTheAgentStaysHealthyAndDelivers) {
  ServerThread thread;
  Task task(thread);
  Intake intake(thread);
  const fakes::TemporaryDirectory directory;
  Variables variables = agent_variables(task, intake);
  variables["DD_DOGSTATSD_STREAM_SOCKET"] = directory.path("dsd.stream");
  Process agent = agent_after("ulimit -n 32; ", variables);
  const auto healthy = [&] { return run_program(kAgentProgram, {"health"}, variables).code == 0; };
  ASSERT_TRUE(eventually(healthy));
  std::vector<int> clients;
  for (int i = 0; i < 60; ++i) clients.push_back(connect_stream(directory.path("dsd.stream")));
  const int requests = intake.requests;
  for (int i = 0; i < 5; ++i) {
    const Finished health = run_program(kAgentProgram, {"health"}, variables);
    EXPECT_EQ(health.code, 0) << health.output;
  }
  agent.kill(SIGTERM);
  EXPECT_EQ(agent.wait(seconds(15)), 0) << agent.output();
  EXPECT_GT(intake.requests, requests) << "the last flush found no descriptor";
  EXPECT_EQ(agent.output().find("could not be sent"), std::string::npos) << agent.output();
  for (const int fd : clients) ::close(fd);
}

TEST(Limits, ClosedStandardStreamsChangeNothing) {
  ServerThread thread;
  Task task(thread);
  Intake intake(thread);
  const Variables variables = agent_variables(task, intake);
  Process agent = agent_after("", variables, "<&- >&- 2>&-");
  EXPECT_TRUE(eventually([&] { return intake.has("datadog.agent.running"); }));
  agent.kill(SIGTERM);
  EXPECT_EQ(agent.wait(seconds(15)), 0);
  EXPECT_FALSE(intake.bad_request_seen);
}

TEST(Limits, OtherSignalsEndNothing) {
  ServerThread thread;
  Task task(thread);
  Intake intake(thread);
  const Variables variables = agent_variables(task, intake);
  Process agent(kAgentProgram, {"run"}, variables);
  ASSERT_TRUE(
      eventually([&] { return run_program(kAgentProgram, {"health"}, variables).code == 0; }));
  for (const int signal : {SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE}) agent.kill(signal);
  EXPECT_EQ(run_program(kAgentProgram, {"health"}, variables).code, 0);
  agent.kill(SIGQUIT);
  EXPECT_EQ(agent.wait(seconds(15)), 0) << agent.output();
}

TEST(Limits, APipeInPlaceOfAnyFileIsNotWaitedFor) {
  ServerThread thread;
  Task task(thread);
  Intake intake(thread);
  const fakes::TemporaryDirectory directory;
  const std::string pipe = directory.path("pipe.yaml");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  Variables variables = agent_variables(task, intake);
  variables["DD_TLS_CERT_FILE"] = pipe;
  const Finished refused = run_program(kAgentProgram, {"run"}, variables);
  EXPECT_EQ(refused.code, 1) << refused.output;
  EXPECT_NE(refused.output.find(pipe + ": not a regular file"), std::string::npos)
      << refused.output;
  variables.erase("DD_TLS_CERT_FILE");
  variables["DD_AUTH_TOKEN_FILE_PATH"] = pipe;
  variables["DD_LOG_FILE"] = pipe;
  variables["DD_CONFD_PATH"] = directory.path().string();
  Process agent(kAgentProgram, {"run", "--cfgpath", pipe}, variables);
  EXPECT_TRUE(eventually([&] { return intake.has("datadog.agent.running"); }));
  agent.kill(SIGTERM);
  EXPECT_EQ(agent.wait(seconds(15)), 0) << agent.output();
}

}  // namespace
}  // namespace remora::e2e
