// The agent's own metrics: how the backend recognises that an agent runs in this task.
//
// Source: DataDog/datadog-agent pkg/aggregator/aggregator.go (appendDefaultSeries,
// sendServiceChecks).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "remora/checks/check.hpp"
#include "remora/checks/metric_info.hpp"
#include "remora/model/tags.hpp"

namespace remora::checks {

/// Every metric `submit_self_metrics` can send, in the order of docs/metrics.md.
[[nodiscard]] std::span<const MetricInfo> agent_self_metrics();

/// To be called right before every flush: `datadog.agent.running` 1, the number of payloads that
/// could not be split, the service check `datadog.agent.up`, and on the `first` flush of the
/// process `datadog.agent.started`. `global_tags` are those of the task at the cardinality of the
/// checks; `running` and `started` carry `version:` as well. The service check has no time yet:
/// whoever takes it fills in the time of submission.
void submit_self_metrics(Sender& sender, const model::Tags& global_tags, std::string_view version,
                         std::uint64_t payloads_dropped, bool first);

}  // namespace remora::checks
