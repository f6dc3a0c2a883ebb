// The samples of one run, written from the metric tables so that a name exists once.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "remora/checks/check.hpp"
#include "remora/checks/metric_info.hpp"
#include "remora/core/clock.hpp"
#include "remora/model/metric.hpp"

namespace remora::checks {

/// "count" in a table of a check is a cumulative counter: the aggregator takes differences.
[[nodiscard]] constexpr model::SampleKind kind_of(const MetricInfo& metric) {
  if (metric.type == "rate") return model::SampleKind::rate;
  if (metric.type == "count") return model::SampleKind::monotonic_count;
  return model::SampleKind::gauge;
}

/// Reused between runs, so that a steady cycle allocates nothing.
class SampleList {
 public:
  explicit SampleList(model::Origin origin) : origin_(origin) {}

  void add(const MetricInfo& metric, double value, const model::Tags& tags) {
    if (skip_counters_ && metric.type != "gauge") return;
    samples_.push_back({metric.name, kind_of(metric), value, tags, origin_, measured_at_ns_});
  }
  void add(const MetricInfo& metric, std::uint64_t value, const model::Tags& tags) {
    add(metric, static_cast<double>(value), tags);
  }
  /// Nothing when the source did not have the field.
  void add(const MetricInfo& metric, const std::optional<std::uint64_t>& value,
           const model::Tags& tags) {
    if (value) add(metric, static_cast<double>(*value), tags);
  }

  /// The time of the reading that the next samples come from; empty = not known.
  void measured_at(const std::optional<core::WallTime>& read) {
    using std::chrono::nanoseconds;
    measured_at_ns_ =
        read ? std::chrono::duration_cast<nanoseconds>(read->time_since_epoch()).count() : 0;
  }

  /// Leaves rates and counts out until it is set back: the same reading twice would be a rate of
  /// zero, followed by one that is too high.
  void skip_counters(bool skip) { skip_counters_ = skip; }

  void submit_to(Sender& sender) {
    for (const model::Sample& sample : samples_) sender.submit(sample);
    samples_.clear();
  }
  [[nodiscard]] const std::vector<model::Sample>& samples() const { return samples_; }

 private:
  model::Origin origin_;
  std::int64_t measured_at_ns_ = 0;
  bool skip_counters_ = false;
  std::vector<model::Sample> samples_;
};

}  // namespace remora::checks
