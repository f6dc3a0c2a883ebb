// Names of NGINX Plus and of the VTS module, and how each is submitted.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "remora/checks/metric_info.hpp"

namespace remora::checks::nginx {

/// All with their namespace. A value of Plus that is not listed is a gauge.
[[nodiscard]] std::span<const MetricInfo> metric_table();

enum class Kind {
  gauge,
  gauge_and_count,  ///< the count under the name with "_count"
  count,
};
/// Of a name without the namespace.
[[nodiscard]] Kind kind_of(std::string_view name);
/// True when the value also goes into a histogram, under the name with "_histogram".
[[nodiscard]] bool has_histogram(std::string_view name);

/// What the Agent calls a flattened name of VTS; empty when it drops it.
[[nodiscard]] std::string_view vts_name(std::string_view name);

}  // namespace remora::checks::nginx
