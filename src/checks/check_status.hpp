// The service check that says how a run of a check went.
//
// Source: DataDog/datadog-agent pkg/collector/worker/worker.go (integration_check_status_enabled).
#pragma once

#include <string_view>

#include "remora/core/clock.hpp"
#include "remora/model/metric.hpp"
#include "remora/model/tags.hpp"

namespace remora::checks {

[[nodiscard]] inline model::ServiceCheck check_status(std::string_view name, bool failed,
                                                      bool warned, core::WallTime at,
                                                      const model::Tags& tags) {
  model::ServiceCheck check;
  check.check = "datadog.agent.check_status";
  check.status = failed   ? model::CheckStatus::critical
                 : warned ? model::CheckStatus::warning
                          : model::CheckStatus::ok;
  check.timestamp = core::unix_seconds(at);
  check.tags = model::with_tags(tags, {"check:" + std::string(name)});
  return check;
}

}  // namespace remora::checks
