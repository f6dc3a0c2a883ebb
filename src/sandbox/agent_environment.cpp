#include "sandbox/agent_environment.hpp"

#include <algorithm>
#include <array>

namespace remora::sandbox {
namespace {

constexpr std::string_view kDummyKey = "5a4db0a5a4db0a5a4db0a5a4db0a5a4d";
constexpr const char* kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

bool is_api_key(std::string_view text) {
  return text.size() == 32 &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

/// Set by the sandbox itself: what the definition says about them does not count.
bool is_ours(std::string_view name) {
  constexpr std::array<std::string_view, 5> kOurs{"ECS_CONTAINER_METADATA_URI_V4",
                                                  "ECS_CONTAINER_METADATA_URI", "DD_API_KEY",
                                                  "DD_DD_URL", "AWS_EXECUTION_ENV"};
  return std::find(kOurs.begin(), kOurs.end(), name) != kOurs.end();
}

bool sends_elsewhere(std::string_view name) {
  constexpr std::array<std::string_view, 7> kNames{"DD_ADDITIONAL_ENDPOINTS",
                                                   "DD_PROXY_HTTP",
                                                   "DD_PROXY_HTTPS",
                                                   "HTTP_PROXY",
                                                   "HTTPS_PROXY",
                                                   "http_proxy",
                                                   "https_proxy"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end() ||
         (name.starts_with("DD_") && name.ends_with("_DD_URL") && name != "DD_DD_URL") ||
         name == "DD_URL";
}

}  // namespace

std::string execution_env(std::string_view launch_type) {
  return "AWS_ECS_" + std::string(launch_type.empty() ? "EC2" : launch_type);
}

AgentEnvironment agent_environment(const TaskDefinition& definition,
                                   const std::string& metadata_uri, const std::string& intake_url) {
  AgentEnvironment out;
  out.api_key = kDummyKey;
  out.variables.emplace_back("PATH", kPath);
  if (definition.has_agent()) {
    const ContainerDefinition& agent = definition.containers[definition.agent];
    if (const std::string* key = agent.variable("DD_API_KEY"); key != nullptr && is_api_key(*key))
      out.api_key = *key;
    for (const auto& [name, value] : agent.environment) {
      if (is_ours(name) || name == "PATH" || name.empty() || name.find('=') != std::string::npos)
        continue;
      if (sends_elsewhere(name))
        out.left_out.push_back(name);
      else
        out.variables.emplace_back(name, value);
    }
    for (const std::string& name : agent.secrets)
      if (!is_ours(name) && !sends_elsewhere(name)) out.variables.emplace_back(name, "sandbox");
  }
  out.variables.emplace_back("ECS_CONTAINER_METADATA_URI_V4", metadata_uri);
  out.variables.emplace_back("DD_API_KEY", out.api_key);
  out.variables.emplace_back("DD_DD_URL", intake_url);
  out.variables.emplace_back("AWS_EXECUTION_ENV", execution_env(definition.launch_type));
  return out;
}

}  // namespace remora::sandbox
