// The generated part of docs/checks.md: every integration from its tables.
#pragma once

#include <span>
#include <string>

#include "remora/checks/integration.hpp"

namespace remora::checks {

/// An overview, then a section per integration: a label to copy, options, metrics, service checks.
[[nodiscard]] std::string integrations_markdown(
    std::span<const IntegrationInfo* const> integrations);

}  // namespace remora::checks
