// Where an integration makes itself known: include its header and add a line to the list. Then
// write docs/checks.md anew (tests/checks/write_checks_page.cpp).
#include <algorithm>
#include <array>

#include "remora/checks/http_check/http_check.hpp"
#include "remora/checks/integration.hpp"
#include "remora/checks/nginx/nginx.hpp"
#include "remora/checks/openmetrics/openmetrics.hpp"
#include "remora/checks/redisdb/redisdb.hpp"
#include "remora/checks/tcp_check/tcp_check.hpp"

namespace remora::checks {
namespace {

// By name: `find_integration` searches in it.
constexpr std::array kIntegrations = {
    &kHttpCheck, &kNginx, &kOpenmetrics, &kRedisdb, &kTcpCheck,
};

}  // namespace

std::span<const IntegrationInfo* const> integrations() { return kIntegrations; }

std::string integration_names() {
  std::string names;
  for (const IntegrationInfo* info : kIntegrations) {
    names.append(names.empty() ? "" : ", ").append(info->name);
  }
  return names;
}

const IntegrationInfo* find_integration(std::string_view name) {
  const auto found = std::lower_bound(
      kIntegrations.begin(), kIntegrations.end(), name,
      [](const IntegrationInfo* info, std::string_view wanted) { return info->name < wanted; });
  return found != kIntegrations.end() && (*found)->name == name ? *found : nullptr;
}

}  // namespace remora::checks
