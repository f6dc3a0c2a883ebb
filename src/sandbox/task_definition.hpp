// An ECS task definition, as `aws ecs register-task-definition --cli-input-json` takes it.
//
// Source: Amazon ECS developer guide, "Task definition parameters".
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "remora/core/error.hpp"

namespace remora::sandbox {

struct PortMapping {
  std::uint16_t container_port = 0;
  std::string protocol;  ///< "tcp" or "udp"
};

struct ContainerDefinition {
  std::string name;
  std::string image;
  bool essential = true;                    ///< ECS takes an absent field as true
  std::optional<double> cpu_units;          ///< 1024 = 1 vCPU
  std::optional<std::uint64_t> memory_mib;  ///< hard limit
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<std::string> secrets;           ///< names only: the values live elsewhere
  std::map<std::string, std::string> labels;  ///< dockerLabels
  std::vector<PortMapping> ports;
  std::vector<std::string> health_check;  ///< healthCheck.command; empty = none
  std::string log_driver;

  [[nodiscard]] const std::string* variable(std::string_view key) const;
  [[nodiscard]] bool has_secret(std::string_view key) const;
};

struct TaskDefinition {
  std::string family;
  std::string launch_type;         ///< "MANAGED_INSTANCES", "FARGATE", "EC2" or "EXTERNAL"
  std::string network_mode;        ///< "awsvpc" when not written
  std::optional<double> cpu_vcpu;  ///< task level; 0.5 = "512" CPU units = "0.5 vCPU"
  std::optional<std::uint64_t> memory_mib;
  std::vector<ContainerDefinition> containers;  ///< at least one, names unique
  std::size_t agent = kNoAgent;                 ///< index of the container that runs the agent

  static constexpr std::size_t kNoAgent = static_cast<std::size_t>(-1);
  [[nodiscard]] bool has_agent() const noexcept { return agent != kNoAgent; }
};

inline constexpr std::size_t kMaxDefinitionBytes = 1024 * 1024;

/// Pure. `{"taskDefinition": {…}}`, the form `describe-task-definition` prints, is accepted as
/// well. The launch type is `requiresCompatibilities`' first known entry; EC2 when there is none.
/// Errors: invalid_config, naming line and column of broken JSON, else container and field.
[[nodiscard]] Result<TaskDefinition> parse_task_definition(std::string_view text);

/// Errors: not_found or io naming the file, too_large, and those of parse_task_definition with the
/// file's name in front.
[[nodiscard]] Result<TaskDefinition> read_task_definition(const std::string& path);

}  // namespace remora::sandbox
