// Options of an instance that nobody reads: most are slips of the pen.
#pragma once

#include <string>
#include <vector>

#include "remora/checks/integration.hpp"
#include "remora/model/value.hpp"

namespace remora::checks {

/// One line for each option of `instance` that neither the check, nor every check, nor the Agent's
/// HTTP wrapper knows; with the one that was meant where that is near. At most 20. Never a value.
[[nodiscard]] std::vector<std::string> unknown_options(const IntegrationInfo& info,
                                                       const model::Value& instance);

}  // namespace remora::checks
