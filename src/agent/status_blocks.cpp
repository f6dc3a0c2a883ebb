#include "agent/status_blocks.hpp"

#include <unistd.h>

#include <ctime>
#include <fstream>

#include "agent/query.hpp"
#include "remora/api/health_view.hpp"
#include "remora/api/status_view.hpp"
#include "remora/core/log.hpp"
#include "remora/core/version.hpp"

namespace remora::agent {
namespace {

std::string utc(core::WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm tm{};
  gmtime_r(&seconds, &tm);
  char text[40];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &tm);
  return text;
}

// VmRSS and RssAnon of /proc/self/status, in KiB; zero where it cannot be read.
std::uint64_t own_memory_kib(std::string_view key) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.compare(0, key.size(), key) == 0 && line.size() > key.size() &&
        line[key.size()] == ':') {
      return std::strtoull(line.c_str() + key.size() + 1, nullptr, 10);
    }
  }
  return 0;
}

// Whole numbers of KiB are for programs; people compare with the MiB of a task definition.
std::string own_memory() {
  const std::uint64_t resident = own_memory_kib("VmRSS");
  if (resident == 0) return "unknown";
  const auto mib = [](std::uint64_t kib) {
    const std::uint64_t tenths = (kib * 10 + 512) / 1024;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MiB";
  };
  return mib(resident) + ", " + mib(own_memory_kib("RssAnon")) + " of it anonymous";
}

api::IpcReply status_reply(const Inspected& inspected, std::string_view query) {
  std::vector<telemetry::StatusNode> blocks;
  blocks.push_back(agent_block(inspected));
  blocks.push_back(health_block(inspected.health.report()));
  for (const telemetry::StatusSource* source : inspected.sources)
    blocks.push_back(source->status());
  blocks.push_back(serializer_block(inspected.counters.serializer));
  const std::string section = query_parameter(query, "section");
  if (!section.empty()) {
    std::string names;
    for (const auto& block : blocks) names += (names.empty() ? "" : ", ") + block.title;
    blocks = api::select_section(blocks, section);
    if (blocks.empty()) {
      return {404, "no section named \"" + section + "\"; there are: " + names};
    }
  }
  const std::string format = query_parameter(query, "format");
  if (format == "json") return {200, api::status_json(blocks, false), true};
  if (format == "pretty-json") return {200, api::status_json(blocks, true), true};
  return {200, api::status_text(blocks)};
}

}  // namespace

telemetry::StatusNode agent_block(const Inspected& inspected) {
  const config::Loaded& loaded = inspected.loaded;
  telemetry::StatusNode node;
  node.title = "Agent (v" + std::string(core::kVersion) + ")";
  node.add("Status date", utc(inspected.clock.wall()))
      .add("Agent start", utc(inspected.started))
      .add("Pid", std::to_string(getpid()))  // a name, not an amount: no thousands separators
      .add("Launch type", inspected.launch_type)
      .add("Memory", own_memory())
      .add("Log level", loaded.settings.log_level)
      .add("Dropped log lines", core::dropped_log_lines())
      .add("Config file", loaded.file.empty() ? "There is no config file" : loaded.file)
      .add("CLI requests answered", inspected.counters.ipc_requests.value)
      .add("CLI requests rejected", inspected.counters.ipc_rejected.value);
  if (!loaded.warnings.empty() || !inspected.environment_warnings.empty()) {
    telemetry::StatusNode warnings;
    warnings.title = "Warnings";
    int number = 0;
    for (const auto* list : {&loaded.warnings, &inspected.environment_warnings}) {
      for (const std::string& line : *list) warnings.add(std::to_string(++number), line);
    }
    node.children.push_back(std::move(warnings));
  }
  return node;
}

telemetry::StatusNode serializer_block(const telemetry::SerializerCounters& counters) {
  telemetry::StatusNode node;
  node.title = "Serializer";
  node.add("Payloads", counters.payloads.value)
      .add("Bytes", counters.bytes.value)
      .add("Bytes before compression", counters.uncompressed_bytes.value)
      .add("Items too large for a payload", counters.dropped_too_large.value)
      .add("Compressor failures", counters.failures.value);
  return node;
}

telemetry::StatusNode health_block(const telemetry::HealthReport& report) {
  telemetry::StatusNode node;
  node.title = "Health";
  node.add("Result", report.ok() ? "PASS" : "FAIL");
  for (const auto& entry : report.unhealthy) node.add(entry.name, "unhealthy: " + entry.reason);
  for (const auto& entry : report.degraded) node.add(entry.name, "degraded: " + entry.reason);
  for (const auto& name : report.healthy) {
    bool listed = false;
    for (const auto& entry : report.degraded) listed = listed || entry.name == name;
    if (!listed) node.add(name, "healthy");
  }
  return node;
}

api::IpcReply answer(const Inspected& inspected, std::string_view request) {
  const auto question = request.find('?');
  const std::string_view what = request.substr(0, question);
  const std::string_view query =
      question == std::string_view::npos ? std::string_view() : request.substr(question + 1);
  if (what == "health") return {200, api::health_json(inspected.health.report()), true};
  if (what == "status") return status_reply(inspected, query);
  if (what == "config") return {200, config::dump(inspected.loaded)};
  if (what == "hostname") return {200, inspected.loaded.settings.hostname};
  if (what == "version") return {200, std::string(core::kVersion)};
  return {404, "unknown request"};
}

}  // namespace remora::agent
