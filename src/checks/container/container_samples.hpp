// One container of one run: metadata and Docker stats -> samples of container.*.
//
// No I/O and no clock. Source of the formulas: DataDog/datadog-agent
// pkg/collector/corechecks/containers/generic/processor.go and
// pkg/util/containers/metrics/ecsmanagedinstances/collector.go.
#pragma once

#include "checks/entity_tags.hpp"
#include "checks/sample_list.hpp"
#include "remora/core/clock.hpp"
#include "remora/ecs/metadata.hpp"
#include "remora/ecs/stats.hpp"

namespace remora::checks {

/// What is remembered of a container between two runs.
struct ContainerState {
  EntityTags tags;
  /// An I/O array that was there and is null now has no reading; one that never was there is zero.
  bool had_io_bytes = false, had_io_operations = false;
  bool seen = false;  ///< in the run that goes on
};

struct ContainerReading {
  const ecs::TaskMetadata& task;
  const ecs::ContainerMetadata& container;
  const ecs::ContainerStats* stats;  ///< null: none yet; the uptime is sent all the same
  core::WallTime now;
  bool extended_metrics = false;
};

/// `sender` only hears of tag lists that are forgotten.
void add_container_samples(const ContainerReading& reading, ContainerState& state, Sender& sender,
                           SampleList& out);

}  // namespace remora::checks
