#include "metrics/metric_state.hpp"

#include <chrono>
#include <cmath>

namespace remora::metrics {
namespace {

// ECS refreshes stats at least every 20 s, so two readings are never further from their
// submissions than that; the excess leaves room for an endpoint that hangs for a while.
constexpr double kShortestShare = 0.2;
constexpr double kLongestExcessSeconds = 60;

}  // namespace

void MetricState::add(double value, core::SteadyTime at, std::int64_t measured_at_ns) {
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
      add_rate(value, at, measured_at_ns);
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

void MetricState::add_rate(double value, core::SteadyTime at, std::int64_t measured_at_ns) {
  // The endpoint has not looked again since: no new sample, and the next one covers the whole time.
  const std::int64_t latest = pending_ ? measured_ns_ : baseline_measured_ns_;
  const double latest_value = pending_ ? value_ : baseline_;
  if (measured_at_ns != 0 && measured_at_ns == latest && value == latest_value) return;
  // The sample in hand becomes the baseline, so that a window with several samples gives the
  // rate of its last two. Two samples of one instant are one: the later value counts.
  if (pending_ && at != at_) {
    baseline_ = value_;
    baseline_at_ = at_;
    baseline_measured_ns_ = measured_ns_;
    has_baseline_ = true;
  }
  value_ = value;
  at_ = at;
  measured_ns_ = measured_at_ns;
  pending_ = true;
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
    rate = (value_ - baseline_) / elapsed_seconds();
  }
  baseline_ = value_;
  baseline_at_ = at_;
  baseline_measured_ns_ = measured_ns_;
  has_baseline_ = true;
  return rate;
}

// Between the two readings, by the source's clock where it tells one that can be right: set clocks
// jump, so a time that is far off that of the submissions is not believed.
double MetricState::elapsed_seconds() const {
  const double submitted = std::chrono::duration<double>(at_ - baseline_at_).count();
  if (measured_ns_ == 0 || baseline_measured_ns_ == 0) return submitted;
  const double measured = static_cast<double>(measured_ns_ - baseline_measured_ns_) / 1e9;
  const bool plausible =
      measured > submitted * kShortestShare && measured < submitted + kLongestExcessSeconds;
  return plausible ? measured : submitted;
}

}  // namespace remora::metrics
