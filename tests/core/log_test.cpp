#include "remora/core/log.hpp"

#include <gtest/gtest.h>

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

TEST_F(LogLines, AFileThatCannotBeWrittenLeavesTheConsole) {
  LogOptions options;
  options.file = "/proc/nowhere/agent.log";
  start_logging(options);
  Logger("ecs").info("still here");
  const std::string text = stop();
  EXPECT_NE(text.find("log file cannot be written"), std::string::npos) << text;
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

}  // namespace
}  // namespace remora::core
