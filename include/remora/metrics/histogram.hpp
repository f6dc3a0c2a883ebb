// One bucket of a histogram or timer: exact up to a number of samples, then percentiles from a
// sketch (relative error below 0.8 %), while max, min, sum, avg and count stay exact.
//
// Source of the maths: DataDog/datadog-agent pkg/metrics/histogram.go (weights as doubles).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
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
/// Aggregates are words (max, min, median, avg, sum, count), percentiles numbers from 0 to 1,
/// rounded to whole percents. Unknown and bad ones are left out and named in `warnings`.
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
  /// Samples kept exactly; more turn the percentiles and the median into those of a sketch.
  static constexpr std::size_t kMaxExact = 65'536;

  /// weight = 1/rate; rate 0 counts as 1 (and so do negative and NaN rates, and those whose weight
  /// is 0 or infinite). Value finite.
  void add(double value, double rate);
  /// Appends the values of the bucket; nothing for an empty one. `interval`: seconds, 10 for
  /// DogStatsD. Reorders the samples.
  void values(const HistogramOptions& options, double interval, std::vector<HistogramValue>& out);
  [[nodiscard]] bool empty() const noexcept { return weight_ == 0; }
  [[nodiscard]] std::size_t heap_bytes() const noexcept;
  [[nodiscard]] bool exact() const noexcept { return sketch_ == nullptr; }

 private:
  void add_to_sum(double term);
  void vary_weights();
  void give_up_exactness();
  [[nodiscard]] double sum() const;
  void pick_equally_weighted(std::span<const double> thresholds, std::span<double> picked);
  void pick_weighted(std::span<const double> thresholds, std::span<double> picked);
  void pick_from_sketch(std::span<const double> thresholds, std::span<double> picked);

  std::vector<double> samples_;
  std::vector<double> weights_;  ///< empty while all samples have `common_weight_`
  std::unique_ptr<Sketch> sketch_;
  double common_weight_ = 0;  ///< 0 once weights differ
  double weight_ = 0, sum_ = 0, compensation_ = 0, min_ = 0, max_ = 0;
};

/// Suffix of a percentile, 0 to 100: 95 -> ".95percentile". The view lives as long as the program.
[[nodiscard]] std::string_view percentile_suffix(int percent);

}  // namespace remora::metrics
