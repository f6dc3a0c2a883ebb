#include "remora/core/log.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "fakes/allocation_counter.hpp"
#include "fakes/temporary_directory.hpp"
#include "remora/core/known_secrets.hpp"

namespace remora::core {
namespace {

class LogLines : public testing::Test {
 protected:
  void SetUp() override { testing::internal::CaptureStderr(); }
  std::string stop() {
    stop_logging(std::chrono::seconds(5));
    return testing::internal::GetCapturedStderr();
  }
};

TEST_F(LogLines, CarryDateLevelPlaceAndFields) {
  start_logging({});
  Logger("forwarder").warn("payload rejected", {{"status", 413}, {"endpoint", "series"}});
  const std::string line = stop();
  EXPECT_NE(line.find(" UTC | CORE | WARN | (log_test.cpp:"), std::string::npos) << line;
  EXPECT_NE(line.find(" in forwarder) | payload rejected status=413 endpoint=series\n"),
            std::string::npos)
      << line;
}

TEST_F(LogLines, StayOneLineWhateverTheValueHolds) {
  start_logging({});
  Logger("ecs").info("bad label", {{"value", "a\nb \"c\""}});
  EXPECT_NE(stop().find(R"(bad label value="a\nb \"c\"")"), std::string::npos);
}

TEST_F(LogLines, BelowTheLevelAreNotWritten) {
  LogOptions options;
  options.level = Level::error;
  start_logging(options);
  Logger("ecs").warn("quiet");
  Logger("ecs").error("loud");
  const std::string text = stop();
  EXPECT_EQ(text.find("quiet"), std::string::npos);
  EXPECT_NE(text.find("loud"), std::string::npos);
}

TEST_F(LogLines, AsJsonKeepTheKeyOrderOfTheAgent) {
  LogOptions options;
  options.json = true;
  start_logging(options);
  Logger("ecs").info("hi", {{"n", 3}});
  const std::string text = stop();
  EXPECT_EQ(text.find(R"({"agent":"core","time":")"), 0u) << text;
  EXPECT_NE(text.find(R"(,"msg":"hi","n":"3"})"), std::string::npos) << text;
}

TEST_F(LogLines, DriveNoTerminal) {
  start_logging({});
  Logger("ecs").info(
      "label \x1b[2J\r\xc2\x9b"
      "1m",
      {{"a", "\x1b]0;x\x07"}, {"b", "\u202Ex\xff"}});
  const std::string text = stop();
  EXPECT_NE(text.find("label \\u001b[2J \\u009b1m a=\"\\u001b]0;x\\u0007\" "
                      "b=\"\\u202ex\xEF\xBF\xBD\"\n"),
            std::string::npos)
      << text;
}

TEST_F(LogLines, HoldNoSecretEvenWhereItIsCut) {
  remember_secret("canary-of-the-log");
  start_logging({});
  Logger("ecs").info(
      "GET http://u:pw@h/?sig=1",
      {{"x_api_key", "abc"}, {"body", std::string(4'090, '.') + "canary-of-the-log"}});
  const std::string text = stop();
  EXPECT_NE(text.find("GET http://u:********@h/?sig=******** x_api_key=********"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("canar"), std::string::npos);
}

// Whatever a field holds, and however long: a JSON line is a JSON object of at most 16 KiB, the
// most that log drivers of containers keep in one piece.
TEST_F(LogLines, AsJsonStayWholeWhenFieldsAreLong) {
  LogOptions options;
  options.json = true;
  start_logging(options);
  const std::string quotes(20'000, '"'), controls(20'000, '\x1b'), letters(200'000, 'x');
  Logger("ecs").info(letters, {{"quotes", quotes}, {"controls", controls}, {"last", 7}});
  Logger("ecs").info(controls, {{"a", letters},
                                {"b", letters},
                                {"c", letters},
                                {"d", controls},
                                {"e", letters},
                                {"f", quotes},
                                {"end", true}});
  const std::string text = stop();
  std::istringstream lines(text);
  std::vector<nlohmann::json> read;
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 16u * 1024);
    read.push_back(nlohmann::json::parse(line, nullptr, false));
  }
  ASSERT_EQ(read.size(), 2u);
  ASSERT_TRUE(read[0].is_object() && read[1].is_object()) << text.substr(0, 200);
  EXPECT_EQ(read[0]["last"], "7");
  EXPECT_EQ(read[1]["end"], "true");
  EXPECT_TRUE(read[0]["msg"].get<std::string>().ends_with("x…"));
  EXPECT_GT(read[0]["quotes"].get<std::string>().size(), 1'000u);
  EXPECT_TRUE(read[1]["d"].get<std::string>().starts_with("\x1b\x1b"));
}

TEST_F(LogLines, AFileThatCannotBeWrittenLeavesTheConsole) {
  LogOptions options;
  options.file = "/proc/nowhere/agent.log";
  start_logging(options);
  Logger("ecs").info("still here");
  const std::string text = stop();
  EXPECT_NE(text.find("log file cannot be written"), std::string::npos) << text;
  EXPECT_NE(text.find("still here"), std::string::npos) << text;
}

TEST_F(LogLines, APipeInPlaceOfTheFileIsNotWaitedFor) {
  const fakes::TemporaryDirectory directory;
  const std::string pipe = directory.path("agent.log");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  LogOptions options;
  options.file = pipe;
  start_logging(options);
  Logger("ecs").info("still here");
  const std::string text = stop();
  EXPECT_NE(text.find("not a regular file"), std::string::npos) << text;
  EXPECT_NE(text.find("still here"), std::string::npos) << text;
}

TEST_F(LogLines, WithoutAThreadAreWrittenAllTheSame) {
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit none{0, 0};
    // Root is not held to this limit.
    const bool limited = ::setrlimit(RLIMIT_NPROC, &none) == 0 &&
                         (::geteuid() != 0 || ::setresuid(65'534, 65'534, 65'534) == 0);
    if (!limited) ::_exit(77);
    start_logging(LogOptions());
    Logger("ecs").info("still here");
    stop_logging(std::chrono::seconds(1));
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  start_logging(LogOptions());
  const std::string text = stop();
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "SKIPPED core: the limit cannot be set here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_NE(text.find("no thread for the log"), std::string::npos) << text;
  EXPECT_NE(text.find("still here"), std::string::npos) << text;
}

TEST(LogLevel, IsReadInAnyCase) {
  Level level{};
  EXPECT_TRUE(parse_level("WARNING", level));
  EXPECT_EQ(level, Level::warn);
  EXPECT_FALSE(parse_level("loud", level));
}

TEST(LogThrottle, CountsWhatItHoldsBack) {
  LogThrottle throttle(std::chrono::seconds(10));
  const auto t0 = std::chrono::steady_clock::time_point{} + std::chrono::hours(1);
  EXPECT_TRUE(throttle.allow(t0));
  EXPECT_FALSE(throttle.allow(t0 + std::chrono::seconds(9)));
  EXPECT_TRUE(throttle.allow(t0 + std::chrono::seconds(10)));
  EXPECT_EQ(throttle.suppressed(), 1u);
}

// stderr is a pipe that nobody reads: the writer stands, and lines wait.
TEST(PeakMemory, LogLinesWaitingForStderr) {
  const auto signal_before = ::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const int stderr_before = ::dup(STDERR_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  start_logging({});
  const Logger log("ecs");
  const std::string text(4'000, 'x');
  const std::uint64_t dropped = dropped_log_lines();
  const fakes::PeakMemory memory;
  for (int i = 0; i < 5'000; ++i) log.info(text);
  const std::uint64_t dropped_now = dropped_log_lines();
  const std::int64_t peak = memory.peak();
  ::dup2(stderr_before, STDERR_FILENO);
  ::close(ends[1]);
  ::close(ends[0]);
  ::close(stderr_before);
  stop_logging(std::chrono::seconds(5));
  ::signal(SIGPIPE, signal_before);
  EXPECT_GT(dropped_now - dropped, 4'000u);
  EXPECT_LT(peak, 4 << 20);
}

}  // namespace
}  // namespace remora::core
