#include "sandbox/expected_checks.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace remora::sandbox {
namespace {

using Json = nlohmann::json;

const std::string* label(const ContainerDefinition& container, const char* name) {
  const auto it = container.labels.find(std::string("com.datadoghq.ad.") + name);
  return it == container.labels.end() ? nullptr : &it->second;
}

}  // namespace

std::vector<std::string> expected_checks(const ContainerDefinition& container,
                                         std::string_view built_in) {
  std::vector<std::string> out;
  bool files_apply = label(container, "check.id") == nullptr;
  if (const std::string* checks = label(container, "checks"); checks != nullptr) {
    const Json document = Json::parse(*checks, nullptr, false);
    if (document.is_object())
      for (const auto& [name, config] : document.items()) out.push_back(name);
  } else if (const std::string* names = label(container, "check_names"); names != nullptr) {
    const Json document = Json::parse(*names, nullptr, false);
    if (document.is_array()) {
      files_apply = files_apply && !document.empty();
      for (const Json& name : document)
        if (name.is_string()) out.push_back(name.get<std::string>());
    }
  }
  if (!built_in.empty() && files_apply) out.emplace_back(built_in);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

bool names_localhost(const ContainerDefinition& container) {
  return std::any_of(container.labels.begin(), container.labels.end(), [](const auto& one) {
    return one.first.starts_with("com.datadoghq.ad.") &&
           (one.second.find("localhost") != std::string::npos ||
            one.second.find("127.0.0.1") != std::string::npos);
  });
}

std::string_view metric_prefix(std::string_view check) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kPrefixes{
      {{"redisdb", "redis."},
       {"nginx", "nginx."},
       {"http_check", "network.http."},
       {"tcp_check", "network.tcp."}}};
  for (const auto& [name, prefix] : kPrefixes)
    if (name == check) return prefix;
  return {};
}

std::size_t rows_of_check(const Received& received, std::string_view docker_id,
                          std::string_view name, std::string_view prefix) {
  std::size_t out = 0;
  for (const auto& [key, row] : received.rows()) {
    if (!row.metric.starts_with(prefix)) continue;
    // An instance may refuse the tags of its container.
    const bool of_none = row.tag("container_id").empty() && row.tag("ecs_container_name").empty() &&
                         row.tag("container_name").empty();
    if (of_none || belongs_to(row, docker_id, name)) ++out;
  }
  return out;
}

}  // namespace remora::sandbox
