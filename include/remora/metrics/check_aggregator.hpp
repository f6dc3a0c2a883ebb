// Samples of checks -> series: one context per (metric, tags), flushed every 15 s.
//
// Semantics (DataDog/datadog-agent pkg/metrics): a gauge keeps the last value of the window; a rate
// is (v2-v1)/(t2-t1) of the last two samples, with the time of submission, and is dropped when the
// counter went down; a monotonic count is v2-v1, and a decrease only moves the baseline.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "remora/core/clock.hpp"
#include "remora/model/metric.hpp"
#include "remora/telemetry/counters.hpp"
#include "remora/telemetry/status.hpp"

namespace remora::metrics {

struct CheckAggregatorOptions {
  std::chrono::seconds interval{15};         ///< the `interval` of count series
  std::size_t max_contexts = 100'000;        ///< new contexts beyond are refused and counted
  std::chrono::seconds context_expiry{300};  ///< a context without samples is forgotten after that
};

/// Threading: the loop.
class CheckAggregator final : public telemetry::StatusSource {
 public:
  CheckAggregator(const core::Clock& clock, telemetry::AggregatorCounters& counters,
                  CheckAggregatorOptions options);
  ~CheckAggregator() override;

  /// Time of submission is the clock's. NaN and infinite values are dropped and counted.
  void submit(const model::Sample& sample);
  void submit(model::ServiceCheck check);
  /// Forgets the contexts whose tags are `tags` (a container went away): no value of the old one
  /// can make a rate with a new one.
  void forget(const model::Tags& tags);

  struct Flushed {
    std::vector<model::Series> series;
    std::vector<model::ServiceCheck> service_checks;
  };
  /// Everything since the last flush; contexts with no new value give nothing.
  [[nodiscard]] Flushed flush();

  [[nodiscard]] telemetry::StatusNode status() const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace remora::metrics
