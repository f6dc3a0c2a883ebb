// The agent's own block of `agent status`, and the answers to what the CLI asks.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "remora/api/ipc_server.hpp"
#include "remora/config/load.hpp"
#include "remora/core/clock.hpp"
#include "remora/ecs/environment.hpp"
#include "remora/telemetry/counters.hpp"
#include "remora/telemetry/health.hpp"
#include "remora/telemetry/status.hpp"

namespace remora::agent {

/// What the CLI can look at. Everything is read, nothing is pushed.
struct Inspected {
  const config::Loaded& loaded;
  const core::Clock& clock;
  const telemetry::Counters& counters;
  const telemetry::HealthRegistry& health;
  core::WallTime started;
  std::vector<std::string> environment_warnings;
  std::string launch_type;
  std::vector<const telemetry::StatusSource*> sources;  ///< in the order shown
};

/// Version, pid, start, memory, configuration file, warnings.
[[nodiscard]] telemetry::StatusNode agent_block(const Inspected& inspected);
[[nodiscard]] telemetry::StatusNode serializer_block(const telemetry::SerializerCounters& counters);
[[nodiscard]] telemetry::StatusNode health_block(const telemetry::HealthReport& report);

/// Answers "health", "status?format=text|json|pretty-json&section=NAME", "config", "hostname",
/// "version"; anything else is 404.
[[nodiscard]] api::IpcReply answer(const Inspected& inspected, std::string_view request);

}  // namespace remora::agent
