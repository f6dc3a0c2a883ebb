// Metric values: what a check submits (Sample) and what the intake gets (Series).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "remora/model/tags.hpp"

namespace remora::model {

/// How a check means a value. Source of the semantics: DataDog/datadog-agent pkg/metrics.
enum class SampleKind : std::uint8_t {
  gauge,            ///< last value of the flush window
  rate,             ///< (v2-v1)/(t2-t1) of a cumulative counter; sent as a per-second gauge
  monotonic_count,  ///< v2-v1 of a cumulative counter; sent as a count
  count,            ///< summed over the flush window; sent as a count
};

/// Who produced a series, as the intake's `Origin` message wants it (agent-payload,
/// proto/metrics/agent_payload.proto). product 10 = Agent.
struct Origin {
  std::uint32_t product = 10;
  std::uint32_t category = 0;
  std::uint32_t service = 0;
  friend bool operator==(const Origin&, const Origin&) = default;
};
inline constexpr Origin kOriginContainerCheck{10, 11, 180};
inline constexpr Origin kOriginEcsFargateCheck{10, 11, 52};
inline constexpr Origin kOriginAgentInternal{10, 11, 212};
inline constexpr Origin kOriginDogstatsd{10, 10, 0};

/// One value submitted by a check.
struct Sample {
  std::string_view metric;  ///< a literal: checks name their metrics in tables
  SampleKind kind = SampleKind::gauge;
  double value = 0;
  Tags tags;
  Origin origin;
  /// When the source took the reading, in nanoseconds since the epoch of its own clock; 0 = not
  /// known. Rates are per second of that time: an endpoint that refreshes every 10 s, read every
  /// 15 s, would otherwise give rates a third too high and a third too low in turn.
  std::int64_t measured_at_ns = 0;
};

enum class SeriesType : std::uint8_t { count = 1, rate = 2, gauge = 3 };  ///< numbers of the wire

struct Point {
  std::int64_t timestamp = 0;  ///< Unix seconds
  double value = 0;
};

/// One time series of a flush, ready to be encoded.
struct Series {
  std::string metric;
  SeriesType type = SeriesType::gauge;
  Tags tags = empty_tags();
  std::vector<Point> points;
  std::int64_t interval = 0;          ///< seconds; meaningful for count and rate
  std::string_view source_type_name;  ///< a literal, "System" for the Agent's own checks
  Origin origin;
  std::string host;  ///< empty in sidecar mode: the task is the identity
};

enum class CheckStatus : std::uint8_t { ok = 0, warning = 1, critical = 2, unknown = 3 };

/// A service check result for POST /api/v1/check_run.
struct ServiceCheck {
  std::string check;
  CheckStatus status = CheckStatus::ok;
  std::int64_t timestamp = 0;  ///< Unix seconds
  std::string message;
  Tags tags = empty_tags();
  std::string host;  ///< empty in sidecar mode
};

}  // namespace remora::model
