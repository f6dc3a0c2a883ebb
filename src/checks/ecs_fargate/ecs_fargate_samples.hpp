// Metadata and Docker stats -> samples of ecs.fargate.*. No I/O and no clock.
//
// Source of the formulas: DataDog/integrations-core ecs_fargate/datadog_checks/ecs_fargate.
#pragma once

#include <optional>

#include "checks/entity_tags.hpp"
#include "checks/sample_list.hpp"
#include "remora/ecs/metadata.hpp"
#include "remora/ecs/stats.hpp"

namespace remora::checks {

/// The older tag names dashboards of this check use: `docker_name:` beside `container_name:` and so
/// on, made from the tags of the tagger.
[[nodiscard]] model::TagList fargate_compatibility_tags(const model::TagList& tags);

/// 100 is one vCPU. Empty when a reading is missing or did not move.
struct CpuPercent {
  std::optional<double> value;
  bool bad_reading = false;  ///< more CPU than the host had, in less than a second: no value
};
[[nodiscard]] CpuPercent fargate_cpu_percent(const ecs::ContainerStats& stats);

void add_fargate_task_samples(const ecs::TaskMetadata& task, const model::Tags& tags,
                              SampleList& out);
/// From the metadata alone.
void add_fargate_limit_samples(const ecs::ContainerMetadata& container, const model::Tags& tags,
                               SampleList& out);
/// From the stats. False when the CPU reading was bad. `sender` only hears of tag lists that are
/// forgotten.
bool add_fargate_container_samples(const ecs::ContainerStats& stats, EntityTags& tags,
                                   Sender& sender, SampleList& out);

}  // namespace remora::checks
