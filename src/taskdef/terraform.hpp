// What `terraform show -json` prints, of a plan and of a state, and the file terraform.tfstate.
//
// Source: Terraform documentation, "JSON output format"; provider hashicorp/aws, resource
// aws_ecs_task_definition.
#pragma once

#include <string_view>

#include "remora/core/error.hpp"
#include "remora/taskdef/task_definition.hpp"

namespace remora::taskdef {

/// JSON with a `terraform_version`. Pure, and no proof that it parses.
[[nodiscard]] bool is_terraform_json(std::string_view text);

/// Every aws_ecs_task_definition of all modules; other resources are let go while the text is read,
/// so memory follows the task definitions, not the plan. A definition whose containers are known
/// only after an apply is unread. Pure.
/// Errors: invalid_config with line and column of broken JSON, or when there is no task definition;
/// too_large (text, depth, the definitions together).
[[nodiscard]] Result<Reading> read_terraform(std::string_view text);

}  // namespace remora::taskdef
