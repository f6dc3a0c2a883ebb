// The `container` check: Docker stats of every container of the task as container.* metrics.
//
// Source: DataDog/datadog-agent pkg/collector/corechecks/containers/generic and
// pkg/util/containers/metrics/ecsmanagedinstances; units from integrations-core
// container/metadata.csv. Documented for operators in docs/metrics.md, which a test holds to the
// table in this check.
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

struct ContainerCheckOptions {
  ecs::LaunchType launch_type =
      ecs::LaunchType::unknown;  ///< as detected; unknown = that of the task
  bool extended_metrics = false;
};

/// Every metric this check can send, in the order of the page.
[[nodiscard]] std::span<const MetricInfo> container_metrics();

/// Lifetime: the references outlive the check.
[[nodiscard]] std::unique_ptr<Check> make_container_check(ecs::TaskSource& source,
                                                          const tagger::Tagger& tagger,
                                                          const core::Clock& clock,
                                                          ecs::ContainerFilter filter,
                                                          ContainerCheckOptions options);

}  // namespace remora::checks
