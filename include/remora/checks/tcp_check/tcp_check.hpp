// The `tcp_check` check: is a TCP port open, and how fast does it answer.
//
// Source: DataDog/integrations-core tcp_check; docs/checks.md lists options and metrics.
#pragma once

#include "remora/checks/integration.hpp"

namespace remora::checks {

extern const IntegrationInfo kTcpCheck;

}  // namespace remora::checks
