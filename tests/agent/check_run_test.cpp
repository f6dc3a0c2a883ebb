// `agent check` in its own process, against servers of loopback.
#include "remora/agent/check_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "fakes/free_port.hpp"
#include "fakes/scripted_server.hpp"
#include "fakes/temporary_directory.hpp"

namespace remora::agent {
namespace {

using fakes::ScriptedServer;
using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// The server's threads count a connection when they take it, which may be after it was closed here.
std::size_t connections(const ScriptedServer& server, std::size_t wanted) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (server.connections() < wanted && std::chrono::steady_clock::now() < end)
    std::this_thread::yield();
  return server.connections();
}

constexpr const char* kOnce = "Check has run only once";
constexpr const char* kSeveral = "Multiple check instances found";

std::string instance(int port, const std::string& name = "a") {
  return "  - {name: " + name + ", host: 127.0.0.1, port: " + std::to_string(port) + "}\n";
}

class CheckRunTest : public testing::Test {
 protected:
  CheckRunTest() {
    request_.name = "tcp_check";
    request_.delay = milliseconds(0);
  }
  void instances(const std::string& list) {
    std::ofstream(directory_.path("tcp_check.yaml")) << "init_config:\ninstances:\n" << list;
  }
  int run() {
    out_.clear();
    err_.clear();
    environment_["DD_CONFD_PATH"] = directory_.path().string();
    return run_check(config::load_text(environment_, "", ""), environment_, request_,
                     {[this](std::string_view text) { out_ += text; },
                      [this](std::string_view text) { err_ += text; }});
  }
  /// A metadata endpoint whose task has one container, with a label for tcp_check at `port`.
  static fakes::Script task(int port) {
    const std::string label =
        R"({\"tcp_check\":{\"instances\":[{\"name\":\"l\",\"host\":\"127.0.0.1\",\"port\":)" +
        std::to_string(port) + R"(}]}})";
    const std::string body =
        R"({"Cluster":"c","TaskARN":"arn:aws:ecs:eu-west-1:111122223333:task/c/0123456789abcdef0123456789abcdef",)"
        R"("Family":"f","Revision":"1","DesiredStatus":"RUNNING","KnownStatus":"RUNNING",)"
        R"("LaunchType":"FARGATE","Containers":[{"DockerId":"0123456789abcdef0123456789abcdef-1",)"
        R"("Name":"app","Image":"app:1","KnownStatus":"RUNNING","DesiredStatus":"RUNNING",)"
        R"("Type":"NORMAL","Labels":{"com.datadoghq.ad.checks":")" +
        label + R"("}}]})";
    return {fakes::script::read_request(), fakes::script::answer(200, body)};
  }
  void in_task(const ScriptedServer& endpoint) {
    environment_["ECS_CONTAINER_METADATA_URI_V4"] = endpoint.url() + "/v4/x";
    environment_["AWS_EXECUTION_ENV"] = "AWS_ECS_FARGATE";
  }

  fakes::TemporaryDirectory directory_;
  config::Environment environment_;
  CheckRequest request_;
  std::string out_, err_;
};

TEST_F(CheckRunTest, OneInstanceOneRun) {
  ScriptedServer server({{fakes::script::drain()}});
  instances(instance(server.port()));
  EXPECT_EQ(run(), 0) << err_;
  EXPECT_THAT(out_, AllOf(HasSubstr("network.tcp.can_connect"), HasSubstr(kOnce),
                          Not(HasSubstr(kSeveral)), HasSubstr("This check type has 1 instances.")));
  EXPECT_EQ(connections(server, 1), 1u);
}

TEST_F(CheckRunTest, AsManyRunsAsAreAskedForWithThePauseBetween) {
  ScriptedServer server({{fakes::script::drain()}});
  instances(instance(server.port()));
  request_.times = 3;
  request_.pause = milliseconds(40);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(run(), 0) << err_;
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(took, milliseconds(80));
  EXPECT_EQ(connections(server, 3), 3u);
  EXPECT_THAT(out_, Not(HasSubstr(kOnce)));
}

TEST_F(CheckRunTest, TwoInstancesAreToldAndOneThatFailsFailsTheCommand) {
  ScriptedServer server({{fakes::script::drain()}});
  instances(instance(server.port()) + instance(fakes::free_port(), "b"));
  EXPECT_EQ(run(), 0) << err_;  // a closed port is a finding, no failure
  EXPECT_THAT(out_, AllOf(HasSubstr(kSeveral), HasSubstr("This check type has 2 instances.")));
  instances("  - {name: b, host: no-such-host.invalid, port: 1}\n" + instance(server.port()));
  EXPECT_EQ(run(), 255);
  EXPECT_EQ(connections(server, 2), 2u) << "the other one runs all the same";
}

TEST_F(CheckRunTest, AsJsonThereIsNothingButTheDocument) {
  ScriptedServer server({{fakes::script::drain()}});
  instances(instance(server.port()) + instance(server.port(), "b"));
  request_.form = CheckForm::json;
  EXPECT_EQ(run(), 0) << err_;
  const auto document = nlohmann::json::parse(out_);
  EXPECT_EQ(document.size(), 2u);
}

TEST_F(CheckRunTest, TheFilterChoosesInstances) {
  ScriptedServer server({{fakes::script::drain()}});
  instances(instance(server.port()) + instance(server.port(), "b"));
  request_.instance_filter = R"(.name == "b")";
  EXPECT_EQ(run(), 0) << err_;
  EXPECT_EQ(connections(server, 1), 1u);
  EXPECT_THAT(out_, Not(HasSubstr(kSeveral)));
  request_.instance_filter = R"(.name == "c")";
  EXPECT_EQ(run(), 255);
  EXPECT_THAT(err_, HasSubstr("no check instance passes --instance-filter"));
}

TEST_F(CheckRunTest, WhatIsNotThereIsNamed) {
  EXPECT_EQ(run(), 255);
  EXPECT_THAT(err_, AllOf(HasSubstr("No label and no file asks for the check tcp_check"),
                          HasSubstr("no valid check found")));
  request_.name = "nosuch";
  EXPECT_EQ(run(), 255);
  EXPECT_THAT(err_, HasSubstr("There is no check of the name nosuch; there are: container"));
  request_.name = "container";
  EXPECT_EQ(run(), 255);
  EXPECT_THAT(err_, HasSubstr("the check container needs the task metadata endpoint"));
}

TEST_F(CheckRunTest, WaitsForLabelsUntilThereAreEnough) {
  ScriptedServer server({{fakes::script::drain()}});
  ScriptedServer endpoint({task(server.port())});
  in_task(endpoint);
  request_.discovery_timeout = std::chrono::seconds(60);
  EXPECT_EQ(run(), 0) << err_;  // one is enough: at once
  EXPECT_EQ(connections(server, 1), 1u);

  instances(instance(server.port(), "b"));
  request_.discovery_min_instances = 2;
  EXPECT_EQ(run(), 0) << err_;
  EXPECT_EQ(connections(server, 3), 3u);

  request_.discovery_min_instances = 3;  // there are two: it looks again, then takes those
  request_.discovery_timeout = milliseconds(600);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(run(), 0) << err_;
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(took, milliseconds(250));
  EXPECT_LT(took, std::chrono::seconds(30));
  EXPECT_EQ(connections(server, 5), 5u);
}

TEST_F(CheckRunTest, AnEndpointThatDoesNotAnswerIsNamedAndFilesRun) {
  ScriptedServer server({{fakes::script::drain()}});
  instances(instance(server.port()));
  environment_["ECS_CONTAINER_METADATA_URI_V4"] =
      "http://127.0.0.1:" + std::to_string(fakes::free_port()) + "/v4/x";
  environment_["DD_ECS_METADATA_RETRY_MAX_ELAPSED_TIME"] = "10ms";
  request_.discovery_timeout = milliseconds(100);
  EXPECT_EQ(run(), 0);
  EXPECT_THAT(err_, HasSubstr("The task metadata endpoint does not answer: "));
  EXPECT_EQ(connections(server, 1), 1u);
}

}  // namespace
}  // namespace remora::agent
