#include "sandbox/definition_findings.hpp"

#include <nlohmann/json.hpp>

namespace remora::sandbox {
namespace {

using Json = nlohmann::json;

/// Labels whose value is JSON inside text, with the type it must have.
void check_labels(const ContainerDefinition& container, std::vector<Finding>& out) {
  std::size_t check_names = 0, init_configs = 0, instances = 0;
  bool has_names = false, has_init = false, has_instances = false;
  const auto finding = [&](const std::string& label, std::string text) {
    out.push_back({container.name, "dockerLabels " + label, std::move(text)});
  };
  for (const auto& [label, value] : container.labels) {
    if (!label.starts_with("com.datadoghq.ad.")) continue;
    const std::string_view kind =
        std::string_view(label).substr(std::string_view("com.datadoghq.ad.").size());
    const bool list = kind == "check_names" || kind == "init_configs" || kind == "instances" ||
                      kind == "tags" || kind == "logs";
    const bool object = kind == "checks";
    if (!list && !object) continue;
    const Json parsed = Json::parse(value, nullptr, false);
    if (parsed.is_discarded()) {
      finding(label, "the value is not valid JSON: " + value.substr(0, 40));
      continue;
    }
    // com.datadoghq.ad.tags may be one text as well.
    if (list && !parsed.is_array() && !(kind == "tags" && parsed.is_string())) {
      finding(label, "must be a JSON list, like [\"…\"]");
      continue;
    }
    if (object && !parsed.is_object()) {
      finding(label, "must be a JSON object, like {\"check\": {\"instances\": [{}]}}");
      continue;
    }
    if (kind == "check_names") has_names = true, check_names = parsed.size();
    if (kind == "init_configs") has_init = true, init_configs = parsed.size();
    if (kind == "instances") has_instances = true, instances = parsed.size();
  }
  if (has_names && has_init && init_configs != check_names)
    finding("com.datadoghq.ad.init_configs", "has " + std::to_string(init_configs) +
                                                 " entries, check_names has " +
                                                 std::to_string(check_names));
  if (has_names && has_instances && instances != check_names)
    finding("com.datadoghq.ad.instances", "has " + std::to_string(instances) +
                                              " entries, check_names has " +
                                              std::to_string(check_names));
  if (has_names && container.labels.count("com.datadoghq.ad.instances") == 0)
    finding("com.datadoghq.ad.instances", "is missing: check_names needs one instance each");
}

void check_agent(const TaskDefinition& definition, const ContainerDefinition& agent,
                 std::vector<Finding>& out) {
  const auto finding = [&](std::string field, std::string text) {
    out.push_back({agent.name, std::move(field), std::move(text)});
  };
  if (!agent.essential)
    finding("essential", "false: when the agent stops, ECS keeps the task without monitoring it");
  const bool key_in_clear = agent.variable("DD_API_KEY") != nullptr;
  if (!key_in_clear && !agent.has_secret("DD_API_KEY"))
    finding("secrets", "DD_API_KEY is missing: the agent cannot send anything");
  if (key_in_clear)
    finding("environment DD_API_KEY", "is readable in the definition: move it to secrets");
  if (definition.launch_type == "MANAGED_INSTANCES") {
    const std::string* mode = agent.variable("DD_ECS_DEPLOYMENT_MODE");
    if (mode == nullptr)
      finding("environment DD_ECS_DEPLOYMENT_MODE", "is missing: set it to sidecar");
    else if (*mode != "sidecar")
      finding("environment DD_ECS_DEPLOYMENT_MODE", "is " + *mode + ": this agent is a sidecar");
    if (agent.variable("ECS_MANAGED_INSTANCES") == nullptr)
      finding("environment ECS_MANAGED_INSTANCES", "is missing: set it to true");
  }
  if (definition.launch_type == "FARGATE" && agent.variable("ECS_FARGATE") == nullptr)
    finding("environment ECS_FARGATE", "is missing: set it to true");
  if (agent.health_check.empty()) {
    finding("healthCheck", "is missing: use [\"CMD-SHELL\", \"agent health\"]");
  }
}

void check_health_command(const ContainerDefinition& container, std::vector<Finding>& out) {
  if (container.health_check.empty()) return;
  const std::string& kind = container.health_check.front();
  const auto finding = [&](std::string text) {
    out.push_back({container.name, "healthCheck.command", std::move(text)});
  };
  if (kind == "NONE") return;
  if (kind != "CMD" && kind != "CMD-SHELL")
    finding("starts with \"" + kind + "\": it must start with CMD or CMD-SHELL");
  else if (container.health_check.size() < 2)
    finding("has no command after " + kind);
  else if (kind == "CMD" && container.health_check.size() == 2 &&
           container.health_check[1].find(' ') != std::string::npos)
    finding("CMD starts no shell: use CMD-SHELL, or one list entry for each word");
  else if (kind == "CMD-SHELL" && container.health_check.size() > 2)
    finding("CMD-SHELL takes one text: \"agent health\", not one entry for each word");
}

}  // namespace

std::string Finding::line() const {
  return (container.empty() ? "" : "container " + container + ", ") + field + ": " + text;
}

std::vector<Finding> find_mistakes(const TaskDefinition& definition) {
  std::vector<Finding> out;
  if (!definition.has_agent())
    out.push_back(
        {"", "containerDefinitions", "no container runs the agent: name one datadog-agent"});
  for (std::size_t i = 0; i < definition.containers.size(); ++i) {
    const ContainerDefinition& container = definition.containers[i];
    if (i == definition.agent) check_agent(definition, container, out);
    check_health_command(container, out);
    check_labels(container, out);
  }
  return out;
}

}  // namespace remora::sandbox
