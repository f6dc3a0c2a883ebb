// The `openmetrics` check: any page in the Prometheus or OpenMetrics format, of an application or
// an exporter.
//
// Source: DataDog/integrations-core openmetrics and datadog_checks_base; docs/checks.md lists the
// options.
#pragma once

#include "remora/checks/integration.hpp"

namespace remora::checks {

extern const IntegrationInfo kOpenmetrics;

}  // namespace remora::checks
