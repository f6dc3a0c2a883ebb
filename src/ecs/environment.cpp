#include "remora/ecs/environment.hpp"

#include "remora/core/ascii.hpp"

namespace remora::ecs {
namespace {

LaunchType parse_override(std::string_view text) {
  const std::string name = core::ascii_lower(text);
  if (name == "ec2") return LaunchType::ec2;
  if (name == "fargate") return LaunchType::fargate;
  if (name == "managed_instances") return LaunchType::managed_instances;
  if (name == "external") return LaunchType::external;
  return LaunchType::unknown;
}

LaunchType detect(const EnvironmentVariables& v, std::vector<std::string>& warnings) {
  if (!v.launch_type_override.empty()) {
    const LaunchType type = parse_override(v.launch_type_override);
    if (type != LaunchType::unknown) return type;
    warnings.push_back("DD_ECS_LAUNCH_TYPE: \"" + v.launch_type_override +
                       "\" is not ec2, fargate, managed_instances or external; detecting instead");
  }
  // Set by ECS itself, so it beats what an operator copied from another task definition.
  for (const auto type : {LaunchType::fargate, LaunchType::managed_instances, LaunchType::ec2}) {
    if (v.execution_env == execution_env(type)) return type;
  }
  if (!v.ecs_fargate.empty()) return LaunchType::fargate;
  if (core::ascii_lower(v.ecs_managed_instances) == "true") return LaunchType::managed_instances;
  return LaunchType::unknown;
}

}  // namespace

Environment detect_environment(const EnvironmentVariables& variables) {
  Environment out;
  out.in_ecs = !variables.metadata_uri_v4.empty();
  out.launch_type = detect(variables, out.warnings);
  out.fargate_metrics = !variables.ecs_fargate.empty() || out.launch_type == LaunchType::fargate;
  const std::string mode = core::ascii_lower(variables.deployment_mode);
  if (mode == "daemon") {
    out.warnings.push_back(
        "DD_ECS_DEPLOYMENT_MODE: daemon is not supported; running as a sidecar of this task");
  } else if (!mode.empty() && mode != "auto" && mode != "sidecar") {
    out.warnings.push_back("DD_ECS_DEPLOYMENT_MODE: \"" + variables.deployment_mode +
                           "\" is not sidecar, daemon or auto; running as a sidecar");
  }
  if (!out.in_ecs) {
    out.warnings.push_back(
        "ECS_CONTAINER_METADATA_URI_V4 is not set, so this is not an ECS task, or its ECS agent is "
        "too old: no container metrics and no task tags. ECS sets the variable in every container "
        "by itself; to try remora without ECS run remora-sandbox (./dev run)");
  }
  return out;
}

LaunchType launch_type_of(const Environment& environment, const TaskMetadata& task) {
  return environment.launch_type == LaunchType::unknown ? task.launch_type
                                                        : environment.launch_type;
}

std::string_view execution_env(LaunchType type) {
  if (type == LaunchType::fargate) return "AWS_ECS_FARGATE";
  if (type == LaunchType::managed_instances) return "AWS_ECS_MANAGED_INSTANCES";
  if (type == LaunchType::ec2) return "AWS_ECS_EC2";
  return {};
}

std::string_view runtime_name(LaunchType type) {
  if (type == LaunchType::fargate) return "ecsfargate";
  if (type == LaunchType::managed_instances) return "ecsmanagedinstances";
  return "docker";
}

}  // namespace remora::ecs
