// The `ecs_fargate` check: ecs.fargate.* metrics and the service check `fargate_check`.
//
// Runs on Fargate, and wherever ECS_FARGATE is set. Source: DataDog/integrations-core ecs_fargate.
#pragma once

#include <memory>
#include <span>

#include "remora/checks/check.hpp"
#include "remora/checks/container/container_check.hpp"
#include "remora/ecs/container_filter.hpp"
#include "remora/ecs/task_source.hpp"
#include "remora/tagger/tagger.hpp"

namespace remora::checks {

[[nodiscard]] std::span<const MetricInfo> ecs_fargate_metrics();

[[nodiscard]] std::unique_ptr<Check> make_ecs_fargate_check(ecs::TaskSource& source,
                                                            const tagger::Tagger& tagger,
                                                            const core::Clock& clock,
                                                            ecs::ContainerFilter filter);

}  // namespace remora::checks
