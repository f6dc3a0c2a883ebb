// What a check says about a metric of its own: one row of docs/metrics.md.
#pragma once

#include <string_view>

namespace remora::checks {

struct MetricInfo {
  std::string_view name;
  std::string_view type;  ///< how it is submitted: gauge, rate, count
  std::string_view unit;  ///< "nanocore", "byte", "second", "" for none
  bool extended = false;  ///< only with DD_CONTAINER_EXTENDED_METRICS
};

}  // namespace remora::checks
