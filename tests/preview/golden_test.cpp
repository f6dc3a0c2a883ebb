// Whole outputs of `agent preview`, as users see them. After a change that is meant:
//   build/dev/agent preview [-v | --json] INPUT > GOLDEN
// from the root of the repository; README.md's block by hand.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "fakes/source_dir.hpp"
#include "fakes/temporary_directory.hpp"
#include "remora/agent/preview.hpp"
#include "remora/autodiscovery/labels.hpp"
#include "remora/taskdef/task_definition.hpp"

namespace remora::agent {
namespace {

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Named as on the command line, from the root: the JSON repeats the name.
PreviewOutput previewed(const std::string& file, bool json, bool verbose) {
  EXPECT_EQ(chdir(fakes::source_dir().c_str()), 0);
  auto out = preview_file({file, json, verbose});
  EXPECT_TRUE(out) << out.error().message();
  return out ? *out : PreviewOutput{};
}

struct Golden {
  const char *name, *input, *expected;
  bool json, verbose, faulty;
};
class Goldens : public testing::TestWithParam<Golden> {};

TEST_P(Goldens, AreWhatIsPrinted) {
  const Golden& golden = GetParam();
  const PreviewOutput out = previewed(golden.input, golden.json, golden.verbose);
  EXPECT_EQ(out.text, read(golden.expected));
  EXPECT_EQ(out.faulty, golden.faulty);
}

INSTANTIATE_TEST_SUITE_P(
    Files, Goldens,
    testing::Values(Golden{"Faults", "tests/fixtures/preview/faults.json",
                           "tests/fixtures/preview/faults.txt", false, false, true},
                    Golden{"Labels", "tests/fixtures/preview/labels.json",
                           "tests/fixtures/preview/labels.txt", false, false, true},
                    Golden{"Ec2Bridge", "tests/fixtures/preview/ec2_bridge.json",
                           "tests/fixtures/preview/ec2_bridge.txt", false, false, false},
                    Golden{"EnvironmentFiles", "tests/fixtures/preview/environment_files.json",
                           "tests/fixtures/preview/environment_files.txt", false, false, false},
                    Golden{"HealthLimits", "tests/fixtures/preview/health_limits.json",
                           "tests/fixtures/preview/health_limits.txt", false, false, true},
                    Golden{"PortRange", "tests/fixtures/preview/port_range.json",
                           "tests/fixtures/preview/port_range.txt", false, false, false},
                    Golden{"Containers", "tests/fixtures/preview/containers.json",
                           "tests/fixtures/preview/containers.txt", false, false, false},
                    Golden{"TerraformPlan", "tests/fixtures/preview/terraform_plan.json",
                           "tests/fixtures/preview/terraform_plan.txt", false, false, true},
                    Golden{"Resources", "tests/fixtures/preview/resources.yaml",
                           "tests/fixtures/preview/resources.txt", false, false, true},
                    Golden{"Template", "tests/fixtures/preview/template.yaml",
                           "tests/fixtures/preview/template.txt", false, true, false},
                    Golden{"ExampleAsJson", "task-definitions/example.json",
                           "tests/fixtures/preview/example.golden.json", true, false, false}),
    [](const auto& golden) { return golden.param.name; });

struct Metrics {
  const char *name, *launch_type, *environment;
  bool fargate;
};
class FargateMetrics : public testing::TestWithParam<Metrics> {};

// As the daemon: on Fargate, and wherever ECS_FARGATE is set.
TEST_P(FargateMetrics, AreListedWhereTheDaemonSendsThem) {
  const fakes::TemporaryDirectory directory;
  const std::string file = directory.path("task.json");
  std::ofstream(file) << R"({"family":"f","networkMode":"awsvpc","requiresCompatibilities":[")"
                      << GetParam().launch_type
                      << R"("],"containerDefinitions":[{"name":"datadog-agent",)"
                      << R"("image":"remora:1","environment":[)" << GetParam().environment
                      << "]}]}";
  const std::string text = previewed(file, false, true).text;
  for (const char* metric : {" ecs.fargate.cpu.percent\n", " ecs.fargate.mem.usage\n"})
    EXPECT_EQ(text.find(metric) != std::string::npos, GetParam().fargate) << text;
  EXPECT_NE(text.find(std::string("Task f: ") + GetParam().launch_type), std::string::npos) << text;
}

INSTANTIATE_TEST_SUITE_P(
    LaunchTypes, FargateMetrics,
    testing::Values(Metrics{"Fargate", "FARGATE", "", true},
                    Metrics{"ManagedInstances", "MANAGED_INSTANCES", "", false},
                    Metrics{"ManagedInstancesEmpty", "MANAGED_INSTANCES",
                            R"({"name":"ECS_FARGATE","value":""})", false},
                    Metrics{"ManagedInstancesAndVariable", "MANAGED_INSTANCES",
                            R"({"name":"ECS_FARGATE","value":"true"})", true},
                    Metrics{"Ec2AndVariable", "EC2", R"({"name":"ECS_FARGATE","value":"false"})",
                            true},
                    Metrics{"FargateOverridden", "FARGATE",
                            R"({"name":"DD_ECS_LAUNCH_TYPE","value":"ec2"})", false},
                    Metrics{"ManagedInstancesOverridden", "MANAGED_INSTANCES",
                            R"({"name":"DD_ECS_LAUNCH_TYPE","value":"fargate"})", true}),
    [](const auto& metrics) { return metrics.param.name; });

TEST(Readme, ShowsWhatPreviewPrints) {
  const std::string readme = read(fakes::source_dir() + "/README.md");
  const std::string shown = "agent preview task-definitions/example.json\n```\n\n```text\n";
  const auto begin = readme.find(shown);
  ASSERT_NE(begin, std::string::npos);
  const auto end = readme.find("```", begin + shown.size());
  ASSERT_NE(end, std::string::npos);
  EXPECT_EQ(readme.substr(begin + shown.size(), end - begin - shown.size()),
            previewed("task-definitions/example.json", false, false).text);
}

// Every definition that the repository offers to copy from.
TEST(Repository, DefinitionsHaveNoFaultOfOurs) {
  for (const char* file : {"task-definitions/example.json", "task-definitions/fargate.json",
                           "task-definitions/managed-instances-secrets.json",
                           "task-definitions/managed-instances-sockets.json",
                           "task-definitions/managed-instances-firelens.json",
                           "cloudformation/example.yaml", "cloudformation/task-definition.yaml"}) {
    const std::string text = previewed(file, false, false).text;
    // What the user has to fill in is one.
    const bool to_fill_in = text.find("DD_SITE \"<YOUR_DD_SITE>\"") != std::string::npos;
    EXPECT_TRUE(text.ends_with(to_fill_in ? "\n1 error, 0 warnings\n" : "\n0 errors, 0 warnings\n"))
        << text;
  }
}

// The corrected text in place of the faulty one: nothing is left to correct.
TEST(Corrections, CanBePasted) {
  std::size_t pasted = 0;
  for (const char* file : {"faults.json", "labels.json"}) {
    const auto all =
        taskdef::read_definitions(fakes::source_dir() + "/tests/fixtures/preview/" + file);
    ASSERT_TRUE(all) << all.error().message();
    for (const auto& container : all->at(0).containers) {
      const auto before = autodiscovery::parse_labels(container.labels, container.name, "");
      for (const autodiscovery::Fault& fault : before.faults.kept()) {
        EXPECT_EQ(fault.correction.find("**"), std::string::npos) << fault.correction;
        const bool whole = fault.correction.starts_with('[') || fault.correction.starts_with('{');
        if (fault.part || !whole) continue;
        auto labels = container.labels;
        labels[fault.place] = fault.correction;
        const auto after = autodiscovery::parse_labels(labels, container.name, "");
        for (const autodiscovery::Fault& left : after.faults.kept())
          EXPECT_NE(left.place, fault.place) << container.name << ": " << left.message;
        ++pasted;
      }
    }
  }
  EXPECT_GT(pasted, 8u);
}

TEST(Output, NeverShowsASecret) {
  for (const bool json : {false, true}) {
    const std::string text = previewed("tests/fixtures/preview/faults.json", json, true).text;
    EXPECT_EQ(text.find("hunter2"), std::string::npos);
    EXPECT_EQ(text.find("0123456789abcdef"), std::string::npos);
  }
}

TEST(Output, FitsAHundredColumnsButForWhatIsCopied) {
  std::istringstream lines(previewed("tests/fixtures/preview/faults.json", false, false).text);
  for (std::string line; std::getline(lines, line);) {
    if (line.find("  write  ") != std::string::npos) continue;
    EXPECT_LE(line.size(), 100u) << line;
  }
}

TEST(Output, NamesTheFileThatCannotBeRead) {
  const auto out = preview_file({"/nonexistent/task.json", false, false});
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().message(), "/nonexistent/task.json: No such file or directory");
}

}  // namespace
}  // namespace remora::agent
