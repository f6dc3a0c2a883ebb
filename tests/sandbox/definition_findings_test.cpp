#include "sandbox/definition_findings.hpp"

#include <gtest/gtest.h>

namespace remora::sandbox {
namespace {

TaskDefinition sound() {
  ContainerDefinition agent;
  agent.name = "datadog-agent";
  agent.image = "remora:dev";
  agent.environment = {{"ECS_MANAGED_INSTANCES", "true"}, {"DD_ECS_DEPLOYMENT_MODE", "sidecar"}};
  agent.secrets = {"DD_API_KEY"};
  agent.health_check = {"CMD-SHELL", "agent health"};
  ContainerDefinition redis;
  redis.name = "redis";
  redis.image = "redis:7";
  redis.labels = {{"com.datadoghq.ad.check_names", R"(["redisdb"])"},
                  {"com.datadoghq.ad.init_configs", "[{}]"},
                  {"com.datadoghq.ad.instances", R"([{"port": 6379}])"},
                  {"com.datadoghq.tags.env", "not json"}};
  TaskDefinition out;
  out.family = "f";
  out.launch_type = "MANAGED_INSTANCES";
  out.containers = {agent, redis};
  out.agent = 0;
  return out;
}

struct Mistake {
  const char* name;
  void (*make)(TaskDefinition&);
  const char* place;  // empty = none
};
class FindMistakes : public testing::TestWithParam<Mistake> {};

TEST_P(FindMistakes, NamesContainerAndField) {
  TaskDefinition definition = sound();
  GetParam().make(definition);
  const auto found = find_mistakes(definition);
  if (std::string_view(GetParam().place).empty()) {
    EXPECT_TRUE(found.empty()) << found.front().line();
    return;
  }
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].line().starts_with(GetParam().place)) << found[0].line();
}

INSTANTIATE_TEST_SUITE_P(
    Definitions, FindMistakes,
    testing::Values(
        Mistake{"None", [](TaskDefinition&) {}, ""},
        Mistake{"LabelJson",
                [](TaskDefinition& d) {
                  d.containers[1].labels["com.datadoghq.ad.init_configs"] = "[{]";
                },
                "container redis, dockerLabels com.datadoghq.ad.init_configs: "},
        Mistake{"LabelIsNoList",
                [](TaskDefinition& d) {
                  d.containers[1].labels["com.datadoghq.ad.init_configs"] = "{}";
                },
                "container redis, dockerLabels com.datadoghq.ad.init_configs: "},
        Mistake{"LabelCounts",
                [](TaskDefinition& d) {
                  d.containers[1].labels["com.datadoghq.ad.instances"] = "[{}, {}]";
                },
                "container redis, dockerLabels com.datadoghq.ad.instances: "},
        Mistake{"AgentNotEssential", [](TaskDefinition& d) { d.containers[0].essential = false; },
                "container datadog-agent, essential: "},
        Mistake{"HealthWithoutShell",
                [](TaskDefinition& d) {
                  d.containers[0].health_check = {"CMD", "agent health"};
                },
                "container datadog-agent, healthCheck.command: "},
        Mistake{"HealthBare",
                [](TaskDefinition& d) {
                  d.containers[0].health_check = {"agent", "health"};
                },
                "container datadog-agent, healthCheck.command: "},
        Mistake{"NoHealthCheck", [](TaskDefinition& d) { d.containers[0].health_check.clear(); },
                "container datadog-agent, healthCheck: "},
        Mistake{"NoDeploymentMode",
                [](TaskDefinition& d) { d.containers[0].environment.pop_back(); },
                "container datadog-agent, environment DD_ECS_DEPLOYMENT_MODE: "},
        Mistake{"NoKey", [](TaskDefinition& d) { d.containers[0].secrets.clear(); },
                "container datadog-agent, secrets: "},
        Mistake{"NoAgent", [](TaskDefinition& d) { d.agent = TaskDefinition::kNoAgent; },
                "containerDefinitions: "}),
    [](const auto& mistake) { return mistake.param.name; });

}  // namespace
}  // namespace remora::sandbox
