// ECS task definitions, as `aws ecs register-task-definition` takes them, as
// `describe-task-definition` prints them, and as CloudFormation templates hold them.
//
// Sources: Amazon ECS developer guide, "Task definition parameters"; AWS CloudFormation user guide,
// AWS::ECS::TaskDefinition and "Intrinsic function reference".
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "remora/autodiscovery/fault.hpp"
#include "remora/core/error.hpp"

namespace remora::taskdef {

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

/// How the text was written: labels are quoted differently in the three.
enum class Syntax : std::uint8_t {
  json,
  yaml,           ///< as --cli-input-yaml takes it
  template_json,  ///< CloudFormation
  template_yaml,
};

struct TaskDefinition {
  std::string family;              ///< of a template without one: the name of the resource
  std::string resource;            ///< logical name in the template; empty when it is none
  std::string launch_type;         ///< "MANAGED_INSTANCES", "FARGATE", "EC2" or "EXTERNAL"
  std::string network_mode;        ///< "awsvpc" when not written
  std::optional<double> cpu_vcpu;  ///< task level; 0.5 = "512" CPU units = "0.5 vCPU"
  std::optional<std::uint64_t> memory_mib;
  std::vector<ContainerDefinition> containers;  ///< at least one, names unique
  std::size_t agent = kNoAgent;                 ///< index of the container that runs the agent
  Syntax syntax = Syntax::json;
  std::vector<autodiscovery::Fault> faults;  ///< labels that are no text, seen while reading
  std::vector<std::string> notes;            ///< what a template leaves open, one line each

  static constexpr std::size_t kNoAgent = static_cast<std::size_t>(-1);
  [[nodiscard]] bool has_agent() const noexcept { return agent != kNoAgent; }
};

inline constexpr std::size_t kMaxDefinitionBytes = 1024 * 1024;
inline constexpr std::size_t kMaxDefinitions = 100;  ///< of one template

/// JSON or YAML, a definition or a template: told by the text itself. Pure. Of a template every
/// AWS::ECS::TaskDefinition, in the order written; at least one.
///
/// `{"taskDefinition": {…}}`, the form `describe-task-definition` prints, is accepted as well. The
/// launch type is the entry of `requiresCompatibilities` that the agent's variables name
/// (ECS_FARGATE, ECS_MANAGED_INSTANCES), else its first known one; EC2 when there is none.
///
/// Of a template, references to parameters with a default, mappings, conditions and text functions
/// are resolved; what only a deployment knows stays visible: `${Parameter}`, `${Resource.Arn}`.
/// Defaults of NoEcho parameters are never used.
///
/// Errors: invalid_config, naming line and column of broken JSON or YAML, else resource, container
/// and field; too_large; unsupported (Terraform, CDK sources), saying what to give instead.
[[nodiscard]] Result<std::vector<TaskDefinition>> parse_definitions(std::string_view text);

/// Errors: not_found or io naming the file, too_large, and those of parse_definitions with the
/// file's name in front.
[[nodiscard]] Result<std::vector<TaskDefinition>> read_definitions(const std::string& path);

}  // namespace remora::taskdef
