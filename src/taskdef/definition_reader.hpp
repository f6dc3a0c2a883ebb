// One tree -> one task definition.
#pragma once

#include <cstdint>
#include <string>

#include "remora/core/error.hpp"
#include "remora/model/value.hpp"
#include "remora/taskdef/task_definition.hpp"

namespace remora::taskdef {

/// Whether a field that is absent is absent for ECS too.
enum class Completeness : std::uint8_t {
  whole,
  part,  ///< an array of containers, or what Terraform knows before an apply
};

/// `properties`: the definition itself, or the resolved Properties of the resource `resource`. In a
/// template the names of fields are capitalised, and scalars of any type stand for texts. What a
/// part does not say is assumed, with a note.
/// Errors: invalid_config, naming container and field.
[[nodiscard]] Result<TaskDefinition> read_definition(const model::Value& properties,
                                                     const std::string& resource, Syntax syntax,
                                                     Completeness completeness);

}  // namespace remora::taskdef
