// One context (metric and tags) between two flushes: from samples to a value per window.
//
// Pure: no clock, no tags. Source of the semantics: DataDog/datadog-agent pkg/metrics (gauge.go,
// rate.go, monotonic_count.go, count.go).
#pragma once

#include <optional>

#include "remora/core/clock.hpp"
#include "remora/model/metric.hpp"

namespace remora::metrics {

class MetricState {
 public:
  explicit MetricState(model::SampleKind kind) : kind_(kind) {}

  /// `value` is finite. `at` is the time of submission and never goes back.
  void add(double value, core::SteadyTime at);
  /// The value of the window that ends now, and the start of the next window. Empty when the
  /// window had no value: no sample, the first of a counter, a counter that went down.
  [[nodiscard]] std::optional<double> flush();

 private:
  [[nodiscard]] std::optional<double> flush_rate();

  model::SampleKind kind_;
  bool pending_ = false;  ///< a value (gauge, count, monotonic) or a sample (rate) waits
  bool has_baseline_ = false;
  double value_ = 0;       ///< gauge: last; count and monotonic: sum; rate: last sample
  double baseline_ = 0;    ///< the sample before
  core::SteadyTime at_{};  ///< of `value_` of a rate
  core::SteadyTime baseline_at_{};
};

}  // namespace remora::metrics
