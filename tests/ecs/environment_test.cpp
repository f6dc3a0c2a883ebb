#include "remora/ecs/environment.hpp"

#include <gtest/gtest.h>

namespace remora::ecs {
namespace {

struct Case {
  const char* name;
  const char* execution_env;
  const char* fargate;
  const char* managed_instances;
  const char* override_text;
  LaunchType expected;
  bool fargate_metrics;
  std::size_t warnings;
};
class DetectEnvironment : public testing::TestWithParam<Case> {};

TEST_P(DetectEnvironment, FollowsTheOrder) {
  EnvironmentVariables v;
  v.metadata_uri_v4 = "http://169.254.170.2/v4/x";
  v.execution_env = GetParam().execution_env;
  v.ecs_fargate = GetParam().fargate;
  v.ecs_managed_instances = GetParam().managed_instances;
  v.launch_type_override = GetParam().override_text;
  const Environment e = detect_environment(v);
  EXPECT_EQ(e.launch_type, GetParam().expected);
  EXPECT_EQ(e.fargate_metrics, GetParam().fargate_metrics);
  EXPECT_EQ(e.warnings.size(), GetParam().warnings);
  EXPECT_TRUE(e.in_ecs);
}

INSTANTIATE_TEST_SUITE_P(
    Variables, DetectEnvironment,
    testing::Values(
        Case{"Nothing", "", "", "", "", LaunchType::unknown, false, 0},
        Case{"Ec2", "AWS_ECS_EC2", "", "", "", LaunchType::ec2, false, 0},
        Case{"Fargate", "AWS_ECS_FARGATE", "", "", "", LaunchType::fargate, true, 0},
        Case{"Mi", "AWS_ECS_MANAGED_INSTANCES", "", "", "", LaunchType::managed_instances, false,
             0},
        Case{"MiWithFargateMetrics", "AWS_ECS_MANAGED_INSTANCES", "true", "true", "",
             LaunchType::managed_instances, true, 0},
        Case{"LegacyFargateAnyValue", "", "no", "", "", LaunchType::fargate, true, 0},
        Case{"MiVariable", "", "", "true", "", LaunchType::managed_instances, false, 0},
        Case{"MiVariableFalse", "", "", "false", "", LaunchType::unknown, false, 0},
        Case{"UnknownExecutionEnv", "AWS_Lambda", "", "", "", LaunchType::unknown, false, 0},
        Case{"Override", "AWS_ECS_FARGATE", "", "", "EC2", LaunchType::ec2, false, 0},
        Case{"BadOverride", "AWS_ECS_EC2", "", "", "mainframe", LaunchType::ec2, false, 1}),
    [](const auto& c) { return c.param.name; });

TEST(DetectEnvironment, WarnsAboutModesItDoesNotHave) {
  EnvironmentVariables v;
  v.metadata_uri_v4 = "http://x";
  for (const char* quiet : {"", "auto", "Sidecar"}) {
    v.deployment_mode = quiet;
    EXPECT_TRUE(detect_environment(v).warnings.empty()) << quiet;
  }
  for (const char* loud : {"Daemon", "other"}) {
    v.deployment_mode = loud;
    EXPECT_EQ(detect_environment(v).warnings.size(), 1u) << loud;
  }
}

TEST(DetectEnvironment, SaysWhenThereIsNoMetadataEndpoint) {
  const Environment e = detect_environment({});
  EXPECT_FALSE(e.in_ecs);
  ASSERT_EQ(e.warnings.size(), 1u);
  EXPECT_NE(e.warnings[0].find("ECS_CONTAINER_METADATA_URI_V4"), std::string::npos);
  EXPECT_NE(e.warnings[0].find("remora-sandbox"), std::string::npos) << "no hint what to do";
}

TEST(ExecutionEnv, IsWhatTheDetectionReads) {
  for (const auto type : {LaunchType::fargate, LaunchType::managed_instances, LaunchType::ec2}) {
    EnvironmentVariables v;
    v.execution_env = execution_env(type);
    EXPECT_EQ(detect_environment(v).launch_type, type) << v.execution_env;
  }
  EXPECT_EQ(execution_env(LaunchType::external), "");
  EXPECT_EQ(detect_environment({}).launch_type, LaunchType::unknown);
}

TEST(LaunchTypeOf, IsThatOfTheTaskOnlyWhereTheVariablesDoNotTell) {
  TaskMetadata task;
  task.launch_type = LaunchType::external;
  Environment environment;
  EXPECT_EQ(launch_type_of(environment, task), LaunchType::external);
  environment.launch_type = LaunchType::ec2;
  EXPECT_EQ(launch_type_of(environment, task), LaunchType::ec2);
}

TEST(RuntimeName, IsTheTagValue) {
  EXPECT_EQ(runtime_name(LaunchType::fargate), "ecsfargate");
  EXPECT_EQ(runtime_name(LaunchType::managed_instances), "ecsmanagedinstances");
  EXPECT_EQ(runtime_name(LaunchType::ec2), "docker");
}

}  // namespace
}  // namespace remora::ecs
