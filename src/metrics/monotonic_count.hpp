// A cumulative counter between two commits, and the rates of one.
//
// Source of the rules: DataDog/datadog-agent pkg/metrics/monotonic_count.go, historate.go.
#pragma once

#include <optional>

#include "remora/core/clock.hpp"

namespace remora::metrics {

class MonotonicCount {
 public:
  void add(double value, bool flush_first) {
    if (sampled_) {
      previous_ = current_;
      has_previous_ = true;
    }
    current_ = value;
    sampled_ = true;
    flush_first_ = flush_first;
    const double difference = current_ - previous_;
    if ((has_previous_ || flush_first) && difference >= 0) {
      sum_ += difference;
    } else if (flush_first) {
      sum_ = current_;  // a new counter: what it counted so far is new
    }
  }

  /// The increase since the last call. Empty without a sample, and for a first one.
  [[nodiscard]] std::optional<double> flush() {
    if (!sampled_ || !(has_previous_ || flush_first_)) return std::nullopt;
    const double sum = sum_;
    previous_ = current_;
    sum_ = 0;
    has_previous_ = true;
    sampled_ = flush_first_ = false;
    return sum;
  }

 private:
  double previous_ = 0, current_ = 0, sum_ = 0;
  bool has_previous_ = false, sampled_ = false, flush_first_ = false;
};

/// Rates between successive samples. Two samples of one instant are one: the later counts.
class SuccessiveRates {
 public:
  [[nodiscard]] std::optional<double> add(double value, core::SteadyTime at) {
    std::optional<double> rate;
    if (has_previous_ && at > previous_at_) {
      rate = (value - previous_) / std::chrono::duration<double>(at - previous_at_).count();
    }
    previous_ = value;
    previous_at_ = at;
    has_previous_ = true;
    return rate;
  }

 private:
  double previous_ = 0;
  core::SteadyTime previous_at_{};
  bool has_previous_ = false;
};

}  // namespace remora::metrics
