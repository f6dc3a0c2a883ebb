// Which metrics the check sends: the fields of INFO, and everything else by name.
#pragma once

#include <span>
#include <string_view>

#include "remora/checks/integration.hpp"

namespace remora::checks::redisdb {

/// A field of INFO that is a metric as it stands.
struct InfoMetric {
  std::string_view field;
  std::string_view metric;  ///< with its namespace
  SubmitKind kind;          ///< gauge or rate
  std::string_view unit;
};

/// What `find_info_metric` searches, in the order of the page.
[[nodiscard]] std::span<const InfoMetric> info_metrics();
/// Null for every other field.
[[nodiscard]] const InfoMetric* find_info_metric(std::string_view field);

inline constexpr std::string_view kNamespace = "redis";
/// "net.clients" of "redis.net.clients": how the sender wants it.
[[nodiscard]] constexpr std::string_view without_namespace(std::string_view metric) {
  return metric.substr(kNamespace.size() + 1);
}

/// All metrics with their namespace, those of INFO included.
[[nodiscard]] std::span<const MetricInfo> metric_list();

}  // namespace remora::checks::redisdb
