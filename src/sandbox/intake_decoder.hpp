// What an agent sends, decoded again.
//
// Source: DataDog/agent-payload proto/metrics/agent_payload.proto (MetricPayload, SketchPayload);
// DataDog/datadog-agent pkg/serializer/internal/metrics/service_checks.go, events.go.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "remora/core/error.hpp"

namespace remora::sandbox {

struct ReceivedPoint {
  std::int64_t timestamp = 0;
  double value = 0;
};

struct ReceivedSeries {
  std::string metric;
  int type = 0;  ///< 1 count, 2 rate, 3 gauge
  std::vector<std::string> tags;
  std::vector<ReceivedPoint> points;
  std::string host;
  std::string source_type_name;
  std::string unit;
  std::int64_t interval = 0;
  std::uint32_t origin_product = 0, origin_category = 0, origin_service = 0;
};

/// One interval of a distribution.
struct ReceivedSketchPoint {
  std::int64_t timestamp = 0, count = 0;
  double min = 0, max = 0, average = 0, sum = 0;
  std::size_t bins = 0;
};

struct ReceivedSketch {
  std::string metric;
  std::vector<std::string> tags;
  std::vector<ReceivedSketchPoint> points;
  std::string host;
};

struct ReceivedEvent {
  std::string title, text, alert_type, priority, host, source_type_name;
  std::int64_t timestamp = 0;
  std::vector<std::string> tags;
};

struct ReceivedServiceCheck {
  std::string check;
  int status = 3;
  std::int64_t timestamp = 0;
  std::string host, message;
  std::vector<std::string> tags;
};

/// Uncompressed body of POST /api/v2/series. Unknown fields are skipped.
/// Errors: malformed_payload (broken protobuf, a series without name, more than 10000 points).
[[nodiscard]] Result<std::vector<ReceivedSeries>> decode_series(std::string_view body);

/// Uncompressed body of POST /api/beta/sketches. Unknown fields are skipped.
/// Errors: malformed_payload (broken protobuf, a sketch without name or without points, keys and
/// counts that do not match).
[[nodiscard]] Result<std::vector<ReceivedSketch>> decode_sketches(std::string_view body);

/// Uncompressed body of POST /intake/; no events when it holds something else, such as metadata of
/// the host. Errors: malformed_payload, naming the element.
[[nodiscard]] Result<std::vector<ReceivedEvent>> decode_events(std::string_view body);

/// Uncompressed body of POST /api/v1/check_run. Errors: malformed_payload, naming the element.
[[nodiscard]] Result<std::vector<ReceivedServiceCheck>> decode_service_checks(
    std::string_view body);

}  // namespace remora::sandbox
