// The `redisdb` check: redis.* metrics of one Redis, Valkey or compatible server.
//
// Source: DataDog/integrations-core redisdb; docs/checks.md lists options and metrics.
#pragma once

#include "remora/checks/integration.hpp"

namespace remora::checks {

extern const IntegrationInfo kRedisdb;

}  // namespace remora::checks
