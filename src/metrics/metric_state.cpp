#include "metrics/metric_state.hpp"

#include <chrono>
#include <cmath>

namespace remora::metrics {

void MetricState::add(double value, core::SteadyTime at) {
  switch (kind_) {
    case model::SampleKind::gauge:
      value_ = value;
      pending_ = true;
      return;
    case model::SampleKind::count:
      value_ = (pending_ ? value_ : 0) + value;
      pending_ = true;
      return;
    case model::SampleKind::rate:
      // The sample in hand becomes the baseline, so that a window with several samples gives the
      // rate of its last two. Two samples of one instant are one: the later value counts.
      if (pending_ && at != at_) {
        baseline_ = value_;
        baseline_at_ = at_;
        has_baseline_ = true;
      }
      value_ = value;
      at_ = at;
      pending_ = true;
      return;
    case model::SampleKind::monotonic_count:
      if (has_baseline_ && value >= baseline_) {
        value_ = (pending_ ? value_ : 0) + (value - baseline_);
        pending_ = true;
      }
      baseline_ = value;
      has_baseline_ = true;
      return;
  }
}

std::optional<double> MetricState::flush() {
  if (!pending_) return std::nullopt;
  std::optional<double> result =
      kind_ == model::SampleKind::rate ? flush_rate() : std::optional<double>(value_);
  pending_ = false;
  // Sums and differences of finite doubles can still overflow.
  if (result && !std::isfinite(*result)) result.reset();
  return result;
}

std::optional<double> MetricState::flush_rate() {
  std::optional<double> rate;
  if (has_baseline_ && at_ > baseline_at_ && value_ >= baseline_) {
    const std::chrono::duration<double> elapsed = at_ - baseline_at_;
    rate = (value_ - baseline_) / elapsed.count();
  }
  baseline_ = value_;
  baseline_at_ = at_;
  has_baseline_ = true;
  return rate;
}

}  // namespace remora::metrics
