// What both engines share: first values, samples held back until the
// start of the process is known.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checks/openmetrics/held_families.hpp"
#include "checks/openmetrics/tag_writer.hpp"
#include "remora/checks/openmetrics/metric_mapper.hpp"

namespace remora::checks::openmetrics {

/// Which part of a histogram or summary a sample is, by the end of its name.
enum class Part : std::uint8_t { plain, sum, count, bucket };
[[nodiscard]] Part part_of(std::string_view sample_name) noexcept;
/// A sample of a histogram's plain name that has it is a bucket.
[[nodiscard]] bool has_bound(const Sample& sample) noexcept;

/// Keeps strings and the views of them together.
class TextList {
 public:
  TextList() = default;
  explicit TextList(std::vector<std::string> texts) : texts_(std::move(texts)) {
    views_.assign(texts_.begin(), texts_.end());
  }
  TextList(const TextList&) = delete;
  TextList& operator=(const TextList&) = delete;
  TextList(TextList&&) = default;  // strings stay where they are: the vectors' storage moves
  TextList& operator=(TextList&&) = default;
  [[nodiscard]] std::span<const std::string_view> views() const noexcept { return views_; }
  [[nodiscard]] std::size_t bytes() const noexcept;

 private:
  std::vector<std::string> texts_;
  std::vector<std::string_view> views_;
};

/// Whether counters that are new are flushed with their full value.
///
/// A first scrape: no, unless the process is known to have begun after the agent. After a scrape
/// that worked: yes. After one that failed: no, the counter may have been there for long.
class FirstValues {
 public:
  explicit FirstValues(bool use_process_start) : use_process_start_(use_process_start) {}
  [[nodiscard]] bool flush() const noexcept { return state_.value_or(false) || began_after_; }
  /// Counters have to wait for the start time of the process.
  [[nodiscard]] bool waits() const noexcept { return use_process_start_ && !state_; }
  void process_started(double at) {
    if (!started_ || at < *started_) started_ = at;
  }
  void decide(double agent_start) {
    began_after_ = started_ && agent_start > 0 && *started_ > agent_start;
  }
  void scraped(bool ok) {
    if (ok) {
      state_ = true;
    } else if (state_) {
      state_ = false;
    }
    began_after_ = false;
    started_.reset();
  }

 private:
  bool use_process_start_;
  std::optional<bool> state_;
  std::optional<double> started_;
  bool began_after_ = false;
};

inline constexpr std::string_view kProcessStart = "process_start_time_seconds";

/// Counts of the option `telemetry`, sent at the end of a scrape.
struct PageTelemetry {
  std::uint64_t input = 0, ignored = 0, processed = 0;
  void submit(SubmissionSink& sink, std::string_view prefix, std::uint64_t filtered,
              std::span<const std::string_view> tags);
};

}  // namespace remora::checks::openmetrics
