// One tree -> one task definition.
#pragma once

#include <string>

#include "remora/core/error.hpp"
#include "remora/model/value.hpp"
#include "remora/taskdef/task_definition.hpp"

namespace remora::taskdef {

/// `properties`: the definition itself, or the resolved Properties of the resource `resource`. In a
/// template the names of fields are capitalised, and scalars of any type stand for texts.
/// Errors: invalid_config, naming container and field.
[[nodiscard]] Result<TaskDefinition> read_definition(const model::Value& properties,
                                                     const std::string& resource, Syntax syntax);

}  // namespace remora::taskdef
