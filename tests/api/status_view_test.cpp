#include "remora/api/status_view.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace remora::api {
namespace {

using telemetry::StatusNode;

std::vector<StatusNode> blocks() {
  StatusNode agent;
  agent.title = "Agent (v0.1.0)";
  agent.add("Pid", 7).add("Log level", "info");

  StatusNode instance;
  instance.title = "container";
  instance.add("Total Runs", 1234567u).add("Average time", 0.12345).add("OK", true);
  StatusNode running;
  running.title = "Running Checks";
  running.children = {instance};
  StatusNode collector;
  collector.title = "Collector";
  collector.add("Offset", -1234).add("Share", 1500.0);
  collector.children = {running};
  return {agent, collector};
}

TEST(StatusText, HasTitlesSeparatorsAndIndents) {
  EXPECT_EQ(status_text(blocks()),
            "==============\n"
            "Agent (v0.1.0)\n"
            "==============\n"
            "  Pid: 7\n"
            "  Log level: info\n"
            "\n"
            "=========\n"
            "Collector\n"
            "=========\n"
            "  Offset: -1,234\n"
            "  Share: 1,500\n"
            "\n"
            "  Running Checks\n"
            "  ==============\n"
            "\n"
            "    container\n"
            "    ---------\n"
            "      Total Runs: 1,234,567\n"
            "      Average time: 0.123\n"
            "      OK: true\n");
}

TEST(StatusText, OfNothingIsEmpty) { EXPECT_EQ(status_text({}), ""); }

TEST(StatusText, HidesSecretsAndKeepsEachValueOnItsLine) {
  StatusNode node;
  node.title = "Endpoints";
  node.add("Key", "0123456789abcdef0123456789abcdef").add("Name", "a\nb: 1\033[2J");
  EXPECT_EQ(status_text(std::vector{node}),
            "=========\nEndpoints\n=========\n"
            "  Key: ***************************bcdef\n"
            "  Name: a b: 1\\u001b[2J\n");
}

struct Number {
  const char* name;
  telemetry::StatusValue value;
  const char* expected;
};

class StatusNumber : public testing::TestWithParam<Number> {};

TEST_P(StatusNumber, IsWrittenForPeople) {
  StatusNode node;
  node.title = "T";
  node.fields.emplace_back("n", GetParam().value);
  EXPECT_EQ(status_text(std::vector{node}),
            std::string("=\nT\n=\n  n: ") + GetParam().expected + "\n");
}

INSTANTIATE_TEST_SUITE_P(
    Numbers, StatusNumber,
    testing::Values(
        Number{"Zero", std::int64_t{0}, "0"}, Number{"Three", std::int64_t{999}, "999"},
        Number{"Four", std::int64_t{1000}, "1,000"},
        Number{"Least", std::numeric_limits<std::int64_t>::min(), "-9,223,372,036,854,775,808"},
        Number{"Most", std::numeric_limits<std::uint64_t>::max(), "18,446,744,073,709,551,615"},
        Number{"Fraction", 1234.5, "1,234.5"}, Number{"Rounded", 0.99999, "1"},
        Number{"NegativeZero", -0.0001, "0"},
        Number{"NaN", std::numeric_limits<double>::quiet_NaN(), "NaN"},
        Number{"Infinite", -std::numeric_limits<double>::infinity(), "-Inf"}),
    [](const auto& row) { return row.param.name; });

TEST(StatusJson, HasSnakeCaseNamesAndPlainNumbers) {
  EXPECT_EQ(status_json(blocks(), false),
            R"j({"agent":{"title":"Agent (v0.1.0)","pid":7,"log_level":"info"},)j"
            R"("collector":{"offset":-1234,"share":1500.0,"running_checks":{"container":)"
            R"({"total_runs":1234567,"average_time":0.12345,"ok":true}}}})");
}

TEST(StatusJson, PrettyIsTheSameDocument) {
  const auto pretty = status_json(blocks(), true);
  EXPECT_NE(pretty.find("\n  \"agent\""), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(pretty), nlohmann::json::parse(status_json(blocks(), false)));
}

TEST(StatusJson, StaysValidWhateverTheNamesAre) {
  StatusNode node;
  node.title = "B";
  node.add("RetryCount", 1).add("retry count", 2).add("retry-count", 3).add("!?", 4);
  node.add("NaN", std::numeric_limits<double>::quiet_NaN()).add("Bytes", "\xff\"\n");
  node.add("token", "hunter2");
  EXPECT_EQ(status_json(std::vector{node, node}, false),
            R"({"b":{"retry_count":1,"retry_count_2":2,"retry_count_3":3,"_":4,"na_n":null,)"
            "\"bytes\":\"\xef\xbf\xbd\\\"\\n\",\"token\":\"********\"},"
            R"("b_2":{"retry_count":1,"retry_count_2":2,"retry_count_3":3,"_":4,"na_n":null,)"
            "\"bytes\":\"\xef\xbf\xbd\\\"\\n\",\"token\":\"********\"}}");
}

TEST(SelectSection, IgnoresCaseBlanksDashesAndTheVersion) {
  for (const char* name : {"collector", "COLLECTOR", "col-lector ", "Coll ector"}) {
    const auto selected = select_section(blocks(), name);
    ASSERT_EQ(selected.size(), 1u) << name;
    EXPECT_EQ(selected[0].title, "Collector");
  }
  ASSERT_EQ(select_section(blocks(), "agent").size(), 1u);
  EXPECT_TRUE(select_section(blocks(), "coll").empty());
  EXPECT_TRUE(select_section(blocks(), "").empty());
}

}  // namespace
}  // namespace remora::api
