// Many metric names in a few words.
#pragma once

#include <span>
#include <string>

#include "remora/preview/report.hpp"

namespace remora::preview {

/// "container.*: 41 metrics"; several families with commas between.
[[nodiscard]] std::string families_text(std::span<const checks::MetricInfo> metrics);
/// The same for a check, also for one whose page names its metrics.
[[nodiscard]] std::string metrics_text(const CheckPreview& check);

}  // namespace remora::preview
