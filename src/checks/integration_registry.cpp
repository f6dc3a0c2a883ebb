// Where an integration makes itself known: declare its table here and add a line to the list.
#include <algorithm>
#include <array>

#include "remora/checks/integration.hpp"

namespace remora::checks {

// One line each, as in: extern const IntegrationInfo kRedisdb;  (integrations/redisdb/redisdb.cpp)

namespace {

// By name: `find_integration` searches in it.
constexpr std::array<const IntegrationInfo*, 0> kIntegrations = {
    // &kRedisdb,
};

}  // namespace

std::span<const IntegrationInfo* const> integrations() { return kIntegrations; }

const IntegrationInfo* find_integration(std::string_view name) {
  const auto found = std::lower_bound(
      kIntegrations.begin(), kIntegrations.end(), name,
      [](const IntegrationInfo* info, std::string_view n) { return info->name < n; });
  return found != kIntegrations.end() && (*found)->name == name ? *found : nullptr;
}

}  // namespace remora::checks
