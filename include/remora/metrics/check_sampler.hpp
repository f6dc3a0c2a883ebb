// Samples of one instance of an integration -> series and sketches, run by run.
//
// Unlike DogStatsD there are no buckets of time: what was submitted is committed at the end of a
// run, with the time of that run, and waits for the next flush. Source of the semantics:
// DataDog/datadog-agent pkg/aggregator/check_sampler.go, pkg/metrics (rate.go, monotonic_count.go,
// historate.go). Different on purpose: the type is part of the context, so that a check which uses
// one name for two types never mixes their values.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "remora/core/clock.hpp"
#include "remora/metrics/histogram.hpp"
#include "remora/metrics/time_sampler.hpp"
#include "remora/model/metric.hpp"
#include "remora/model/tags.hpp"
#include "remora/telemetry/counters.hpp"

namespace remora::metrics {

enum class CheckSampleType : std::uint8_t {
  gauge,
  rate,
  count,
  monotonic_count,
  histogram,
  historate,     ///< a histogram of the rates between samples
  distribution,  ///< a sketch
  bucket,        ///< `value` samples so far between `lower` and `upper`, into the same sketch
};

struct CheckSample {
  CheckSampleType type = CheckSampleType::gauge;
  std::string_view name;
  double value = 0;
  std::string_view host;                   ///< empty: `CheckSamplerOptions::hostname`
  std::span<const std::string_view> tags;  ///< sorted, no duplicates
  bool flush_first = false;  ///< monotonic_count, bucket: the first value counts in full
  double lower = 0, upper = 0;
};

/// What all samplers together may keep. Threading: the loop.
struct SamplerBudget {
  std::size_t max_bytes = 64u << 20;
  std::size_t used = 0;
};

struct CheckSamplerOptions {
  HistogramOptions histogram;
  std::string hostname;
  model::Tags tags = model::empty_tags();  ///< on everything this sampler gives
  model::Origin origin;
  std::size_t max_contexts = 100'000;
  std::size_t max_bytes = 16u << 20;  ///< see `bytes()`
  /// Runs without a sample after which a context is forgotten
  /// (check_sampler_bucket_commits_count_expiry).
  std::uint64_t idle_runs = 2;
  /// Rates, monotonic counts, historates and buckets keep their last value that long, so that one
  /// which comes back goes on (check_sampler_stateful_metric_expiration_time). Under a limit they
  /// make room earlier.
  std::chrono::seconds stateful_expiry = std::chrono::hours(25);
};

/// Threading: the loop. Lifetime: counters and budget outlive it.
class CheckSampler {
 public:
  CheckSampler(CheckSamplerOptions options, telemetry::AggregatorCounters& counters,
               SamplerBudget& budget);
  ~CheckSampler();
  CheckSampler(const CheckSampler&) = delete;
  CheckSampler& operator=(const CheckSampler&) = delete;

  /// NaN and infinite values, negative and impossible buckets, and new contexts over a limit are
  /// dropped, counted and named in the log.
  void add(const CheckSample& sample, core::SteadyTime now);
  /// A run ended at `timestamp` (Unix seconds). Its values wait for `flush`.
  void commit(core::SteadyTime now, std::int64_t timestamp);
  /// Gives everything committed since the last flush. Returns how much that was.
  std::size_t flush(FlushSink& sink);

  [[nodiscard]] bool has_data() const noexcept;  ///< something waits for a flush
  [[nodiscard]] std::size_t contexts() const noexcept;
  /// Bytes accounted for: contexts, samples of histograms, sketches, values that wait.
  [[nodiscard]] std::size_t bytes() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace remora::metrics
