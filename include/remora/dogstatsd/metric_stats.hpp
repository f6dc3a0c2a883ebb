// What `agent dogstatsd-stats` shows: how often each metric with its tags came, and when last.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace remora::dogstatsd {

/// Off unless DD_DOGSTATSD_METRICS_STATS_ENABLE is set. Bounded: beyond `max_entries` new ones are
/// only counted. Threading: the loop.
class MetricStats {
 public:
  explicit MetricStats(std::size_t max_entries = 10'000);
  ~MetricStats();
  /// `tags`: raw, as the client wrote them. `now`: Unix seconds.
  void seen(std::string_view name, std::string_view tags, std::int64_t now);
  /// At most 4 MiB; metrics that do not fit are counted as those over the limit.
  [[nodiscard]] std::string json(bool pretty = false) const;
  [[nodiscard]] std::string text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace remora::dogstatsd
