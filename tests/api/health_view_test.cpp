#include "remora/api/health_view.hpp"

#include <gtest/gtest.h>

namespace remora::api {
namespace {

telemetry::HealthReport healthy() {
  telemetry::HealthReport report;
  report.healthy = {"aggregator", "forwarder"};
  return report;
}

telemetry::HealthReport mixed() {
  telemetry::HealthReport report = healthy();
  report.degraded = {{"forwarder", "intake unreachable"}};
  report.unhealthy = {{"collector", "no sign of life for 61 s"}, {"tagger", "not started yet"}};
  return report;
}

TEST(HealthText, OfAHealthyAgent) {
  EXPECT_EQ(health_text(healthy(), false),
            "Agent health: PASS\n"
            "=== 2 healthy components ===\n"
            "aggregator, forwarder\n");
}

TEST(HealthText, ShowsReasonsOfWhatIsWrong) {
  EXPECT_EQ(health_text(mixed(), false),
            "Agent health: FAIL\n"
            "=== 2 healthy components ===\n"
            "aggregator, forwarder\n"
            "=== 1 degraded component ===\n"
            "forwarder: intake unreachable\n"
            "=== 2 unhealthy components ===\n"
            "collector: no sign of life for 61 s\n"
            "tagger: not started yet\n");
}

TEST(HealthText, OfADegradedAgentStillPasses) {
  telemetry::HealthReport report = mixed();
  report.unhealthy.clear();
  EXPECT_EQ(health_text(report, false).substr(0, 19), "Agent health: PASS\n");
}

TEST(HealthText, HasColoursOnlyWhenAsked) {
  EXPECT_EQ(health_text(mixed(), true).substr(0, 28), "Agent health: \033[31mFAIL\033[0m\n");
  EXPECT_EQ(health_text(mixed(), false).find('\033'), std::string::npos);
}

TEST(HealthText, KeepsControlCharactersFromTheTerminal) {
  telemetry::HealthReport report;
  report.unhealthy = {{"x", "a\033[2J\nb"}};
  EXPECT_EQ(health_text(report, false),
            "Agent health: FAIL\n=== 1 unhealthy component ===\nx: a\\u001b[2J b\n");
}

TEST(HealthJson, HasTheFormOfTheAgent) {
  EXPECT_EQ(health_json(healthy()),
            R"({"Healthy":["aggregator","forwarder"],"Unhealthy":null,"Degraded":null})");
  EXPECT_EQ(health_json(mixed()),
            R"({"Healthy":["aggregator","forwarder"],"Unhealthy":["collector","tagger"],)"
            R"("Degraded":{"forwarder":"intake unreachable"},)"
            R"("Reasons":{"collector":"no sign of life for 61 s","tagger":"not started yet"}})");
}

TEST(HealthJson, StaysValidWithBytesThatAreNotUtf8) {
  telemetry::HealthReport report;
  report.unhealthy = {{"x", "bad \xff \"quoted\""}};
  const auto back = parse_health_json(health_json(report));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->unhealthy[0].reason, "bad \xef\xbf\xbd \"quoted\"");
}

TEST(ParseHealthJson, ReadsBackWhatHealthJsonWrote) {
  for (const auto& report : {healthy(), mixed()}) {
    const auto back = parse_health_json(health_json(report));
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(health_json(*back), health_json(report));
    EXPECT_EQ(back->ok(), report.ok());
  }
}

TEST(ParseHealthJson, TakesTheAgentsOwnReport) {
  const auto report = parse_health_json(R"({"Healthy":null,"Unhealthy":["a"]})");
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->ok());
  EXPECT_EQ(report->unhealthy[0].reason, "");
}

struct BadReport {
  const char* name;
  const char* json;
  const char* word;
};

class ParseHealthJsonRejects : public testing::TestWithParam<BadReport> {};

TEST_P(ParseHealthJsonRejects, WhatIsNoReport) {
  const auto report = parse_health_json(GetParam().json);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), Errc::malformed_payload);
  EXPECT_NE(report.error().message().find(GetParam().word), std::string::npos)
      << report.error().message();
}

INSTANTIATE_TEST_SUITE_P(
    Reports, ParseHealthJsonRejects,
    testing::Values(BadReport{"Empty", "", "JSON object"},
                    BadReport{"Truncated", R"({"Healthy":["a")", "JSON object"},
                    BadReport{"List", "[]", "JSON object"},
                    BadReport{"NobodyAtAll", "{}", "no component"},
                    BadReport{"HealthyText", R"({"Healthy":"a"})", "Healthy"},
                    BadReport{"NameNumber", R"({"Healthy":["a"],"Unhealthy":[1]})", "Unhealthy"},
                    BadReport{"DegradedList", R"({"Healthy":["a"],"Degraded":["a"]})", "Degraded"},
                    BadReport{"ReasonNumber", R"({"Healthy":["a"],"Degraded":{"a":1}})",
                              "Degraded"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace remora::api
