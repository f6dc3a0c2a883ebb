#include "sandbox/agent_environment.hpp"

#include <gtest/gtest.h>

#include <map>

namespace remora::sandbox {
namespace {

std::map<std::string, std::string> variables_of(const AgentEnvironment& environment) {
  return {environment.variables.begin(), environment.variables.end()};
}

TEST(AgentEnvironment, TakesTheDefinitionsVariablesAndOurEndpoints) {
  const auto definition = parse_task_definition(
      R"({"family": "f", "requiresCompatibilities": ["MANAGED_INSTANCES"], "containerDefinitions":
          [{"name": "datadog-agent", "image": "i", "environment": [
             {"name": "DD_TAGS", "value": "team:web"}, {"name": "DD_DD_URL", "value": "https://x"},
             {"name": "DD_ADDITIONAL_ENDPOINTS", "value": "{}"}],
            "secrets": [{"name": "DD_API_KEY", "valueFrom": "s"}, {"name": "OTHER"}]}]})");
  const AgentEnvironment out = agent_environment(*definition, "http://m/v4/id", "http://i");
  auto variables = variables_of(out);
  EXPECT_EQ(variables["DD_TAGS"], "team:web");
  EXPECT_EQ(variables["OTHER"], "sandbox");
  EXPECT_EQ(variables["ECS_CONTAINER_METADATA_URI_V4"], "http://m/v4/id");
  EXPECT_EQ(variables["DD_DD_URL"], "http://i");
  EXPECT_EQ(variables["DD_API_KEY"], out.api_key);
  EXPECT_EQ(out.api_key.size(), 32u);
  EXPECT_EQ(variables["AWS_EXECUTION_ENV"], "AWS_ECS_MANAGED_INSTANCES");
  EXPECT_EQ(out.left_out, std::vector<std::string>{"DD_ADDITIONAL_ENDPOINTS"});
}

TEST(AgentEnvironment, KeepsAKeyThatIsOneAndReplacesAPlaceholder) {
  TaskDefinition definition = *parse_task_definition(
      R"({"family": "f", "containerDefinitions": [{"name": "datadog-agent", "image": "i"}]})");
  definition.containers[0].environment = {{"DD_API_KEY", "0123456789abcdef0123456789ABCDEF"}};
  EXPECT_EQ(agent_environment(definition, "", "").api_key, "0123456789abcdef0123456789ABCDEF");
  definition.containers[0].environment = {{"DD_API_KEY", "<DATADOG_API_KEY>"}};
  EXPECT_EQ(agent_environment(definition, "", "").api_key.size(), 32u);
}

}  // namespace
}  // namespace remora::sandbox
