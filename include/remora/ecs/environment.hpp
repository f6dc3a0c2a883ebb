// Where do we run: launch type and deployment mode, from the environment ECS gives a container.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "remora/ecs/metadata.hpp"

namespace remora::ecs {

/// The variables that decide, read by `config` and passed on: nothing here calls getenv.
struct EnvironmentVariables {
  std::string metadata_uri_v4;        ///< ECS_CONTAINER_METADATA_URI_V4
  std::string execution_env;          ///< AWS_EXECUTION_ENV
  std::string ecs_fargate;            ///< ECS_FARGATE: any non-empty value counts
  std::string ecs_managed_instances;  ///< ECS_MANAGED_INSTANCES
  std::string deployment_mode;        ///< DD_ECS_DEPLOYMENT_MODE
  std::string launch_type_override;   ///< DD_ECS_LAUNCH_TYPE: ours; ec2, fargate, managed_instances
};

struct Environment {
  LaunchType launch_type = LaunchType::unknown;  ///< unknown: take LaunchType of /task, else EC2
  bool in_ecs = false;                           ///< metadata_uri_v4 is set
  bool fargate_metrics = false;  ///< ECS_FARGATE set or Fargate: ecs.fargate.* and fargate_check
  std::vector<std::string> warnings;  ///< for the log, once, at start
};

/// Order: override, AWS_EXECUTION_ENV, ECS_FARGATE, ECS_MANAGED_INSTANCES=true; else unknown.
/// `daemon` is answered with a warning and runs as a sidecar.
[[nodiscard]] Environment detect_environment(const EnvironmentVariables& variables);

/// That of `environment`, or where its variables do not tell, of the task itself.
[[nodiscard]] LaunchType launch_type_of(const Environment& environment, const TaskMetadata& task);

/// AWS_EXECUTION_ENV as ECS sets it for containers of this launch type; empty where no value is
/// published.
[[nodiscard]] std::string_view execution_env(LaunchType type);

/// The `runtime:` tag value: "ecsfargate", "ecsmanagedinstances" or "docker" (EC2).
[[nodiscard]] std::string_view runtime_name(LaunchType type);

}  // namespace remora::ecs
