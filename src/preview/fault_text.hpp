// What to write in place of a fault, as it is written in that document.
#pragma once

#include <string>

#include "remora/autodiscovery/fault.hpp"
#include "remora/taskdef/task_definition.hpp"

namespace remora::preview {

/// A correction that is the whole value of a label becomes the entry of DockerLabels itself, quoted
/// as `syntax` asks; others stay as they are. Empty where the fault has none.
[[nodiscard]] std::string to_paste(const autodiscovery::Fault& fault, taskdef::Syntax syntax);

}  // namespace remora::preview
