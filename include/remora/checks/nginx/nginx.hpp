// The `nginx` check: nginx.* metrics of one NGINX: stub_status, the API of NGINX Plus, VTS.
//
// Source: DataDog/integrations-core nginx; docs/checks.md lists options and metrics.
#pragma once

#include "remora/checks/integration.hpp"

namespace remora::checks {

extern const IntegrationInfo kNginx;

}  // namespace remora::checks
