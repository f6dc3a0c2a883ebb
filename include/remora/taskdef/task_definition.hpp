// ECS task definitions, as `aws ecs register-task-definition` takes them, as
// `describe-task-definition` prints them, and as CloudFormation templates, Terraform plans and
// Terraform states hold them.
//
// Sources: Amazon ECS developer guide, "Task definition parameters"; AWS CloudFormation user guide,
// AWS::ECS::TaskDefinition and "Intrinsic function reference"; Terraform, "JSON output format".
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

/// Of a health check, as written; empty = the default of ECS.
struct HealthTimes {
  std::optional<double> interval, timeout, start_period;  ///< seconds
  std::optional<double> retries;
};

struct ContainerDefinition {
  std::string name;
  std::string image;
  bool essential = true;                    ///< ECS takes an absent field as true
  std::optional<double> cpu_units;          ///< 1024 = 1 vCPU
  std::optional<std::uint64_t> memory_mib;  ///< hard limit
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<std::string> secrets;            ///< names only: the values live elsewhere
  std::map<std::string, std::string> labels;   ///< dockerLabels
  std::vector<std::string> environment_files;  ///< ARNs; what they set is not known
  std::vector<PortMapping> ports;              ///< without those of a containerPortRange
  std::vector<std::string> health_check;       ///< healthCheck.command; empty = none
  HealthTimes health_times;
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
  std::string family;        ///< of a template without one: the name of the resource
  std::string resource;      ///< logical name in the template, address in Terraform; else empty
  std::string launch_type;   ///< "MANAGED_INSTANCES", "FARGATE", "EC2" or "EXTERNAL"
  std::string network_mode;  ///< when not written the default of the launch type
  bool launch_type_written = true;  ///< else it is assumed
  bool open_references = false;     ///< `${NAME}` in it is filled in later
  std::optional<double> cpu_vcpu;   ///< task level; 0.5 = "512" CPU units = "0.5 vCPU"
  std::optional<std::uint64_t> memory_mib;
  std::vector<ContainerDefinition> containers;  ///< at least one, names unique
  std::size_t agent = kNoAgent;                 ///< index of the container that runs the agent
  Syntax syntax = Syntax::json;
  std::vector<autodiscovery::Fault> faults;  ///< seen while reading; without container: the task's
  std::vector<std::string> notes;            ///< what is left open or assumed, one line each

  static constexpr std::size_t kNoAgent = static_cast<std::size_t>(-1);
  [[nodiscard]] bool has_agent() const noexcept { return agent != kNoAgent; }
};

inline constexpr std::size_t kMaxDefinitionBytes = 1024 * 1024;
/// Of what `terraform show -json` prints: it holds all that the configuration manages.
inline constexpr std::size_t kMaxTerraformBytes = 64 * 1024 * 1024;
inline constexpr std::size_t kMaxDefinitions = 100;  ///< of one document

/// Stands for the family where the document does not say it.
inline constexpr const char* kUnknownFamily = "<family>";

/// One of several definitions that cannot be read.
struct Unread {
  std::string resource;  ///< logical name or address
  std::string message;
};

struct Reading {
  std::vector<TaskDefinition> definitions;  ///< at least one, in the order written
  std::vector<Unread> unread;
};

/// True where a text holds what only a deployment knows: `${Reference}`, `{{resolve:…}}`.
[[nodiscard]] bool holds_open_reference(std::string_view text);

/// JSON or YAML, a definition, a template or Terraform's: told by the text itself. Pure. Of a
/// template every AWS::ECS::TaskDefinition, of Terraform every aws_ecs_task_definition; one that
/// cannot be read does not hide the others.
///
/// `{"taskDefinition": {…}}`, the form `describe-task-definition` prints, and a bare array of
/// containers are accepted as well. JSON that a program has still to fill in (`"port": ${port}`)
/// is read as if each reference stood in quotes. The launch type is the entry of
/// `requiresCompatibilities` that the agent's variables name (ECS_FARGATE, ECS_MANAGED_INSTANCES),
/// else its first known one; EC2 when there is none.
///
/// Of a template, references to parameters with a default, mappings, conditions and text functions
/// are resolved; what only a deployment knows stays visible: `${Parameter}`, `${Resource.Arn}`.
/// Defaults of NoEcho parameters are never used.
///
/// Errors, when nothing can be read: invalid_config, naming line and column of broken JSON or YAML,
/// else resource, container and field; too_large; unsupported (a document of another kind), saying
/// what it is and what to give instead.
[[nodiscard]] Result<Reading> parse_each(std::string_view text);
/// The same for those who need every definition: one that cannot be read is the error.
[[nodiscard]] Result<std::vector<TaskDefinition>> parse_definitions(std::string_view text);

/// Errors: not_found or io naming the file, too_large, and those of parse_each or parse_definitions
/// with the file's name in front.
[[nodiscard]] Result<Reading> read_each(const std::string& path);
[[nodiscard]] Result<std::vector<TaskDefinition>> read_definitions(const std::string& path);

}  // namespace remora::taskdef
