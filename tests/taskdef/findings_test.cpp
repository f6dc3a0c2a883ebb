#include "remora/taskdef/findings.hpp"

#include <gtest/gtest.h>

namespace remora::taskdef {
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

constexpr auto kError = autodiscovery::Severity::error;
constexpr auto kWarning = autodiscovery::Severity::warning;

struct Mistake {
  const char* name;
  void (*make)(TaskDefinition&);
  const char* place;  // empty = none
  autodiscovery::Severity severity = kWarning;
};
class FindMistakes : public testing::TestWithParam<Mistake> {};

TEST_P(FindMistakes, NamesContainerAndField) {
  TaskDefinition definition = sound();
  GetParam().make(definition);
  auto found = find_mistakes(definition);
  for (auto& fault : find_label_mistakes(definition)) found.push_back(std::move(fault));
  if (std::string_view(GetParam().place).empty()) {
    EXPECT_TRUE(found.empty()) << finding_line(found.front());
    return;
  }
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(finding_line(found[0]).starts_with(GetParam().place)) << finding_line(found[0]);
  EXPECT_EQ(found[0].severity, GetParam().severity);
}

INSTANTIATE_TEST_SUITE_P(
    Definitions, FindMistakes,
    testing::Values(
        Mistake{"None", [](TaskDefinition&) {}, ""},
        Mistake{"LabelJson",
                [](TaskDefinition& d) {
                  d.containers[1].labels["com.datadoghq.ad.init_configs"] = "[{]";
                },
                "container redis, dockerLabels com.datadoghq.ad.init_configs: ", kError},
        Mistake{"LabelIsNoList",
                [](TaskDefinition& d) {
                  d.containers[1].labels["com.datadoghq.ad.init_configs"] = "{}";
                },
                "container redis, dockerLabels com.datadoghq.ad.init_configs: "},
        Mistake{"LabelCounts",
                [](TaskDefinition& d) {
                  d.containers[1].labels["com.datadoghq.ad.instances"] = "[{}, {}]";
                },
                "container redis, dockerLabels com.datadoghq.ad.instances: ", kError},
        Mistake{"AgentNotEssential", [](TaskDefinition& d) { d.containers[0].essential = false; },
                "container datadog-agent, essential: "},
        Mistake{"HealthWithoutShell",
                [](TaskDefinition& d) {
                  d.containers[0].health_check = {"CMD", "agent health"};
                },
                "container datadog-agent, healthCheck.command: ", kError},
        Mistake{"HealthBare",
                [](TaskDefinition& d) {
                  d.containers[0].health_check = {"agent", "health"};
                },
                "container datadog-agent, healthCheck.command: ", kError},
        Mistake{"NoHealthCheck", [](TaskDefinition& d) { d.containers[0].health_check.clear(); },
                "container datadog-agent, healthCheck: "},
        Mistake{"NoDeploymentMode",
                [](TaskDefinition& d) { d.containers[0].environment.pop_back(); },
                "container datadog-agent, environment DD_ECS_DEPLOYMENT_MODE: "},
        Mistake{"NoKey", [](TaskDefinition& d) { d.containers[0].secrets.clear(); },
                "container datadog-agent, secrets: ", kError},
        Mistake{"HealthOfAnother",
                [](TaskDefinition& d) { d.containers[1].health_check = {"CMD-SHELL"}; },
                "container redis, healthCheck.command: ", kError},
        Mistake{"KeyInClear",
                [](TaskDefinition& d) {
                  d.containers[0].secrets.clear();
                  d.containers[0].environment.emplace_back("DD_API_KEY", "0123");
                },
                "container datadog-agent, environment DD_API_KEY: "},
        Mistake{"DaemonMode",
                [](TaskDefinition& d) { d.containers[0].environment[1].second = "daemon"; },
                "container datadog-agent, environment DD_ECS_DEPLOYMENT_MODE: "},
        Mistake{"FargateUnsaid", [](TaskDefinition& d) { d.launch_type = "FARGATE"; },
                "container datadog-agent, environment ECS_FARGATE: "},
        Mistake{"KeyMayBeInAFile",
                [](TaskDefinition& d) {
                  d.containers[0].secrets.clear();
                  d.containers[0].environment.clear();
                  d.containers[0].environment_files = {"arn:aws:s3:::b/dd.env"};
                },
                ""},
        Mistake{"Interval", [](TaskDefinition& d) { d.containers[0].health_times.interval = 4; },
                "container datadog-agent, healthCheck.interval: is 4; ECS takes 5 to 300 seconds "
                "(write: 5)",
                kError},
        Mistake{
            "Timeout", [](TaskDefinition& d) { d.containers[1].health_times.timeout = 61; },
            "container redis, healthCheck.timeout: is 61; ECS takes 2 to 60 seconds (write: 60)",
            kError},
        Mistake{"Retries", [](TaskDefinition& d) { d.containers[1].health_times.retries = 0; },
                "container redis, healthCheck.retries: is 0; ECS takes 1 to 10 (write: 1)", kError},
        Mistake{"StartPeriod",
                [](TaskDefinition& d) { d.containers[1].health_times.start_period = 301; },
                "container redis, healthCheck.startPeriod: is 301; ECS takes 0 to 300 seconds "
                "(write: 300)",
                kError},
        Mistake{"TimesAtTheirLimits",
                [](TaskDefinition& d) {
                  d.containers[1].health_times = {5, 2, 0, 10};
                },
                ""},
        Mistake{"BridgeOnManagedInstances", [](TaskDefinition& d) { d.network_mode = "bridge"; },
                "networkMode: is bridge, which MANAGED_INSTANCES does not have (write: awsvpc)",
                kError},
        Mistake{"BridgeWhereTheTypeIsAssumed",
                [](TaskDefinition& d) {
                  d.network_mode = "bridge";
                  d.launch_type_written = false;
                },
                ""},
        Mistake{"ModeOfATemplate", [](TaskDefinition& d) { d.network_mode = "${Mode}"; }, ""},
        Mistake{"NoAgent", [](TaskDefinition& d) { d.agent = TaskDefinition::kNoAgent; },
                "containerDefinitions: "}),
    [](const auto& mistake) { return mistake.param.name; });

}  // namespace
}  // namespace remora::taskdef
