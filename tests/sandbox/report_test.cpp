#include "sandbox/report.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "sandbox/terminal.hpp"
#include "sandbox/text_columns.hpp"

namespace remora::sandbox {
namespace {

ReceivedSeries series(std::string metric, double value, std::vector<std::string> tags) {
  ReceivedSeries out;
  out.metric = std::move(metric);
  out.type = 3;
  out.points = {{1'700'000'000, value}};
  out.tags = std::move(tags);
  return out;
}

struct ReportTest : testing::Test {
  ReportTest() {
    view.family = "my-app";
    view.launch_type = "FARGATE";
    view.containers = {{"datadog-agent", "id-1", "process 42 (agent)"},
                       {"app", "id-2", "this machine's processes"}};
    view.elapsed = std::chrono::milliseconds(18'400);
    view.total = std::chrono::seconds(30);
    view.agent_mark = Mark::ok;
    view.agent = "healthy: Agent health: PASS";
    view.findings = {
        "container app, dockerLabels com.datadoghq.ad.instances: the value is not "
        "valid JSON: [{]"};
    received.add(
        {series("container.cpu.usage", 1.32e7,
                {"container_id:id-1", "container_name:datadog-agent", "env:dev"}),
         series("container.net.sent", 2048,
                {"container_id:id-1", "container_name:datadog-agent", "env:dev", "interface:eth1"}),
         series("container.memory.usage", 52'428'800,
                {"container_id:id-2", "container_name:app", "env:dev"}),
         series("datadog.agent.running", 1, {"env:dev"})});
    received.payload("series", 1200, 5000, core::WallTime{});
    received.payload("series", 1000, 4000, core::WallTime{});
    view.since_last_payload = std::chrono::seconds(3);
  }
  ReportView view;
  Received received;
};

TEST_F(ReportTest, HeaderFitsEightyColumns) {
  EXPECT_EQ(render_header(view, received),
            "remora sandbox  my-app, FARGATE, 2 containers                       "
            "18 s of 30 s\n"
            "  agent  healthy: Agent health: PASS\n"
            "  intake 2 payloads, 2.1 KiB (8.8 KiB before compression), last 3 s ago\n"
            "         series: 2 of about 1.1 KiB, largest 1.2 KiB\n"
            "  stats  datadog-agent  process 42 (agent)\n"
            "         app            this machine's processes\n"
            "  fix    container app, dockerLabels com.datadoghq.ad.instances: the value is\n"
            "         not valid JSON: [{]\n");
}

TEST_F(ReportTest, HeaderNamesTheServersItStarted) {
  view.servers = {"redis: redis-server 7.0.15 started on 127.123.234.111:6379"};
  view.findings.clear();
  const std::string text = render_header(view, received);
  EXPECT_TRUE(
      text.ends_with("         app            this machine's processes\n"
                     "  server redis: redis-server 7.0.15 started on 127.123.234.111:6379\n"))
      << text;
}

TEST_F(ReportTest, TableGroupsByContainerAndShowsOnlyTagsThatDiffer) {
  EXPECT_EQ(render_table(view, received),
            "\n"
            "CONTAINER     METRIC                    VALUE UNIT  TAGS\n"
            "datadog-agent container.cpu.usage        1.32 %\n"
            "              container.net.sent          2.0 KiB/s interface:eth1\n"
            "app           container.memory.usage     50.0 MiB\n"
            "(task)        datadog.agent.running         1\n");
}

TEST_F(ReportTest, TagsAreShownOnce) {
  EXPECT_EQ(render_tags(view, received),
            "\n"
            "TAGS of every metric (the table shows the others)\n"
            "  all            env:dev\n"
            "  datadog-agent  container_id:id-1 container_name:datadog-agent\n"
            "  app            container_id:id-2 container_name:app\n");
}

TEST_F(ReportTest, ShowsDistributionsAndEvents) {
  ReceivedSketch sketch;
  sketch.metric = "request.duration";
  sketch.tags = {"container_id:id-1", "route:/"};
  sketch.points = {{1, 7, 0, 2, 1.5, 10.5, 3}};
  received.add(std::vector<ReceivedSketch>{sketch});
  EXPECT_NE(render_table(view, received).find("(average of 7)"), std::string::npos)
      << render_table(view, received);
  ReceivedEvent event;
  event.title = "deployed";
  event.alert_type = "success";
  event.tags = {"a:1"};
  received.add(std::vector<ReceivedEvent>{event});
  const std::string text = render_tags(view, received);
  EXPECT_NE(text.find("EVENTS (1)\n  success  deployed  a:1\n"), std::string::npos) << text;
}

TEST_F(ReportTest, LongTableSaysHowMuchIsMissing) {
  const std::string text = render_table(view, received, 5);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5);
  EXPECT_NE(text.find("… 2 more lines, shown at the end\n"), std::string::npos);
}

TEST_F(ReportTest, NoLineIsWiderThanTheTerminal) {
  received.add({series("ecs.fargate.ephemeral_storage.utilized.and.more", 1e300,
                       {"container_id:id-2", "x:" + std::string(200, 'y')})});
  view.agent_log = {std::string(300, 'z')};
  std::istringstream lines(render_header(view, received) + render_table(view, received) +
                           render_tags(view, received) + render_progress(view, received));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(columns(line), 80u) << line;
}

TEST_F(ReportTest, ReceivedTextCannotDriveTheTerminal) {
  received.add({series("a\x1b[2Jb", 1, {"container_id:id-2"})});
  EXPECT_EQ(render_table(view, received).find('\x1b'), std::string::npos);
}

TEST_F(ReportTest, VerdictPassesOnlyWhenEveryLineIsOk) {
  Verdict verdict;
  verdict.lines = {{Mark::ok, "metrics of every container"}};
  EXPECT_EQ(render_verdict(view, verdict), "\n[ok]   metrics of every container\nPASS\n");
  verdict.lines.push_back({Mark::failed, "the agent was not healthy"});
  EXPECT_EQ(render_verdict(view, verdict),
            "\n[ok]   metrics of every container\n[FAIL] the agent was not healthy\nFAIL\n");
}

TEST(BelongsTo, TrustsTheContainerIdMoreThanTheName) {
  MetricRow row;
  row.tags = {"container_id:other", "container_name:app"};
  EXPECT_FALSE(belongs_to(row, "id-2", "app"));
  row.tags = {"container_name:app"};
  EXPECT_TRUE(belongs_to(row, "id-2", "app"));
}

TEST(Fit, CountsCharactersNotBytes) {
  EXPECT_EQ(fit("größe", 5), "größe");
  EXPECT_EQ(fit("größer", 5), "größ…");
  EXPECT_EQ(right("ab", 4), "  ab");
}

TEST(Terminal, GetsTheColoursOfTheReportAndNoOtherControls) {
  EXPECT_EQ(shown_text("\x1b[32m[ok]\x1b[0m a\nb"), "\x1b[32m[ok]\x1b[0m a\nb");
  EXPECT_EQ(shown_text("\x1b[8mx\x1b]0;t\x07\x1b[1"), "\\u001b[8mx\\u001b]0;t\\u0007\\u001b[1");
  EXPECT_EQ(fit("a\x1b[31mb", 20), "a\\u001b[31mb");
}

TEST(Report, AProblemOfTheAgentTakesSeveralLinesOfTheTerminal) {
  EXPECT_EQ(render_problem("WARN one two three four", 26),
            "       agent: WARN one two\n"
            "              three four\n");
  const std::string word(100, 'x');  // a word that fits no line is cut
  const std::string cut = render_problem(word, 40);
  EXPECT_LE(columns(cut.substr(0, cut.find('\n'))), 40u);
}

}  // namespace
}  // namespace remora::sandbox
