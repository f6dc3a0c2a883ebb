// The commands about DogStatsD, against a daemon that answers what the test says.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "api/test_daemon.hpp"
#include "fakes/temporary_directory.hpp"
#include "remora/cli/cli.hpp"
#include "remora/dogstatsd/capture.hpp"

namespace remora::cli {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class DogstatsdCommands : public testing::Test {
 protected:
  DogstatsdCommands() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    context_.environment = {
        {"DD_API_KEY", "0123456789abcdef0123456789abcd42"},
        {"ECS_CONTAINER_METADATA_URI_V4",
         std::string("http://169.254.170.2/v4/") + info->name() + std::to_string(getpid())}};
    context_.out = [this](std::string_view text) { out_ += text; };
    context_.err = [this](std::string_view text) { err_ += text; };
  }
  // Calls with a daemon that answers `reply`; what it was asked is in `asked_`.
  int call(const std::vector<std::string>& arguments, const api::IpcReply& reply) {
    const api::IpcIdentity identity = ipc_identity(config::load(context_.environment, ""));
    api::TestDaemon daemon(identity, [&](std::string_view request) {
      asked_ = request;
      return reply;
    });
    return call(arguments);
  }
  int call(const std::vector<std::string>& arguments) {
    out_.clear();
    err_.clear();
    Programs programs;
    programs.run = [](const config::Loaded&) { return 7; };
    return dispatch(arguments, context_, programs);
  }
  [[nodiscard]] static std::string content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  Context context_;
  std::string out_, err_, asked_;
  fakes::TemporaryDirectory temporary_;
  const std::string directory_ = temporary_.path();
};

TEST_F(DogstatsdCommands, StatsAskForTheirForm) {
  EXPECT_EQ(call({"dogstatsd-stats"}, {200, "Metric | ...\n"}), 0);
  EXPECT_EQ(asked_, "dogstatsd-stats?format=text");
  EXPECT_EQ(out_, "Getting the dogstatsd stats from the agent.\n\nMetric | ...\n");
  EXPECT_EQ(call({"dogstatsd-stats", "-j"}, {200, "{}"}), 0);
  EXPECT_EQ(asked_, "dogstatsd-stats?format=json");
  EXPECT_EQ(out_, "{}\n");
  EXPECT_EQ(call({"dogstatsd-stats", "-p"}, {200, "{\n}"}), 0);
  EXPECT_EQ(asked_, "dogstatsd-stats?format=pretty-json");
}

// The daemon cleans its answers too; it may be of an older version.
TEST_F(DogstatsdCommands, NothingThatIsPrintedDrivesTheTerminal) {
  const std::string clean = "\\u001b[31mred\\u0007\n";
  EXPECT_EQ(call({"dogstatsd", "top"}, {200, "\x1b[31mred\x07\n"}), 0);
  EXPECT_EQ(out_, clean);
  const std::string path = directory_ + "/top";
  EXPECT_EQ(call({"dogstatsd", "top", "-o", path}, {200, "\x1b[31mred\x07\n"}), 0);
  EXPECT_EQ(content(path), clean);
  EXPECT_EQ(call({"dogstatsd", "top"}, {500, "\x1b[31mred\x07"}), 255);
  EXPECT_EQ(err_, "Error: " + clean);
  EXPECT_EQ(call({"dogstatsd", "\x1b[31m"}), 255);
  EXPECT_EQ(err_.find('\x1b'), std::string::npos) << err_;
}

TEST_F(DogstatsdCommands, StatsGoIntoAFile) {
  const std::string path = directory_ + "/stats.json";
  EXPECT_EQ(call({"dogstatsd-stats", "-j", "-o", path}, {200, "{}"}), 0);
  EXPECT_EQ(content(path), "{}\n");
  EXPECT_EQ(out_, "Dogstatsd stats written in: " + path + "\n");
  EXPECT_EQ(call({"dogstatsd-stats", "-o", "/nowhere/x"}, {200, "{}"}), 255);
  EXPECT_THAT(err_, HasSubstr("cannot write /nowhere/x"));
}

TEST_F(DogstatsdCommands, WhatTheAgentRefusesIsTheError) {
  EXPECT_EQ(call({"dogstatsd-stats"}, {400, "Dogstatsd metrics stats not enabled"}), 255);
  EXPECT_EQ(err_, "Error: Dogstatsd metrics stats not enabled\n");
  EXPECT_EQ(call({"dogstatsd", "top"}), 255);
  EXPECT_THAT(err_, HasSubstr("could not reach agent"));
}

struct AskRow {
  const char* name;
  std::vector<std::string> arguments;
  const char* request;
};
class Asked : public DogstatsdCommands, public testing::WithParamInterface<AskRow> {};
TEST_P(Asked, IsWhatTheFlagsSay) {
  EXPECT_EQ(call(GetParam().arguments, {200, "x\n"}), 0) << err_;
  EXPECT_EQ(asked_, GetParam().request);
}
INSTANTIATE_TEST_SUITE_P(
    Flags, Asked,
    testing::Values(
        AskRow{"Top", {"dogstatsd", "top"}, "dogstatsd-top?n=10&t=5"},
        AskRow{"TopFlags", {"dogstatsd", "top", "-m", "3", "-t0"}, "dogstatsd-top?n=3&t=0"},
        AskRow{"TopLong",
               {"dogstatsd", "top", "--num-metrics=20", "--num-tags=7"},
               "dogstatsd-top?n=20&t=7"},
        AskRow{"TopSlip", {"dogstatsd", "top", "--mum-tags", "7"}, "dogstatsd-top?n=10&t=7"},
        AskRow{"Dump", {"dogstatsd", "dump-contexts"}, "dogstatsd-contexts"},
        AskRow{
            "Capture", {"dogstatsd-capture"}, "dogstatsd-capture?duration=60.000000&compressed=1"},
        AskRow{"CaptureFlags",
               {"dogstatsd-capture", "-d", "1m30s500ms", "-p", "/a b/ü", "-z=false"},
               "dogstatsd-capture?duration=90.500000&path=/a+b/%C3%BC&compressed=0"},
        AskRow{"CaptureLong",
               {"dogstatsd-capture", "--duration=0.5h", "--compressed=false"},
               "dogstatsd-capture?duration=1800.000000&compressed=0"},
        AskRow{"CaptureZ",
               {"dogstatsd-capture", "-zd", "5s"},
               "dogstatsd-capture?duration=5.000000&compressed=1"}),
    [](const auto& row) { return row.param.name; });

struct BadRow {
  const char* name;
  std::vector<std::string> arguments;
  const char* error;
};
class Mistaken : public DogstatsdCommands, public testing::WithParamInterface<BadRow> {};
TEST_P(Mistaken, IsNamedWithoutAskingTheAgent) {
  EXPECT_EQ(call(GetParam().arguments, {200, "x\n"}), 255);
  EXPECT_THAT(err_, HasSubstr(GetParam().error));
  EXPECT_EQ(asked_, "");
}
INSTANTIATE_TEST_SUITE_P(
    Flags, Mistaken,
    testing::Values(
        BadRow{"Nothing", {"dogstatsd"}, "agent dogstatsd top"},
        BadRow{"Unknown", {"dogstatsd", "tops"}, "unknown command \"tops\""},
        BadRow{"NoNumber", {"dogstatsd", "top", "-m", "x"}, "--num-metrics: \"x\" is not a number"},
        BadRow{"NoDuration", {"dogstatsd-capture", "-d", "60"}, "is not a duration such as 30s"},
        BadRow{"Negative", {"dogstatsd-capture", "-d", "-5s"}, "is not a duration such as 30s"},
        BadRow{"ZeroDuration", {"dogstatsd-capture", "-d", "0s"}, "is not a duration such as 30s"},
        BadRow{"NoFile", {"dogstatsd-replay"}, "--file: which capture?"},
        BadRow{"NoLoops", {"dogstatsd-replay", "-f", "x", "-l", "many"}, "--loops: \"many\""}),
    [](const auto& row) { return row.param.name; });

TEST_F(DogstatsdCommands, DumpTellsWhatDidNotFit) {
  const std::string lines = "{\"Name\":\"a\"}\n{\"Name\":\"b\"}\n";
  EXPECT_EQ(call({"dogstatsd", "dump-contexts"}, {200, lines}), 0);
  EXPECT_EQ(out_, lines);
  EXPECT_EQ(err_, "");
  EXPECT_EQ(call({"dogstatsd", "dump-contexts"}, {200, lines + "{\"LeftOut\":12}\n"}), 0);
  EXPECT_EQ(out_, lines);
  EXPECT_EQ(err_, "12 more contexts did not fit into the answer\n");
  const std::string path = directory_ + "/contexts";
  EXPECT_EQ(call({"dogstatsd", "dump-contexts", "-o", path}, {200, lines}), 0);
  EXPECT_EQ(content(path), lines);
  EXPECT_EQ(err_, "Wrote 2 contexts to " + path + "\n");
  EXPECT_EQ(call({"dogstatsd", "dump-contexts"}, {200, ""}), 0);
  EXPECT_EQ(out_, "");
}

TEST_F(DogstatsdCommands, CaptureTellsTheFile) {
  EXPECT_EQ(call({"dogstatsd-capture"}, {200, "/tmp/datadog-capture-1.dog.zstd"}), 0);
  EXPECT_THAT(out_, HasSubstr("capture file being written to: /tmp/datadog-capture-1.dog.zstd\n"));
  EXPECT_EQ(call({"dogstatsd-capture"}, {400, "a capture is running already: /tmp/x"}), 255);
  EXPECT_EQ(err_, "Error: a capture is running already: /tmp/x\n");
}

TEST_F(DogstatsdCommands, ReplaySendsTheFile) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  socklen_t length = sizeof address;
  ASSERT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length), 0);
  const std::string port = std::to_string(ntohs(address.sin_port));
  context_.environment["DD_DOGSTATSD_PORT"] = port;
  context_.environment["DD_DOGSTATSD_SOCKET"] = directory_ + "/none";
  context_.environment["DD_BIND_HOST"] = "127.0.0.1";

  std::string file;
  dogstatsd::append_capture_header(file);
  for (const char* bytes : {"a:1|c", "b:2|g"}) {
    dogstatsd::CapturedPacket packet;
    packet.time = std::chrono::seconds(1);
    packet.bytes = bytes;
    dogstatsd::append_capture_packet(file, packet);
  }
  const std::string path = directory_ + "/x.dog";
  std::ofstream(path, std::ios::binary) << file;
  EXPECT_EQ(call({"dogstatsd-replay", "-f", path, "-i", "2", "-v", "-m=false"}), 0) << err_;
  std::vector<std::string> received;
  for (char text[32]; received.size() < 4;) {
    const ssize_t got = recv(fd, text, sizeof text, MSG_DONTWAIT);
    if (got < 0) break;
    received.emplace_back(text, static_cast<std::size_t>(got));
  }
  close(fd);
  EXPECT_THAT(received, ElementsAre("a:1|c", "b:2|g", "a:1|c", "b:2|g"));
  EXPECT_THAT(out_, HasSubstr("Replaying dogstatsd traffic to 127.0.0.1:" + port + "/udp"));
  EXPECT_THAT(out_, HasSubstr("Sent Payload: 5 bytes, and OOB: 0 bytes\n"));
  EXPECT_THAT(out_, HasSubstr("replay done: 4 packets\n"));
}

TEST_F(DogstatsdCommands, ReplayOfSomethingElseIsRefused) {
  context_.environment["DD_DOGSTATSD_PORT"] = "9";
  context_.environment["DD_BIND_HOST"] = "127.0.0.1";
  const std::string path = directory_ + "/x.dog";
  std::ofstream(path) << "a:1|c\n";
  EXPECT_EQ(call({"dogstatsd-replay", "-f", path}), 255);
  EXPECT_THAT(err_, HasSubstr(path + ": not a DogStatsD capture"));
  EXPECT_EQ(call({"dogstatsd-replay", "-f", directory_ + "/none"}), 255);
  EXPECT_THAT(err_, HasSubstr("/none: No such file"));
}

}  // namespace
}  // namespace remora::cli
