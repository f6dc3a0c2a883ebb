#include "remora/api/health_view.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "remora/core/printable.hpp"
#include "remora/core/scrub.hpp"

namespace remora::api {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kGreen = "\033[32m";
constexpr std::string_view kRed = "\033[31m";
constexpr std::string_view kYellow = "\033[33m";
constexpr std::string_view kReset = "\033[0m";

constexpr std::size_t kMaxComponents = 1000;

std::string painted(std::string_view text, std::string_view paint, bool colour) {
  if (!colour) return std::string(text);
  return std::string(paint).append(text).append(kReset);
}

void add_heading(std::string& text, std::size_t count, std::string_view what,
                 std::string_view paint, bool colour) {
  std::string heading = "=== " + std::to_string(count) + " ";
  heading.append(what).append(count == 1 ? " component ===" : " components ===");
  text += painted(heading, paint, colour) + "\n";
}

void add_reasons(std::string& text, const std::vector<telemetry::HealthReport::Entry>& entries) {
  for (const auto& entry : entries) {
    text += core::printable(entry.name);
    if (!entry.reason.empty()) text += ": " + core::printable(entry.reason);
    text += "\n";
  }
}

Json names(const std::vector<telemetry::HealthReport::Entry>& entries) {
  if (entries.empty()) return nullptr;
  Json list = Json::array();
  for (const auto& entry : entries) list.push_back(entry.name);
  return list;
}

Json reasons(const std::vector<telemetry::HealthReport::Entry>& entries) {
  if (entries.empty()) return nullptr;
  Json map = Json::object();
  for (const auto& entry : entries) map[entry.name] = entry.reason;
  return map;
}

Result<std::vector<std::string>> read_names(const Json& root, const char* key) {
  std::vector<std::string> list;
  const auto found = root.find(key);
  if (found == root.end() || found->is_null()) return list;
  if (!found->is_array() || found->size() > kMaxComponents) {
    return fail(Errc::malformed_payload, std::string("health: ") + key + " is not a list of names");
  }
  for (const Json& name : *found) {
    if (!name.is_string()) {
      return fail(Errc::malformed_payload,
                  std::string("health: ") + key + " holds something that is not a name");
    }
    list.push_back(name.get<std::string>());
  }
  return list;
}

Result<std::vector<telemetry::HealthReport::Entry>> read_reasons(const Json& root,
                                                                 const char* key) {
  std::vector<telemetry::HealthReport::Entry> list;
  const auto found = root.find(key);
  if (found == root.end() || found->is_null()) return list;
  if (!found->is_object() || found->size() > kMaxComponents) {
    return fail(Errc::malformed_payload,
                std::string("health: ") + key + " is not a map of reasons");
  }
  for (const auto& [name, reason] : found->items()) {
    if (!reason.is_string()) {
      return fail(Errc::malformed_payload,
                  std::string("health: ") + key + " holds a reason that is not text");
    }
    list.push_back({name, reason.get<std::string>()});
  }
  return list;
}

}  // namespace

std::string health_text(const telemetry::HealthReport& report, bool colour) {
  std::string text = "Agent health: ";
  text += report.ok() ? painted("PASS", kGreen, colour) : painted("FAIL", kRed, colour);
  text += "\n";
  if (!report.healthy.empty()) {
    add_heading(text, report.healthy.size(), "healthy", kGreen, colour);
    std::string line;
    for (const std::string& name : report.healthy) {
      if (!line.empty()) line += ", ";
      line += core::printable(name);
    }
    text += line + "\n";
  }
  if (!report.degraded.empty()) {
    add_heading(text, report.degraded.size(), "degraded", kYellow, colour);
    add_reasons(text, report.degraded);
  }
  if (!report.unhealthy.empty()) {
    add_heading(text, report.unhealthy.size(), "unhealthy", kRed, colour);
    add_reasons(text, report.unhealthy);
  }
  return text;
}

std::string health_json(const telemetry::HealthReport& report) {
  Json root = Json::object();
  root["Healthy"] = nullptr;
  if (!report.healthy.empty()) root["Healthy"] = report.healthy;
  root["Unhealthy"] = names(report.unhealthy);
  root["Degraded"] = reasons(report.degraded);
  // Why each unhealthy one is: the Agent's report has names only.
  if (!report.unhealthy.empty()) root["Reasons"] = reasons(report.unhealthy);
  // The health port answers with it to whoever asks.
  return core::printable(
      core::scrub_json(root.dump(-1, ' ', false, Json::error_handler_t::replace)),
      core::Breaks::kept);
}

Result<telemetry::HealthReport> parse_health_json(std::string_view json) {
  const Json root = Json::parse(json, nullptr, false);
  if (!root.is_object()) return fail(Errc::malformed_payload, "health: not a JSON object");
  auto healthy = read_names(root, "Healthy");
  if (!healthy) return healthy.error();
  const auto unhealthy = read_names(root, "Unhealthy");
  if (!unhealthy) return unhealthy.error();
  auto degraded = read_reasons(root, "Degraded");
  if (!degraded) return degraded.error();
  const auto why = read_reasons(root, "Reasons");
  if (!why) return why.error();
  // No component at all is no report of ours: better to fail than to call it healthy.
  if (healthy->empty() && unhealthy->empty()) {
    return fail(Errc::malformed_payload, "health: no component in the report");
  }

  telemetry::HealthReport report;
  report.healthy = std::move(*healthy);
  report.degraded = std::move(*degraded);
  for (const std::string& name : *unhealthy) {
    const auto entry = std::find_if(why->begin(), why->end(), [&name](const auto& candidate) {
      return candidate.name == name;
    });
    report.unhealthy.push_back({name, entry == why->end() ? std::string() : entry->reason});
  }
  return report;
}

}  // namespace remora::api
