// Mistakes in a task definition that ECS accepts and that cost metrics or a deployment later.
#pragma once

#include <string>
#include <vector>

#include "sandbox/task_definition.hpp"

namespace remora::sandbox {

struct Finding {
  std::string container;  ///< empty: the task itself
  std::string field;      ///< as written in the definition, e.g. "healthCheck.command"
  std::string text;       ///< what is wrong and what to write, one line

  /// "container app, dockerLabels com.datadoghq.ad.instances: …"
  [[nodiscard]] std::string line() const;
};

/// In the order of the containers. Pure.
[[nodiscard]] std::vector<Finding> find_mistakes(const TaskDefinition& definition);

}  // namespace remora::sandbox
