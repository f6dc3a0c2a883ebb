#include "sandbox/task_definition.hpp"

#include <gtest/gtest.h>

namespace remora::sandbox {
namespace {

TEST(ParseTaskDefinition, ReadsTheExampleOfTheRepository) {
  const auto task =
      read_task_definition(std::string(REMORA_SOURCE_DIR) + "/task-definitions/example.json");
  ASSERT_TRUE(task) << task.error().message();
  EXPECT_EQ(task->family, "my-app");
  EXPECT_EQ(task->launch_type, "MANAGED_INSTANCES");
  EXPECT_EQ(task->cpu_vcpu, 0.5);  // "512" CPU units
  EXPECT_EQ(task->memory_mib, 1024u);
  ASSERT_EQ(task->containers.size(), 3u);
  EXPECT_EQ(task->agent, 0u);
  EXPECT_TRUE(task->containers[0].has_secret("DD_API_KEY"));
  EXPECT_EQ(*task->containers[0].variable("DD_ECS_DEPLOYMENT_MODE"), "sidecar");
  EXPECT_EQ(task->containers[2].labels.at("com.datadoghq.ad.check_names"), R"(["redisdb"])");
  EXPECT_EQ(task->containers[2].ports[0].container_port, 6379);
}

TEST(ParseTaskDefinition, TakesWhatDescribeTaskDefinitionPrints) {
  const auto task = parse_task_definition(
      R"({"taskDefinition": {"family": "f", "cpu": ".25 vCPU", "memory": "2 GB",
          "requiresCompatibilities": ["EC2", "FARGATE"],
          "containerDefinitions": [{"name": "a", "image": "i", "cpu": 0}]}})");
  ASSERT_TRUE(task) << task.error().message();
  EXPECT_EQ(task->cpu_vcpu, 0.25);
  EXPECT_EQ(task->memory_mib, 2048u);
  EXPECT_EQ(task->launch_type, "EC2");
  EXPECT_FALSE(task->has_agent());
}

struct Bad {
  const char* name;
  std::string_view text, expected;
};
class ParseTaskDefinitionRejects : public testing::TestWithParam<Bad> {};

TEST_P(ParseTaskDefinitionRejects, NamesThePlace) {
  const auto task = parse_task_definition(GetParam().text);
  ASSERT_FALSE(task);
  EXPECT_EQ(task.error().message(), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, ParseTaskDefinitionRejects,
    testing::Values(
        Bad{"Empty", "", "not valid JSON at line 1, column 1"},
        Bad{"Comma", "{\"family\": \"f\",\n \"cpu\": \"1\",}",
            "not valid JSON at line 2, column 13 (a comma before the closing bracket?)"},
        Bad{"Root", "[1]", "not a JSON object"},
        Bad{"NoContainers", R"({"family": "f"})", "containerDefinitions holds no container"},
        Bad{"NoFamily", R"({"containerDefinitions": [{"name": "a", "image": "i"}]})",
            "family is missing"},
        Bad{"NoName", R"({"family": "f", "containerDefinitions": [{"image": "i"}]})",
            "containerDefinitions[0]: name is missing"},
        Bad{"NoImage", R"({"family": "f", "containerDefinitions": [{"name": "a"}]})",
            "container a: image is missing"},
        Bad{"Twice", R"({"family": "f", "containerDefinitions": [{"name": "a", "image": "i"},
             {"name": "a", "image": "i"}]})",
            "container a: the name is used twice"},
        Bad{"Environment", R"({"family": "f", "containerDefinitions": [{"name": "a", "image": "i",
             "environment": [{"name": "PORT", "value": 8080}]}]})",
            "container a: environment PORT: value must be text (put it in quotes)"},
        Bad{"Label", R"({"family": "f", "containerDefinitions": [{"name": "a", "image": "i",
             "dockerLabels": {"com.datadoghq.ad.instances": [{}]}}]})",
            "container a: dockerLabels com.datadoghq.ad.instances must be text (JSON inside a "
            "label is written as quoted text)"},
        Bad{"Port", R"({"family": "f", "containerDefinitions": [{"name": "a", "image": "i",
             "portMappings": [{"containerPort": 70000}]}]})",
            "container a: portMappings: containerPort must be a port (1-65535)"},
        Bad{"Cpu", R"({"family": "f", "cpu": "much", "containerDefinitions": []})",
            "cpu must be a number"}),
    [](const auto& bad) { return bad.param.name; });

TEST(ReadTaskDefinition, NamesTheFileThatIsMissing) {
  const auto task = read_task_definition("/nonexistent/task.json");
  ASSERT_FALSE(task);
  EXPECT_EQ(task.error().code(), Errc::not_found);
  EXPECT_NE(task.error().message().find("/nonexistent/task.json"), std::string::npos);
}

}  // namespace
}  // namespace remora::sandbox
