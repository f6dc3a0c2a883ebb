// Everything the local intake accepted: newest values for the table, and sums of payloads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "remora/core/clock.hpp"
#include "sandbox/intake_decoder.hpp"

namespace remora::sandbox {

/// `MetricRow::type` of a distribution, which has no number of its own on the wire.
inline constexpr int kDistribution = 4;

/// Newest value of one series.
struct MetricRow {
  std::string metric;
  std::vector<std::string> tags;  ///< sorted
  int type = 0;                   ///< 1 count, 2 rate, 3 gauge, kDistribution
  std::string unit;               ///< as sent; empty in most cases
  ReceivedPoint newest;           ///< of a distribution the average
  std::uint64_t points = 0;       ///< received so far
  std::uint64_t values = 0;       ///< of a distribution: in the newest point

  /// Value of the first tag `key:…`, or empty.
  [[nodiscard]] std::string_view tag(std::string_view key) const;
};

struct PayloadSums {
  std::uint64_t payloads = 0, bytes = 0, uncompressed_bytes = 0, largest_bytes = 0;
};

/// Threading: the loop.
class Received {
 public:
  /// At most that many different series are kept; more are counted in `rows_refused`.
  static constexpr std::size_t kMaxRows = 20'000;
  static constexpr std::size_t kMaxEvents = 20;

  void add(const std::vector<ReceivedSeries>& series);
  void add(const std::vector<ReceivedSketch>& sketches);
  void add(const std::vector<ReceivedServiceCheck>& checks);
  void add(const std::vector<ReceivedEvent>& events);
  void payload(const std::string& kind, std::size_t bytes, std::size_t uncompressed,
               core::WallTime at);
  void refused(int status, std::string reason);

  [[nodiscard]] const auto& rows() const noexcept { return rows_; }
  [[nodiscard]] const auto& checks() const noexcept { return checks_; }
  /// The last kMaxEvents of `events_received`.
  [[nodiscard]] const auto& events() const noexcept { return events_; }
  [[nodiscard]] std::uint64_t events_received() const noexcept { return events_received_; }
  [[nodiscard]] const std::map<std::string, PayloadSums>& sums() const noexcept { return sums_; }
  [[nodiscard]] PayloadSums total() const;
  [[nodiscard]] const std::map<int, std::uint64_t>& refusals() const noexcept { return refused_; }
  [[nodiscard]] const std::string& last_refusal() const noexcept { return last_refusal_; }
  [[nodiscard]] std::optional<core::WallTime> last_payload() const noexcept { return last_; }
  [[nodiscard]] std::uint64_t rows_refused() const noexcept { return rows_refused_; }
  [[nodiscard]] std::uint64_t points() const noexcept { return points_; }

 private:
  /// Null when there is no room for another row.
  MetricRow* row_of(const std::string& metric, std::vector<std::string> tags);

  std::map<std::pair<std::string, std::vector<std::string>>, MetricRow> rows_;
  std::map<std::pair<std::string, std::vector<std::string>>, ReceivedServiceCheck> checks_;
  std::map<std::string, PayloadSums> sums_;
  std::map<int, std::uint64_t> refused_;
  std::string last_refusal_;
  std::optional<core::WallTime> last_;
  std::deque<ReceivedEvent> events_;
  std::uint64_t rows_refused_ = 0, points_ = 0, events_received_ = 0;
};

/// Number of rows that belong to the container: by container_id, else by ecs_container_name or
/// container_name.
[[nodiscard]] std::size_t rows_of_container(const Received& received, std::string_view docker_id,
                                            std::string_view name);
[[nodiscard]] bool belongs_to(const MetricRow& row, std::string_view docker_id,
                              std::string_view name);

}  // namespace remora::sandbox
