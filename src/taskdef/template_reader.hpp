// The task definitions of a CloudFormation template.
#pragma once

#include <vector>

#include "remora/core/error.hpp"
#include "remora/model/value.hpp"
#include "remora/taskdef/task_definition.hpp"

namespace remora::taskdef {

/// `root` has Resources. Errors: those of all definitions when none can be read, too_large.
[[nodiscard]] Result<Reading> read_template(const model::Value& root, bool yaml);

/// "resource X: …" of the first, and how many more there are. `unread` is not empty.
[[nodiscard]] Error unread_error(const std::vector<Unread>& unread);

}  // namespace remora::taskdef
