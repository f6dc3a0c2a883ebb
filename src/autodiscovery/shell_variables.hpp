// `$NAME` in a label: a shell would exchange it, and no shell reads labels.
#pragma once

#include <string>

#include "autodiscovery/template_parts.hpp"
#include "remora/model/value.hpp"

namespace remora::autodiscovery {

/// Warns of every option of `instance` that is `$NAME` or `${NAME}`, or a URL whose host is one.
/// `open_references`: `${NAME}` is what a deployment fills in, and no mistake.
void warn_about_shell_variables(const model::Value& instance, const std::string& check,
                                bool open_references, const FaultPlace& place);

}  // namespace remora::autodiscovery
