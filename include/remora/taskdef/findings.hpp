// Mistakes in a task definition that ECS accepts and that cost metrics or a deployment later.
#pragma once

#include <string>
#include <vector>

#include "remora/autodiscovery/fault.hpp"
#include "remora/taskdef/task_definition.hpp"

namespace remora::taskdef {

/// Of the agent's container and of health checks, in the order of the containers. `place` is the
/// field as JSON definitions write it, e.g. "healthCheck.command"; an empty container is the task
/// itself. What keeps the agent from working, or ECS from keeping the task, is an error. Pure.
[[nodiscard]] std::vector<autodiscovery::Fault> find_mistakes(const TaskDefinition& definition);

/// Of the labels of autodiscovery, container by container. Pure.
[[nodiscard]] std::vector<autodiscovery::Fault> find_label_mistakes(
    const TaskDefinition& definition);

/// "container app, dockerLabels com.datadoghq.ad.instances: … (write: …)"
[[nodiscard]] std::string finding_line(const autodiscovery::Fault& fault);

}  // namespace remora::taskdef
