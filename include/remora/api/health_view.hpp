// A health report as the text of `agent health` and the JSON of the health port.
#pragma once

#include <string>
#include <string_view>

#include "remora/core/error.hpp"
#include "remora/telemetry/health.hpp"

namespace remora::api {

/// "Agent health: PASS", "=== N healthy components ===" and so on; degraded ones with their reason.
[[nodiscard]] std::string health_text(const telemetry::HealthReport& report, bool colour);
/// {"Healthy":[…],"Unhealthy":[…],"Degraded":{name: reason}}; an empty list is null, as the
/// Agent's. "Reasons":{name: reason} follows when there are unhealthy ones.
[[nodiscard]] std::string health_json(const telemetry::HealthReport& report);
/// Reads `health_json` back, on the CLI's side. Errors: malformed_payload, also for a report
/// without any component: that is nobody's state.
[[nodiscard]] Result<telemetry::HealthReport> parse_health_json(std::string_view json);

}  // namespace remora::api
