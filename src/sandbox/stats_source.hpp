// Where the numbers of a container come from: the Docker Engine or this machine's processes.
#pragma once

#include <string>

namespace remora::sandbox {

/// Threading: the loop. Never waits: answers with the last sample taken.
class StatsSource {
 public:
  virtual ~StatsSource() = default;
  /// The stats of container `index` as one JSON object in Docker's form; empty = not yet or none.
  [[nodiscard]] virtual std::string stats(std::size_t index) const = 0;
  /// "Docker container 3f2a9c41d07e", "process 812 (redis-server)", "this machine"; empty when this
  /// source has nothing for the container.
  [[nodiscard]] virtual std::string origin(std::size_t index) const = 0;
};

}  // namespace remora::sandbox
