#include "remora/taskdef/findings.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

#include "remora/autodiscovery/labels.hpp"
#include "remora/core/ascii.hpp"

namespace remora::taskdef {
namespace {

using autodiscovery::Fault;
using autodiscovery::Severity;

constexpr const char* kHealthCommand = R"(["CMD-SHELL", "agent health"])";

class Findings {
 public:
  Findings(std::vector<Fault>& out, std::string container)
      : out_(out), container_(std::move(container)) {}
  void error(std::string place, std::string text, std::string correction = {}) {
    out_.push_back({Severity::error, container_, "", std::move(place), std::move(text),
                    std::move(correction)});
  }
  void warning(std::string place, std::string text, std::string correction = {}) {
    out_.push_back({Severity::warning, container_, "", std::move(place), std::move(text),
                    std::move(correction)});
  }

 private:
  std::vector<Fault>& out_;
  std::string container_;
};

std::string entry(const std::string& name, const std::string& value, Syntax syntax) {
  switch (syntax) {
    case Syntax::template_yaml:
      return "{Name: " + name + ", Value: '" + value + "'}";
    case Syntax::yaml:
      return "{name: " + name + ", value: '" + value + "'}";
    case Syntax::template_json:
      return R"({"Name": ")" + name + R"(", "Value": ")" + value + "\"}";
    case Syntax::json:
      break;
  }
  return R"({"name": ")" + name + R"(", "value": ")" + value + "\"}";
}

/// What ECS takes on each. Sources: Amazon ECS developer guide, "Task definition parameters" for
/// Fargate, for Managed Instances and for EC2.
void check_network_mode(const TaskDefinition& definition, Findings& found) {
  struct Modes {
    std::string_view launch_type, modes;
  };
  constexpr auto kModes = std::to_array<Modes>({{"FARGATE", "awsvpc"},
                                                {"MANAGED_INSTANCES", "awsvpc host none"},
                                                {"EXTERNAL", "bridge host none"},
                                                {"EC2", "bridge awsvpc host none default nat"}});
  const std::string& mode = definition.network_mode;
  if (mode.empty() || !definition.launch_type_written || holds_open_reference(mode)) return;
  for (const Modes& one : kModes) {
    if (one.launch_type != definition.launch_type) continue;
    const std::string all = " " + std::string(one.modes) + " ";
    if (mode.find(' ') == std::string::npos && all.find(" " + mode + " ") != std::string::npos)
      return;
    const std::string first(one.modes.substr(0, one.modes.find(' ')));
    found.error("networkMode",
                "is " + mode + ", which " + definition.launch_type + " does not have", first);
  }
}

void check_launch_mode(const TaskDefinition& definition, const ContainerDefinition& agent,
                       Findings& found) {
  const auto needs = [&](const std::string& name, const std::string& value) {
    if (agent.variable(name) != nullptr || agent.has_secret(name)) return;
    if (!agent.environment_files.empty()) return;  // it may be set there
    found.warning("environment " + name, "is missing", entry(name, value, definition.syntax));
  };
  if (definition.launch_type == "MANAGED_INSTANCES") {
    const std::string* mode = agent.variable("DD_ECS_DEPLOYMENT_MODE");
    if (mode == nullptr) {
      needs("DD_ECS_DEPLOYMENT_MODE", "sidecar");
    } else if (!core::equals_ignoring_case(*mode, "sidecar")) {
      found.warning("environment DD_ECS_DEPLOYMENT_MODE",
                    "is " + *mode + ": this agent is a sidecar",
                    entry("DD_ECS_DEPLOYMENT_MODE", "sidecar", definition.syntax));
    }
    needs("ECS_MANAGED_INSTANCES", "true");
  }
  if (definition.launch_type == "FARGATE") needs("ECS_FARGATE", "true");
}

void check_agent(const TaskDefinition& definition, const ContainerDefinition& agent,
                 Findings& found) {
  if (!agent.essential)
    found.warning("essential",
                  "is false: when the agent stops, ECS keeps the task without monitoring it");
  const bool key_in_clear = agent.variable("DD_API_KEY") != nullptr;
  const bool key_in_file = !agent.environment_files.empty();
  if (!key_in_clear && !agent.has_secret("DD_API_KEY") && !key_in_file)
    found.error("secrets", "DD_API_KEY is missing: the agent does not start without it");
  if (key_in_clear)
    found.warning("environment DD_API_KEY",
                  "is readable in the definition: move it to the secrets of the container");
  check_launch_mode(definition, agent, found);
  if (agent.health_check.empty())
    found.warning("healthCheck", "is missing: ECS does not see an agent that hangs",
                  std::string("\"command\": ") + kHealthCommand);
}

std::string number_text(double value) {
  const bool whole = value == std::floor(value) && std::abs(value) < 1e15;
  return whole ? std::to_string(static_cast<std::int64_t>(value)) : std::to_string(value);
}

/// Source: API reference of Amazon ECS, HealthCheck.
void check_health_times(const ContainerDefinition& container, Findings& found) {
  struct Limit {
    const char* field;
    const std::optional<double>& value;
    int least, most;
    const char* unit;
  };
  const HealthTimes& times = container.health_times;
  for (const Limit& limit : {Limit{"interval", times.interval, 5, 300, " seconds"},
                             Limit{"timeout", times.timeout, 2, 60, " seconds"},
                             Limit{"retries", times.retries, 1, 10, ""},
                             Limit{"startPeriod", times.start_period, 0, 300, " seconds"}}) {
    if (!limit.value || (*limit.value >= limit.least && *limit.value <= limit.most)) continue;
    const int nearest = *limit.value < limit.least ? limit.least : limit.most;
    found.error(std::string("healthCheck.") + limit.field,
                "is " + number_text(*limit.value) + "; ECS takes " + std::to_string(limit.least) +
                    " to " + std::to_string(limit.most) + limit.unit,
                std::to_string(nearest));
  }
}

void check_health_command(const ContainerDefinition& container, bool agent, Findings& found) {
  if (container.health_check.empty()) return;
  const std::string& kind = container.health_check.front();
  const std::string field = "healthCheck.command";
  const std::string correction = agent ? kHealthCommand : "";
  if (kind == "NONE") return;
  if (kind != "CMD" && kind != "CMD-SHELL")
    found.error(field, "starts with \"" + kind + "\": it must start with CMD or CMD-SHELL",
                correction);
  else if (container.health_check.size() < 2)
    found.error(field, "has no command after " + kind, correction);
  else if (kind == "CMD" && container.health_check.size() == 2 &&
           container.health_check[1].find(' ') != std::string::npos)
    found.error(field, "CMD starts no shell: use CMD-SHELL, or one list entry for each word",
                correction);
  else if (kind == "CMD-SHELL" && container.health_check.size() > 2)
    found.error(field, "CMD-SHELL takes one text, not one entry for each word", correction);
}

}  // namespace

std::string finding_line(const Fault& fault) {
  std::string out = fault.container.empty() ? "" : "container " + fault.container + ", ";
  const bool label = autodiscovery::is_label(fault.place);
  out += (label ? "dockerLabels " : "") + fault.place + ": " + fault.message;
  if (!fault.correction.empty()) out += " (write: " + fault.correction + ")";
  return out;
}

std::vector<Fault> find_mistakes(const TaskDefinition& definition) {
  std::vector<Fault> out;
  if (!definition.has_agent())
    Findings(out, "").warning("containerDefinitions",
                              "no container runs the agent: name one datadog-agent");
  Findings task(out, "");
  check_network_mode(definition, task);
  for (const Fault& fault : definition.faults)
    if (fault.container.empty()) out.push_back(fault);
  for (std::size_t i = 0; i < definition.containers.size(); ++i) {
    const ContainerDefinition& container = definition.containers[i];
    Findings found(out, container.name);
    if (i == definition.agent) check_agent(definition, container, found);
    check_health_command(container, i == definition.agent, found);
    check_health_times(container, found);
    for (const Fault& fault : definition.faults)
      if (fault.container == container.name) out.push_back(fault);
  }
  return out;
}

std::vector<Fault> find_label_mistakes(const TaskDefinition& definition) {
  std::vector<Fault> out;
  for (const ContainerDefinition& container : definition.containers) {
    const auto parsed = autodiscovery::parse_labels(container.labels, container.name, "");
    out.insert(out.end(), parsed.faults.kept().begin(), parsed.faults.kept().end());
  }
  return out;
}

}  // namespace remora::taskdef
