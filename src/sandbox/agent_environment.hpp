// The environment variables the agent would find in its container.
#pragma once

#include <string>
#include <vector>

#include "sandbox/child_process.hpp"
#include "sandbox/task_definition.hpp"

namespace remora::sandbox {

struct AgentEnvironment {
  Variables variables;
  std::string api_key;                ///< what the local intake accepts
  std::vector<std::string> left_out;  ///< names that would send data elsewhere than to our intake
};

/// The agent container's `environment`, its `secrets` with dummy values, and what ECS sets. The
/// intake is always ours: DD_DD_URL is replaced; proxies and further endpoints are left out.
[[nodiscard]] AgentEnvironment agent_environment(const TaskDefinition& definition,
                                                 const std::string& metadata_uri,
                                                 const std::string& intake_url);

/// AWS_EXECUTION_ENV of a launch type: "AWS_ECS_FARGATE", "AWS_ECS_MANAGED_INSTANCES", …
[[nodiscard]] std::string execution_env(std::string_view launch_type);

}  // namespace remora::sandbox
