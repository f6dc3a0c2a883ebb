// One context (metric and tags) between two flushes: from samples to a value per window.
//
// Pure: no clock, no tags. Source of the semantics: DataDog/datadog-agent pkg/metrics (gauge.go,
// rate.go, monotonic_count.go, count.go).
#pragma once

#include <cstdint>
#include <optional>

#include "remora/core/clock.hpp"
#include "remora/model/metric.hpp"

namespace remora::metrics {

class MetricState {
 public:
  explicit MetricState(model::SampleKind kind) : kind_(kind) {}

  /// `value` is finite. `at` is the time of submission and never goes back. `measured_at_ns` is
  /// the time of the reading at its source, 0 when not known: a rate is per second of that time,
  /// and a reading that was submitted before is no new sample.
  void add(double value, core::SteadyTime at, std::int64_t measured_at_ns = 0);
  /// The value of the window that ends now, and the start of the next window. Empty when the
  /// window had no value: no sample, the first of a counter, a counter that went down.
  [[nodiscard]] std::optional<double> flush();

 private:
  void add_rate(double value, core::SteadyTime at, std::int64_t measured_at_ns);
  [[nodiscard]] std::optional<double> flush_rate();
  [[nodiscard]] double elapsed_seconds() const;

  model::SampleKind kind_;
  bool pending_ = false;  ///< a value (gauge, count, monotonic) or a sample (rate) waits
  bool has_baseline_ = false;
  double value_ = 0;       ///< gauge: last; count and monotonic: sum; rate: last sample
  double baseline_ = 0;    ///< the sample before
  core::SteadyTime at_{};  ///< of `value_` of a rate
  core::SteadyTime baseline_at_{};
  std::int64_t measured_ns_ = 0;  ///< of `value_` of a rate
  std::int64_t baseline_measured_ns_ = 0;
};

}  // namespace remora::metrics
