// One bucket of a histogram or timer: exact up to a number of samples, then percentiles from a
// sketch (relative error below 0.8 %), while max, min, sum, avg and count stay exact.
//
// Source of the maths: DataDog/datadog-agent pkg/metrics/histogram.go (weights as doubles).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "remora/core/error.hpp"
#include "remora/metrics/sketch.hpp"
#include "remora/model/metric.hpp"

namespace remora::metrics {

/// DD_HISTOGRAM_AGGREGATES and DD_HISTOGRAM_PERCENTILES, parsed once.
struct HistogramOptions {
  bool max = true, min = false, median = true, average = true, count = true, sum = false;
  std::vector<int> percentiles{95};  ///< whole percents, ascending, unique
};
/// Unknown aggregates and bad percentiles are left out and named in `warnings`.
[[nodiscard]] HistogramOptions parse_histogram_options(const std::vector<std::string>& aggregates,
                                                       const std::vector<std::string>& percentiles,
                                                       std::vector<std::string>& warnings);

/// What one bucket gives: one entry per configured aggregate, in the order max, min, median, avg,
/// sum, count, percentiles. `suffix` points into static storage or the table of percentiles.
struct HistogramValue {
  std::string_view suffix;                            ///< ".max", ".95percentile"
  model::SeriesType type = model::SeriesType::gauge;  ///< rate for ".count"
  double value = 0;
};

class Histogram {
 public:
  /// Samples kept exactly; more turn the percentiles into those of a sketch.
  static constexpr std::size_t kMaxExact = 65'536;

  /// weight = 1/rate; rate 0 counts as 1 (and so do negative and NaN rates). Value finite.
  void add(double value, double rate);
  /// Appends the values of the bucket. `interval`: seconds, 10 for DogStatsD. Sorts the samples.
  void values(const HistogramOptions& options, double interval, std::vector<HistogramValue>& out);
  [[nodiscard]] bool empty() const noexcept { return weight_ == 0 && samples_.empty(); }
  [[nodiscard]] std::size_t heap_bytes() const noexcept;
  [[nodiscard]] bool exact() const noexcept { return sketch_ == nullptr; }

 private:
  std::vector<double> samples_;
  std::vector<double> weights_;  ///< empty while all weights are 1
  std::unique_ptr<Sketch> sketch_;
  double weight_ = 0, sum_ = 0, compensation_ = 0, min_ = 0, max_ = 0;
};

/// Suffix of a percentile: 95 -> ".95percentile". The view lives as long as the program.
[[nodiscard]] std::string_view percentile_suffix(int percent);

}  // namespace remora::metrics
