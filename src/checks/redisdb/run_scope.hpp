// What every step of a run works with.
#pragma once

#include "checks/redisdb/answer_metrics.hpp"
#include "checks/redisdb/connection.hpp"
#include "checks/redisdb/options.hpp"

namespace remora::checks::redisdb {

struct RunScope {
  Connection& connection;
  const Options& options;
  InstanceSender& sender;
  TagTexts tags;  ///< redis_host, redis_port; redis_role once it is known
};

}  // namespace remora::checks::redisdb
