// The `http_check` check: is a URL answered, how fast, with which content, and when does its
// certificate end.
//
// Source: DataDog/integrations-core http_check; docs/checks.md lists options and metrics.
#pragma once

#include "remora/checks/integration.hpp"

namespace remora::checks {

extern const IntegrationInfo kHttpCheck;

}  // namespace remora::checks
