// Values of metrics in the units people read.
#pragma once

#include <string>
#include <string_view>

namespace remora::sandbox {

struct Shown {
  std::string value;  ///< "12.3"
  std::string unit;   ///< "MiB", "%", "/s"; empty = a plain number
};

/// `type` as on the wire (1 count, 2 rate, 3 gauge). CPU usage is shown in percent of one vCPU.
/// Source of the units: DataDog/integrations-core container and ecs_fargate metadata.csv.
[[nodiscard]] Shown humanise(std::string_view metric, double value, int type);

/// "512 B", "1.5 KiB", "2.0 MiB".
[[nodiscard]] std::string human_bytes(double bytes);

}  // namespace remora::sandbox
