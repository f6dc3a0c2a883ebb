// The `ecs_fargate` check: ecs.fargate.* metrics and the service check `fargate_check`.
//
// Runs on Fargate, and wherever ECS_FARGATE is set. Source: DataDog/integrations-core ecs_fargate.
// Documented for operators in docs/metrics.md, which a test holds to the table in this check.
#pragma once

#include <memory>
#include <span>

#include "remora/checks/check.hpp"
#include "remora/checks/metric_info.hpp"
#include "remora/core/clock.hpp"
#include "remora/ecs/container_filter.hpp"
#include "remora/ecs/task_source.hpp"
#include "remora/tagger/tagger.hpp"

namespace remora::checks {

/// Every metric this check can send, in the order of the page.
[[nodiscard]] std::span<const MetricInfo> ecs_fargate_metrics();

/// Lifetime: the references outlive the check.
[[nodiscard]] std::unique_ptr<Check> make_ecs_fargate_check(ecs::TaskSource& source,
                                                            const tagger::Tagger& tagger,
                                                            const core::Clock& clock,
                                                            ecs::ContainerFilter filter);

}  // namespace remora::checks
