// A task definition -> the task that the metadata endpoint would describe.
#pragma once

#include <string>

#include "remora/ecs/metadata.hpp"
#include "remora/taskdef/task_definition.hpp"

namespace remora::preview {

/// Stands for the address of the task: an address of documentation (RFC 5737).
inline constexpr const char* kExampleAddress = "192.0.2.10";

[[nodiscard]] ecs::LaunchType launch_type_of(const taskdef::TaskDefinition& definition);

/// What ECS decides stands as "<cluster>", "<revision>", … and cannot be taken for a real value.
[[nodiscard]] ecs::TaskMetadata example_task(const taskdef::TaskDefinition& definition);

}  // namespace remora::preview
