// A check of a label, as a file of the agent's container.
#pragma once

#include <optional>

#include "remora/autodiscovery/reconciler.hpp"
#include "remora/preview/report.hpp"
#include "remora/taskdef/task_definition.hpp"

namespace remora::preview {

/// For containers whose labels the agent may not see. Variables stay as written, secrets are
/// placeholders. Empty where the image has no name to go by.
[[nodiscard]] std::optional<CheckFile> file_recipe(const autodiscovery::CheckConfig& config,
                                                   const taskdef::ContainerDefinition& container);

}  // namespace remora::preview
