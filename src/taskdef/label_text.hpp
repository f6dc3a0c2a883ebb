// Texts of labels while a definition is read.
#pragma once

#include <string>
#include <string_view>

#include "remora/model/value.hpp"
#include "remora/taskdef/label_syntax.hpp"

namespace remora::taskdef {

/// True when masking would change nothing: the value may be shown as it is.
[[nodiscard]] bool is_secretless(const model::Value& value);

/// JSON in which references that a template leaves open stand where values belong
/// (`{"port":${Port}}`), with those in quotes; JSON after the deployment is JSON now too. Anything
/// else comes back as it is.
[[nodiscard]] std::string with_quoted_references(std::string_view text);

}  // namespace remora::taskdef
