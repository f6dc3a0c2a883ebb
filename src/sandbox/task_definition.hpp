// The task definition that the sandbox runs.
#pragma once

#include <string>
#include <string_view>

#include "remora/taskdef/task_definition.hpp"

namespace remora::sandbox {

using taskdef::ContainerDefinition;
using taskdef::PortMapping;
using taskdef::TaskDefinition;

/// The last path component of an image, without tag and digest: "redis" of "docker.io/redis:7".
[[nodiscard]] std::string_view short_image(std::string_view image);

/// Of a template with several the first. Errors: those of taskdef::parse_definitions.
[[nodiscard]] Result<TaskDefinition> parse_task_definition(std::string_view text);
/// Errors: those of taskdef::read_definitions.
[[nodiscard]] Result<TaskDefinition> read_task_definition(const std::string& path);

}  // namespace remora::sandbox
