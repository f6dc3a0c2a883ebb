// How the text of a label is written down in a definition.
#pragma once

#include <string>
#include <string_view>

#include "remora/taskdef/task_definition.hpp"

namespace remora::taskdef {

/// `label` with `text` as an entry of DockerLabels, ready to be pasted: in JSON with the inner
/// quotes escaped, in YAML in single quotes.
[[nodiscard]] std::string label_line(std::string_view label, std::string_view text, Syntax syntax);

}  // namespace remora::taskdef
